#include "view.h"

#include "diff.h"
#include "settings-save.h"
#include "test-words.h"
#include "words.h"

#include <string.h>

#define NARROW     72 /* below this list and form take turns */
#define GUTTER     3  /* cursor and mark */
#define MAX_DETAIL 5
#define MAX_LABEL  20

typedef struct {
  int y, height;           /* of list and form */
  int list_width;          /* 0: not in sight */
  int form_x, form_width;  /* 0: not in sight */
  int rows_y, rows_height; /* of the form, below its heading */
  int detail_y, detail_height;
  int test_y, test_height; /* 0: nothing was tested */
  int diff_y, diff_height; /* 0: no room, or nothing is staged */
} Layout;

/* The view of a server that says most: in use, else what is known of its first URI. */
static const LaneServerView *
find_server (const LaneModel *model, const char *name)
{
  const LaneServerView *found = NULL;

  for (guint i = 0; i < model->snapshot->servers->len; i++) {
    const LaneServerView *server = g_ptr_array_index (model->snapshot->servers, i);

    if (g_strcmp0 (server->name, name) != 0)
      continue;
    if (server->in_use)
      return server;
    if (found == NULL
        || (g_strcmp0 (found->state, "ok") != 0 && g_strcmp0 (server->state, "ok") == 0))
      found = server;
  }
  return found;
}

static void
add_node_lines (const LaneModel *model, const char *name, GPtrArray *lines)
{
  const LaneSettingsPanel *panel = model->panel;
  g_autofree char *section = g_strconcat ("server ", name, NULL);
  const LaneServerView *server = find_server (model, name);

  if (server == NULL || server->error == NULL
      || lane_settings_is_changed (panel->settings, section, NULL))
    return;
  lane_test_words_add (lines, LANE_ROLE_LOG_ERROR,
                       g_strdup_printf ("The node says: %s.", server->error));
  if (server->advice != NULL)
    lane_test_words_add (lines, LANE_ROLE_NOTICE, g_strdup_printf ("%s.", server->advice));
}

/* Of the selected one; NULL: no server is selected. */
static const char *
selected_server (const LaneSettingsPanel *panel)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (panel);

  return item != NULL && item->kind == LANE_ITEM_NAMED
                 && g_str_has_prefix (item->sections[0], "server ")
             ? item->title
             : NULL;
}

/* Of LaneTestLine: what was found here, else what the node says is wrong. */
static GPtrArray *
collect_test (const LaneModel *model, int width)
{
  const LaneSettingsPanel *panel = model->panel;
  const char *name = selected_server (panel);
  GPtrArray *lines;

  if (name == NULL || !lane_settings_is_open (panel->settings))
    return g_ptr_array_new ();
  lines = lane_test_board_get_lines (panel->tests, lane_settings_get_document (panel->settings),
                                     name, width);
  if (lines->len == 0)
    add_node_lines (model, name, lines);
  return lines;
}

static int
count_test_rows (const LaneModel *model, int width)
{
  g_autoptr (GPtrArray) lines = collect_test (model, width);
  int rows = 0;

  for (guint i = 0; i < lines->len; i++) {
    const LaneTestLine *line = g_ptr_array_index (lines, i);

    rows += lane_test_words_count_rows (line->text, width);
  }
  return rows;
}

/* A test takes what the form and, where there is next to no room, its help can spare. */
static void
lay_out_test (const LaneModel *model, Layout *layout)
{
  gboolean low = layout->height < 12;
  gboolean shown = layout->form_width > 0 && !(low && model->prompt == LANE_PROMPT_FIELD);
  int rows = shown ? count_test_rows (model, layout->form_width - 2) : 0;

  layout->detail_height = layout->height >= 30 ? MAX_DETAIL : low || rows > 0 ? 2 : 4;
  if (rows == 0)
    return;
  if (low)
    layout->detail_height = 0;
  layout->test_height = MIN (rows + 1, layout->height - (low ? 2 : 8));
}

static void
lay_out (const LaneModel *model, int height, int width, Layout *layout)
{
  const LaneSettingsPanel *panel = model->panel;
  gboolean narrow = width < NARROW;
  gboolean form = panel->focus == LANE_PANEL_FORM;
  int end;

  *layout = (Layout){ .y = 2, .height = MAX (height - 3, 1) };
  layout->list_width = narrow ? (form ? 0 : width) : width >= 110 ? 34 : 26;
  layout->form_x = narrow ? 1 : layout->list_width + 2;
  layout->form_width = narrow && !form ? 0 : width - layout->form_x;
  end = layout->y + layout->height;
  if (layout->height >= 30 && lane_settings_count_changes (panel->settings) > 0)
    layout->diff_height = 9;
  lay_out_test (model, layout);
  layout->diff_y = end - layout->diff_height;
  layout->test_y = layout->diff_y - layout->test_height;
  layout->detail_y = layout->test_y - layout->detail_height;
  layout->rows_y = layout->y + 1;
  layout->rows_height = MAX (layout->detail_y - layout->rows_y, 1);
}

void
lane_settings_view_arrange (LaneModel *model, int height, int width)
{
  LaneSettingsPanel *panel = model->panel;
  Layout layout;

  lay_out (model, height, width, &layout);
  lane_list_set_page (&panel->list, layout.height);
  lane_list_set_page (&panel->form, layout.rows_height);
}

/* The list */

static gboolean
is_enabled (const LaneSettings *settings, const char *name)
{
  const LaneServerConfig *server =
      lane_config_find_server (lane_settings_get_config (settings), name);

  return server == NULL || server->enabled;
}

/* What was found here counts until the node knows of it. */
static gboolean
is_tested_here (const LaneModel *model, const LaneSettingsItem *item, LaneStanding standing)
{
  const LaneServerView *server = find_server (model, item->title);

  if (standing == LANE_STANDING_UNTESTED)
    return FALSE;
  return standing == LANE_STANDING_CHECKING || item->changed || server == NULL || !model->attached
         || g_strcmp0 (server->state, "unknown") == 0;
}

static char *
server_status (const LaneModel *model, const LaneSettingsItem *item, LaneRole *role)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneDocument *document = lane_settings_get_document (panel->settings);
  LaneStanding standing = lane_test_board_get (panel->tests, document, item->title);
  const LaneServerView *server = find_server (model, item->title);
  g_autofree char *ms = server != NULL ? lane_words_ms (server->rtt_ms) : NULL;

  *role = LANE_ROLE_MUTED;
  if (is_tested_here (model, item, standing)) {
    *role = standing == LANE_STANDING_FAILED ? LANE_ROLE_LOG_ERROR : LANE_ROLE_DEFAULT;
    return lane_test_board_get_word (panel->tests, document, item->title);
  }
  if (!is_enabled (model->panel->settings, item->title))
    return g_strdup ("off");
  if (item->changed)
    return g_strdup ("untested");
  if (!model->attached)
    return g_strdup ("no data");
  if (server == NULL)
    return g_strdup ("new");
  if (g_strcmp0 (server->state, "ok") == 0) {
    *role = LANE_ROLE_DEFAULT;
    return g_strdup_printf ("%s %s ok", server->kind != NULL ? server->kind : "", ms);
  }
  if (g_strcmp0 (server->state, "failed") == 0) {
    *role = LANE_ROLE_LOG_ERROR;
    return g_strdup_printf ("%s failed", server->kind != NULL ? server->kind : "");
  }
  return g_strdup_printf ("%s not known", server->kind != NULL ? server->kind : "");
}

static char *
item_status (const LaneModel *model, const LaneSettingsItem *item, LaneRole *role)
{
  const LanePeerView *peer = NULL;
  g_auto (LanePathWord) path = { 0 };

  *role = LANE_ROLE_MUTED;
  if (item->problem != NULL && item->problem->level == LANE_PROBLEM_ERROR) {
    *role = LANE_ROLE_LOG_ERROR;
    return g_strdup ("! mend");
  }
  if (item->problem != NULL) {
    *role = LANE_ROLE_LOG_WARNING;
    return g_strdup ("! look");
  }
  if (item->kind != LANE_ITEM_NAMED)
    return NULL;
  if (g_str_has_prefix (item->sections[0], "server "))
    return server_status (model, item, role);
  peer = lane_snapshot_find_peer (model->snapshot, item->title);
  if (peer == NULL)
    return g_strdup (model->attached ? "new" : "no data");
  lane_path_word_init (&path, peer, model->glyphs);
  return g_strdup (path.word);
}

static void
draw_item (LaneCanvas *canvas, const LaneModel *model, const LaneSettingsItem *item, int y,
           int width)
{
  gboolean named = item->kind == LANE_ITEM_NAMED;
  g_autofree char *title = item->kind == LANE_ITEM_HEADING
                               ? g_strdup_printf ("%s (%u)", item->title, item->count)
                               : g_strdup (item->title);
  LaneRole role;
  g_autofree char *status = item_status (model, item, &role);
  int x = named ? 4 : 2;
  int room = MAX (width - x - 1, 0);
  int free = MAX (room - lane_canvas_measure (canvas, title) - 1, room / 2);
  int used = status != NULL ? MIN (lane_canvas_measure (canvas, status), free) : 0;

  if (item->changed)
    lane_canvas_put (canvas, y, x - 1, 1, LANE_ROLE_MARKED, "*");
  lane_canvas_put (canvas, y, x, room - used - (used > 0),
                   named ? (item->changed ? LANE_ROLE_MARKED : LANE_ROLE_DEFAULT) : LANE_ROLE_TITLE,
                   title);
  if (used > 0)
    lane_canvas_put (canvas, y, x + room - used, used, role, status);
}

static void
draw_list (LaneCanvas *canvas, const LaneModel *model, const Layout *layout)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneList *list = &panel->list;
  gboolean focused = panel->focus == LANE_PANEL_LIST;

  lane_canvas_add_hit (canvas, layout->y, 0, layout->height, layout->list_width, LANE_HIT_ITEM, -1);
  for (int i = 0; i < layout->height && list->top + i < (int)panel->items->len; i++) {
    int at = list->top + i;

    draw_item (canvas, model, g_ptr_array_index (panel->items, at), layout->y + i,
               layout->list_width);
    lane_canvas_add_hit (canvas, layout->y + i, 0, 1, layout->list_width, LANE_HIT_ITEM, at);
    if (at == list->selected)
      lane_draw_selection (canvas, layout->y + i, 0, layout->list_width, focused);
  }
  if (layout->form_width > 0)
    for (int i = 0; i < layout->height; i++)
      lane_canvas_put (canvas, layout->y + i, layout->list_width, 1, LANE_ROLE_MUTED, "|");
}

/* The form */

static int
label_width (const LaneSettingsPanel *panel)
{
  int width = 8;

  for (guint i = 0; i < panel->rows->len; i++) {
    const LaneSettingsRow *row = g_ptr_array_index (panel->rows, i);

    if (row->key != NULL)
      width = MAX (width, (int)strlen (row->key));
  }
  return MIN (width, MAX_LABEL);
}

static gboolean
is_open_field (const LaneModel *model, const LaneSettingsRow *row)
{
  const LaneSettingsPanel *panel = model->panel;

  return model->prompt == LANE_PROMPT_FIELD && g_strcmp0 (panel->field_section, row->section) == 0
         && g_strcmp0 (panel->field_key, row->key) == 0 && panel->field_index == row->index;
}

static char *
stars (const char *text)
{
  return g_strnfill (g_utf8_strlen (text, -1), '*');
}

static void
draw_field (LaneCanvas *canvas, const LaneModel *model, int y, int x, int width)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneLineEdit *edit = model->edits[LANE_PROMPT_FIELD];
  gboolean masked = panel->field_secret && !panel->field_shown;
  g_autofree char *typed_head = lane_line_edit_get_head (edit);
  g_autofree char *head = masked ? stars (typed_head) : g_strdup (typed_head);
  g_autofree char *text =
      masked ? stars (lane_line_edit_get_text (edit)) : g_strdup (lane_line_edit_get_text (edit));
  const char *shown = text;
  const char *cursor = head;
  LaneRole role = panel->complaint != NULL ? LANE_ROLE_INPUT_ERROR : LANE_ROLE_INPUT;
  LaneMask *mask = lane_canvas_set_mask (canvas, NULL); /* nobody can edit what is not there */

  /* A long line is shown from where its cursor is in sight. */
  while (*cursor != '\0' && lane_canvas_measure (canvas, cursor) >= width) {
    cursor = g_utf8_next_char (cursor);
    shown = g_utf8_next_char (shown);
  }
  lane_canvas_overlay (canvas, y, x, width, LANE_ROLE_DEFAULT);
  lane_canvas_fill (canvas, y, x, 1, width, role);
  lane_canvas_put (canvas, y, x, width, role, shown);
  lane_canvas_set_cursor (canvas, y, x + lane_canvas_measure (canvas, cursor));
  lane_canvas_set_mask (canvas, mask);
  explicit_bzero (typed_head, strlen (typed_head));
}

static LaneRole
value_role (const LaneSettingsRow *row)
{
  if (row->problem != NULL && row->problem->level == LANE_PROBLEM_ERROR)
    return LANE_ROLE_LOG_ERROR;
  if (row->override != NULL || row->is_default)
    return LANE_ROLE_MUTED;
  return row->changed ? LANE_ROLE_MARKED : LANE_ROLE_DEFAULT;
}

static char *
value_text (const LaneModel *model, const LaneSettingsRow *row)
{
  gboolean revealed = model->panel->revealed && row == lane_settings_panel_get_row (model->panel);
  char *secret = revealed ? lane_settings_row_reveal (row) : NULL;

  if (secret != NULL)
    return secret;
  return row->override != NULL ? g_strdup_printf ("%s  (%s)", row->text, row->override)
                               : g_strdup (row->text);
}

static void
draw_row (LaneCanvas *canvas, const LaneModel *model, const LaneSettingsRow *row, int label, int y,
          int x, int width)
{
  int value_x = x + GUTTER + label + 1;
  int room = width - GUTTER - label - 1;
  g_autofree char *text = NULL;

  if (row->kind == LANE_ROW_SECTION) {
    lane_canvas_put (canvas, y, x + 1, width - 1, LANE_ROLE_TITLE, row->text);
    return;
  }
  if (row->problem != NULL)
    lane_canvas_put (canvas, y, x + 1, 1,
                     row->problem->level == LANE_PROBLEM_ERROR ? LANE_ROLE_LOG_ERROR
                                                               : LANE_ROLE_LOG_WARNING,
                     "!");
  if (row->changed)
    lane_canvas_put (canvas, y, x + 2, 1, LANE_ROLE_MARKED, "*");
  if (row->index == 0)
    lane_canvas_put (canvas, y, x + GUTTER, label,
                     row->changed ? LANE_ROLE_MARKED : LANE_ROLE_DEFAULT, row->key);
  text = value_text (model, row);
  lane_canvas_put (canvas, y, value_x, room, value_role (row), text);
  if (row->secret)
    explicit_bzero (text, strlen (text));
}

static void
draw_heading (LaneCanvas *canvas, const LaneModel *model, const LaneSettingsItem *item,
              const Layout *layout)
{
  const LaneSettings *settings = model->panel->settings;
  int x = layout->form_x;
  int width = layout->form_width - 1;
  g_autofree char *line = NULL;
  g_autofree char *title = item->kind == LANE_ITEM_HEADING ? g_strdup (item->title)
                           : item->sections[1] != NULL
                               ? g_strdup (item->title)
                               : g_strdup_printf ("[%s]", item->sections[0]);
  guint number = item->kind == LANE_ITEM_HEADING || item->sections[1] != NULL
                     ? 0
                     : lane_document_find_line (lane_settings_get_document (settings),
                                                item->sections[0], NULL);

  if (number > 0)
    line = g_strdup_printf ("line %u", number);
  else if (item->kind == LANE_ITEM_NAMED)
    line = g_strdup ("not in the file");
  lane_canvas_put (canvas, layout->y, x + 1, width - 1, LANE_ROLE_TITLE, title);
  if (line != NULL)
    lane_canvas_put_right (canvas, layout->y, x, width, LANE_ROLE_MUTED, line);
}

static void
draw_rows (LaneCanvas *canvas, const LaneModel *model, const Layout *layout)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneList *list = &panel->form;
  gboolean focused = panel->focus == LANE_PANEL_FORM;
  int label = label_width (panel);
  int x = layout->form_x;
  int width = layout->form_width;

  lane_canvas_add_hit (canvas, layout->y, x, layout->height, width, LANE_HIT_ROW, -1);
  for (int i = 0; i < layout->rows_height && list->top + i < (int)panel->rows->len; i++) {
    int at = list->top + i;
    int y = layout->rows_y + i;
    const LaneSettingsRow *row = g_ptr_array_index (panel->rows, at);

    draw_row (canvas, model, row, label, y, x, width);
    if (row->kind != LANE_ROW_SECTION)
      lane_canvas_add_hit (canvas, y, x, 1, width, LANE_HIT_ROW, at);
    if (focused && at == list->selected)
      lane_draw_selection (canvas, y, x, width, TRUE);
    if (is_open_field (model, row))
      draw_field (canvas, model, y, x + GUTTER + label + 1, width - GUTTER - label - 1);
  }
  if (list->top + layout->rows_height < list->count)
    lane_canvas_printf (canvas, layout->detail_y - (layout->detail_height < 4 ? 1 : 0),
                        x + width - 12, 11, LANE_ROLE_MUTED, "%d more",
                        list->count - list->top - layout->rows_height);
}

/* Below the form: what there is to know about the selected row */

typedef struct {
  LaneCanvas *canvas;
  int y, end, x, width;
} Lines;

static void
put_line (Lines *lines, LaneRole role, const char *text)
{
  if (text != NULL && *text != '\0' && lines->y < lines->end)
    lines->y += lane_canvas_put_wrapped (lines->canvas, lines->y, lines->x, lines->end - lines->y,
                                         lines->width, role, text);
}

static void
put_problem (Lines *lines, const LaneProblem *problem)
{
  g_autofree char *text = NULL;

  if (problem == NULL)
    return;
  text = problem->line > 0 ? g_strdup_printf ("! line %d: %s", problem->line, problem->text)
                           : g_strdup_printf ("! %s", problem->text);
  put_line (lines,
            problem->level == LANE_PROBLEM_ERROR ? LANE_ROLE_LOG_ERROR : LANE_ROLE_LOG_WARNING,
            text);
}

static void
put_row_detail (Lines *lines, const LaneModel *model, const LaneSettingsRow *row, int room)
{
  g_autofree char *help = lane_settings_row_describe (row);
  g_autofree char *more = g_strdup_printf ("  = %s", row->text);
  g_autofree char *override =
      row->override != NULL
          ? g_strdup_printf ("%s decides this, whatever the file says.", row->override)
          : NULL;

  put_problem (lines, row->problem != NULL ? row->problem
                                           : lane_settings_find_problem (model->panel->settings,
                                                                         row->section, NULL));
  put_line (lines, LANE_ROLE_NOTICE, override);
  if (!row->secret && lane_canvas_measure (lines->canvas, row->text) > room)
    put_line (lines, LANE_ROLE_DEFAULT, more);
  put_line (lines, LANE_ROLE_MUTED, help);
}

static void
draw_detail (LaneCanvas *canvas, const LaneModel *model, const LaneSettingsItem *item,
             const Layout *layout)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneSettingsRow *row =
      panel->focus == LANE_PANEL_FORM ? lane_settings_panel_get_row (panel) : NULL;
  gboolean ruled = layout->detail_height > 3;
  Lines lines = { canvas, layout->detail_y + ruled, layout->detail_y + layout->detail_height,
                  layout->form_x + 1, layout->form_width - 2 };

  if (panel->complaint != NULL) {
    g_autofree char *text = g_strdup_printf ("! %s", panel->complaint);

    put_line (&lines, LANE_ROLE_LOG_ERROR, text);
  }
  if (row != NULL)
    put_row_detail (&lines, model, row, layout->form_width - GUTTER - label_width (panel) - 1);
  else {
    put_problem (&lines, item->problem);
    put_line (&lines, LANE_ROLE_MUTED, lane_settings_item_get_help (item));
  }
}

static void
draw_test (LaneCanvas *canvas, const LaneModel *model, const Layout *layout)
{
  g_autoptr (GPtrArray) test = NULL;
  Lines lines = { canvas, layout->test_y + 1, layout->test_y + layout->test_height,
                  layout->form_x + 1, layout->form_width - 2 };

  if (layout->test_height == 0)
    return;
  test = collect_test (model, lines.width);
  lane_draw_rule (canvas, layout->test_y, layout->form_x, layout->form_width - 1, "Test");
  for (guint i = 0; i < test->len; i++) {
    const LaneTestLine *line = g_ptr_array_index (test, i);

    put_line (&lines, line->role, line->text);
  }
}

static void
draw_diff_line (LaneCanvas *canvas, const LaneDiffLine *line, int y, int x, int width)
{
  LaneRole role = line->sign == '+'   ? LANE_ROLE_MARKED
                  : line->sign == '-' ? LANE_ROLE_LOG_WARNING
                                      : LANE_ROLE_MUTED;

  lane_canvas_printf (canvas, y, x, width, role, "%4u %c %s",
                      line->new_line > 0 ? line->new_line : line->old_line, line->sign, line->text);
}

static void
draw_staged (LaneCanvas *canvas, const LaneModel *model, const Layout *layout)
{
  const LaneSettings *settings = model->panel->settings;
  g_autoptr (GPtrArray) lines = NULL;

  if (layout->diff_height == 0)
    return;
  lines = lane_diff (lane_settings_get_original (settings)->document,
                     lane_settings_get_document (settings), 0);
  lane_draw_rule (canvas, layout->diff_y, layout->form_x, layout->form_width - 1,
                  "Staged, D shows all");
  for (int i = 0; i < layout->diff_height - 1 && i < (int)lines->len; i++)
    draw_diff_line (canvas, g_ptr_array_index (lines, i), layout->diff_y + 1 + i,
                    layout->form_x + 1, layout->form_width - 2);
}

static const char *
empty_text (const LaneSettingsItem *item)
{
  if (item->kind != LANE_ITEM_HEADING)
    return "None set; a adds one.";
  if (item->count == 0)
    return "None yet; a adds one.";
  return strcmp (item->sections[0], "peer") == 0
             ? "Enter lists them, a adds one."
             : "a adds one. They are tried in this order; J and K change it.";
}

/* Instead of a form: where the file is broken. */
static void
draw_flaw (LaneCanvas *canvas, const LaneModel *model, const LaneProblem *flaw,
           const Layout *layout)
{
  const LaneDocument *document = lane_settings_get_document (model->panel->settings);
  int x = layout->form_x + 1;
  int rows = MIN (layout->rows_height, (int)lane_document_get_length (document));
  int first =
      MAX (MIN (flaw->line - rows / 2, (int)lane_document_get_length (document) - rows + 1), 1);
  g_autofree char *message = g_strdup_printf ("! line %d: %s", flaw->line, flaw->text);

  lane_canvas_put (canvas, layout->y, x, layout->form_width - 2, LANE_ROLE_TITLE,
                   "The file cannot be read whole");
  for (int i = 0; i < rows; i++) {
    int number = first + i;
    g_autofree char *line = lane_document_show_line (document, number);
    gboolean broken = number == flaw->line;

    lane_canvas_printf (canvas, layout->rows_y + i, x, layout->form_width - 2,
                        broken ? LANE_ROLE_LOG_ERROR : LANE_ROLE_MUTED, "%c%4d  %s",
                        broken ? '!' : ' ', number, line);
  }
  lane_canvas_put_wrapped (canvas, layout->detail_y + (layout->detail_height > 3), x,
                           layout->detail_height - (layout->detail_height > 3),
                           layout->form_width - 2, LANE_ROLE_LOG_ERROR, message);
}

static void
draw_form (LaneCanvas *canvas, const LaneModel *model, const Layout *layout)
{
  const LaneSettingsItem *item = lane_settings_panel_get_item (model->panel);
  const LaneProblem *flaw = lane_settings_get_flaw (model->panel->settings);

  if (flaw != NULL) {
    draw_flaw (canvas, model, flaw, layout);
    return;
  }
  if (item == NULL)
    return;
  draw_heading (canvas, model, item, layout);
  if (model->panel->rows->len == 0)
    lane_canvas_put_wrapped (canvas, layout->rows_y, layout->form_x + 1, 3, layout->form_width - 2,
                             LANE_ROLE_DEFAULT, empty_text (item));
  draw_rows (canvas, model, layout);
  draw_detail (canvas, model, item, layout);
  draw_test (canvas, model, layout);
  draw_staged (canvas, model, layout);
}

/* Around them */

gboolean
lane_settings_view_has_notice (const LaneModel *model)
{
  const LaneSettingsPanel *panel = model->panel;

  return panel->error != NULL || panel->outdated
         || lane_settings_get_flaw (panel->settings) != NULL;
}

/* Which links a write restarts or ends, before it does. */
static void
draw_impact (LaneCanvas *canvas, const LaneModel *model, int width)
{
  g_autoptr (LaneImpact) impact = lane_settings_impact_new (model);
  g_autofree char *effect = impact != NULL ? lane_impact_describe (impact) : NULL;

  if (effect != NULL && model->attached)
    lane_canvas_printf (canvas, 1, 1, width - 1, LANE_ROLE_NOTICE, "Writing: %s.", effect);
}

static void
draw_notice (LaneCanvas *canvas, const LaneModel *model, int width)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneProblem *flaw = lane_settings_get_flaw (panel->settings);

  if (panel->error != NULL)
    lane_canvas_printf (canvas, 1, 1, width - 1, LANE_ROLE_LOG_ERROR, "Cannot read the file: %s",
                        panel->error);
  else if (flaw != NULL)
    lane_canvas_printf (canvas, 1, 1, width - 1, LANE_ROLE_LOG_ERROR,
                        "Line %d cannot be read, and nothing be edited until e mends it.",
                        flaw->line);
  else if (panel->outdated)
    lane_canvas_put (canvas, 1, 1, width - 1, LANE_ROLE_NOTICE,
                     "Another program saved the file: M merges it into your changes, w asks.");
  else if (!lane_settings_is_open (panel->settings))
    lane_canvas_put (canvas, 1, 1, width - 1, LANE_ROLE_MUTED, "Reading the file.");
  else
    draw_impact (canvas, model, width);
}

static char *
file_title (const LaneModel *model)
{
  const LaneSettings *settings = model->panel->settings;
  const char *path = lane_settings_get_path (settings);
  const char *home = g_get_home_dir ();
  gboolean at_home = g_str_has_prefix (path, home) && path[strlen (home)] == '/';
  const LaneOriginal *original = lane_settings_get_original (settings);

  return g_strdup_printf ("%s%s, %s", at_home ? "~" : "", at_home ? path + strlen (home) : path,
                          original != NULL && !original->exists
                              ? "not there yet: w makes it"
                              : "comments and unknown lines are kept");
}

void
lane_settings_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  g_autofree char *title = file_title (model);
  Layout layout;

  lay_out (model, height, width, &layout);
  lane_draw_tabs (canvas, model, width);
  draw_notice (canvas, model, width);
  lane_draw_rule (canvas, height - 1, 0, width, title);
  lane_canvas_set_cursor (canvas, layout.y, 0);
  if (!lane_settings_is_open (model->panel->settings))
    return;
  if (layout.list_width > 0)
    draw_list (canvas, model, &layout);
  if (layout.form_width > 0)
    draw_form (canvas, model, &layout);
}

char *
lane_settings_view_status (const LaneModel *model)
{
  const LaneSettingsPanel *panel = model->panel;
  guint n = lane_settings_count_changes (panel->settings);
  const GPtrArray *problems = lane_settings_get_problems (panel->settings);
  guint errors = 0;

  for (guint i = 0; problems != NULL && i < problems->len; i++)
    errors += ((const LaneProblem *)g_ptr_array_index (problems, i))->level == LANE_PROBLEM_ERROR;
  if (panel->busy)
    return g_strdup ("Reading or writing the file.");
  if (errors > 0)
    return g_strdup_printf ("%u thing%s to mend%s", errors, errors == 1 ? "" : "s",
                            n > 0 ? "; D shows what is staged." : ", marked with !.");
  return n == 0 ? g_strdup ("") : g_strdup ("Staged only: w writes, D shows, u takes back.");
}

/* Overlays */

void
lane_settings_pick_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneSettingsRow *row = lane_settings_panel_get_row (panel);
  const LaneList *list = &panel->pick;
  int w = 20;
  int h = MIN (list->count + 2, height);
  int x, y;

  for (int i = 0; i < list->count; i++)
    w = MAX (w, lane_canvas_measure (canvas, panel->choices[i]) + 8);
  w = MIN (MAX (w, (int)strlen (row->key) + 8), width);
  x = (width - w) / 2;
  y = (height - h) / 2;
  lane_draw_box (canvas, y, x, h, w, row->key, NULL);
  for (int i = 0; i < h - 2; i++) {
    lane_canvas_put (canvas, y + 1 + i, x + 4, w - 6, LANE_ROLE_DIALOG, panel->choices[i]);
    lane_canvas_add_hit (canvas, y + 1 + i, x + 1, 1, w - 2, LANE_HIT_CHOICE, i);
    if (i == list->selected)
      lane_draw_selection (canvas, y + 1 + i, x + 2, w - 4, TRUE);
  }
}

void
lane_settings_diff_arrange (LaneModel *model, int height, int width)
{
  LaneSettingsPanel *panel = model->panel;

  lane_list_set_page (&panel->diff_list, height - 4);
  lane_list_set_count (&panel->diff_list, panel->diff->len);
}

void
lane_settings_diff_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  const LaneSettingsPanel *panel = model->panel;
  const LaneList *list = &panel->diff_list;
  int rows = height - 4;
  guint previous = 0;

  lane_draw_box (canvas, 1, 0, height - 2, width, panel->diff_title,
                 model->read_only ? "Esc closes" : "w writes, Esc closes");
  lane_canvas_add_hit (canvas, 0, 0, height, width, LANE_HIT_TEXT, -1);
  lane_canvas_set_cursor (canvas, 2, 1);
  for (int i = 0; i < rows && list->top + i < (int)panel->diff->len; i++) {
    const LaneDiffLine *line = g_ptr_array_index (panel->diff, list->top + i);
    guint number = MAX (line->new_line, line->old_line);

    draw_diff_line (canvas, line, 2 + i, 3, width - 5);
    /* A gap in the numbers is a gap in what is shown. */
    if (previous > 0 && number > previous + 2)
      lane_canvas_put (canvas, 2 + i, 2, 1, LANE_ROLE_MUTED, "~");
    previous = number;
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, 2 + i, 1, width - 2, TRUE);
  }
}
