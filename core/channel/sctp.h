/* One SCTP association over DTLS (RFC 8831) with its data channels (RFC 8832, dcep.h).
 *
 * usrsctp runs without threads: the first association of the process starts it, and a timer on that
 * association's GMainContext drives it. All associations of a process share that one context. */
#pragma once

#include <glib.h>

typedef struct _LaneSctp LaneSctp;

typedef enum { LANE_PAYLOAD_TEXT, LANE_PAYLOAD_BINARY } LanePayload; /* PPID 51 and 53 */

typedef struct {
  gboolean unordered;
  gboolean once; /* zero retransmissions (RFC 3758): late is worth nothing */
} LaneSctpDelivery;

typedef struct {
  /* A packet to protect and send; called with usrsctp locks held: only send, nothing else. */
  void (*send) (LaneSctp *sctp, const guint8 *packet, gsize length, gpointer user_data);
  void (*connected) (LaneSctp *sctp, gpointer user_data);
  /* The peer opened a channel; messages of it may follow at once. */
  void (*channel_opened) (LaneSctp *sctp, guint16 stream, const char *label, gpointer user_data);
  void (*received) (LaneSctp *sctp, guint16 stream, LanePayload payload, const guint8 *data,
                    gsize length, gpointer user_data);
  void (*closed) (LaneSctp *sctp, const char *reason, gpointer user_data);
} LaneSctpEvents;

/* @dtls_client decides who uses even stream ids (RFC 8832 section 6). */
LaneSctp *lane_sctp_new (GMainContext *context, gboolean dtls_client, const LaneSctpEvents *events,
                         gpointer user_data, GError **error);
void lane_sctp_connect (LaneSctp *sctp); /* both sides do (RFC 8831 section 6.1) */
void lane_sctp_feed (LaneSctp *sctp, const guint8 *packet, gsize length);
/* Opens a reliable, ordered channel; may be written to at once. -1 when all 64 are taken or the
 * association is not connected. */
int lane_sctp_open_channel (LaneSctp *sctp, const char *label);
/* A message of at most 256 KiB. FALSE = not taken: no such channel, or 4 MiB wait to be sent. */
gboolean lane_sctp_write (LaneSctp *sctp, guint16 stream, LanePayload payload,
                          LaneSctpDelivery delivery, const guint8 *data, gsize length);
/* The path below has just changed: forget backed-off timers so that lost data goes out at once. */
void lane_sctp_path_changed (LaneSctp *sctp);
/* Aborts the association: the ABORT goes out through `send` before this returns, so free what is
 * below later. Safe from every callback but `send`; no callback follows. */
void lane_sctp_free (LaneSctp *sctp);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSctp, lane_sctp_free)
