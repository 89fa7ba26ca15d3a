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
add_label (GPtrArray *rows, LaneTimelineKind kind, LaneTimelineStep step, char *label)
{
  LaneTimelineRow *row = g_new0 (LaneTimelineRow, 1);

  row->kind = kind;
  row->step = step;
  row->label = label;
  row->state = LANE_SPAN_SKIPPED;
  row->indent = kind == LANE_TIMELINE_FACT ? 1 : 0;
  g_ptr_array_add (rows, row);
  return row;
}

static LaneTimelineRow *
add (GPtrArray *rows, LaneTimelineStep step, guint indent, double from_ms, double to_ms,
     LaneSpanState state)
{
  LaneTimelineRow *row = g_new0 (LaneTimelineRow, 1);

  row->step = step;
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
    row =
        add (rows, LANE_TIMELINE_GATHER, 1, server->asked_ms, server->asked_ms, LANE_SPAN_SKIPPED);
  else if (!isnan (server->answered_ms))
    row =
        add (rows, LANE_TIMELINE_GATHER, 1, server->asked_ms, server->answered_ms, LANE_SPAN_DONE);
  else
    row = add (rows, LANE_TIMELINE_GATHER, 1, server->asked_ms, end_ms,
               g_strcmp0 (server->outcome, "silent") == 0 ? LANE_SPAN_FAILED : LANE_SPAN_RUNNING);
  row->code = server->code;
  row->label = g_strdup_printf ("%s %s %s", server->kind, server->name, server->transport);
}

static void
add_gathering (GPtrArray *rows, const LaneGenerationView *generation)
{
  LaneTimelineRow *row =
      add (rows, LANE_TIMELINE_GATHER, 0, 0, either (generation->gathered_ms, generation->now_ms),
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
  row =
      add (rows, LANE_TIMELINE_ANSWER, 0, 0, either (generation->answered_ms, end_of (generation)),
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
  row = add (rows, LANE_TIMELINE_CHECKS, 0, generation->answered_ms, end_of (generation),
             state_of (generation, generation->connected_ms));
  row->label = g_strdup ("checks");
  if (selected == NULL || isnan (selected->sent_ms) || isnan (selected->answered_ms))
    return;
  row =
      add (rows, LANE_TIMELINE_CHECKS, 1, selected->sent_ms, selected->answered_ms, LANE_SPAN_DONE);
  row->label = g_strdup_printf ("%s to %s", selected->local->type, selected->remote->type);
}

static void
add_securing (GPtrArray *rows, const LanePeerDetail *detail, const LaneGenerationView *generation)
{
  double to_ms = generation->now_ms;
  LaneTimelineRow *row;

  if (detail->secured != generation->generation || isnan (detail->dtls_from_ms))
    return;
  row = add (rows, LANE_TIMELINE_DTLS, 0, detail->dtls_from_ms, either (detail->dtls_ms, to_ms),
             isnan (detail->dtls_ms) ? LANE_SPAN_RUNNING : LANE_SPAN_DONE);
  row->label = g_strdup ("dtls");
  if (isnan (detail->dtls_ms))
    return;
  row = add (rows, LANE_TIMELINE_SCTP, 0, detail->dtls_ms, either (detail->sctp_ms, to_ms),
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

/* The peer's side */

static LaneTimelineRow *
add_theirs (GPtrArray *rows, LaneTimelineStep step, guint indent, double from_ms, double to_ms,
            const char *label)
{
  LaneTimelineRow *row = add (rows, step, indent, from_ms, to_ms, LANE_SPAN_DONE);

  row->to_ms = to_ms; /* NAN stays */
  row->label = g_strdup (label);
  return row;
}

static void
add_their_counts (GPtrArray *rows, const LanePeerSteps *peer)
{
  add_label (rows, LANE_TIMELINE_FACT, LANE_TIMELINE_GATHER,
             g_strdup_printf ("%u host, %u srflx, %u relay", peer->host, peer->srflx, peer->relay));
  if (peer->stun_asked > 0)
    add_label (
        rows, LANE_TIMELINE_FACT, LANE_TIMELINE_GATHER,
        g_strdup_printf ("STUN servers: %u of %u answered", peer->stun_answered, peer->stun_asked));
  if (peer->turn_asked > 0)
    add_label (
        rows, LANE_TIMELINE_FACT, LANE_TIMELINE_GATHER,
        g_strdup_printf ("TURN servers: %u of %u answered", peer->turn_answered, peer->turn_asked));
}

static void
add_their_checks (GPtrArray *rows, const LanePeerSteps *peer)
{
  gboolean failed = isnan (peer->connected_ms);
  g_autofree char *pair = NULL;

  if (isnan (peer->answered_ms))
    return;
  add_theirs (rows, LANE_TIMELINE_CHECKS, 0, peer->answered_ms,
              failed ? peer->failed_ms : peer->connected_ms, "checks")
      ->state = failed ? LANE_SPAN_FAILED : LANE_SPAN_DONE;
  if (peer->local == NULL || isnan (peer->pair_sent_ms) || isnan (peer->pair_answered_ms))
    return;
  pair = g_strdup_printf ("%s to %s", peer->local, peer->remote);
  add_theirs (rows, LANE_TIMELINE_CHECKS, 1, peer->pair_sent_ms, peer->pair_answered_ms, pair);
}

static void
add_peer (GPtrArray *rows, const LanePeerSteps *peer)
{
  guint first = rows->len;

  add_label (rows, LANE_TIMELINE_SIDE, LANE_TIMELINE_TOP, g_strdup ("the peer"));
  add_theirs (rows, LANE_TIMELINE_GATHER, 0, 0, peer->gathered_ms, "gather");
  add_their_counts (rows, peer);
  if (peer->offered)
    add_theirs (rows, LANE_TIMELINE_ANSWER, 0, 0, peer->answered_ms, "our answer");
  add_their_checks (rows, peer);
  if (!isnan (peer->dtls_from_ms)) {
    add_theirs (rows, LANE_TIMELINE_DTLS, 0, peer->dtls_from_ms, peer->dtls_ms, "dtls");
    add_theirs (rows, LANE_TIMELINE_SCTP, 0, peer->dtls_ms, peer->sctp_ms, "sctp");
  }
  for (guint i = first; i < rows->len; i++)
    ((LaneTimelineRow *)rows->pdata[i])->theirs = TRUE;
}

/* It can say something only over a path. */
static void
add_silence (GPtrArray *rows)
{
  add_label (rows, LANE_TIMELINE_FACT, LANE_TIMELINE_GATHER,
             g_strdup ("The peer did not say how it went there."))
      ->theirs = TRUE;
}

/* All bars of a generation share one scale: up to where the last of them ends. */
static void
set_scale (GPtrArray *rows, guint first)
{
  double scale_ms = 1;

  for (guint i = first; i < rows->len; i++)
    scale_ms = fmax (scale_ms, ((LaneTimelineRow *)rows->pdata[i])->to_ms); /* NAN counts not */
  for (guint i = first; i < rows->len; i++)
    ((LaneTimelineRow *)rows->pdata[i])->scale_ms = scale_ms;
}

static void
add_generation (GPtrArray *rows, const LanePeerDetail *detail, const LaneGenerationView *generation)
{
  guint first = rows->len;

  add_label (rows, LANE_TIMELINE_HEADING, LANE_TIMELINE_TOP, describe (generation));
  if (isnan (generation->gathered_ms) && isnan (generation->now_ms))
    return; /* of a node that does not tell */
  if (generation->peer != NULL)
    add_label (rows, LANE_TIMELINE_SIDE, LANE_TIMELINE_TOP, g_strdup ("here"));
  add_gathering (rows, generation);
  add_answer (rows, generation);
  add_checks (rows, generation);
  add_securing (rows, detail, generation);
  if (generation->peer != NULL)
    add_peer (rows, generation->peer);
  else if (!isnan (generation->connected_ms))
    add_silence (rows);
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

/* Beside each other */

typedef struct {
  const LaneTimelineRow *const *rows;
  guint n, next;
} Run;

/* The next of that side and step; NULL: no more. */
static const LaneTimelineRow *
take (Run *run, gboolean theirs, LaneTimelineStep step)
{
  while (run->next < run->n) {
    const LaneTimelineRow *row = run->rows[run->next++];

    if (row->theirs == theirs && row->step == step)
      return row;
  }
  return NULL;
}

/* @rows: of one generation, without its heading. */
static void
zip_generation (GArray *zipped, const LaneTimelineRow *const *rows, guint n)
{
  for (LaneTimelineStep step = 0; step < LANE_TIMELINE_N_STEPS; step++) {
    Run ours = { rows, n, 0 }, theirs = { rows, n, 0 };
    LaneTimelineBeside row;

    while (row.ours = take (&ours, FALSE, step), row.theirs = take (&theirs, TRUE, step),
           row.ours != NULL || row.theirs != NULL)
      g_array_append_val (zipped, row);
  }
}

GArray *
lane_timeline_zip (const GPtrArray *rows)
{
  GArray *zipped = g_array_new (FALSE, FALSE, sizeof (LaneTimelineBeside));
  const LaneTimelineRow *const *all = (const LaneTimelineRow *const *)rows->pdata;
  guint end;

  for (guint i = 0; i < rows->len; i = end) {
    const LaneTimelineBeside heading = { .ours = all[i] };

    for (end = i + 1; end < rows->len && all[end]->kind != LANE_TIMELINE_HEADING; end++)
      ;
    g_array_append_val (zipped, heading);
    zip_generation (zipped, all + i + 1, end - i - 1);
  }
  return zipped;
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

  if (width <= 0 || row->kind != LANE_TIMELINE_BAR || row->state == LANE_SPAN_SKIPPED
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

  if (row->kind != LANE_TIMELINE_BAR)
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
