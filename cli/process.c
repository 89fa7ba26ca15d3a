#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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
  raise_descriptor_limit ();

  /* The leak checker of the sanitizer is a debugger. */
#ifndef __SANITIZE_ADDRESS__
  if (!dumpable) {
    setrlimit (RLIMIT_CORE, &no_core);
    prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  }
#else
  (void)no_core;
#endif
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
