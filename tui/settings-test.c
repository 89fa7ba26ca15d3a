#include "settings-test.h"

#include <string.h>

#include "settings-save.h"

static LaneStanding
get_standing (const LaneSettingsPanel *panel, const char *name)
{
  return lane_test_board_get (panel->tests, lane_settings_get_document (panel->settings), name);
}

static gboolean
can_be_tested (const LaneSettings *settings, const LaneServerConfig *server)
{
  g_autofree char *section = g_strconcat ("server ", server->name, NULL);
  const GPtrArray *problems = lane_settings_get_problems (settings);

  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (problems, i);

    if (problem->level == LANE_PROBLEM_ERROR && g_strcmp0 (problem->section, section) == 0)
      return FALSE;
  }
  return server->uris->len > 0;
}

static void
test (LaneModel *model, const char *const *names)
{
  LaneSettingsPanel *panel = model->panel;

  lane_test_board_begin (panel->tests, lane_settings_get_document (panel->settings), names);
  model->effects->test_servers (names, model->effects_data);
}

/* Those that @wanted picks, NULL-terminated. */
static char **
collect (const LaneSettingsPanel *panel,
         gboolean (*wanted) (const LaneSettingsPanel *panel, const LaneServerConfig *server))
{
  const LaneConfig *config = lane_settings_get_config (panel->settings);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (config->servers, i);

    if (server->enabled && can_be_tested (panel->settings, server) && wanted (panel, server))
      g_strv_builder_add (names, server->name);
  }
  return g_strv_builder_end (names);
}

static gboolean
is_any (const LaneSettingsPanel *panel, const LaneServerConfig *server)
{
  return TRUE;
}

static void
test_all (LaneModel *model)
{
  g_auto (GStrv) names = collect (model->panel, is_any);

  if (names[0] == NULL)
    lane_model_complain (model, "there is no server to test; a adds one");
  else {
    test (model, (const char *const *)names);
    lane_model_say (model, "Testing %u server%s.", g_strv_length (names),
                    names[1] == NULL ? "" : "s");
  }
}

static void
test_one (LaneModel *model, const char *name)
{
  const LaneSettings *settings = model->panel->settings;
  const LaneServerConfig *server =
      lane_config_find_server (lane_settings_get_config (settings), name);
  const char *const names[] = { name, NULL };

  if (server != NULL && can_be_tested (settings, server))
    test (model, names);
  else
    lane_model_complain (model, "[server %s] is not complete yet: it cannot be tested", name);
}

void
lane_settings_test (LaneModel *model)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (model->panel);

  model->panel->write_when_ok = FALSE;
  if (!lane_settings_is_open (model->panel->settings) || item == NULL)
    lane_model_complain (model, "the file is not read yet");
  else if (lane_settings_get_flaw (model->panel->settings) != NULL)
    lane_model_complain (model, "the file has a line that cannot be read; e mends it");
  else if (item->kind == LANE_ITEM_NAMED && g_str_has_prefix (item->sections[0], "server "))
    test_one (model, item->title);
  else if (item->kind == LANE_ITEM_HEADING && strcmp (item->sections[0], "server") == 0)
    test_all (model);
  else
    lane_model_complain (model, "select a server to test it, or SERVERS for all of them");
}

void
lane_settings_on_stepped (LaneModel *model, const GPtrArray *results)
{
  lane_test_board_take (model->panel->tests, results);
}

/* Writing */

static gboolean
is_edited (const LaneSettingsPanel *panel, const LaneServerConfig *server)
{
  g_autofree char *section = g_strconcat ("server ", server->name, NULL);

  return lane_settings_is_changed (panel->settings, section, NULL);
}

static gboolean
is_doubtful (const LaneSettingsPanel *panel, const LaneServerConfig *server)
{
  return is_edited (panel, server) && get_standing (panel, server->name) != LANE_STANDING_OK;
}

/* `home is not tested as it is now; backup failed (unauthorized)`. */
static char *
describe (const LaneSettingsPanel *panel, char **names)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *word = lane_test_board_get_word (
        panel->tests, lane_settings_get_document (panel->settings), names[i]);

    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", names[i]);
    switch (get_standing (panel, names[i])) {
    case LANE_STANDING_FAILED:
      g_string_append_printf (text, " failed its test (%s)", word);
      break;
    case LANE_STANDING_CHECKING:
      g_string_append (text, " is still being tested");
      break;
    default:
      g_string_append (text, " is not tested as it is now");
    }
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
on_tests_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;
  LaneSettingsPanel *panel = model->panel;
  g_auto (GStrv) names = collect (panel, is_doubtful);

  switch (answer) {
  case 1:
    panel->write_when_ok = TRUE;
    test (model, (const char *const *)names);
    lane_model_say (model, "Testing; what is fine is then written.");
    return;
  case 2:
    lane_settings_save (model);
    return;
  default:
    panel->leave = LANE_LEAVE_NOWHERE;
    lane_model_say (model, "Nothing was written.");
  }
}

gboolean
lane_settings_ask_about_tests (LaneModel *model)
{
  static const LaneDialogButton buttons[] = { { "Go on editing", 'n' },
                                              { "Test, then write", 't' },
                                              { "Write now", 'w' } };
  LaneSettingsPanel *panel = model->panel;
  g_auto (GStrv) names = collect (panel, is_doubtful);
  g_autofree char *text = NULL;
  gboolean failed = FALSE;

  if (names[0] == NULL || model->confirm == LANE_CONFIRM_NEVER)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    failed |= get_standing (panel, names[i]) == LANE_STANDING_FAILED;
  text = describe (panel, names);
  model->dialog = lane_dialog_new (
      g_strdup (failed ? "Write a server that failed its test?" : "Write an untested server?"),
      g_strdup_printf ("%s.", text), buttons, G_N_ELEMENTS (buttons), on_tests_answer, model, NULL,
      NULL);
  model->dialog->focus = failed ? 0 : 1;
  return TRUE;
}

void
lane_settings_on_tested (LaneModel *model, const GError *error)
{
  LaneSettingsPanel *panel = model->panel;
  g_auto (GStrv) names = NULL;
  g_autofree char *text = NULL;

  lane_test_board_end (panel->tests, error != NULL ? error->message : NULL);
  if (!panel->write_when_ok)
    return;
  panel->write_when_ok = FALSE;
  names = collect (panel, is_doubtful);
  if (names[0] == NULL) {
    if (model->dialog == NULL && model->prompt == LANE_PROMPT_NONE && !panel->busy) {
      lane_settings_save (model);
      return;
    }
    /* Nothing may be written under what the operator began meanwhile. */
    panel->leave = LANE_LEAVE_NOWHERE;
    lane_model_say (model, "The test went well; w writes the changes.");
    return;
  }
  panel->leave = LANE_LEAVE_NOWHERE;
  text = describe (panel, names);
  lane_model_complain (model, "Not written: %s", text);
}
