/* One URI of a [server] section in the pool: its probes, what links say of it, and what of all that
 * is shown. For pool.c only. */
#pragma once

#include "servers/credentials.h"
#include "servers/pool.h"
#include "servers/probe.h"
#include "servers/server-host.h"

typedef struct _LanePoolEntry LanePoolEntry;

/* What a link does well to try first. */
typedef enum { LANE_RANK_PROVEN, LANE_RANK_UNKNOWN, LANE_RANK_FAILED, LANE_RANKS } LanePoolRank;

/* All of it outlives the entry. */
typedef struct {
  GMainContext *context;
  const LanePoolTuning *tuning;
  const LaneServerConfig *config;
  const LaneUri *uri; /* one of config's */
  const LaneServerHost *host;
  LaneCredentials *credentials; /* NULL: no TURN */
  const LaneAddressPolicy *policy;
} LanePoolEntrySetup;

typedef struct {
  void (*stepped) (LanePoolEntry *entry, const LaneProbeResult *result, gpointer user_data);
  /* A probe has ended, or a bad report is over. May free the entry. */
  void (*changed) (LanePoolEntry *entry, gpointer user_data);
} LanePoolEntryEvents;

LanePoolEntry *lane_pool_entry_new (const LanePoolEntrySetup *setup,
                                    const LanePoolEntryEvents *events, gpointer user_data);
void lane_pool_entry_free (LanePoolEntry *entry);

/* The same section and URI at another place in memory. */
void
lane_pool_entry_move (LanePoolEntry *entry, const LaneServerConfig *config, const LaneUri *uri);

/* Probes each address that the host has now; no callback from within. */
void lane_pool_entry_check (LanePoolEntry *entry);
gboolean lane_pool_entry_is_checking (const LanePoolEntry *entry);
/* The last check found a fault that another check may no longer find. */
gboolean lane_pool_entry_is_failing (const LanePoolEntry *entry);
/* It would keep libnice from asking other servers. */
gboolean lane_pool_entry_is_harmful (const LanePoolEntry *entry);
/* It is being checked for the first time and has not answered yet. */
gboolean lane_pool_entry_is_open (const LanePoolEntry *entry);
LanePoolRank lane_pool_entry_get_rank (const LanePoolEntry *entry);

/* A link's word. @fault->detail is for an operator. */
void lane_pool_entry_hold (LanePoolEntry *entry, const LaneProbeFault *fault);
void lane_pool_entry_release (LanePoolEntry *entry);
void lane_pool_entry_prove (LanePoolEntry *entry);

/* TRUE: state, error or advice are other ones now. */
gboolean lane_pool_entry_refresh (LanePoolEntry *entry);
const LanePoolServer *lane_pool_entry_get_shown (const LanePoolEntry *entry);
const LaneUri *lane_pool_entry_get_uri (const LanePoolEntry *entry);
/* Our address of that family as the server sees it; NULL: unknown. */
const char *lane_pool_entry_get_mapped (const LanePoolEntry *entry, guint family);
