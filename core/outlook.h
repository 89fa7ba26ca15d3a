/* What is to be expected of the path to one peer, kept until it is known what came of it: the
 * forecast (diagnosis/forecast.h) follows the evidence while nothing is tried, holds still from the
 * first check of a try on, and is compared with the path that the try has brought.
 *
 * Remembers what the peer's candidates gave away for the time when there are none. */
#pragma once

#include "diagnosis/event-log.h"
#include "diagnosis/forecast.h"
#include "generation.h"

typedef struct _LaneOutlook LaneOutlook;

typedef struct {
  LaneForecastEvidence evidence; /* but for what lane_outlook_meet() and _tell() know */
  const char *attempt;           /* names the try whose checks run; NULL = none does */
  const char *running;           /* the try that the path in use came from; NULL = no path */
  LaneExpectation is;            /* the path there is; NO_PATH: none, UNKNOWN: not settled */
  LaneWhy why;
} LaneOutlookScene;

LaneOutlook *lane_outlook_new (LaneEventLog *log, const char *peer); /* which outlive it */
void lane_outlook_free (LaneOutlook *outlook);
void lane_outlook_rename (LaneOutlook *outlook, const char *peer);

/* The peer has said what its NAT does, or that it does not know. */
void lane_outlook_tell (LaneOutlook *outlook, gint64 wall_us);
/* The candidates of both sides. @all: nothing of the peer's is left out for a policy or because
 * only one kind of path is tried. */
void lane_outlook_meet (LaneOutlook *outlook, const LaneGeneration *generation, gboolean all);
/* The try has ended without a path. Else a try that ends is not judged. */
void lane_outlook_fail (LaneOutlook *outlook);
/* The last try has been judged by this path: while none is under way, there is nothing to step. */
gboolean lane_outlook_is_settled (const LaneOutlook *outlook, LaneExpectation is);
void lane_outlook_step (LaneOutlook *outlook, const LaneOutlookScene *scene);

const LaneForecast *lane_outlook_get_forecast (const LaneOutlook *outlook);
LaneOutcome lane_outlook_get_outcome (const LaneOutlook *outlook);
const char *lane_outlook_get_outcome_text (const LaneOutlook *outlook); /* NULL = none */

/* The member `forecast` of a peer in the status. */
void lane_outlook_add_json (const LaneOutlook *outlook, JsonBuilder *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneOutlook, lane_outlook_free)
