/* [keys]: which keys an action has, and what is wrong with a line. */
#include "suite.h"

#include <string.h>

#include "key.h"
#include "keymap.h"
#include "problem.h"

static GPtrArray *problems;
static LaneConfig *config;
static LaneKeymap *keymap;

static void
set_up (void)
{
  problems = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

static void
tear_down (void)
{
  lane_keymap_free (keymap);
  lane_config_free (config);
  g_ptr_array_unref (problems);
}

/* @lines: of [keys]. */
static void
load (const char *lines)
{
  g_autofree char *text = g_strconcat ("[keys]\n", lines, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  const LaneConfigSources sources = { .path = "/x/icelane.ini" };

  config = lane_config_load_text (&sources, bytes, problems);
  ck_assert_uint_eq (problems->len, 0);
  keymap = lane_keymap_new (config, problems);
}

static char *
said (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *line = lane_problem_to_string (g_ptr_array_index (problems, i));

    g_string_append_printf (text, "%s\n", line);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
keys_of (const char *name)
{
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (strcmp (action->name, name) == 0)
      return lane_keymap_get (keymap, action);
  ck_abort_msg ("no action %s", name);
}

static const struct {
  const char *lines;
  const char *command, *keys;
} bindings[] = {
  { "", "restart", "r" },
  { "restart = b\n", "restart", "b" },
  { "disconnect = X F9\n", "disconnect", "X F9" },
  { "restart = x\ndisconnect = r\n", "restart", "x" },
  { "restart = x\ndisconnect = r\n", "disconnect", "r" },
  { "restart =\n", "restart", "r" },
  /* These work in different places. */
  { "write = r\nrename = b\n", "write", "r" },
};

START_TEST (an_action_has_the_keys_of_its_line)
{
  g_autofree char *text = NULL;

  load (bindings[_i].lines);
  text = said ();
  ck_assert_str_eq (text, "");
  ck_assert_str_eq (keys_of (bindings[_i].command), bindings[_i].keys);
}
END_TEST

static const struct {
  const char *lines;
  const char *problem;
} mistakes[] = {
  { "restrat = b\n", "/x/icelane.ini:2: [keys] restrat: there is no such command (did you mean "
                     "restart?): `icelane keys` lists them\n" },
  { "restart = F13\n",
    "/x/icelane.ini:2: [keys] restart: 'F13' is no key: expected one character, C-x, F1 to F12, "
    "Enter, Tab, S-Tab, Esc, Space, BackSpace, Del, Up, Down, Left, Right, PgUp, PgDn, Home or "
    "End\n" },
  { "restart = C-c\n",
    "/x/icelane.ini:2: [keys] restart: C-c always gets out: choose another key\n" },
  { "restart = x\n", "/x/icelane.ini:2: [keys] restart: 'x' is the key of disconnect already: "
                     "choose another, or give disconnect one here\n" },
  { "copy = b\nrestart = b\n",
    "/x/icelane.ini:2: [keys] copy: 'b' is the key of restart already: choose another, or give "
    "restart one here\n" },
  /* Going back to r, restart is in the way of the other one. */
  { "restart = C-c\nconnect = r\n",
    "/x/icelane.ini:2: [keys] restart: C-c always gets out: choose another key\n"
    "/x/icelane.ini:3: [keys] connect: 'r' is the key of restart already: choose another, or give "
    "restart one here\n" },
};

START_TEST (a_mistake_is_told_with_its_line_and_cure)
{
  g_autofree char *text = NULL;

  load (mistakes[_i].lines);
  text = said ();
  ck_assert_str_eq (text, mistakes[_i].problem);
}
END_TEST

START_TEST (a_line_that_clashes_leaves_the_usual_keys)
{
  load ("restart = x\n");
  ck_assert_uint_eq (problems->len, 1);
  ck_assert_str_eq (keys_of ("restart"), "r");
  ck_assert_str_eq (keys_of ("disconnect"), "x F9");
}
END_TEST

START_TEST (every_key_of_the_table_is_a_key)
{
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++) {
    g_auto (GStrv) keys = g_strsplit (action->keys, " ", -1);

    for (guint j = 0; keys[j] != NULL; j++)
      ck_assert_msg (keys[j][0] == '\0' || lane_key_from_string (keys[j]) != 0, "%s: %s",
                     action->name, keys[j]);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("keymap");
  TCase *tests = tcase_create ("keymap");

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_add_loop_test (tests, an_action_has_the_keys_of_its_line, 0, G_N_ELEMENTS (bindings));
  tcase_add_loop_test (tests, a_mistake_is_told_with_its_line_and_cure, 0, G_N_ELEMENTS (mistakes));
  tcase_add_test (tests, a_line_that_clashes_leaves_the_usual_keys);
  tcase_add_test (tests, every_key_of_the_table_is_a_key);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
