#include "pairs.h"

#include <math.h>
#include <string.h>

#include "words.h"

#define MAX_PAIRS 500

static gboolean
is_v6 (const LaneCandidateView *candidate)
{
  return candidate->address != NULL && strchr (candidate->address, ':') != NULL;
}

static gboolean
is_same (const LaneCandidateView *a, const LaneCandidateView *b)
{
  return a->port == b->port && g_strcmp0 (a->address, b->address) == 0;
}

/* RFC 8445 section 6.1.2.4: a reflexive local candidate is checked from its base, which is a host
 * candidate of its own. */
static gboolean
is_checked_from (const LaneCandidateView *local)
{
  return g_strcmp0 (local->type, "host") == 0 || g_strcmp0 (local->type, "relay") == 0;
}

/* RFC 8445 section 6.1.2.3. */
static guint64
pair_priority (guint32 local, guint32 remote, gboolean controlling)
{
  guint64 g = controlling ? local : remote;
  guint64 d = controlling ? remote : local;

  return (MIN (g, d) << 32) + 2 * MAX (g, d) + (g > d ? 1 : 0);
}

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  const LanePairRow *x = a;
  const LanePairRow *y = b;

  return (y->priority > x->priority) - (y->priority < x->priority);
}

static gboolean
is_in_use (const LanePeerView *peer, const LaneGenerationView *generation,
           const LaneCandidateView *local, const LaneCandidateView *remote)
{
  return generation->current && peer->local != NULL && peer->remote != NULL
         && is_same (local, peer->local) && is_same (remote, peer->remote);
}

/* Of a node that tells no checks, or before there are any: what could be formed. */
static void
add_possible (GArray *rows, const LanePeerView *peer, const LaneGenerationView *generation)
{
  gboolean controlling = g_strcmp0 (generation->role, "controlling") == 0;
  g_autoptr (GArray) pairs = g_array_new (FALSE, FALSE, sizeof (LanePairRow));

  for (guint i = 0; i < generation->local->len; i++) {
    const LaneCandidateView *local = g_ptr_array_index (generation->local, i);

    for (guint j = 0; j < generation->remote->len && rows->len + pairs->len < MAX_PAIRS; j++) {
      const LaneCandidateView *remote = g_ptr_array_index (generation->remote, j);
      const LanePairRow row = { .priority =
                                    pair_priority (local->priority, remote->priority, controlling),
                                .local = local,
                                .remote = remote };

      if (is_checked_from (local) && is_v6 (local) == is_v6 (remote)
          && !is_in_use (peer, generation, local, remote))
        g_array_append_val (pairs, row);
    }
  }
  g_array_sort (pairs, compare_pairs);
  g_array_append_vals (rows, pairs->data, pairs->len);
}

static void
add_checks (GArray *rows, const LanePeerView *peer, const LaneGenerationView *generation)
{
  for (guint i = 0; i < generation->checks->len && rows->len < MAX_PAIRS; i++) {
    const LaneCheckView *check = g_ptr_array_index (generation->checks, i);
    const LanePairRow row = { .check = check, .local = check->local, .remote = check->remote };

    if (!is_in_use (peer, generation, check->local, check->remote))
      g_array_append_val (rows, row);
  }
}

static void
add_generation (GArray *rows, const LanePeerView *peer, const LaneGenerationView *generation,
                gboolean with_heading)
{
  const LanePairRow heading = { .heading = generation };
  const LanePairRow in_use = { .in_use = TRUE, .local = peer->local, .remote = peer->remote };

  if (with_heading)
    g_array_append_val (rows, heading);
  if (generation->current && peer->local != NULL && peer->remote != NULL)
    g_array_append_val (rows, in_use);
  if (generation->checks->len > 0)
    add_checks (rows, peer, generation);
  else
    add_possible (rows, peer, generation);
}

static void
add_generations (GArray *rows, const LanePeerView *peer, const LanePeerDetail *detail,
                 gboolean current)
{
  for (guint i = 0; i < detail->generations->len; i++) {
    const LaneGenerationView *generation = g_ptr_array_index (detail->generations, i);

    if (generation->current == current)
      add_generation (rows, peer, generation, !current || detail->generations->len > 1);
  }
}

static gboolean
has_current (const LanePeerDetail *detail)
{
  for (guint i = 0; detail != NULL && i < detail->generations->len; i++)
    if (((const LaneGenerationView *)detail->generations->pdata[i])->current)
      return TRUE;
  return FALSE;
}

GArray *
lane_pairs_collect (const LanePeerView *peer, const LanePeerDetail *detail)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (LanePairRow));
  const LanePairRow in_use = { .in_use = TRUE, .local = peer->local, .remote = peer->remote };

  if (!has_current (detail) && peer->local != NULL && peer->remote != NULL)
    g_array_append_val (rows, in_use);
  if (detail == NULL)
    return rows;
  add_generations (rows, peer, detail, TRUE);
  add_generations (rows, peer, detail, FALSE);
  if (rows->len == 0 && detail->previous != NULL)
    add_generation (rows, peer, detail->previous, TRUE);
  return rows;
}

/* Words */

const char *
lane_pair_row_state (const LanePairRow *row)
{
  static const struct {
    const char *state, *word;
  } words[] = {
    { "frozen", "waiting" },    { "waiting", "waiting" }, { "checking", "checking" },
    { "answered", "answered" }, { "failed", "failed" },   { "unneeded", "not needed" },
  };

  if (row->in_use)
    return "in use";
  if (row->check == NULL)
    return "possible";
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (row->check->state, words[i].state) == 0)
      return words[i].word;
  return "unknown";
}

char *
lane_pair_row_result (const LanePairRow *row, const LanePeerView *peer)
{
  const LaneCheckView *check = row->check;

  if (row->in_use)
    return lane_words_ms (lane_words_live (peer, peer->rtt_last_ms));
  if (check == NULL)
    return g_strdup ("not checked yet");
  if (g_strcmp0 (check->state, "answered") == 0)
    return isnan (check->rtt_ms) ? g_strdup ("answered") : lane_words_ms (check->rtt_ms);
  if (g_strcmp0 (check->state, "checking") == 0)
    return g_strdup_printf ("%u of %u so far", check->answered, check->sent);
  if (g_strcmp0 (check->failure, "misplaced") == 0)
    return g_strdup ("from elsewhere");
  if (g_strcmp0 (check->failure, "refused") == 0)
    return g_strdup ("refused");
  if (g_strcmp0 (check->state, "failed") == 0)
    return g_strdup (check->result);
  if (g_strcmp0 (check->state, "unneeded") == 0 && check->sent > 0)
    return g_strdup_printf ("%u of %u answered", check->answered, check->sent);
  return g_strdup (g_strcmp0 (check->state, "unknown") == 0 ? "unknown" : "not sent");
}

static const char *
what_it_is (const LaneGenerationView *generation)
{
  if (generation->current)
    return "carries the data";
  return generation->previous ? "has ended" : "being tried";
}

char *
lane_generation_title (const LaneGenerationView *generation)
{
  guint answered = 0;

  for (guint i = 0; i < generation->checks->len; i++) {
    const LaneCheckView *check = generation->checks->pdata[i];

    answered += g_strcmp0 (check->state, "answered") == 0;
  }
  if (generation->checks->len == 0)
    return g_strdup_printf ("Generation %u, %s: no pair formed", generation->generation,
                            what_it_is (generation));
  return g_strdup_printf ("Generation %u, %s: %u of %u pairs answered", generation->generation,
                          what_it_is (generation), answered, generation->checks->len);
}

static void
add_row (GArray *rows, const LaneGenerationView *generation, const LaneCandidateView *local,
         const LaneCandidateView *remote)
{
  const LaneCandidateRow row = { generation, local, remote };

  g_array_append_val (rows, row);
}

static const LaneCandidateView *
nth (const GPtrArray *candidates, guint i)
{
  return i < candidates->len ? g_ptr_array_index (candidates, i) : NULL;
}

GArray *
lane_candidates_collect (const LanePeerDetail *detail, gboolean side_by_side)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (LaneCandidateRow));

  for (guint i = 0; detail != NULL && i < detail->generations->len; i++) {
    const LaneGenerationView *generation = g_ptr_array_index (detail->generations, i);
    guint n_local = generation->local->len;
    guint n_remote = generation->remote->len;

    add_row (rows, generation, NULL, NULL);
    if (side_by_side) {
      for (guint j = 0; j < MAX (n_local, n_remote); j++)
        add_row (rows, NULL, nth (generation->local, j), nth (generation->remote, j));
      continue;
    }
    for (guint j = 0; j < n_local; j++)
      add_row (rows, NULL, nth (generation->local, j), NULL);
    for (guint j = 0; j < n_remote; j++)
      add_row (rows, NULL, NULL, nth (generation->remote, j));
  }
  return rows;
}
