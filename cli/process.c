#include "process.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED TRUE
#elif defined(__has_feature)
#define SANITIZED __has_feature (address_sanitizer)
#else
#define SANITIZED FALSE
#endif

/* libnice holds 64 KiB buffers for every agent and hardly touches them: pages of their own stay
 * untouched and go back when an agent ends, which the shared heap would not give. */
static void
keep_large_buffers_apart (void)
{
  mallopt (M_MMAP_THRESHOLD, 60 * 1024);
}

static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

void
lane_process_harden (gboolean dumpable)
{
  const struct rlimit no_core = { 0, 0 };

  umask (077);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  keep_large_buffers_apart ();
  raise_descriptor_limit ();

  /* The leak checker of the sanitizer is a debugger. */
  if (!dumpable && !SANITIZED) {
    setrlimit (RLIMIT_CORE, &no_core);
    prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  }
}

void
lane_process_detach (void)
{
  if (fork () > 0)
    _exit (0);
  setsid ();
}

void
lane_process_silence (void)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0)
    return;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    dup2 (null, fd);
  if (null > STDERR_FILENO)
    close (null);
}
