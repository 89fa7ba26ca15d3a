#include "pair-report.h"

#include <string.h>

#include "diagnosis/event.h"
#include "status.h"

typedef struct {
  const LaneCheckPair *pair;
  const LaneGenerationCandidate *local, *remote; /* NULL: learned from a check */
  guint64 priority;
  gboolean selected;
} Row;

static const LaneGenerationCandidate *
find (const GPtrArray *candidates, const LaneCheckPoint *point)
{
  for (guint i = 0; i < candidates->len; i++) {
    const LaneGenerationCandidate *kept = candidates->pdata[i];

    if (kept->candidate.port == point->port
        && strcmp (kept->candidate.address, point->address) == 0)
      return kept;
  }
  return NULL;
}

static LaneCandidateType
get_type (const LaneGenerationCandidate *candidate)
{
  return candidate != NULL ? candidate->candidate.type : LANE_CANDIDATE_PRFLX;
}

const char *
lane_pair_report_get_type (const LaneGeneration *generation, gboolean local,
                           const LaneCheckPoint *point)
{
  return lane_candidate_type_to_string (
      get_type (find (lane_generation_get_candidates (generation, local), point)));
}

char *
lane_pair_report_name (const LaneGeneration *generation, gboolean local,
                       const LaneCheckPoint *point)
{
  gboolean v6 = strchr (point->address, ':') != NULL;

  return g_strdup_printf ("%s %s%s%s:%u", lane_pair_report_get_type (generation, local, point),
                          v6 ? "[" : "", point->address, v6 ? "]" : "", point->port);
}

char *
lane_pair_report_result (const LaneCheckPair *pair)
{
  switch (pair->state) {
  case LANE_CHECK_FROZEN:
    return g_strdup ("waits for another pair");
  case LANE_CHECK_WAITING:
    return g_strdup ("waits for its turn");
  case LANE_CHECK_CHECKING:
    return g_strdup_printf ("%u of %u answered", pair->answered, pair->sent);
  case LANE_CHECK_ANSWERED:
    return pair->rtt_us > 0 ? g_strdup_printf ("answered in %.*f ms", pair->rtt_us < 10000 ? 1 : 0,
                                               pair->rtt_us / 1000.0)
                            : g_strdup ("answered");
  case LANE_CHECK_FAILED:
    if (pair->failure == LANE_CHECK_FAILURE_UNSENT)
      return g_strdup ("no route");
    if (pair->failure == LANE_CHECK_FAILURE_MISPLACED)
      return g_strdup ("answered from elsewhere");
    if (pair->failure == LANE_CHECK_FAILURE_REFUSED)
      return g_strdup ("refused by the peer");
    return g_strdup_printf ("%u of %u answered", pair->answered, pair->sent);
  case LANE_CHECK_UNNEEDED:
    return pair->sent > 0 ? g_strdup_printf ("%u of %u answered", pair->answered, pair->sent)
                          : g_strdup ("not needed");
  }
  g_return_val_if_reached (g_strdup ("unknown"));
}

/* Rows */

/* RFC 8445 section 6.1.2.3. */
static guint64
pair_priority (guint32 local, guint32 remote, gboolean controlling)
{
  guint64 g = controlling ? local : remote;
  guint64 d = controlling ? remote : local;

  return (MIN (g, d) << 32) + 2 * MAX (g, d) + (g > d ? 1 : 0);
}

static guint32
get_priority (const LaneGenerationCandidate *candidate)
{
  return candidate != NULL ? candidate->candidate.priority : 0;
}

static gboolean
is_at (const LaneCandidate *candidate, const LaneCheckPoint *point)
{
  return candidate->port == point->port && strcmp (candidate->address, point->address) == 0;
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const Row *x = a;
  const Row *y = b;

  if (x->selected != y->selected)
    return y->selected - x->selected;
  if (x->priority != y->priority)
    return y->priority > x->priority ? 1 : -1;
  return (int)x->pair->id - (int)y->pair->id;
}

static GArray *
make_rows (const LaneGeneration *generation, const GArray *pairs)
{
  const GPtrArray *local = lane_generation_get_candidates (generation, TRUE);
  const GPtrArray *remote = lane_generation_get_candidates (generation, FALSE);
  gboolean controlling = lane_generation_is_controlling (generation);
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));
  LaneTransportPair selected;
  gboolean has_selected = lane_generation_get_pair (generation, &selected);

  for (guint i = 0; i < pairs->len; i++) {
    const LaneCheckPair *pair = &g_array_index (pairs, LaneCheckPair, i);
    Row row = { .pair = pair,
                .local = find (local, &pair->local),
                .remote = find (remote, &pair->remote) };

    row.priority = pair_priority (get_priority (row.local), get_priority (row.remote), controlling);
    row.selected = has_selected && is_at (&selected.local, &pair->local)
                   && is_at (&selected.remote, &pair->remote);
    g_array_append_val (rows, row);
  }
  g_array_sort (rows, compare_rows);
  return rows;
}

/* The pair in use is the one thing that libnice tells besides: what was read must have it. */
static gboolean
agrees (const LaneGeneration *generation, const GArray *rows)
{
  LaneTransportPair selected;

  if (!lane_generation_get_pair (generation, &selected))
    return TRUE;
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);

    if (row->selected)
      return row->pair->state == LANE_CHECK_ANSWERED;
  }
  return FALSE;
}

static gboolean
is_known (const LaneGeneration *generation, const GArray *rows)
{
  const LaneCheckLog *checks = lane_generation_get_checks (generation);

  return lane_check_log_is_coherent (checks)
         && (lane_check_log_get_dropped (checks) > 0 || agrees (generation, rows));
}

static void
count_row (const Row *row, LanePairCounts *counts)
{
  const LaneCheckPair *pair = row->pair;

  counts->pairs++;
  counts->requests += pair->sent;
  counts->replies += pair->answered;
  if (get_type (row->local) == LANE_CANDIDATE_RELAY
      || get_type (row->remote) == LANE_CANDIDATE_RELAY)
    counts->relayed++;
  else if (strchr (pair->remote.address, ':') != NULL)
    counts->direct6++;
  else
    counts->direct4++;
  if (pair->state == LANE_CHECK_ANSWERED) {
    counts->answered++;
  } else if (pair->state == LANE_CHECK_FAILED) {
    counts->failed++;
    counts->failed_requests += pair->sent;
  } else if (pair->state < LANE_CHECK_ANSWERED) {
    counts->waiting++;
  }
}

void
lane_pair_report_count (const LaneGeneration *generation, LanePairCounts *counts)
{
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (lane_generation_get_checks (generation));
  g_autoptr (GArray) rows = make_rows (generation, pairs);

  *counts = (LanePairCounts){ .known = is_known (generation, rows) };
  for (guint i = 0; counts->known && i < rows->len; i++)
    count_row (&g_array_index (rows, Row, i), counts);
}

/* JSON */

static void
add_count (JsonBuilder *builder, const char *name, gboolean known, guint value)
{
  json_builder_set_member_name (builder, name);
  if (known)
    json_builder_add_int_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_side (JsonBuilder *builder, const char *name, const LaneCheckPoint *point,
          const LaneGenerationCandidate *candidate)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "type", lane_candidate_type_to_string (get_type (candidate)));
  lane_status_add_string (builder, "address", point->address);
  json_builder_set_member_name (builder, "port");
  json_builder_add_int_value (builder, point->port);
  lane_status_add_string (builder, "transport", "udp");
  lane_status_add_string (builder, "server", candidate != NULL ? candidate->server : NULL);
  json_builder_end_object (builder);
}

static void
add_base (JsonBuilder *builder, const LaneCheckPoint *base)
{
  json_builder_set_member_name (builder, "base");
  if (base->port == 0) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "address", base->address);
  json_builder_set_member_name (builder, "port");
  json_builder_add_int_value (builder, base->port);
  json_builder_end_object (builder);
}

static void
describe_row (JsonBuilder *builder, const Row *row, gboolean known, gint64 started_us)
{
  const LaneCheckPair *pair = row->pair;
  g_autofree char *result = known ? lane_pair_report_result (pair) : g_strdup ("unknown");

  json_builder_begin_object (builder);
  lane_status_add_string (builder, "state",
                          known ? lane_check_state_to_string (pair->state) : "unknown");
  lane_status_add_string (builder, "result", result);
  lane_status_add_string (builder, "failure",
                          known ? lane_check_failure_to_string (pair->failure) : NULL);
  json_builder_set_member_name (builder, "selected");
  json_builder_add_boolean_value (builder, row->selected);
  json_builder_set_member_name (builder, "nominated");
  json_builder_add_boolean_value (builder, known && pair->nominated);
  add_side (builder, "local", &pair->local, row->local);
  add_side (builder, "remote", &pair->remote, row->remote);
  add_base (builder, &pair->base);
  add_count (builder, "sent", known, pair->sent);
  add_count (builder, "answered", known, pair->answered);
  lane_status_add_ms (builder, "rtt_ms", known ? pair->rtt_us : 0, 0);
  lane_status_add_ms (builder, "formed_ms", pair->formed_us, started_us);
  lane_status_add_ms (builder, "sent_ms", known ? pair->sent_us : 0, started_us);
  lane_status_add_ms (builder, "answered_ms", known ? pair->answered_us : 0, started_us);
  lane_status_add_ms (builder, "nominated_ms", known ? pair->nominated_us : 0, started_us);
  lane_status_add_ms (builder, "ended_ms", known ? pair->ended_us : 0, started_us);
  json_builder_end_object (builder);
}

JsonNode *
lane_pair_report_describe (const LaneGeneration *generation)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GArray) pairs = lane_check_log_get_pairs (lane_generation_get_checks (generation));
  g_autoptr (GArray) rows = make_rows (generation, pairs);
  gboolean known = is_known (generation, rows);

  json_builder_begin_array (builder);
  for (guint i = 0; i < rows->len; i++)
    describe_row (builder, &g_array_index (rows, Row, i), known,
                  lane_generation_get_started_us (generation));
  json_builder_end_array (builder);
  return json_builder_get_root (builder);
}
