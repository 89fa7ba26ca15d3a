/* The rows of a peer's panes: its candidate pairs and its candidates. */
#pragma once

#include "snapshot.h"

/* A heading has only a generation. */
typedef struct {
  const LaneGenerationView *heading;
  gboolean in_use;
  const LaneCheckView *check;              /* NULL: it could be formed, or nothing is known of it */
  const LaneCandidateView *local, *remote; /* borrowed */
  guint64 priority;                        /* of those without a check */
} LanePairRow;

/* @detail may be NULL. Of LanePairRow, bounded: those of the generation that carries the data, the
 * one in use first, then those of the one being tried; without either, those of the last one. */
GArray *lane_pairs_collect (const LanePeerView *peer, const LanePeerDetail *detail);

const char *lane_pair_row_state (const LanePairRow *row); /* `in use`, `failed`... */
char *lane_pair_row_result (const LanePairRow *row, const LanePeerView *peer);
/* `Generation 3, being tried: 1 of 9 pairs answered` */
char *lane_generation_title (const LaneGenerationView *generation);

/* A heading has only a generation. */
typedef struct {
  const LaneGenerationView *generation;
  const LaneCandidateView *local, *remote;
} LaneCandidateRow;

/* Of LaneCandidateRow; @side_by_side: one of each side in a row. */
GArray *lane_candidates_collect (const LanePeerDetail *detail, gboolean side_by_side);
