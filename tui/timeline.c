#include "timeline.h"

#include <math.h>
#include <string.h>

static void
row_free (gpointer data)
{
  LaneTimelineRow *row = data;

  g_free (row->label);
  g_free (row);
}

static LaneTimelineRow *
add (GPtrArray *rows, guint indent, double from_ms, double to_ms, LaneSpanState state)
{
  LaneTimelineRow *row = g_new0 (LaneTimelineRow, 1);

  row->indent = indent;
  row->from_ms = from_ms;
  row->to_ms = MAX (to_ms, from_ms);
  row->state = state;
  g_ptr_array_add (rows, row);
  return row;
}

/* The first that is known. */
static double
either (double a, double b)
{
  return isnan (a) ? b : a;
}

/* When it was over, or how far it is. */
static double
end_of (const LaneGenerationView *generation)
{
  if (!isnan (generation->connected_ms))
    return generation->connected_ms;
  return either (generation->failed_ms, generation->now_ms);
}

static LaneSpanState
state_of (const LaneGenerationView *generation, double to_ms)
{
  if (!isnan (to_ms))
    return LANE_SPAN_DONE;
  return generation->previous || !isnan (generation->failed_ms) ? LANE_SPAN_FAILED
                                                                : LANE_SPAN_RUNNING;
}

static void
add_server (GPtrArray *rows, const LaneGenerationView *generation, const LaneGatherView *server)
{
  double end_ms = either (generation->gathered_ms, generation->now_ms);
  LaneTimelineRow *row;

  if (isnan (server->asked_ms))
    return;
  if (g_strcmp0 (server->outcome, "unneeded") == 0)
    row = add (rows, 1, server->asked_ms, server->asked_ms, LANE_SPAN_SKIPPED);
  else if (!isnan (server->answered_ms))
    row = add (rows, 1, server->asked_ms, server->answered_ms, LANE_SPAN_DONE);
  else
    row = add (rows, 1, server->asked_ms, end_ms,
               g_strcmp0 (server->outcome, "silent") == 0 ? LANE_SPAN_FAILED : LANE_SPAN_RUNNING);
  row->code = server->code;
  row->label = g_strdup_printf ("%s %s %s", server->kind, server->name, server->transport);
}

static void
add_gathering (GPtrArray *rows, const LaneGenerationView *generation)
{
  LaneTimelineRow *row =
      add (rows, 0, 0, either (generation->gathered_ms, generation->now_ms),
           isnan (generation->gathered_ms) ? state_of (generation, NAN) : LANE_SPAN_DONE);

  row->label = g_strdup ("gather");
  for (guint i = 0; i < generation->servers->len; i++)
    add_server (rows, generation, generation->servers->pdata[i]);
}

static void
add_answer (GPtrArray *rows, const LaneGenerationView *generation)
{
  LaneTimelineRow *row;

  if (!generation->offered)
    return;
  row = add (rows, 0, 0, either (generation->answered_ms, end_of (generation)),
             state_of (generation, generation->answered_ms));
  row->label = g_strdup ("peer's answer");
}

static const LaneCheckView *
find_selected (const LaneGenerationView *generation)
{
  for (guint i = 0; i < generation->checks->len; i++) {
    const LaneCheckView *check = generation->checks->pdata[i];

    if (check->selected)
      return check;
  }
  return NULL;
}

static void
add_checks (GPtrArray *rows, const LaneGenerationView *generation)
{
  const LaneCheckView *selected = find_selected (generation);
  LaneTimelineRow *row;

  if (isnan (generation->answered_ms))
    return;
  row = add (rows, 0, generation->answered_ms, end_of (generation),
             state_of (generation, generation->connected_ms));
  row->label = g_strdup ("checks");
  if (selected == NULL || isnan (selected->sent_ms) || isnan (selected->answered_ms))
    return;
  row = add (rows, 1, selected->sent_ms, selected->answered_ms, LANE_SPAN_DONE);
  row->label = g_strdup_printf ("%s to %s", selected->local->type, selected->remote->type);
}

static void
add_securing (GPtrArray *rows, const LanePeerDetail *detail, const LaneGenerationView *generation)
{
  double to_ms = generation->now_ms;
  LaneTimelineRow *row;

  if (detail->secured != generation->generation || isnan (detail->dtls_from_ms))
    return;
  row = add (rows, 0, detail->dtls_from_ms, either (detail->dtls_ms, to_ms),
             isnan (detail->dtls_ms) ? LANE_SPAN_RUNNING : LANE_SPAN_DONE);
  row->label = g_strdup ("dtls");
  if (isnan (detail->dtls_ms))
    return;
  row = add (rows, 0, detail->dtls_ms, either (detail->sctp_ms, to_ms),
             isnan (detail->sctp_ms) ? LANE_SPAN_RUNNING : LANE_SPAN_DONE);
  row->label = g_strdup ("sctp");
}

static char *
describe (const LaneGenerationView *generation)
{
  const char *what = generation->current    ? "in use"
                     : generation->previous ? "before"
                                            : "being tried";

  if (!isnan (generation->connected_ms))
    return g_strdup_printf ("Generation %u, %s: a path after %.0f ms", generation->generation, what,
                            generation->connected_ms);
  if (!isnan (generation->failed_ms) || generation->previous)
    return g_strdup_printf ("Generation %u, %s: no path after %.1f s", generation->generation, what,
                            either (end_of (generation), 0) / 1000);
  return g_strdup_printf ("Generation %u, %s: %s", generation->generation, what, generation->state);
}

/* All bars of a generation share one scale: up to where the last of them ends. */
static void
set_scale (GPtrArray *rows, guint first)
{
  double scale_ms = 1;

  for (guint i = first; i < rows->len; i++)
    scale_ms = fmax (scale_ms, ((LaneTimelineRow *)rows->pdata[i])->to_ms);
  for (guint i = first; i < rows->len; i++)
    ((LaneTimelineRow *)rows->pdata[i])->scale_ms = scale_ms;
}

static void
add_generation (GPtrArray *rows, const LanePeerDetail *detail, const LaneGenerationView *generation)
{
  LaneTimelineRow *heading = add (rows, 0, 0, 0, LANE_SPAN_SKIPPED);
  guint first = rows->len;

  heading->generation = generation;
  heading->label = describe (generation);
  if (isnan (generation->gathered_ms) && isnan (generation->now_ms))
    return; /* of a node that does not tell */
  add_gathering (rows, generation);
  add_answer (rows, generation);
  add_checks (rows, generation);
  add_securing (rows, detail, generation);
  set_scale (rows, first);
}

GPtrArray *
lane_timeline_collect (const LanePeerDetail *detail)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);

  if (detail == NULL)
    return rows;
  for (guint i = 0; i < detail->generations->len; i++)
    add_generation (rows, detail, detail->generations->pdata[i]);
  if (detail->previous != NULL)
    add_generation (rows, detail, detail->previous);
  return rows;
}

/* Drawing */

static const char *
pick_glyph (LaneSpanState state, LaneGlyphs glyphs)
{
  if (glyphs == LANE_GLYPHS_ASCII)
    return state == LANE_SPAN_FAILED ? "x" : state == LANE_SPAN_RUNNING ? "." : "#";
  return state == LANE_SPAN_FAILED ? "░" : state == LANE_SPAN_RUNNING ? "▒" : "█";
}

char *
lane_timeline_bar (const LaneTimelineRow *row, int width, LaneGlyphs glyphs)
{
  g_autoptr (GString) bar = g_string_new (NULL);
  double scale_ms = fmax (row->scale_ms, 1);
  int from, to;

  if (width <= 0 || row->generation != NULL || row->state == LANE_SPAN_SKIPPED
      || isnan (row->from_ms) || isnan (row->to_ms))
    return g_strdup ("");
  from = CLAMP ((int)(row->from_ms / scale_ms * width), 0, width - 1);
  to = CLAMP ((int)lround (row->to_ms / scale_ms * width), from + 1, width);
  for (int i = 0; i < to; i++)
    g_string_append (bar, i < from ? " " : pick_glyph (row->state, glyphs));
  return g_string_free (g_steal_pointer (&bar), FALSE);
}

static char *
format_span (const LaneTimelineRow *row)
{
  if (row->to_ms >= 10000)
    return g_strdup_printf ("%.1f-%.1f s", row->from_ms / 1000, row->to_ms / 1000);
  return g_strdup_printf ("%.0f-%.0f ms", row->from_ms, row->to_ms);
}

char *
lane_timeline_time (const LaneTimelineRow *row)
{
  g_autofree char *span = NULL;

  if (row->generation != NULL)
    return g_strdup ("");
  if (row->state == LANE_SPAN_SKIPPED)
    return g_strdup ("not needed");
  if (isnan (row->from_ms) || isnan (row->to_ms))
    return g_strdup ("unknown");
  span = format_span (row);
  if (row->state == LANE_SPAN_FAILED && row->code != NULL && strcmp (row->code, "timeout") != 0)
    return g_strdup (row->code);
  if (row->state == LANE_SPAN_FAILED)
    return g_strdup_printf ("none in %.1f s", (row->to_ms - row->from_ms) / 1000);
  return row->state == LANE_SPAN_RUNNING ? g_strconcat (span, "...", NULL)
                                         : g_steal_pointer (&span);
}
