/* The rows of a peer's panes: its candidate pairs and its candidates. */
#pragma once

#include "snapshot.h"

typedef struct {
  gboolean in_use;
  gboolean trying; /* of a generation that is being tried; else it could be formed */
  guint generation;
  guint64 priority;
  const LaneCandidateView *local, *remote; /* borrowed */
} LanePairRow;

/* @detail may be NULL. Of LanePairRow: the one in use first, then by priority; bounded. */
GArray *lane_pairs_collect (const LanePeerView *peer, const LanePeerDetail *detail);

/* A heading has only a generation. */
typedef struct {
  const LaneGenerationView *generation;
  const LaneCandidateView *local, *remote;
} LaneCandidateRow;

/* Of LaneCandidateRow; @side_by_side: one of each side in a row. */
GArray *lane_candidates_collect (const LanePeerDetail *detail, gboolean side_by_side);
