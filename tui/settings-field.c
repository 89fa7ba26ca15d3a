#include "settings-field.h"

#include "setting-name.h"

#include <string.h>

#define MAX_VALUE  512 /* bytes a field takes; a line of the file has less */
#define B64_SUFFIX "-b64"

gboolean
lane_settings_may_edit (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;
  const LaneProblem *flaw = lane_settings_get_flaw (panel->settings);

  if (model->read_only)
    lane_model_complain (model, "settings are not edited with --read-only");
  else if (panel->busy)
    lane_model_complain (model, "wait: the file is being read or written");
  else if (!lane_settings_is_open (panel->settings))
    lane_model_complain (model, "%s", panel->error != NULL ? panel->error : "not read yet");
  else if (flaw != NULL)
    lane_model_complain (model, "line %d cannot be read; e opens an editor to mend it", flaw->line);
  else
    return TRUE;
  return FALSE;
}

void
lane_settings_staged (LaneModel *model, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  lane_settings_panel_refresh (model->panel);
  lane_model_say (model, "%s", text);
}

/* The key a secret is set through: edit.h writes its twin where that is needed. */
static char *
plain_key (const char *key)
{
  return g_str_has_suffix (key, B64_SUFFIX) ? g_strndup (key, strlen (key) - strlen (B64_SUFFIX))
                                            : g_strdup (key);
}

void
lane_settings_field_open (LaneModel *model, const char *section, const char *key, guint index,
                          const char *text)
{
  LaneSettingsPanel *panel = model->panel;
  g_autofree char *new_section = g_strdup (section);
  g_autofree char *new_key = g_strdup (key);

  lane_settings_panel_close_field (panel);
  panel->field_section = g_steal_pointer (&new_section);
  panel->field_key = g_steal_pointer (&new_key);
  panel->field_index = index;
  panel->field_secret = lane_edit_is_secret (panel->field_section, panel->field_key);
  panel->revealed = FALSE;
  lane_settings_panel_refresh (panel);
  panel->focus = LANE_PANEL_FORM;
  lane_settings_panel_select_row (
      panel, lane_settings_form_find (panel->rows, panel->field_section, panel->field_key, index));
  /* A line of its own each time: no history, and nothing cut, of another field. */
  lane_line_edit_free (model->edits[LANE_PROMPT_FIELD]);
  model->edits[LANE_PROMPT_FIELD] = lane_line_edit_new ();
  lane_line_edit_set (model->edits[LANE_PROMPT_FIELD], text != NULL ? text : "");
  model->prompt = LANE_PROMPT_FIELD;
}

void
lane_settings_field_open_row (LaneModel *model)
{
  const LaneSettingsRow *row = lane_settings_panel_get_row (model->panel);
  g_autofree char *section = g_strdup (row->section);
  g_autofree char *key = g_strdup (row->key);
  const char *fallback = row->option != NULL ? row->option->fallback : NULL;
  g_autofree char *text =
      row->secret ? NULL : g_strdup (row->value != NULL ? row->value : fallback);

  lane_settings_field_open (model, section, key, row->index, text);
  if (model->panel->field_secret && lane_settings_panel_get_row (model->panel)->value != NULL)
    lane_model_say (model, "Type or paste the new one; Enter on nothing keeps the old one.");
}

void
lane_settings_field_leave (LaneModel *model)
{
  lane_line_edit_free (model->edits[LANE_PROMPT_FIELD]);
  model->edits[LANE_PROMPT_FIELD] = lane_line_edit_new ();
  lane_settings_panel_close_field (model->panel);
  model->prompt = LANE_PROMPT_NONE;
  lane_settings_panel_refresh (model->panel);
}

static char **
typed_values (const LaneModel *model)
{
  const LaneSettingsPanel *panel = model->panel;
  g_autofree char *key = plain_key (panel->field_key);
  g_autofree char *text = g_strdup (lane_line_edit_get_text (model->edits[LANE_PROMPT_FIELD]));

  /* The file cannot hold blanks at the ends; a password may have them. */
  if (!panel->field_secret)
    g_strstrip (text);
  return lane_settings_panel_get_values (panel, panel->field_section, key, panel->field_index,
                                         text);
}

static void
check_typed (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;
  g_autofree char *key = plain_key (panel->field_key);
  g_auto (GStrv) values = typed_values (model);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&panel->complaint, g_free);
  if (!lane_settings_check (panel->settings, panel->field_section, key, (const char *const *)values,
                            &error))
    panel->complaint = g_strdup (error->message);
}

/* Nothing typed over a secret, or a default left as it was offered. */
static gboolean
is_unchanged (const LaneSettingsPanel *panel, const char *text)
{
  const LaneSettingsRow *row = lane_settings_panel_get_row (panel);
  const char *fallback = row->option != NULL ? row->option->fallback : NULL;

  if (panel->field_secret)
    return *text == '\0';
  return row->value == NULL && row->index == 0
         && (*text == '\0' || g_strcmp0 (text, fallback) == 0);
}

static void
take_typed (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;
  const char *text = lane_line_edit_get_text (model->edits[LANE_PROMPT_FIELD]);
  g_autofree char *section = g_strdup (panel->field_section);
  g_autofree char *key = plain_key (panel->field_key);
  g_autofree char *twin = g_strconcat (key, B64_SUFFIX, NULL);
  g_auto (GStrv) values = typed_values (model);
  g_autoptr (GError) error = NULL;

  if (is_unchanged (panel, text)) {
    lane_settings_field_leave (model);
    lane_model_say (model, "Nothing was changed.");
    return;
  }
  if (!lane_settings_set (panel->settings, section, key, (const char *const *)values, &error)) {
    g_free (panel->complaint);
    panel->complaint = g_strdup (error->message);
    lane_model_complain (model, "[%s] %s: %s", section, key, error->message);
    return;
  }
  lane_settings_field_leave (model);
  if (lane_document_find_line (lane_settings_get_document (panel->settings), section, twin) != 0) {
    lane_settings_panel_show (panel, section, twin);
    lane_settings_staged (model, "Staged as %s, since a line cannot hold it as it is.", twin);
  } else if (values[0] == NULL)
    lane_settings_staged (model, "Staged: [%s] %s has its default again.", section, key);
  else
    lane_settings_staged (model, "Staged: [%s] %s.", section, key);
}

/* Everything of a paste or nothing: half of it would look like all of it. */
static void
paste (LaneModel *model, const char *pasted)
{
  LaneSettingsPanel *panel = model->panel;
  LaneLineEdit *edit = model->edits[LANE_PROMPT_FIELD];
  g_autofree char *text = g_strdup (pasted != NULL ? pasted : "");
  gsize length = strlen (text);
  LaneKey key = { .code = LANE_KEY_PASTE, .text = text };

  while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
    text[--length] = '\0';
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_iscntrl (g_utf8_get_char (at))) {
      lane_model_complain (model, *at == '\n' || *at == '\r'
                                      ? "that has more than one line: nothing was pasted"
                                      : "that has a control character: nothing was pasted");
      explicit_bzero (text, length);
      return;
    }
  if (strlen (lane_line_edit_get_text (edit)) + length > MAX_VALUE - 6)
    lane_model_complain (model, "that is too long for a line: nothing was pasted");
  else if (length > 0) {
    lane_line_edit_key (edit, &key);
    if (panel->field_secret)
      lane_model_say (model, "Pasted %ld characters.", g_utf8_strlen (text, -1));
    check_typed (model);
  }
  explicit_bzero (text, length);
}

void
lane_settings_field_key (LaneModel *model, const LaneKey *key)
{
  LaneSettingsPanel *panel = model->panel;
  LaneLineEdit *edit = model->edits[LANE_PROMPT_FIELD];

  if (key->code == LANE_KEY_PASTE) {
    paste (model, key->text);
    return;
  }
  if (key->code == LANE_KEY_BACKSPACE && *lane_line_edit_get_text (edit) == '\0')
    return;
  if (key->code == LANE_KEY_ENTER) {
    take_typed (model); /* no history: it may be a password */
    return;
  }
  switch (lane_line_edit_key (edit, key)) {
  case LANE_LINE_CHANGED:
    check_typed (model);
    return;
  case LANE_LINE_LEFT:
    lane_settings_field_leave (model);
    lane_model_say (model, "Nothing was changed.");
    return;
  case LANE_LINE_COMPLETE:
    if (panel->field_secret)
      panel->field_shown = !panel->field_shown;
    return;
  default:
    return;
  }
}

/* Names */

void
lane_settings_name_ask (LaneModel *model, LaneNaming naming, const char *section, const char *text)
{
  LaneSettingsPanel *panel = model->panel;
  g_autofree char *copy = g_strdup (section);

  g_free (panel->naming_section);
  panel->naming = naming;
  panel->naming_section = g_steal_pointer (&copy);
  lane_line_edit_set (model->edits[LANE_PROMPT_NAME], text);
  model->prompt = LANE_PROMPT_NAME;
}

char *
lane_settings_name_label (const LaneModel *model)
{
  const LaneSettingsPanel *panel = model->panel;

  switch (panel->naming) {
  case LANE_NAMING_CLONE:
    return g_strdup_printf ("Name of the copy of [%s]: ", panel->naming_section);
  case LANE_NAMING_RENAME:
    return g_strdup_printf ("New name of [%s]: ", panel->naming_section);
  case LANE_NAMING_KEY:
    return g_strdup ("Command to give keys to: ");
  case LANE_NAMING_NEW:
  default:
    return g_strdup_printf ("Name of the new %s: ", panel->naming_section);
  }
}

static gboolean
apply_name (LaneModel *model, const char *name, GError **error)
{
  LaneSettingsPanel *panel = model->panel;

  switch (panel->naming) {
  case LANE_NAMING_CLONE:
    return lane_settings_clone (panel->settings, panel->naming_section, name, error);
  case LANE_NAMING_RENAME:
    return lane_settings_rename (panel->settings, panel->naming_section, name, error);
  case LANE_NAMING_KEY:
    return TRUE;
  case LANE_NAMING_NEW:
  default:
    return lane_settings_add (panel->settings, panel->naming_section, name, error);
  }
}

/* Goes on with what a new section needs first. */
static void
open_first_field (LaneModel *model, const char *section)
{
  if (g_str_has_prefix (section, "server "))
    lane_settings_field_open (model, section, "uri", 0, NULL);
  else
    lane_settings_field_open (model, section, "id", 0, NULL);
}

void
lane_settings_name_done (LaneModel *model, const char *typed)
{
  LaneSettingsPanel *panel = model->panel;
  g_autofree char *name = g_strstrip (g_strdup (typed));
  g_autofree char *kind = lane_section_name_kind (panel->naming_section);
  g_autofree char *section = g_strdup_printf ("%s %s", kind, name);
  g_autoptr (GError) error = NULL;

  if (*name == '\0') {
    lane_model_say (model, "Nothing was changed.");
    return;
  }
  if (!apply_name (model, name, &error)) {
    g_autofree char *about = g_strdup (panel->naming_section);

    lane_settings_name_ask (model, panel->naming, about, name);
    lane_model_complain (model, "%s", error->message);
    return;
  }
  if (panel->naming == LANE_NAMING_KEY) {
    lane_settings_field_open (model, panel->naming_section, name, 0, NULL);
    return;
  }
  lane_settings_panel_refresh (panel);
  lane_settings_panel_show (panel, section, NULL);
  if (panel->naming == LANE_NAMING_RENAME)
    lane_settings_staged (model, "Staged: it is [%s] now.", section);
  else if (panel->naming == LANE_NAMING_CLONE)
    lane_settings_staged (model, "Staged: [%s].", section);
  else {
    lane_settings_staged (model, "Staged: [%s]. Now its %s.", section,
                          strcmp (kind, "server") == 0 ? "URI" : "id");
    open_first_field (model, section);
  }
}
