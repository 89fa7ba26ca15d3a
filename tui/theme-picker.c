#include "theme-picker.h"

#include <string.h>

#include "problem.h"
#include "view.h"

#define WIDTH       44
#define NAME_WIDTH  14
#define SAMPLE_ROWS 3 /* with the rule above them */

typedef struct {
  char *choice;
  char *about; /* `dark, built-in` */
} Row;

struct _LaneThemePicker {
  GPtrArray *rows; /* of Row */
  char *before;    /* the choice to go back to */
};

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->choice);
  g_free (row->about);
  g_free (row);
}

void
lane_theme_picker_free (LaneThemePicker *picker)
{
  if (picker == NULL)
    return;
  g_ptr_array_unref (picker->rows);
  g_free (picker->before);
  g_free (picker);
}

static void
add_row (LaneThemePicker *picker, const char *choice, char *about)
{
  Row *row = g_new0 (Row, 1);

  row->choice = g_strdup (choice);
  row->about = about;
  g_ptr_array_add (picker->rows, row);
}

static char *
describe_item (const LaneShelf *shelf, const LaneShelfItem *item)
{
  static const char *const suits[] = { [LANE_BACKGROUND_ANY] = "dark or light",
                                       [LANE_BACKGROUND_DARK] = "dark",
                                       [LANE_BACKGROUND_LIGHT] = "light" };
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (LaneTheme) theme = lane_theme_load (shelf, item->name, problems, NULL);

  if (theme == NULL)
    return g_strdup ("cannot be read");
  if (problems->len > 0)
    return g_strdup_printf ("%u mistake%s", problems->len, problems->len == 1 ? "" : "s");
  return g_strdup_printf ("%s%s", suits[theme->background],
                          item->origin == LANE_SHELF_USER ? ", yours" : "");
}

static gboolean
has_row (const LaneThemePicker *picker, const char *choice)
{
  for (guint i = 0; i < picker->rows->len; i++)
    if (strcmp (((Row *)g_ptr_array_index (picker->rows, i))->choice, choice) == 0)
      return TRUE;
  return FALSE;
}

static void
fill (LaneThemePicker *picker, const LaneLook *look)
{
  g_autoptr (GPtrArray) items = lane_shelf_list (look->shelf);

  add_row (picker, LANE_LOOK_AUTO,
           g_strdup_printf ("here: %s", lane_look_resolve (look, LANE_LOOK_AUTO)));
  for (guint i = 0; i < items->len; i++) {
    const LaneShelfItem *item = g_ptr_array_index (items, i);

    add_row (picker, item->name, describe_item (look->shelf, item));
  }
  if (!has_row (picker, look->choice))
    add_row (picker, look->choice, g_strdup ("in use"));
}

void
lane_theme_picker_open (LaneModel *model)
{
  LaneThemePicker *picker = g_new0 (LaneThemePicker, 1);

  picker->rows = g_ptr_array_new_with_free_func (row_free);
  picker->before = g_strdup (model->look.choice);
  fill (picker, &model->look);
  g_clear_pointer (&model->theme_picker, lane_theme_picker_free);
  model->theme_picker = picker;
  lane_list_set_count (&model->overlay_list, picker->rows->len);
  for (guint i = 0; i < picker->rows->len; i++)
    if (strcmp (((Row *)g_ptr_array_index (picker->rows, i))->choice, picker->before) == 0)
      lane_list_select (&model->overlay_list, i);
}

static const Row *
selected_row (const LaneModel *model)
{
  guint row = model->overlay_list.selected;

  return row < model->theme_picker->rows->len ? g_ptr_array_index (model->theme_picker->rows, row)
                                              : NULL;
}

/* FALSE: there is no such theme, and it was said. */
static gboolean
show (LaneModel *model, const char *choice)
{
  g_autofree char *complaint = NULL;
  gboolean shown = lane_look_choose (&model->look, choice, &complaint);

  if (complaint != NULL)
    lane_model_complain (model, "%s", complaint);
  return shown;
}

void
lane_theme_picker_preview (LaneModel *model)
{
  const Row *row;

  if (model->overlay != LANE_OVERLAY_THEMES || model->theme_picker == NULL)
    return;
  row = selected_row (model);
  if (row != NULL && strcmp (row->choice, model->look.choice) != 0)
    show (model, row->choice);
}

void
lane_theme_picker_leave (LaneModel *model)
{
  LaneThemePicker *picker = g_steal_pointer (&model->theme_picker);

  if (picker == NULL)
    return;
  if (strcmp (picker->before, model->look.choice) != 0)
    show (model, picker->before);
  lane_theme_picker_free (picker);
}

static void
on_save_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;

  if (answer == 1)
    model->effects->save_theme (user_data, model->effects_data);
  else
    lane_model_say (model, "Theme %s, until you leave.", (const char *)user_data);
}

static void
offer_to_save (LaneModel *model)
{
  static const LaneDialogButton buttons[] = { { "No", 'n' }, { "Yes", 'y' } };
  const char *choice = model->look.choice;

  if (model->read_only || model->config_path == NULL
      || !g_file_test (model->config_path, G_FILE_TEST_EXISTS)) {
    lane_model_say (model, "Theme %s, until you leave.", choice);
    return;
  }
  g_clear_pointer (&model->dialog, lane_dialog_free);
  model->dialog = lane_dialog_new (
      g_strdup_printf ("Use %s from now on?", choice),
      g_strdup_printf ("Yes writes theme = %s under [ui] in %s. No keeps it until you leave.",
                       choice, model->config_path),
      buttons, 2, on_save_answer, model, g_strdup (choice), g_free);
}

void
lane_theme_picker_keep (LaneModel *model)
{
  g_autofree char *before = g_strdup (model->theme_picker->before);

  lane_theme_picker_preview (model);
  g_clear_pointer (&model->theme_picker, lane_theme_picker_free);
  model->overlay = LANE_OVERLAY_NONE;
  if (strcmp (before, model->look.choice) != 0)
    offer_to_save (model);
}

void
lane_theme_choose (LaneModel *model, const char *choice)
{
  if (show (model, choice))
    offer_to_save (model);
}

char **
lane_theme_choices (const LaneModel *model)
{
  g_autoptr (GPtrArray) items = lane_shelf_list (model->look.shelf);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add (builder, LANE_LOOK_AUTO);
  for (guint i = 0; i < items->len; i++)
    g_strv_builder_add (builder, ((LaneShelfItem *)g_ptr_array_index (items, i))->name);
  return g_strv_builder_end (builder);
}

/* Drawing */

static int
box_height (const LaneModel *model, int height)
{
  int rows = model->theme_picker != NULL ? (int)model->theme_picker->rows->len : 0;

  return MIN (height - 2, rows + SAMPLE_ROWS + 2);
}

void
lane_theme_picker_arrange (LaneModel *model, int height, int width)
{
  if (model->theme_picker == NULL)
    return;
  lane_list_set_page (&model->overlay_list, box_height (model, height) - SAMPLE_ROWS - 2);
  lane_list_set_count (&model->overlay_list, model->theme_picker->rows->len);
}

/* One of each, whatever the view under it has. */
static void
draw_samples (LaneCanvas *canvas, int y, int x, int width)
{
  static const struct {
    int row;
    LaneRole role;
    const char *text;
  } samples[] = {
    { 0, LANE_ROLE_PATH_DIRECT, "Direct" },
    { 0, LANE_ROLE_PATH_RELAY, "Relay" },
    { 0, LANE_ROLE_PATH_CHECKING, "Checking" },
    { 0, LANE_ROLE_PATH_FAILED, "Failed" },
    { 0, LANE_ROLE_PATH_IDLE, "Idle" },
    { 1, LANE_ROLE_RTT_GOOD, "9 ms" },
    { 1, LANE_ROLE_RTT_WARN, "180 ms" },
    { 1, LANE_ROLE_RTT_BAD, "900 ms" },
    { 1, LANE_ROLE_LOG_ERROR, "error" },
    { 1, LANE_ROLE_KEY, "key" },
    { 1, LANE_ROLE_MUTED, "muted" },
  };
  int at[2] = { x, x };

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
    int *here = &at[samples[i].row];

    *here += 1
             + lane_canvas_put (canvas, y + samples[i].row, *here, x + width - *here,
                                samples[i].role, samples[i].text);
  }
}

void
lane_theme_picker_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  const LaneList *list = &model->overlay_list;
  int h = box_height (model, height);
  int w = MIN (WIDTH, width - 2);
  int x = width - w - 1;
  int rows = h - SAMPLE_ROWS - 2;

  if (model->theme_picker == NULL)
    return;
  lane_draw_box (canvas, 1, x, h, w, "Theme", "Enter keeps it, Esc goes back");
  lane_canvas_add_hit (canvas, 0, 0, height, width, LANE_HIT_TEXT, -1);
  for (int i = 0; i < rows && list->top + i < list->count; i++) {
    const Row *row = g_ptr_array_index (model->theme_picker->rows, list->top + i);

    lane_canvas_put (canvas, 2 + i, x + 3, NAME_WIDTH, LANE_ROLE_DIALOG, row->choice);
    lane_canvas_put (canvas, 2 + i, x + 4 + NAME_WIDTH, w - NAME_WIDTH - 6, LANE_ROLE_MUTED,
                     row->about);
    lane_canvas_add_hit (canvas, 2 + i, x, 1, w, LANE_HIT_THEME, list->top + i);
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, 2 + i, x + 1, w - 2, TRUE);
  }
  lane_draw_rule (canvas, h - SAMPLE_ROWS, x + 1, w - 2, "It looks like this");
  draw_samples (canvas, h - SAMPLE_ROWS + 1, x + 3, w - 6);
}
