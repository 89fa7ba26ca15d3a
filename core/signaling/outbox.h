/* Envelopes on their way out: in order, at most 256 KiB and 10 s old. */
#pragma once

#include <glib.h>

typedef struct _LaneOutbox LaneOutbox;

#define LANE_OUTBOX_LIFE_US   (10 * G_USEC_PER_SEC)
#define LANE_OUTBOX_MAX_BYTES (256 * 1024)

LaneOutbox *lane_outbox_new (void);
void lane_outbox_free (LaneOutbox *outbox);

/* Times are g_get_monotonic_time(). Where room must be made, the oldest go. */
void lane_outbox_push (LaneOutbox *outbox, const char *to, const char *envelope, gint64 now);
/* What is next to be sent together, as the body of `POST /v1/send`; NULL when nothing waits. It
 * stays here, in flight, until one of the two below. */
char *lane_outbox_take (LaneOutbox *outbox, gint64 now);
void lane_outbox_settle (LaneOutbox *outbox);   /* arrived */
void lane_outbox_give_up (LaneOutbox *outbox);  /* will never arrive: those are missed */
void lane_outbox_put_back (LaneOutbox *outbox); /* to be sent again, before anything else */
gboolean lane_outbox_is_empty (const LaneOutbox *outbox); /* nothing waits or is in flight */
/* When the oldest that waits is too old; 0 = nothing waits. */
gint64 lane_outbox_get_expiry (const LaneOutbox *outbox);
void lane_outbox_expire (LaneOutbox *outbox, gint64 now);
gboolean lane_outbox_has_missed (const LaneOutbox *outbox);
/* To whom an envelope was dropped since the last call: a NULL-terminated array, or NULL. */
char **lane_outbox_take_missed (LaneOutbox *outbox);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneOutbox, lane_outbox_free)
