#include "hooks/hooks.h"

#include <string.h>

#include "hooks/hook-run.h"

#define MAX_RUNNING 4

/* What a hook of a peer is to be told. */
typedef struct {
  char *old, *new, *why, *state, *path;
} Change;

/* One hook of one peer: there while it runs or waits. */
typedef struct {
  LaneHooks *hooks;
  LaneHookKind kind;
  char *peer;
  LaneHookRun *run; /* NULL: none */
  Change *pending;  /* NULL: none */
  guint skipped;    /* changes that went into the pending one, or undid each other */
  guint told;       /* the same of the one that runs */
  char *what;       /* `on-path-change (direct to relay)`, of the one that runs */
} Slot;

struct _LaneHooks {
  GMainContext *context;
  const LaneConfig *config;
  LaneEventLog *log;
  GHashTable *slots; /* char* -> Slot */
  GQueue waiting;    /* of Slot with something pending and no run, the oldest first */
  guint running;
  guint64 counts[LANE_N_HOOKS][LANE_N_HOOK_RESULTS];
};

/* Variables that say where secrets are, or that speak to the node's own service manager. */
static const char *const private_variables[] = {
  "CREDENTIALS_DIRECTORY", "JOURNAL_STREAM", "LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID",
  "NOTIFY_SOCKET",         "WATCHDOG_PID",   "WATCHDOG_USEC"
};

const char *
lane_hook_kind_to_string (LaneHookKind kind)
{
  static const char *const words[] = { "on-path-change", "on-state-change" };

  return words[kind];
}

const char *
lane_hook_result_to_string (LaneHookResultWord result)
{
  static const char *const words[] = { "ok", "failed", "killed", "not-started" };

  return words[result];
}

static void
change_free (Change *change)
{
  if (change == NULL)
    return;
  g_free (change->old);
  g_free (change->new);
  g_free (change->why);
  g_free (change->state);
  g_free (change->path);
  g_free (change);
}

static void
slot_free (Slot *slot)
{
  lane_hook_run_free (slot->run);
  change_free (slot->pending);
  g_free (slot->what);
  g_free (slot->peer);
  g_free (slot);
}

static char *
slot_key (LaneHookKind kind, const char *peer)
{
  return g_strdup_printf ("%s %s", lane_hook_kind_to_string (kind), peer);
}

static void
forget_slot (Slot *slot)
{
  g_autofree char *key = slot_key (slot->kind, slot->peer);

  g_hash_table_remove (slot->hooks->slots, key);
}

static const char *
get_command (const LaneHooks *hooks, LaneHookKind kind)
{
  return kind == LANE_HOOK_PATH_CHANGE ? hooks->config->hooks.on_path_change
                                       : hooks->config->hooks.on_state_change;
}

/* What the command is given */

typedef struct {
  const char *name, *value;
} Value;

#define N_VALUES 6

static void
list_values (const Slot *slot, const Change *change, Value values[N_VALUES])
{
  const Value all[N_VALUES] = { { "peer", slot->peer },     { "old", change->old },
                                { "new", change->new },     { "why", change->why },
                                { "state", change->state }, { "path", change->path } };

  memcpy (values, all, sizeof all);
}

/* The value of the placeholder that @text begins with, and its length; NULL: it is none. */
static const char *
find_placeholder (const char *text, const Value *values, gsize *length)
{
  for (guint i = 0; i < N_VALUES; i++) {
    gsize name = strlen (values[i].name);

    if (strncmp (text + 1, values[i].name, name) == 0 && text[1 + name] == '}') {
      *length = name + 2;
      return values[i].value;
    }
  }
  return NULL;
}

/* Braces around anything else are the command's own, as for awk. */
static char *
fill_in (const char *argument, const Value *values)
{
  GString *text = g_string_new (NULL);

  while (*argument != '\0') {
    gsize length = 1;
    const char *value = *argument == '{' ? find_placeholder (argument, values, &length) : NULL;

    if (value != NULL)
      g_string_append (text, value);
    else
      g_string_append_c (text, *argument);
    argument += length;
  }
  return g_string_free (text, FALSE);
}

static char **
make_arguments (const char *command, const Value *values, GError **error)
{
  char **arguments;

  if (!g_shell_parse_argv (command, NULL, &arguments, error))
    return NULL;
  for (guint i = 0; arguments[i] != NULL; i++) {
    char *filled = fill_in (arguments[i], values);

    g_free (arguments[i]);
    arguments[i] = filled;
  }
  return arguments;
}

static gboolean
is_private (const char *name)
{
  if (g_str_has_prefix (name, "ICELANE_"))
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (private_variables); i++)
    if (strcmp (name, private_variables[i]) == 0)
      return TRUE;
  return FALSE;
}

static char **
make_environment (LaneHookKind kind, const Value *values)
{
  char **environment = g_get_environ ();
  g_auto (GStrv) names = g_listenv ();

  for (guint i = 0; names[i] != NULL; i++)
    if (is_private (names[i]))
      environment = g_environ_unsetenv (environment, names[i]);
  for (guint i = 0; i < N_VALUES; i++) {
    g_autofree char *upper = g_ascii_strup (values[i].name, -1);
    g_autofree char *name = g_strconcat ("ICELANE_", upper, NULL);

    environment = g_environ_setenv (environment, name, values[i].value, TRUE);
  }
  return g_environ_setenv (environment, "ICELANE_HOOK", lane_hook_kind_to_string (kind), TRUE);
}

/* How it went */

static LaneHookResultWord
judge (const LaneHookResult *result)
{
  if (result->timed_out)
    return LANE_HOOK_KILLED;
  return result->exit_code == 0 ? LANE_HOOK_OK : LANE_HOOK_FAILED;
}

static char *
describe_end (const Slot *slot, LaneHookResultWord word, const LaneHookResult *result)
{
  const char *colon = result->line[0] != '\0' ? ": " : "";

  if (word == LANE_HOOK_OK)
    return g_strdup_printf ("hook %s done in %" G_GINT64_FORMAT " ms", slot->what, result->ms);
  if (word == LANE_HOOK_KILLED)
    return g_strdup_printf ("hook %s was killed after %" G_GINT64_FORMAT
                            " s ([hooks] timeout-s)%s%s",
                            slot->what, (result->ms + 500) / 1000, colon, result->line);
  if (result->exit_code < 0)
    return g_strdup_printf ("hook %s failed, signal %d%s%s", slot->what, result->signal, colon,
                            result->line);
  return g_strdup_printf ("hook %s failed, exit code %d%s%s", slot->what, result->exit_code, colon,
                          result->line);
}

static void
log_end (Slot *slot, LaneHookResultWord word, const LaneHookResult *result, const char *text)
{
  LaneHooks *hooks = slot->hooks;
  JsonObject *fields = lane_event_fields ("hook");

  hooks->counts[slot->kind][word]++;
  json_object_set_string_member (fields, "hook", lane_hook_kind_to_string (slot->kind));
  json_object_set_string_member (fields, "result", lane_hook_result_to_string (word));
  if (result != NULL) {
    json_object_set_int_member (fields, "ms", result->ms);
    if (result->exit_code >= 0)
      json_object_set_int_member (fields, "exit_code", result->exit_code);
    if (result->signal > 0)
      json_object_set_int_member (fields, "signal", result->signal);
  }
  if (slot->told > 0)
    json_object_set_int_member (fields, "skipped", slot->told);
  lane_event_log_add (
      hooks->log,
      lane_event_new (word == LANE_HOOK_OK ? LANE_LOG_LEVEL_DEBUG : LANE_LOG_LEVEL_WARNING,
                      LANE_EVENT_CONFIG, slot->peer, fields, "%s", text));
}

/* Running */

static void start_waiting (LaneHooks *hooks);

static void
on_done (LaneHookRun *run, const LaneHookResult *result, gpointer user_data)
{
  Slot *slot = user_data;
  LaneHooks *hooks = slot->hooks;
  LaneHookResultWord word = judge (result);
  g_autofree char *text = describe_end (slot, word, result);

  log_end (slot, word, result, text);
  g_clear_pointer (&slot->run, lane_hook_run_free);
  hooks->running--;
  if (slot->pending != NULL)
    g_queue_push_tail (&hooks->waiting, slot);
  else
    forget_slot (slot);
  start_waiting (hooks);
}

static gboolean
start (Slot *slot, const Change *change, GError **error)
{
  LaneHooks *hooks = slot->hooks;
  Value values[N_VALUES];
  g_auto (GStrv) arguments = NULL;
  g_auto (GStrv) environment = NULL;

  list_values (slot, change, values);
  arguments = make_arguments (get_command (hooks, slot->kind), values, error);
  if (arguments == NULL)
    return FALSE;
  environment = make_environment (slot->kind, values);
  slot->run = lane_hook_run_start (hooks->context, (const char *const *)arguments,
                                   (const char *const *)environment,
                                   hooks->config->hooks.timeout_s * 1000, on_done, slot, error);
  return slot->run != NULL;
}

static void
start_one (Slot *slot)
{
  LaneHooks *hooks = slot->hooks;
  g_autoptr (GError) error = NULL;
  Change *change = g_steal_pointer (&slot->pending);

  g_free (slot->what);
  slot->what = g_strdup_printf ("%s (%s to %s)", lane_hook_kind_to_string (slot->kind), change->old,
                                change->new);
  slot->told = slot->skipped;
  slot->skipped = 0;
  if (get_command (hooks, slot->kind) == NULL) { /* the settings have none any more */
    forget_slot (slot);
  } else if (start (slot, change, &error)) {
    hooks->running++;
  } else {
    g_autofree char *text =
        g_strdup_printf ("hook %s cannot start: %s", slot->what, error->message);

    log_end (slot, LANE_HOOK_NOT_STARTED, NULL, text);
    forget_slot (slot);
  }
  change_free (change);
}

static void
start_waiting (LaneHooks *hooks)
{
  while (hooks->running < MAX_RUNNING && hooks->waiting.length > 0)
    start_one (g_queue_pop_head (&hooks->waiting));
}

static void
replace (char **place, const char *with)
{
  g_free (*place);
  *place = g_strdup (with);
}

static void
take_newest (Change *change, const LaneHookChange *news)
{
  replace (&change->new, news->new);
  replace (&change->why, news->why);
  replace (&change->state, news->state);
  replace (&change->path, news->path);
}

/* It is again what the hook was told last. */
static void
drop_pending (Slot *slot)
{
  g_clear_pointer (&slot->pending, change_free);
  g_queue_remove (&slot->hooks->waiting, slot);
  if (slot->run == NULL)
    forget_slot (slot);
}

static Slot *
find_slot (LaneHooks *hooks, LaneHookKind kind, const char *peer)
{
  g_autofree char *key = slot_key (kind, peer);
  Slot *slot = g_hash_table_lookup (hooks->slots, key);

  if (slot != NULL)
    return slot;
  slot = g_new0 (Slot, 1);
  slot->hooks = hooks;
  slot->kind = kind;
  slot->peer = g_strdup (peer);
  g_hash_table_insert (hooks->slots, g_steal_pointer (&key), slot);
  return slot;
}

gboolean
lane_hooks_want (const LaneHooks *hooks, LaneHookKind kind)
{
  return get_command (hooks, kind) != NULL;
}

void
lane_hooks_tell (LaneHooks *hooks, LaneHookKind kind, const LaneHookChange *change)
{
  Slot *slot;

  if (!lane_hooks_want (hooks, kind))
    return;
  slot = find_slot (hooks, kind, change->peer);
  if (slot->pending != NULL) {
    slot->skipped++;
    take_newest (slot->pending, change);
    if (strcmp (slot->pending->old, slot->pending->new) == 0)
      drop_pending (slot);
    return;
  }
  slot->pending = g_new0 (Change, 1);
  slot->pending->old = g_strdup (change->old);
  take_newest (slot->pending, change);
  if (slot->run == NULL)
    g_queue_push_tail (&hooks->waiting, slot);
  start_waiting (hooks);
}

LaneHooks *
lane_hooks_new (GMainContext *context, const LaneConfig *config, LaneEventLog *log)
{
  LaneHooks *hooks = g_new0 (LaneHooks, 1);

  hooks->context = context;
  hooks->config = config;
  hooks->log = log;
  hooks->slots = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)slot_free);
  g_queue_init (&hooks->waiting);
  return hooks;
}

void
lane_hooks_set_config (LaneHooks *hooks, const LaneConfig *config)
{
  hooks->config = config;
}

guint
lane_hooks_get_running (const LaneHooks *hooks)
{
  return hooks->running;
}

guint64
lane_hooks_get_count (const LaneHooks *hooks, LaneHookKind kind, LaneHookResultWord result)
{
  return hooks->counts[kind][result];
}

void
lane_hooks_free (LaneHooks *hooks)
{
  if (hooks == NULL)
    return;
  g_queue_clear (&hooks->waiting);
  g_hash_table_unref (hooks->slots);
  g_free (hooks);
}
