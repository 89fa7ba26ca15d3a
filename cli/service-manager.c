#include "service-manager.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "timer.h"

#define STATUS_MS 5000 /* between looks whether the status is another one */

struct _LaneServiceManager {
  GMainContext *context;
  LaneServiceStatus status;
  gpointer user_data;
  int fd;
  struct sockaddr_un address;
  socklen_t length;
  char *told; /* the status, as last told */
  guint watchdog_ms;
  GSource *look, *feed;
};

/* A path, or with an @ in front a name without a file. */
static gboolean
read_address (LaneServiceManager *manager, const char *name)
{
  gsize length = strlen (name);

  if ((name[0] != '/' && name[0] != '@') || length >= sizeof manager->address.sun_path)
    return FALSE;
  manager->address.sun_family = AF_UNIX;
  memcpy (manager->address.sun_path, name, length + 1);
  manager->length =
      (socklen_t)(offsetof (struct sockaddr_un, sun_path) + length + (name[0] == '/'));
  if (name[0] == '@')
    manager->address.sun_path[0] = '\0';
  return TRUE;
}

/* Half of what systemd waits; 0: it does not, or waits for another process. */
static guint
read_watchdog_ms (void)
{
  const char *usec = g_getenv ("WATCHDOG_USEC"), *pid = g_getenv ("WATCHDOG_PID");
  guint64 us = usec != NULL ? g_ascii_strtoull (usec, NULL, 10) : 0;

  if (pid != NULL && g_ascii_strtoll (pid, NULL, 10) != getpid ())
    return 0;
  return us > 0 ? (guint)CLAMP (us / 2000, 1, G_MAXINT) : 0;
}

/* Never waits: who does not read cannot hold the node. */
static void
tell (LaneServiceManager *manager, const char *text)
{
  sendto (manager->fd, text, strlen (text), MSG_DONTWAIT | MSG_NOSIGNAL,
          (const struct sockaddr *)&manager->address, manager->length);
}

static void
tell_status (LaneServiceManager *manager, const char *first)
{
  g_autofree char *status = manager->status (manager->user_data);
  g_autofree char *text = NULL;

  if (first == NULL && g_strcmp0 (status, manager->told) == 0)
    return;
  text = g_strdup_printf ("%sSTATUS=%s\n", first != NULL ? first : "", status);
  tell (manager, text);
  g_free (manager->told);
  manager->told = g_steal_pointer (&status);
}

static gboolean
on_look (gpointer user_data)
{
  LaneServiceManager *manager = user_data;

  lane_timer_set (&manager->look, manager->context, STATUS_MS, on_look, manager);
  tell_status (manager, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
on_feed (gpointer user_data)
{
  LaneServiceManager *manager = user_data;

  lane_timer_set (&manager->feed, manager->context, manager->watchdog_ms, on_feed, manager);
  tell (manager, "WATCHDOG=1\n");
  return G_SOURCE_REMOVE;
}

LaneServiceManager *
lane_service_manager_new (GMainContext *context, LaneServiceStatus status, gpointer user_data)
{
  const char *name = g_getenv ("NOTIFY_SOCKET");
  LaneServiceManager *manager;

  if (name == NULL)
    return NULL;
  manager = g_new0 (LaneServiceManager, 1);
  manager->context = context;
  manager->status = status;
  manager->user_data = user_data;
  manager->watchdog_ms = read_watchdog_ms ();
  manager->fd = -1;
  if (read_address (manager, name))
    manager->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (manager->fd < 0)
    g_clear_pointer (&manager, g_free);
  return manager;
}

void
lane_service_manager_ready (LaneServiceManager *manager)
{
  if (manager == NULL)
    return;
  tell_status (manager, "READY=1\n");
  lane_timer_set (&manager->look, manager->context, STATUS_MS, on_look, manager);
  if (manager->watchdog_ms > 0)
    on_feed (manager);
}

void
lane_service_manager_reloaded (LaneServiceManager *manager)
{
  g_autofree char *reloading = NULL;

  if (manager == NULL)
    return;
  reloading = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\n",
                               g_get_monotonic_time ());
  tell (manager, reloading);
  tell_status (manager, "READY=1\n");
}

void
lane_service_manager_stopping (LaneServiceManager *manager)
{
  if (manager == NULL)
    return;
  lane_timer_clear (&manager->look);
  tell (manager, "STOPPING=1\nSTATUS=saying goodbye to peers and servers\n");
}

void
lane_service_manager_free (LaneServiceManager *manager)
{
  if (manager == NULL)
    return;
  lane_timer_clear (&manager->look);
  lane_timer_clear (&manager->feed);
  close (manager->fd);
  g_free (manager->told);
  g_free (manager);
}
