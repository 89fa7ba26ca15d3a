#include "pairs.h"

#include <string.h>

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

  if (x->in_use != y->in_use)
    return y->in_use - x->in_use;
  if (x->generation != y->generation)
    return (y->generation > x->generation) - (y->generation < x->generation);
  return (y->priority > x->priority) - (y->priority < x->priority);
}

static void
add_generation (GArray *rows, const LanePeerView *peer, const LaneGenerationView *generation)
{
  gboolean controlling = g_strcmp0 (generation->role, "controlling") == 0;

  for (guint i = 0; i < generation->local->len; i++) {
    const LaneCandidateView *local = g_ptr_array_index (generation->local, i);

    for (guint j = 0; j < generation->remote->len && rows->len < MAX_PAIRS; j++) {
      const LaneCandidateView *remote = g_ptr_array_index (generation->remote, j);
      const LanePairRow row = { FALSE,
                                !generation->current,
                                generation->generation,
                                pair_priority (local->priority, remote->priority, controlling),
                                local,
                                remote };
      gboolean shown = generation->current && peer->local != NULL && peer->remote != NULL
                       && is_same (local, peer->local) && is_same (remote, peer->remote);

      if (is_checked_from (local) && is_v6 (local) == is_v6 (remote) && !shown)
        g_array_append_val (rows, row);
    }
  }
}

GArray *
lane_pairs_collect (const LanePeerView *peer, const LanePeerDetail *detail)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (LanePairRow));

  if (peer->local != NULL && peer->remote != NULL) {
    const LanePairRow row = { TRUE, FALSE, peer->generation, 0, peer->local, peer->remote };

    g_array_append_val (rows, row);
  }
  for (guint i = 0; detail != NULL && i < detail->generations->len; i++)
    add_generation (rows, peer, g_ptr_array_index (detail->generations, i));
  g_array_sort (rows, compare_pairs);
  return rows;
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
