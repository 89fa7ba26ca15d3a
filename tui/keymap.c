#include "keymap.h"

#include <string.h>

#include "key.h"
#include "nearest.h"
#include "problem.h"

struct _LaneKeymap {
  GHashTable *keys; /* const LaneAction -> what [keys] has for it */
};

typedef struct {
  LaneKeymap *keymap;
  const LaneConfig *config;
  GPtrArray *problems;
} Reading;

static void complain (const Reading *reading, const char *command, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
static void
complain (const Reading *reading, const char *command, const char *format, ...)
{
  LaneOrigin origin = lane_config_get_origin (reading->config, "keys", command);
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (reading->problems, lane_problem_new (LANE_PROBLEM_ERROR, origin.place,
                                                        origin.line, "keys", command, "%s", text));
}

const char *
lane_keymap_get (const LaneKeymap *keymap, const LaneAction *action)
{
  const char *keys = keymap != NULL ? g_hash_table_lookup (keymap->keys, action) : NULL;

  return keys != NULL ? keys : action->keys;
}

static const LaneAction *
find_action (const char *name)
{
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (strcmp (action->name, name) == 0)
      return action;
  return NULL;
}

static void
refuse_command (const Reading *reading, const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL;
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    g_ptr_array_add (names, (gpointer)action->name);
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (name, (const char *const *)names->pdata);
  complain (reading, name, "there is no such command%s: `icelane keys` lists them", hint);
}

static gboolean
keys_are_sound (const Reading *reading, const LaneKeyBinding *binding)
{
  gboolean sound = TRUE;

  for (guint i = 0; binding->keys[i] != NULL; i++) {
    g_autofree char *shown = lane_problem_quote (binding->keys[i]);
    guint code = lane_key_from_string (binding->keys[i]);

    if (code == 0)
      complain (reading, binding->command,
                "%s is no key: expected one character, C-x, F1 to F12, Enter, Tab, S-Tab, Esc, "
                "Space, BackSpace, Del, Up, Down, Left, Right, PgUp, PgDn, Home or End",
                shown);
    else if (code == LANE_KEY_CTRL ('c'))
      complain (reading, binding->command, "C-c always gets out: choose another key");
    sound = sound && code != 0 && code != LANE_KEY_CTRL ('c');
  }
  return sound;
}

static void
bind (const Reading *reading, const LaneKeyBinding *binding)
{
  const LaneAction *action = find_action (binding->command);

  if (action == NULL)
    refuse_command (reading, binding->command);
  else if (binding->keys[0] != NULL && keys_are_sound (reading, binding))
    g_hash_table_insert (reading->keymap->keys, (gpointer)action, g_strjoinv (" ", binding->keys));
}

/* The action that has @code where @action works, too. Those that share it from the start do so on
 * purpose: the first one in the table has it. */
static const LaneAction *
find_rival (const LaneKeymap *keymap, const LaneAction *action, guint code)
{
  const LaneAction *rival;

  for (guint i = 0; (rival = lane_actions_nth (i)) != NULL; i++)
    if (rival != action && (rival->where & action->where) != 0
        && lane_key_is_in (code, lane_keymap_get (keymap, rival))
        && !(lane_key_is_in (code, rival->keys) && lane_key_is_in (code, action->keys)))
      return rival;
  return NULL;
}

/* FALSE: it clashes, and has its own keys again. */
static gboolean
check_clash (const Reading *reading, const LaneKeyBinding *binding)
{
  const LaneAction *action = find_action (binding->command);
  const LaneAction *rival = NULL;

  if (action == NULL || g_hash_table_lookup (reading->keymap->keys, action) == NULL)
    return TRUE;
  for (guint i = 0; binding->keys[i] != NULL && rival == NULL; i++) {
    rival = find_rival (reading->keymap, action, lane_key_from_string (binding->keys[i]));
    if (rival != NULL)
      complain (reading, binding->command,
                "'%s' is the key of %s already: choose another, or give %s one here",
                binding->keys[i], rival->name, rival->name);
  }
  if (rival != NULL)
    g_hash_table_remove (reading->keymap->keys, action);
  return rival == NULL;
}

LaneKeymap *
lane_keymap_new (const LaneConfig *config, GPtrArray *problems)
{
  LaneKeymap *keymap = g_new0 (LaneKeymap, 1);
  const Reading reading = { keymap, config, problems };
  gboolean clash = TRUE;

  keymap->keys = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (guint i = 0; i < config->keys->len; i++)
    bind (&reading, g_ptr_array_index (config->keys, i));
  /* One that goes back to its own keys may now clash with another that took them. */
  while (clash) {
    clash = FALSE;
    for (guint i = 0; i < config->keys->len; i++)
      clash |= !check_clash (&reading, g_ptr_array_index (config->keys, i));
  }
  return keymap;
}

void
lane_keymap_free (LaneKeymap *keymap)
{
  if (keymap == NULL)
    return;
  g_hash_table_unref (keymap->keys);
  g_free (keymap);
}
