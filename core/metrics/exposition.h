/* Text in the OpenMetrics format, 1.0: families of samples with labels.
 *
 * Only gauge, counter and histogram, which older readers (the text format 0.0.4 of Prometheus, and
 * so the textfile collector of node-exporter) know too. */
#pragma once

#include <glib.h>

typedef struct _LaneExposition LaneExposition;

LaneExposition *lane_exposition_new (void);
/* A family; its samples follow. @unit, which is the end of @name, or NULL. @help: one sentence. */
void lane_exposition_begin (LaneExposition *exposition, const char *name, const char *type,
                            const char *unit, const char *help);
/* A sample of the family, with `_total` where it is a counter. Labels follow as pairs of name and
 * value, then NULL. */
void lane_exposition_add (LaneExposition *exposition, double value, ...) G_GNUC_NULL_TERMINATED;
/* The samples of one histogram. @counts: of each bucket for itself, one more than @n_bounds. */
void lane_exposition_add_histogram (LaneExposition *exposition, const double *bounds,
                                    const guint64 *counts, guint n_bounds, double sum,
                                    const char *label, const char *value);
/* The whole text; frees @exposition. */
char *lane_exposition_end (LaneExposition *exposition);
