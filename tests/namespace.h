/* Runs a test program inside a user and network namespace of its own, where it is root over a
 * network that nobody else sees. */
#pragma once

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LANE_TEST_SKIPPED 77 /* Meson's exit code for it */

/* Starts the program again under unshare(1) unless that has been done; does not return then. FALSE
 * = no namespace can be made here, which it says. */
static inline gboolean
lane_namespace_enter (void)
{
  char *command[] = { (char *)"unshare",
                      (char *)"--user",
                      (char *)"--map-root-user",
                      (char *)"--net",
                      (char *)"--mount",
                      (char *)"true",
                      NULL };
  char *self = g_file_read_link ("/proc/self/exe", NULL);
  int status = -1;

  if (g_getenv ("ICELANE_TEST_INSIDE") != NULL) {
    g_free (self);
    return TRUE;
  }
  if (self != NULL
      && g_spawn_sync (NULL, command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                       NULL, NULL, NULL, &status, NULL)
      && g_spawn_check_wait_status (status, NULL)) {
    g_setenv ("ICELANE_TEST_INSIDE", "1", TRUE);
    command[5] = self;
    execvp (command[0], command);
  }
  fprintf (stderr, "SKIPPED: no network namespace can be made here (unshare)\n");
  g_free (self);
  return FALSE;
}
