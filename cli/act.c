/* icelane connect, disconnect and restart */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "session.h"
#include "words.h"

#define WAIT_S 30

typedef struct {
  const char *name;
  guint generation; /* as they were when the command was given */
  gint64 since_us;
} Target;

typedef struct {
  const LaneCliOptions *options;
  LaneCommand command;
  GArray *targets; /* of Target */
} Act;

static void
act_clear (Act *act)
{
  g_array_unref (act->targets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Act, act_clear)

static LaneCommand
command_of (const LaneCliOptions *options)
{
  if (strcmp (options->command->name, "connect") == 0)
    return LANE_COMMAND_CONNECT;
  return strcmp (options->command->name, "restart") == 0 ? LANE_COMMAND_RESTART
                                                         : LANE_COMMAND_DISCONNECT;
}

static void
add_target (Act *act, const LanePeerView *peer)
{
  Target target = { .name = peer->name,
                    .generation = peer->generation,
                    .since_us = peer->since_us };

  g_array_append_val (act->targets, target);
}

static gboolean
find_targets (Act *act, LaneSession *session)
{
  const LaneSnapshot *snapshot = lane_session_get_snapshot (session);

  for (guint i = 0; act->options->all && i < snapshot->peers->len; i++)
    add_target (act, snapshot->peers->pdata[i]);

  for (guint i = 0; act->options->arguments[i] != NULL; i++) {
    const LanePeerView *peer = lane_session_find_peer (session, act->options->arguments[i]);

    if (peer == NULL)
      return FALSE;
    add_target (act, peer);
  }
  /* The names live as long as the options or, with --all, must outlive snapshots. */
  for (guint i = 0; i < act->targets->len; i++) {
    Target *target = &g_array_index (act->targets, Target, i);

    target->name = g_intern_string (target->name);
  }
  return TRUE;
}

/* Only what can cost a working link is asked about: a restart keeps its link until the new path
 * carries it (DESIGN section 5), so one is harmless and many are a storm. */
static gboolean
is_disruptive (const Act *act, LaneSession *session)
{
  const LanePeerView *peer;

  if (act->command == LANE_COMMAND_CONNECT || act->targets->len == 0)
    return FALSE;
  if (act->targets->len > 1)
    return TRUE;

  peer = lane_snapshot_find_peer (lane_session_get_snapshot (session),
                                  g_array_index (act->targets, Target, 0).name);
  return act->command == LANE_COMMAND_DISCONNECT && peer != NULL && lane_words_is_up (peer);
}

static char *
describe_targets (const Act *act)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < act->targets->len && i < 5; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            g_array_index (act->targets, Target, i).name);
  if (act->targets->len > 5)
    g_string_append_printf (names, " and %u more", act->targets->len - 5);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

/* LANE_EXIT_OK: go on. */
static int
confirm (const Act *act, LaneSession *session)
{
  g_autofree char *names = NULL;
  char line[16];

  if (act->options->yes || !is_disruptive (act, session))
    return LANE_EXIT_OK;

  names = describe_targets (act);
  if (!isatty (STDIN_FILENO) || !isatty (STDERR_FILENO)) {
    g_printerr ("icelane: this would %s %s; add --yes to do it\n", act->options->command->name,
                names);
    return LANE_EXIT_USAGE;
  }
  g_printerr ("%s %s? [y/N] ", act->options->command->name, names);
  if (fgets (line, sizeof line, stdin) != NULL && (line[0] == 'y' || line[0] == 'Y'))
    return LANE_EXIT_OK;
  g_printerr ("icelane: nothing was done\n");
  return LANE_EXIT_FAILED;
}

/* Still on the way: FALSE. */
static gboolean
is_done (const Act *act, const Target *target, const LanePeerView *peer, gboolean *direct)
{
  if (peer == NULL)
    return FALSE;
  if (act->command == LANE_COMMAND_DISCONNECT)
    return strcmp (peer->state, "off") == 0;
  if (strcmp (peer->state, "connected") != 0)
    return FALSE;

  *direct = g_strcmp0 (peer->path, "direct") == 0;
  return act->command == LANE_COMMAND_CONNECT || peer->generation != target->generation
         || peer->since_us != target->since_us;
}

/* LANE_EXIT_OK or what is missing still. */
static int
progress (const Act *act, LaneSession *session)
{
  int code = LANE_EXIT_OK;

  for (guint i = 0; i < act->targets->len; i++) {
    const Target *target = &g_array_index (act->targets, Target, i);
    gboolean direct = FALSE;

    if (!is_done (act, target,
                  lane_snapshot_find_peer (lane_session_get_snapshot (session), target->name),
                  &direct))
      return LANE_EXIT_NOT_CONNECTED;
    if (act->options->direct && !direct && act->command != LANE_COMMAND_DISCONNECT)
      code = LANE_EXIT_NOT_DIRECT;
  }
  return code;
}

static void
on_changed (LaneSession *session, gpointer user_data)
{
  if (progress (user_data, session) == LANE_EXIT_OK)
    lane_session_finish (session, LANE_EXIT_OK);
}

static int
wait_until_done (Act *act, LaneSession *session, double seconds)
{
  int code = progress (act, session);

  if (code == LANE_EXIT_OK)
    return code;

  code = lane_session_run (session, seconds, LANE_EXIT_NOT_CONNECTED);
  if (code != LANE_EXIT_NOT_CONNECTED)
    return code;

  code = progress (act, session);
  if (code != LANE_EXIT_OK)
    g_printerr ("icelane: %s is not done after %g s\n", act->options->command->name, seconds);
  return code;
}

static gboolean
send_commands (Act *act, LaneSession *session)
{
  if (act->options->all)
    return lane_session_command (session, act->command, NULL);

  for (guint i = 0; i < act->targets->len; i++) {
    if (!lane_session_command (session, act->command, g_array_index (act->targets, Target, i).name))
      return FALSE;
  }
  return TRUE;
}

int
lane_cli_act (const LaneCliOptions *options)
{
  static const LaneSessionEvents events = { .changed = on_changed };
  g_auto (Act) act = { .options = options,
                       .command = command_of (options),
                       .targets = g_array_new (FALSE, FALSE, sizeof (Target)) };
  g_autoptr (LaneSession) session = NULL;
  double seconds;
  int code;

  if (options->all == (options->arguments[0] != NULL)) {
    g_printerr ("usage: icelane %s %s\n", options->command->name, options->command->arguments);
    return LANE_EXIT_USAGE;
  }
  if (!lane_cli_parse_seconds ("--wait", options->wait, WAIT_S, &seconds))
    return LANE_EXIT_USAGE;

  session = lane_session_open (options, 0, &events, &act, &code);
  if (session == NULL)
    return code;
  if (!find_targets (&act, session))
    return LANE_EXIT_FAILED;
  code = confirm (&act, session);
  if (code != LANE_EXIT_OK)
    return code;
  if (!send_commands (&act, session))
    return LANE_EXIT_FAILED;
  return options->wait != NULL ? wait_until_done (&act, session, seconds) : LANE_EXIT_OK;
}
