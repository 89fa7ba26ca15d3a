/* The commands in docs/signaling.md, run as they stand, against a rendezvous and a client of ours:
 * they are a second implementation of both. */
#include "suite.h"

#include <string.h>

#include "secure/envelope.h"
#include "signaling/message.h"
#include "world.h"

/* All ```sh blocks of the document. */
static char *
commands_of (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  GString *commands = g_string_new (NULL);
  gboolean inside = FALSE;

  ck_assert (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (g_str_has_prefix (lines[i], "```"))
      inside = strcmp (lines[i], "```sh") == 0;
    else if (inside)
      g_string_append_printf (commands, "%s\n", lines[i]);
  }
  return g_string_free (commands, FALSE);
}

typedef struct {
  char *output;
  gboolean done, success;
} Run;

static void
on_finished (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;
  g_autoptr (GError) error = NULL;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &run->output, NULL, &error);
  ck_assert_msg (error == NULL, "%s", error == NULL ? "" : error->message);
  run->success = g_subprocess_get_successful (G_SUBPROCESS (source));
  run->done = TRUE;
}

static gboolean
is_done (gpointer data)
{
  return ((Run *)data)->done;
}

static Run
run_commands (World *world, const char *to, const char *nonce)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("ICELANE_SOURCE_ROOT"), "docs", "signaling.md", NULL);
  g_autofree char *commands = commands_of (path);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", world->port);
  g_autofree char *file = world_path (world, "events.txt"); /* makes the directory, too */
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GSubprocess) bash = NULL;
  g_autoptr (GError) error = NULL;
  Run run = { NULL };

  g_subprocess_launcher_set_cwd (launcher, world->directory);
  g_subprocess_launcher_setenv (launcher, "url", url, TRUE);
  g_subprocess_launcher_setenv (launcher, "no_proxy", "127.0.0.1", TRUE);
  if (to != NULL) {
    g_subprocess_launcher_setenv (launcher, "to", to, TRUE);
    g_subprocess_launcher_setenv (launcher, "nonce", nonce, TRUE);
  }
  bash = g_subprocess_launcher_spawn (launcher, &error, "bash", "-euo", "pipefail", "-c", commands,
                                      NULL);
  ck_assert_msg (bash != NULL, "%s", error == NULL ? "" : error->message);
  g_subprocess_communicate_utf8_async (bash, NULL, NULL, on_finished, &run);
  ck_assert (world_run_until (world, is_done, &run, 30));
  ck_assert_msg (run.success, "%s", run.output);
  return run;
}

START_TEST (commands_of_the_document_hear_themselves)
{
  World *world = world_new ();
  Run run;

  world_serve (world);
  run = run_commands (world, NULL, NULL);
  ck_assert_msg (strstr (run.output, "{\"undelivered\":[]}") != NULL, "%s", run.output);
  ck_assert_msg (strstr (run.output, "event: presence\ndata: {\"id\":") != NULL, "%s", run.output);
  ck_assert_msg (strstr (run.output, "event: message\ndata: {\"v\":1,\"type\":\"bye\"") != NULL,
                 "%s", run.output);
  g_free (run.output);
  world_free (world);
}
END_TEST

static gboolean
has_received (gpointer data)
{
  return ((Client *)data)->received->len > 0;
}

START_TEST (commands_of_the_document_sign_an_envelope_we_accept)
{
  World *world = world_new ();
  g_autoptr (LaneEnvelope) envelope = NULL;
  g_autoptr (LaneMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  Client *reader;
  const char *text;
  Run run;

  world_serve (world);
  reader = client_new (world, NULL);
  client_connect (reader);
  run = run_commands (world, client_id (reader), reader->boot);
  ck_assert (world_run_until (world, has_received, reader, 2));
  text = reader->received->pdata[0];
  envelope = lane_envelope_parse (text, strlen (text), &error);
  ck_assert_msg (envelope != NULL, "%s", error == NULL ? "" : error->message);
  ck_assert_msg (lane_envelope_verify (envelope, &error), "%s",
                 error == NULL ? "" : error->message);
  ck_assert_str_eq (envelope->nonce, reader->boot);
  message = lane_message_parse (envelope->type, envelope->payload, &error);
  ck_assert_ptr_nonnull (message);
  ck_assert_str_eq (message->reason, "off");
  g_free (run.output);
  client_free (reader);
  world_free (world);
}
END_TEST

int
main (void)
{
  static const char *const tools[] = { "bash", "curl", "openssl", "base32", "base64", "sed" };
  Suite *suite = suite_create ("signaling-document");
  TCase *tcase = tcase_create ("document");

  for (guint i = 0; i < G_N_ELEMENTS (tools); i++) {
    g_autofree char *path = g_find_program_in_path (tools[i]);

    if (path == NULL) {
      g_print ("skipped: %s is not installed\n", tools[i]);
      return 77;
    }
  }
  if (g_getenv ("ICELANE_SOURCE_ROOT") == NULL) {
    g_print ("skipped: ICELANE_SOURCE_ROOT does not say where docs/ is\n");
    return 77;
  }
  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, commands_of_the_document_hear_themselves);
  tcase_add_test (tcase, commands_of_the_document_sign_an_envelope_we_accept);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
