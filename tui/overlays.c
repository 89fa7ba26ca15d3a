#include "view.h"

#include "action.h"
#include "keymap.h"

#include <string.h>

#define MAX_WIDTH 76

void
lane_draw_box (LaneCanvas *canvas, int y, int x, int height, int width, const char *title,
               const char *foot)
{
  int used;

  lane_canvas_fill (canvas, y, x, height, width, LANE_ROLE_DIALOG);
  for (int row = y; row < y + height; row++)
    lane_canvas_overlay (canvas, row, x, width, LANE_ROLE_DEFAULT);
  for (int column = x; column < x + width; column++) {
    gboolean corner = column == x || column == x + width - 1;

    lane_canvas_put (canvas, y, column, 1, LANE_ROLE_DIALOG, corner ? "+" : "-");
    lane_canvas_put (canvas, y + height - 1, column, 1, LANE_ROLE_DIALOG, corner ? "+" : "-");
  }
  for (int row = y + 1; row < y + height - 1; row++) {
    lane_canvas_put (canvas, row, x, 1, LANE_ROLE_DIALOG, "|");
    lane_canvas_put (canvas, row, x + width - 1, 1, LANE_ROLE_DIALOG, "|");
  }
  lane_canvas_put (canvas, y, x + 2, 1, LANE_ROLE_DIALOG, " ");
  used = lane_canvas_put (canvas, y, x + 3, width - 6, LANE_ROLE_TITLE, title);
  lane_canvas_put (canvas, y, x + 3 + used, 1, LANE_ROLE_DIALOG, " ");
  if (foot != NULL) {
    used = MIN (lane_canvas_measure (canvas, foot), width - 6);
    lane_canvas_put (canvas, y + height - 1, x + width - 4 - used, 1, LANE_ROLE_DIALOG, " ");
    lane_canvas_put (canvas, y + height - 1, x + width - 3 - used, used, LANE_ROLE_DIALOG, foot);
    lane_canvas_put (canvas, y + height - 1, x + width - 3, 1, LANE_ROLE_DIALOG, " ");
  }
}

/* The help */

static gboolean
is_listed (const LaneAction *action, LaneWhere where, const LaneModel *model)
{
  if ((action->where & where) == 0 || !lane_action_is_possible (action, model))
    return FALSE;
  return model->help_filter == NULL || lane_text_contains (action->name, model->help_filter)
         || lane_text_contains (action->help, model->help_filter)
         || lane_text_contains (lane_keymap_get (model->keymap, action), model->help_filter);
}

/* Of const LaneAction: what works in the view under the help, in the order of the table. */
static GPtrArray *
collect_help (const LaneModel *model)
{
  static const LaneWhere views[] = {
    [LANE_VIEW_PEERS] = LANE_IN_PEERS,       [LANE_VIEW_PEER] = LANE_IN_PEER,
    [LANE_VIEW_NETWORK] = LANE_IN_NETWORK,   [LANE_VIEW_LOG] = LANE_IN_LOG,
    [LANE_VIEW_SETTINGS] = LANE_IN_SETTINGS,
  };
  GPtrArray *lines = g_ptr_array_new ();
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (is_listed (action, views[model->view], model))
      g_ptr_array_add (lines, (gpointer)action);
  return lines;
}

void
lane_help_arrange (LaneModel *model, int height, int width)
{
  g_autoptr (GPtrArray) lines = collect_help (model);

  lane_list_set_page (&model->overlay_list, height - 4);
  lane_list_set_count (&model->overlay_list, lines->len);
}

static void
draw_help_line (LaneCanvas *canvas, const LaneModel *model, const LaneAction *action, int y, int x,
                int width)
{
  g_autofree char *command = g_strconcat (":", action->name, NULL);
  int name = width >= 60 ? 15 : -1; /* beside the help where there is room */

  lane_canvas_put (canvas, y, x, 10, LANE_ROLE_KEY, lane_keymap_get (model->keymap, action));
  lane_canvas_put (canvas, y, x + 11, width - 11 - name - 1, LANE_ROLE_DIALOG, action->help);
  lane_canvas_put (canvas, y, x + width - name, name, LANE_ROLE_MUTED, command);
}

void
lane_help_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  static const char *const names[] = {
    [LANE_VIEW_PEERS] = "Peers", [LANE_VIEW_PEER] = "Peer",         [LANE_VIEW_NETWORK] = "Network",
    [LANE_VIEW_LOG] = "Log",     [LANE_VIEW_SETTINGS] = "Settings",
  };
  g_autoptr (GPtrArray) lines = collect_help (model);
  const LaneList *list = &model->overlay_list;
  int w = MIN (width - 2, MAX_WIDTH);
  int h = height - 2;
  int x = (width - w) / 2;
  g_autofree char *title = g_strdup_printf (
      "Help: %s%s%s%s", names[model->view], model->help_filter != NULL ? ", with '" : "",
      model->help_filter != NULL ? model->help_filter : "", model->help_filter != NULL ? "'" : "");
  g_autofree char *foot = g_strdup_printf ("%d/%u, / searches, Esc closes",
                                           lines->len == 0 ? 0 : list->selected + 1, lines->len);

  lane_draw_box (canvas, 1, x, h, w, title, foot);
  lane_canvas_add_hit (canvas, 0, 0, height, width, LANE_HIT_TEXT, -1);
  lane_canvas_set_cursor (canvas, 2, x + 1);
  if (lines->len == 0)
    lane_canvas_put (canvas, 2, x + 3, w - 5, LANE_ROLE_MUTED, "Nothing in the help says that.");
  for (int i = 0; i < h - 2 && list->top + i < (int)lines->len; i++) {
    draw_help_line (canvas, model, g_ptr_array_index (lines, list->top + i), 2 + i, x + 3, w - 5);
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, 2 + i, x + 1, w - 2, TRUE);
  }
}

/* The whole record of an event */

static char **
record_lines (const LaneModel *model)
{
  return g_strsplit (model->overlay_text != NULL ? model->overlay_text : "", "\n", -1);
}

void
lane_record_arrange (LaneModel *model, int height, int width)
{
  g_auto (GStrv) lines = record_lines (model);

  lane_list_set_page (&model->overlay_list, height - 4);
  lane_list_set_count (&model->overlay_list, g_strv_length (lines));
}

void
lane_record_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  g_auto (GStrv) lines = record_lines (model);
  const LaneList *list = &model->overlay_list;
  int count = g_strv_length (lines);
  int w = width;
  int rows = height - 4;

  lane_draw_box (canvas, 1, 0, height - 2, w,
                 model->overlay_title != NULL ? model->overlay_title : "Event: the whole record",
                 "y copies it, Esc closes");
  lane_canvas_add_hit (canvas, 0, 0, height, width, LANE_HIT_TEXT, -1);
  lane_canvas_set_cursor (canvas, 2, 1);
  for (int i = 0; i < rows && list->top + i < count; i++) {
    lane_canvas_put (canvas, 2 + i, 3, w - 5, LANE_ROLE_DIALOG, lines[list->top + i]);
    if (list->top + i == list->selected)
      lane_draw_selection (canvas, 2 + i, 1, w - 2, TRUE);
  }
}

/* Questions */

static int
draw_button (LaneCanvas *canvas, const LaneDialog *dialog, int index, int y, int x)
{
  const LaneDialogButton *button = &dialog->buttons[index];
  gboolean focused = index == dialog->focus;
  g_autofree char *text = focused ? g_strdup_printf ("[ %s ]", button->label)
                                  : g_strdup_printf (" %c %s ", (char)button->key, button->label);
  int columns = lane_canvas_put (canvas, y, x, lane_canvas_measure (canvas, text),
                                 focused ? LANE_ROLE_DIALOG_FOCUS : LANE_ROLE_DIALOG, text);

  lane_canvas_add_hit (canvas, y, x, 1, columns, LANE_HIT_BUTTON, index);
  if (focused)
    lane_canvas_set_cursor (canvas, y, x + 2);
  return columns;
}

void
lane_dialog_draw (LaneCanvas *canvas, const LaneDialog *dialog, int height, int width)
{
  int w = MIN (width - 4, 72);
  int x = (width - w) / 2;
  int text_rows = CLAMP (lane_canvas_measure (canvas, dialog->text) / (w - 6) + 1, 1, height - 6);
  int h = text_rows + 4;
  int y = MAX ((height - h) / 2, 0);
  int buttons = 0;
  int at;

  for (int i = 0; i < dialog->n_buttons; i++)
    buttons += 6 + lane_canvas_measure (canvas, dialog->buttons[i].label);
  lane_draw_box (canvas, y, x, h, w, dialog->title, "Esc: no change");
  lane_canvas_put_wrapped (canvas, y + 1, x + 2, text_rows, w - 4, LANE_ROLE_DIALOG, dialog->text);
  at = x + MAX ((w - buttons) / 2, 2);
  for (int i = 0; i < dialog->n_buttons; i++)
    at += draw_button (canvas, dialog, i, y + h - 2, at) + 2;
}
