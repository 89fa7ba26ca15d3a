#include "metrics/tally.h"

#include <string.h>

#define MAX_FAILURES 1024 /* servers times codes; names change with the settings */
#define MAX_RELAYS   256

/* From a LAN to a satellite; a ping that takes 2 s counts as lost. */
const double LANE_TALLY_BUCKETS_S[LANE_TALLY_N_BUCKETS] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                            0.1,   0.25,   0.5,   1,    2,     5 };

typedef struct {
  LaneTallyRtt rtt;
  char *server; /* that relays now; NULL: none */
  guint64 tx_bytes, rx_bytes;
} Peer;

typedef struct {
  guint64 tx_bytes, rx_bytes;
} Relay;

struct _LaneTally {
  GHashTable *peers;    /* char* -> Peer */
  GHashTable *relays;   /* char* -> Relay */
  GHashTable *failures; /* `server\ncode` -> guint64* */
};

static void
peer_free (Peer *peer)
{
  g_free (peer->server);
  g_free (peer);
}

LaneTally *
lane_tally_new (void)
{
  LaneTally *tally = g_new0 (LaneTally, 1);

  tally->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)peer_free);
  tally->relays = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  tally->failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return tally;
}

void
lane_tally_free (LaneTally *tally)
{
  if (tally == NULL)
    return;
  g_hash_table_unref (tally->peers);
  g_hash_table_unref (tally->relays);
  g_hash_table_unref (tally->failures);
  g_free (tally);
}

static Peer *
find_peer (LaneTally *tally, const char *name)
{
  Peer *peer = g_hash_table_lookup (tally->peers, name);

  if (peer == NULL) {
    peer = g_new0 (Peer, 1);
    g_hash_table_insert (tally->peers, g_strdup (name), peer);
  }
  return peer;
}

void
lane_tally_add_rtt (LaneTally *tally, const char *peer, double ms)
{
  LaneTallyRtt *rtt = &find_peer (tally, peer)->rtt;
  guint i = 0;

  while (i < LANE_TALLY_N_BUCKETS && ms / 1000 > LANE_TALLY_BUCKETS_S[i])
    i++;
  rtt->buckets[i]++;
  rtt->count++;
  rtt->sum_s += ms / 1000;
}

void
lane_tally_add_gather_failure (LaneTally *tally, const char *server, const char *code)
{
  g_autofree char *key = g_strconcat (server, "\n", code, NULL);
  guint64 *count = g_hash_table_lookup (tally->failures, key);

  if (count == NULL) {
    if (g_hash_table_size (tally->failures) >= MAX_FAILURES)
      return;
    count = g_new0 (guint64, 1);
    g_hash_table_insert (tally->failures, g_steal_pointer (&key), count);
  }
  (*count)++;
}

static void
add_relayed (LaneTally *tally, const char *server, guint64 tx_bytes, guint64 rx_bytes)
{
  Relay *relay = g_hash_table_lookup (tally->relays, server);

  if (relay == NULL) {
    if (g_hash_table_size (tally->relays) >= MAX_RELAYS)
      return;
    relay = g_new0 (Relay, 1);
    g_hash_table_insert (tally->relays, g_strdup (server), relay);
  }
  relay->tx_bytes += tx_bytes;
  relay->rx_bytes += rx_bytes;
}

void
lane_tally_set_traffic (LaneTally *tally, const char *name, const char *server, guint64 tx_bytes,
                        guint64 rx_bytes)
{
  Peer *peer = find_peer (tally, name);

  if (peer->server != NULL)
    add_relayed (tally, peer->server, tx_bytes - MIN (tx_bytes, peer->tx_bytes),
                 rx_bytes - MIN (rx_bytes, peer->rx_bytes));
  peer->tx_bytes = tx_bytes;
  peer->rx_bytes = rx_bytes;
  if (g_strcmp0 (peer->server, server) == 0)
    return;
  g_free (peer->server);
  peer->server = g_strdup (server);
}

void
lane_tally_forget_peer (LaneTally *tally, const char *peer)
{
  g_hash_table_remove (tally->peers, peer);
}

const LaneTallyRtt *
lane_tally_get_rtt (const LaneTally *tally, const char *name)
{
  const Peer *peer = g_hash_table_lookup (tally->peers, name);

  return peer != NULL && peer->rtt.count > 0 ? &peer->rtt : NULL;
}

static int
compare_relays (gconstpointer a, gconstpointer b)
{
  return strcmp (((const LaneTallyRelay *)a)->server, ((const LaneTallyRelay *)b)->server);
}

GArray *
lane_tally_list_relays (const LaneTally *tally)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (LaneTallyRelay));
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, tally->relays);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const Relay *relay = value;
    const LaneTallyRelay one = { key, relay->tx_bytes, relay->rx_bytes };

    g_array_append_val (list, one);
  }
  g_array_sort (list, compare_relays);
  return list;
}

static int
compare_failures (gconstpointer a, gconstpointer b)
{
  const LaneTallyFailure *one = a, *other = b;
  int order = strcmp (one->server, other->server);

  return order != 0 ? order : strcmp (one->code, other->code);
}

static void
clear_failure (gpointer failure)
{
  g_free ((char *)((LaneTallyFailure *)failure)->server);
}

GArray *
lane_tally_list_failures (const LaneTally *tally)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (LaneTallyFailure));
  GHashTableIter iter;
  gpointer key, value;

  g_array_set_clear_func (list, clear_failure);
  g_hash_table_iter_init (&iter, tally->failures);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    const char *split = strchr (key, '\n');
    LaneTallyFailure one = { g_strndup (key, (gsize)(split - (const char *)key)), split + 1,
                             *(guint64 *)value };

    g_array_append_val (list, one);
  }
  g_array_sort (list, compare_failures);
  return list;
}
