/* The views: each is arranged for a size (which only scrolls), then drawn as a pure function of
 * the model. frame.h puts them together. */
#pragma once

#include "canvas.h"
#include "model.h"

#define LANE_MIN_WIDTH  60
#define LANE_MIN_HEIGHT 12
#define LANE_MASKED     "masked" /* in the header of every view, while addresses are */

/* A view gets the rows above the message line. */
void lane_peers_view_arrange (LaneModel *model, int height, int width);
void lane_peers_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_peer_view_arrange (LaneModel *model, int height, int width);
void lane_peer_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_network_view_arrange (LaneModel *model, int height, int width);
void lane_network_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_log_view_arrange (LaneModel *model, int height, int width);
void lane_log_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_settings_view_arrange (LaneModel *model, int height, int width);
void lane_settings_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
/* Something about the file that matters more than whether a node is there. */
gboolean lane_settings_view_has_notice (const LaneModel *model);
/* For the message line when nothing just happened; the caller frees it. */
char *lane_settings_view_status (const LaneModel *model);

/* Parts the views share. */
void lane_draw_tabs (LaneCanvas *canvas, const LaneModel *model, int width);
void lane_draw_rule (LaneCanvas *canvas, int y, int x, int width, const char *title);
void lane_draw_pairs (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer,
                      const LaneList *list, gboolean focused, int y, int x, int height, int width);
/* The Timeline pane. */
int lane_timeline_count (const LaneModel *model, const LanePeerView *peer, int width);
void lane_timeline_draw (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer,
                         int y, int height, int width);
/* The History pane; arranging scrolls its list of changes. */
void lane_history_arrange (LaneModel *model, const LanePeerView *peer, int height);
void lane_history_draw (LaneCanvas *canvas, const LaneModel *model, const LanePeerView *peer, int y,
                        int height, int width);
/* With its heading. */
void lane_draw_log (LaneCanvas *canvas, const LaneModel *model, const LaneLogPane *pane,
                    gboolean focused, int y, int x, int height, int width);
/* Marks row @row of a list drawn from @y as the selected one. */
void lane_draw_selection (LaneCanvas *canvas, int y, int x, int width, gboolean focused);
const LanePeerDetail *lane_model_get_detail_of (const LaneModel *model, const LanePeerView *peer);

/* On top of everything. */
void lane_help_arrange (LaneModel *model, int height, int width);
void lane_help_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_record_arrange (LaneModel *model, int height, int width);
void lane_record_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_settings_pick_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_settings_diff_arrange (LaneModel *model, int height, int width);
void lane_settings_diff_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width);
void lane_dialog_draw (LaneCanvas *canvas, const LaneDialog *dialog, int height, int width);
void lane_draw_box (LaneCanvas *canvas, int y, int x, int height, int width, const char *title,
                    const char *foot);
