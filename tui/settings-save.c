#include "settings-save.h"

#include "diff.h"
#include "settings-field.h"
#include "settings-test.h"
#include "words.h"

#include <string.h>

#define MAX_SHOWN 3 /* conflicts in a dialog */

static GPtrArray *
problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

static void
go (LaneModel *model, LaneLeave where)
{
  model->panel->leave = LANE_LEAVE_NOWHERE;
  if (where != LANE_LEAVE_NOWHERE)
    model->panel->focus = LANE_PANEL_LIST;
  switch (where) {
  case LANE_LEAVE_TO_PEERS:
    model->view = LANE_VIEW_PEERS;
    model->log_focused = FALSE;
    return;
  case LANE_LEAVE_TO_NETWORK:
    model->view = LANE_VIEW_NETWORK;
    return;
  case LANE_LEAVE_TO_LOG:
    model->view = LANE_VIEW_LOG;
    return;
  case LANE_LEAVE_QUIT:
    model->effects->quit (FALSE, model->effects_data);
    return;
  case LANE_LEAVE_NOWHERE:
  default:
    return;
  }
}

static void write_and_leave (LaneModel *model, LaneLeave where);

static void
on_leave_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;
  LaneSettingsPanel *panel = model->panel;
  LaneLeave where = panel->leave;

  panel->leave = LANE_LEAVE_NOWHERE;
  switch (answer) {
  case 1:
    write_and_leave (model, where);
    return;
  case 2:
    lane_settings_discard (panel->settings);
    lane_settings_panel_refresh (panel);
    lane_model_say (model, "Discarded; u in Settings brings the changes back.");
    go (model, where);
    return;
  case 3:
    go (model, where);
    lane_model_say (model, "The changes wait in 4 Settings; nothing is written yet.");
    return;
  default:
    lane_model_say (model, "Nothing was written.");
  }
}

gboolean
lane_settings_leave (LaneModel *model, LaneLeave where)
{
  static const LaneDialogButton buttons[] = {
    { "Stay", 'n' }, { "Save", 's' }, { "Discard", 'd' }, { "Later", 'l' }
  };
  LaneSettingsPanel *panel = model->panel;
  guint n = panel != NULL ? lane_settings_count_changes (panel->settings) : 0;

  if (n == 0 || panel->busy) {
    if (panel != NULL)
      go (model, where);
    return FALSE;
  }
  panel->leave = where;
  model->dialog = lane_dialog_new (
      g_strdup_printf ("%u %s not written yet", n, n == 1 ? "change is" : "changes are"),
      g_strdup (where == LANE_LEAVE_QUIT
                    ? "Save writes the file, then quits. Discard quits without them."
                    : "Save writes the file, then leaves. Later leaves them staged here."),
      buttons, where == LANE_LEAVE_QUIT ? 3 : 4, on_leave_answer, model, NULL, NULL);
  return TRUE;
}

void
lane_settings_enter (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;

  if (panel == NULL) {
    lane_model_complain (model, "no settings file is known here");
    return;
  }
  model->view = LANE_VIEW_SETTINGS;
  if (!lane_settings_is_open (panel->settings) && !panel->busy) {
    panel->busy = TRUE;
    model->effects->read_settings (model->effects_data);
  }
}

/* What it would do */

LaneImpact *
lane_settings_impact_new (const LaneModel *model)
{
  const LaneSettings *settings = model->panel->settings;
  g_autoptr (GArray) running = g_array_new (FALSE, TRUE, sizeof (LaneRunningPeer));

  if (lane_settings_count_changes (settings) == 0)
    return NULL;
  for (guint i = 0; model->attached && i < model->snapshot->peers->len; i++) {
    const LanePeerView *peer = g_ptr_array_index (model->snapshot->peers, i);
    gboolean relayed = peer->local != NULL && g_strcmp0 (peer->local->type, "relay") == 0;
    const LaneRunningPeer row = { .name = peer->name,
                                  .state = peer->state != NULL ? peer->state : "off",
                                  .relay = relayed ? peer->local->server : NULL };

    g_array_append_val (running, row);
  }
  return lane_impact_new (lane_settings_get_old_config (settings),
                          lane_settings_get_config (settings), (LaneRunningPeer *)running->data,
                          running->len);
}

/* Links that are up and would end. */
static guint
count_lost (const LaneModel *model, const LaneImpact *impact)
{
  guint n = 0;

  for (guint i = 0; i < impact->peers->len; i++) {
    const LanePeerImpact *change = g_ptr_array_index (impact->peers, i);
    const LanePeerView *peer = lane_snapshot_find_peer (model->snapshot, change->peer);

    n += change->effect == LANE_EFFECT_REMOVED && peer != NULL && lane_words_is_up (peer);
  }
  return n;
}

/* Writing */

static void
save (LaneModel *model, LaneSaveMode mode)
{
  LaneSettingsPanel *panel = model->panel;

  if (mode == LANE_SAVE_ASK
      && !lane_document_check (lane_settings_get_original (panel->settings)->document, NULL))
    mode = LANE_SAVE_REPAIR;
  panel->busy = TRUE;
  model->effects->save_settings (mode, model->effects_data);
}

static void
on_loss_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;

  if (answer == 1)
    save (model, LANE_SAVE_ASK);
  else {
    model->panel->leave = LANE_LEAVE_NOWHERE;
    lane_model_say (model, "Nothing was written.");
  }
}

static void
save_unless_lost (LaneModel *model)
{
  static const LaneDialogButton buttons[] = { { "No", 'n' }, { "Yes", 'y' } };
  g_autoptr (LaneImpact) impact = lane_settings_impact_new (model);
  guint lost = count_lost (model, impact);
  gboolean ask = model->confirm == LANE_CONFIRM_ALWAYS
                 || (model->confirm == LANE_CONFIRM_DISRUPTIVE && lost > 0);
  g_autofree char *effect = lane_impact_describe (impact);

  if (ask)
    model->dialog = lane_dialog_new (
        lost > 0 ? g_strdup_printf ("Write, and end %u link%s?", lost, lost == 1 ? "" : "s")
                 : g_strdup ("Write the changes?"),
        g_strdup_printf ("Writing: %s.", effect), buttons, 2, on_loss_answer, model, NULL, NULL);
  else
    save (model, LANE_SAVE_ASK);
}

void
lane_settings_save (LaneModel *model)
{
  save_unless_lost (model);
}

static void
save_tested (LaneModel *model)
{
  if (!lane_settings_ask_about_tests (model))
    save_unless_lost (model);
}

static void
on_gaps_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;

  if (answer == 1)
    save_tested (model);
  else {
    model->panel->leave = LANE_LEAVE_NOWHERE;
    lane_model_say (model, "Nothing was written.");
  }
}

static void
show_problem (LaneModel *model, const LaneProblem *problem)
{
  if (problem->section != NULL)
    lane_settings_panel_show (model->panel, problem->section, problem->key);
}

/* And goes there once it is done. */
static void
write_and_leave (LaneModel *model, LaneLeave where)
{
  static const LaneDialogButton buttons[] = { { "Go on editing", 'n' }, { "Write it so", 'y' } };
  LaneSettingsPanel *panel = model->panel;
  g_autoptr (GPtrArray) faults = problems_new ();
  g_autoptr (GPtrArray) gaps = problems_new ();

  panel->leave = LANE_LEAVE_NOWHERE;
  if (!lane_settings_may_edit (model))
    return;
  if (lane_settings_count_changes (panel->settings) == 0) {
    lane_model_say (model, "There is nothing to write.");
    return;
  }
  lane_settings_review (panel->settings, faults, gaps);
  if (faults->len > 0) {
    g_autofree char *text = lane_problem_to_string (faults->pdata[0]);

    show_problem (model, faults->pdata[0]);
    lane_model_complain (model, "Not written: %s", text);
  } else if (gaps->len > 0) {
    const LaneProblem *gap = gaps->pdata[0];

    panel->leave = where;
    show_problem (model, gap);
    model->dialog =
        lane_dialog_new (g_strdup_printf ("[%s] is not complete", gap->section),
                         g_strdup_printf ("It %s. Until then the node leaves it out.", gap->text),
                         buttons, 2, on_gaps_answer, model, NULL, NULL);
  } else {
    panel->leave = where;
    save_tested (model);
  }
}

void
lane_settings_write (LaneModel *model)
{
  write_and_leave (model, LANE_LEAVE_NOWHERE);
}

/* What another program did */

static void
take_diff (LaneModel *model, const LaneDocument *from, const LaneDocument *to, const char *title)
{
  LaneSettingsPanel *panel = model->panel;

  g_clear_pointer (&panel->diff, g_ptr_array_unref);
  panel->diff = lane_diff (from, to, 2);
  panel->diff_list = (LaneList){ 0 };
  g_free (panel->diff_title);
  panel->diff_title = g_strdup (title);
  model->overlay = LANE_OVERLAY_DIFF;
}

void
lane_settings_show_diff (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;

  if (!lane_settings_is_open (panel->settings)
      || lane_settings_count_changes (panel->settings) == 0)
    lane_model_say (model, "Nothing is changed.");
  else
    take_diff (model, lane_settings_get_original (panel->settings)->document,
               lane_settings_get_document (panel->settings), "What would be written");
}

static void
on_changed_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;
  const LaneSaveReport *report = user_data;
  LaneSettingsPanel *panel = model->panel;

  switch (answer) {
  case 1:
    save (model, report->outcome == LANE_SAVE_CONFLICT ? LANE_SAVE_PREFER_OURS : LANE_SAVE_MERGE);
    return;
  case 2:
    panel->leave = LANE_LEAVE_NOWHERE;
    take_diff (model, report->original->document, lane_settings_get_document (panel->settings),
               "The file as it is now, and yours");
    return;
  case 3:
    save (model, LANE_SAVE_OVERWRITE);
    return;
  default:
    panel->leave = LANE_LEAVE_NOWHERE;
    panel->outdated = TRUE;
    lane_model_say (model, "Nothing was written.");
  }
}

static char *
describe_conflicts (const GPtrArray *conflicts)
{
  g_autoptr (GString) text =
      g_string_new ("Another program changed the same settings. Merge keeps yours: ");

  for (guint i = 0; i < conflicts->len && i < MAX_SHOWN; i++) {
    g_autofree char *line = lane_conflict_to_string (conflicts->pdata[i]);

    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", line);
  }
  if (conflicts->len > MAX_SHOWN)
    g_string_append_printf (text, "; and %u more", conflicts->len - MAX_SHOWN);
  g_string_append_c (text, '.');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
ask_about_change (LaneModel *model, LaneSaveReport *report)
{
  static const LaneDialogButton buttons[] = {
    { "Keep editing", 'k' }, { "Merge", 'm' }, { "Show diff", 'd' }, { "Overwrite", 'o' }
  };
  LaneSettingsPanel *panel = model->panel;
  guint n = lane_settings_count_changes (panel->settings);
  gboolean clash = report->outcome == LANE_SAVE_CONFLICT;
  char *text = clash ? describe_conflicts (report->conflicts)
                     : g_strdup_printf ("Another program saved it. Your %u change%s other "
                                        "settings than its own.",
                                        n, n == 1 ? " touches" : "s touch");
  g_autofree char *base = g_path_get_basename (lane_settings_get_path (panel->settings));

  panel->outdated = TRUE;
  model->dialog =
      lane_dialog_new (g_strdup_printf ("%s changed on disk", base), text, buttons, 4,
                       on_changed_answer, model, report, (GDestroyNotify)lane_save_report_free);
  model->dialog->focus = clash ? 0 : 1;
}

static void
on_gone_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;

  if (answer == 1)
    save (model, LANE_SAVE_OVERWRITE);
  else {
    model->panel->leave = LANE_LEAVE_NOWHERE;
    lane_model_say (model, "Nothing was written.");
  }
}

static void
ask_about_loss (LaneModel *model)
{
  static const LaneDialogButton buttons[] = { { "Keep editing", 'k' }, { "Write it anew", 'w' } };
  g_autofree char *base = g_path_get_basename (lane_settings_get_path (model->panel->settings));

  model->dialog = lane_dialog_new (
      g_strdup_printf ("%s is gone", base),
      g_strdup ("Another program removed the file. It can be written anew, with all that is here."),
      buttons, 2, on_gone_answer, model, NULL, NULL);
}

static void
tell (LaneModel *model, gboolean first)
{
  model->effects->settings_say (lane_settings_get_old_config (model->panel->settings), first,
                                model->effects_data);
}

static void
finish_save (LaneModel *model, const LaneSaveReport *report)
{
  LaneSettingsPanel *panel = model->panel;
  guint n = lane_settings_count_changes (panel->settings);
  LaneLeave where = panel->leave;

  lane_settings_accept (panel->settings, report);
  tell (model, FALSE);
  panel->outdated = FALSE;
  lane_settings_panel_refresh (panel);
  lane_model_say (model, "Wrote %u change%s%s.", n, n == 1 ? "" : "s",
                  report->outcome == LANE_SAVE_MERGED ? ", merged with what was saved meanwhile"
                                                      : "");
  go (model, where);
}

void
lane_settings_on_saved (LaneModel *model, LaneSaveReport *taken, const GError *error)
{
  g_autoptr (LaneSaveReport) report = taken;
  LaneSettingsPanel *panel = model->panel;

  panel->busy = FALSE;
  if (report == NULL) {
    panel->leave = LANE_LEAVE_NOWHERE;
    lane_model_complain (model, "%s: %s", lane_settings_get_path (panel->settings), error->message);
    return;
  }
  switch (report->outcome) {
  case LANE_SAVE_UNCHANGED:
    lane_model_say (model, "There is nothing to write.");
    return;
  case LANE_SAVE_WRITTEN:
  case LANE_SAVE_MERGED:
    finish_save (model, report);
    return;
  case LANE_SAVE_GONE:
    ask_about_loss (model);
    return;
  case LANE_SAVE_CHANGED:
  case LANE_SAVE_CONFLICT:
  default:
    ask_about_change (model, g_steal_pointer (&report));
  }
}

void
lane_settings_merge (LaneModel *model)
{
  if (!lane_settings_may_edit (model))
    return;
  if (!model->panel->outdated) {
    lane_model_say (model, "The file is as it was read.");
    return;
  }
  model->panel->merging = TRUE;
  model->effects->read_settings (model->effects_data);
}

static void
show_flaw (LaneModel *model)
{
  const LaneProblem *flaw = lane_settings_get_flaw (model->panel->settings);

  if (flaw == NULL)
    return;
  show_problem (model, flaw);
  model->panel->focus = LANE_PANEL_LIST;
  lane_model_complain (model, "line %d: %s. e opens an editor there", flaw->line, flaw->text);
}

/* An operator who comes because of it should not have to look for it. */
static void
show_first_problem (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;
  const GPtrArray *problems = lane_settings_get_problems (panel->settings);

  if (lane_settings_get_flaw (panel->settings) != NULL) {
    show_flaw (model);
    return;
  }
  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (problems, i);

    if (problem->level != LANE_PROBLEM_ERROR || problem->section == NULL)
      continue;
    show_problem (model, problem);
    return;
  }
}

static gboolean
is_same_file (const LaneOriginal *one, const LaneOriginal *other)
{
  return one->exists == other->exists && lane_document_equal (one->document, other->document);
}

static void
take_changed (LaneModel *model, LaneOriginal *original)
{
  LaneSettingsPanel *panel = model->panel;
  gboolean merging = panel->merging;

  panel->merging = FALSE;
  if (lane_settings_count_changes (panel->settings) == 0) {
    lane_settings_open (panel->settings, original);
    tell (model, FALSE);
    panel->outdated = FALSE;
    lane_settings_panel_refresh (panel);
    if (model->view == LANE_VIEW_SETTINGS)
      lane_model_say (model, "Another program saved the file; this is what it says now.");
    show_flaw (model);
  } else if (!merging) {
    lane_original_free (original);
    panel->outdated = TRUE;
  } else if (lane_settings_rebase (panel->settings, original)) {
    panel->outdated = FALSE;
    lane_settings_staged (model, "Merged: the file's changes are taken in, yours are kept.");
  } else
    lane_model_complain (model, "both changed the same settings: w asks which ones count");
}

void
lane_settings_on_read (LaneModel *model, LaneOriginal *original, const GError *error)
{
  LaneSettingsPanel *panel = model->panel;
  gboolean first = !lane_settings_is_open (panel->settings);

  if (first)
    panel->busy = FALSE;
  g_clear_pointer (&panel->error, g_free);
  if (original == NULL) {
    panel->merging = FALSE;
    panel->error = g_strdup (error->message);
  } else if (first) {
    lane_settings_open (panel->settings, original);
    tell (model, TRUE);
    lane_settings_panel_refresh (panel);
    show_first_problem (model);
  } else if (panel->busy || model->prompt == LANE_PROMPT_FIELD
             || is_same_file (original, lane_settings_get_original (panel->settings))) {
    /* While a field is open nothing may move under it. */
    panel->outdated =
        !panel->busy && !is_same_file (original, lane_settings_get_original (panel->settings));
    lane_original_free (original);
  } else
    take_changed (model, original);
}

/* The line of what is selected, or the one that is broken. */
static guint
line_of_interest (const LaneSettingsPanel *panel)
{
  const LaneProblem *flaw = lane_settings_get_flaw (panel->settings);
  const LaneSettingsItem *item = lane_settings_panel_get_item (panel);
  const LaneSettingsRow *row = lane_settings_panel_get_row (panel);

  if (flaw != NULL)
    return flaw->line;
  if (panel->focus == LANE_PANEL_FORM && row != NULL && row->line > 0)
    return row->line;
  return item != NULL ? lane_document_find_line (lane_settings_get_document (panel->settings),
                                                 item->sections[0], NULL)
                      : 0;
}

void
lane_settings_open_editor (LaneModel *model)
{
  LaneSettingsPanel *panel = model->panel;

  if (panel->busy || !lane_settings_is_open (panel->settings)) {
    lane_model_complain (model, "%s",
                         panel->error != NULL ? panel->error
                                              : "wait: the file is being read or written");
    return;
  }
  panel->busy = TRUE;
  model->effects->edit_settings (line_of_interest (panel), model->effects_data);
}

void
lane_settings_on_edited (LaneModel *model, LaneDocument *document, const GError *error)
{
  LaneSettingsPanel *panel = model->panel;

  panel->busy = FALSE;
  if (document == NULL) {
    lane_model_complain (model, "the editor: %s; nothing was changed", error->message);
    return;
  }
  lane_settings_replace (panel->settings, document);
  if (lane_settings_count_changes (panel->settings) == 0)
    lane_settings_staged (model, "The editor changed nothing.");
  else
    lane_settings_staged (model, "Staged what the editor left: D shows it, w writes it.");
  show_flaw (model);
}
