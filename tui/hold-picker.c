#include "hold-picker.h"

#include <string.h>

#include "view.h"

#define WORD_WIDTH 12

static const struct {
  const char *word, *policy, *meaning;
} choices[] = {
  { "auto", "auto", "direct where it works, else a relay" },
  { "direct-only", "direct-only", "no relay: no link where direct fails" },
  { "relay-only", "relay-only", "always a relay: hides our address" },
  { "lowest-rtt", "lowest-rtt", "whichever answers faster" },
  { "settings", "", "no hold: as the settings file says" },
};

static guint
find_choice (const char *word)
{
  guint i = 0;

  while (i < G_N_ELEMENTS (choices) && g_strcmp0 (choices[i].word, word) != 0)
    i++;
  return i;
}

gboolean
lane_hold_is_policy (const char *word)
{
  return find_choice (word) < G_N_ELEMENTS (choices);
}

void
lane_hold_start (LaneModel *model, const char *const *names, const char *word)
{
  if (!model->attached) {
    lane_model_complain (model, "the node is not running: nothing can be changed");
    return;
  }
  for (guint i = 0; names[i] != NULL; i++)
    model->effects->hold (names[i], choices[find_choice (word)].policy, model->effects_data);
}

void
lane_hold_picker_open (LaneModel *model, char **names)
{
  const LanePeerView *peer =
      names[0] != NULL ? lane_snapshot_find_peer (model->snapshot, names[0]) : NULL;
  guint row = peer != NULL ? find_choice (peer->policy) : 0;

  g_strfreev (model->hold_names);
  model->hold_names = names;
  if (peer == NULL) {
    lane_model_say (model, "No peer is selected.");
    return;
  }
  model->overlay = LANE_OVERLAY_HOLD;
  lane_list_set_count (&model->overlay_list, G_N_ELEMENTS (choices));
  lane_list_select (&model->overlay_list, row < G_N_ELEMENTS (choices) ? row : 0);
}

void
lane_hold_picker_take (LaneModel *model)
{
  model->overlay = LANE_OVERLAY_NONE;
  lane_hold_start (model, (const char *const *)model->hold_names,
                   choices[model->overlay_list.selected].word);
}

void
lane_hold_picker_arrange (LaneModel *model, int height, int width)
{
  lane_list_set_page (&model->overlay_list, G_N_ELEMENTS (choices));
  lane_list_set_count (&model->overlay_list, G_N_ELEMENTS (choices));
}

static char *
make_title (const LaneModel *model)
{
  guint n = g_strv_length (model->hold_names);

  return n == 1 ? g_strdup_printf ("Hold %s while the node runs", model->hold_names[0])
                : g_strdup_printf ("Hold %u peers while the node runs", n);
}

void
lane_hold_picker_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  const LaneList *list = &model->overlay_list;
  g_autofree char *title = make_title (model);
  int w = MIN (width - 2, 60);
  int h = G_N_ELEMENTS (choices) + 2;
  int x = (width - w) / 2;
  int y = MAX ((height - h) / 2, 0);

  lane_draw_box (canvas, y, x, h, w, title, "Enter takes it, Esc: no change");
  lane_canvas_add_hit (canvas, 0, 0, height, width, LANE_HIT_TEXT, -1);
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++) {
    lane_canvas_put (canvas, y + 1 + i, x + 4, WORD_WIDTH, LANE_ROLE_TITLE, choices[i].word);
    lane_canvas_put (canvas, y + 1 + i, x + 5 + WORD_WIDTH, w - WORD_WIDTH - 7, LANE_ROLE_DIALOG,
                     choices[i].meaning);
    lane_canvas_add_hit (canvas, y + 1 + i, x + 1, 1, w - 2, LANE_HIT_CHOICE, i);
    if ((int)i == list->selected)
      lane_draw_selection (canvas, y + 1 + i, x + 2, w - 4, TRUE);
  }
}
