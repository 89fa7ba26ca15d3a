#include "channel/sctp.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

#include "channel/dcep.h"
#include "channel/sctp-stack.h"

#define PORT              5000
#define MAX_CHANNELS      64
#define MAX_STREAMS       (2 * MAX_CHANNELS) /* one side may open all with ids of its parity */
#define MAX_MESSAGE_BYTES (256 * 1024)
#define SEND_BUFFER_BYTES (4 * 1024 * 1024)
#define RECV_BUFFER_BYTES (1024 * 1024)
#define PACKET_BYTES      1160 /* with DTLS around it: at most 1200, a multiple of 4 */
#define HEADER_BYTES      12   /* usrsctp does not count it for AF_CONN */
#define RTO_INITIAL_MS    500
#define RTO_MIN_MS        100
#define RTO_MAX_MS        1500
#define RTO_OUTAGE_MS     200
#define OUTAGE_US         300000
#define SACK_DELAY_MS     20 /* below RTO_MIN_MS, or single messages are sent twice */
#define HEARTBEAT_MS      15000
#define LINGER_BUSY_US    100000 /* SACKs are due even when nothing of ours is in flight */
#define NEVER_GIVE_UP     65535  /* liveness decides who is dead, not SCTP */

/* RFC 8831 section 8. */
enum { PPID_DCEP = 50, PPID_TEXT = 51, PPID_BINARY = 53, PPID_NO_TEXT = 56, PPID_NO_BINARY = 57 };

typedef enum {
  CHANNEL_NONE,
  CHANNEL_OPENING, /* we asked; until an answer all goes in order (RFC 8832 section 6) */
  CHANNEL_OPEN,
  CHANNEL_DOOMED,   /* to be reset, once usrsctp takes the request */
  CHANNEL_RESETTING /* our direction is on its way down */
} ChannelState;

typedef enum { SCTP_NEW, SCTP_CONNECTING, SCTP_CONNECTED, SCTP_ENDED } SctpState;

/* What usrsctp said, to be told the user when none of its locks is held. */
typedef struct {
  enum { NEWS_CONNECTED, NEWS_MESSAGE, NEWS_RESET, NEWS_CLOSED } kind;
  const char *reason; /* closed */
  guint16 stream;     /* message, reset */
  guint16 reset_flags;
  guint32 ppid;
  guint8 *data; /* from malloc() */
  gsize length;
} News;

struct _LaneSctp {
  int ref_count; /* the owner and every delivery under way */
  gboolean freed;
  LaneSctpEvents events;
  gpointer user_data;

  guint32 id;
  struct socket *socket;
  gboolean dtls_client;
  SctpState state;
  guint8 channels[MAX_STREAMS]; /* of ChannelState */
  guint n_doomed;

  GQueue news; /* of News */
  gboolean delivering;
  gboolean busy;
  gint64 stirred_us; /* last sent or received */
  gint64 heard_us;
  gboolean hurried; /* the path is silent: retransmission does not back off */
};

static void
news_free (News *news)
{
  free (news->data);
  g_free (news);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (News, news_free)

/* Holds an association while callbacks may free it. */
typedef LaneSctp SctpHold;

static LaneSctp *
sctp_ref (LaneSctp *sctp)
{
  sctp->ref_count++;
  return sctp;
}

static void
sctp_unref (LaneSctp *sctp)
{
  if (--sctp->ref_count > 0)
    return;
  g_queue_clear_full (&sctp->news, (GDestroyNotify)news_free);
  g_free (sctp);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SctpHold, sctp_unref)

static News *
add_news (LaneSctp *sctp, int kind)
{
  News *news = g_new0 (News, 1);

  news->kind = kind;
  g_queue_push_tail (&sctp->news, news);
  return news;
}

static void
add_closed (LaneSctp *sctp, const char *reason)
{
  add_news (sctp, NEWS_CLOSED)->reason = reason;
}

static void
stir (LaneSctp *sctp)
{
  sctp->busy = TRUE;
  sctp->stirred_us = g_get_monotonic_time ();
  lane_sctp_stack_stir ();
}

/* From usrsctp; nothing here may call it, or the user */

static void
take_association_change (LaneSctp *sctp, const struct sctp_assoc_change *change)
{
  switch (change->sac_state) {
  case SCTP_COMM_UP:
    add_news (sctp, NEWS_CONNECTED);
    break;
  case SCTP_COMM_LOST:
    add_closed (sctp, "the peer aborted the association");
    break;
  case SCTP_RESTART: /* a new association in the old one's place knows none of our channels */
    add_closed (sctp, "the peer started anew");
    break;
  case SCTP_SHUTDOWN_COMP:
    add_closed (sctp, "the peer ended the association");
    break;
  case SCTP_CANT_STR_ASSOC:
    add_closed (sctp, "no association could be set up");
    break;
  default:
    break;
  }
}

static void
take_stream_reset (LaneSctp *sctp, const struct sctp_stream_reset_event *event, gsize length)
{
  gsize n = (length - sizeof *event) / sizeof event->strreset_stream_list[0];

  for (gsize i = 0; i < n; i++) {
    News *news = add_news (sctp, NEWS_RESET);

    news->stream = event->strreset_stream_list[i];
    news->reset_flags = event->strreset_flags;
  }
}

static void
take_notification (LaneSctp *sctp, const union sctp_notification *event, gsize length)
{
  if (length < sizeof event->sn_header || event->sn_header.sn_length != length)
    return;
  if (event->sn_header.sn_type == SCTP_ASSOC_CHANGE && length >= sizeof event->sn_assoc_change)
    take_association_change (sctp, &event->sn_assoc_change);
  else if (event->sn_header.sn_type == SCTP_STREAM_RESET_EVENT
           && length >= sizeof event->sn_strreset_event)
    take_stream_reset (sctp, &event->sn_strreset_event, length);
}

/* The delivery point is above MAX_MESSAGE_BYTES, so what comes in part is too long as a whole. */
static void
take_message (LaneSctp *sctp, const struct sctp_rcvinfo *info, int flags, guint8 *data,
              gsize length)
{
  News *news;

  if ((flags & MSG_EOR) == 0 || length > MAX_MESSAGE_BYTES) {
    free (data);
    add_closed (sctp, "the peer sent a message of more than 256 KiB");
    return;
  }
  news = add_news (sctp, NEWS_MESSAGE);
  news->stream = info->rcv_sid;
  news->ppid = ntohl (info->rcv_ppid);
  news->data = data;
  news->length = length;
}

static int
on_receive (struct socket *sock, union sctp_sockstore address, void *data, size_t length,
            struct sctp_rcvinfo info, int flags, void *ulp_info)
{
  LaneSctp *sctp = lane_sctp_stack_find (GPOINTER_TO_UINT (ulp_info));

  if (sctp == NULL || sctp->freed || data == NULL) {
    free (data);
  } else if ((flags & MSG_NOTIFICATION) != 0) {
    take_notification (sctp, data, length);
    free (data);
  } else {
    take_message (sctp, &info, flags, data, length);
  }
  return 1;
}

static void
on_output (gpointer association, const guint8 *packet, gsize length)
{
  LaneSctp *sctp = association;

  sctp->events.send (sctp, packet, length, sctp->user_data);
}

/* Timers */

static gboolean
get_status (LaneSctp *sctp, struct sctp_status *status)
{
  socklen_t size = sizeof *status;

  memset (status, 0, sizeof *status);
  return usrsctp_getsockopt (sctp->socket, IPPROTO_SCTP, SCTP_STATUS, status, &size) == 0;
}

static void
set_rto_limits (LaneSctp *sctp, guint max_ms)
{
  struct sctp_rtoinfo rto = { .srto_initial = MIN (RTO_INITIAL_MS, max_ms),
                              .srto_max = max_ms,
                              .srto_min = RTO_MIN_MS };

  usrsctp_setsockopt (sctp->socket, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto);
}

/* Nothing in usrsctp stops a timer that has backed off. So while the peer is silent it must not
 * back off in the first place: one packet each 200 ms finds out soon when the path is back. Once
 * something is heard the usual limits hold again, as a slow path may be all it was. */
static void
hurry (LaneSctp *sctp, guint srtt_ms)
{
  sctp->hurried = TRUE;
  set_rto_limits (sctp, CLAMP (2 * srtt_ms, RTO_OUTAGE_MS, RTO_MAX_MS));
}

static void
calm_down (LaneSctp *sctp)
{
  sctp->hurried = FALSE;
  set_rto_limits (sctp, RTO_MAX_MS);
}

static void
reset_doomed_channels (LaneSctp *sctp)
{
  gsize size = sizeof (struct sctp_reset_streams) + sctp->n_doomed * sizeof (guint16);
  g_autofree struct sctp_reset_streams *request = NULL;
  guint n = 0;

  if (sctp->n_doomed == 0 || sctp->state != SCTP_CONNECTED)
    return;
  request = g_malloc0 (size);
  request->srs_flags = SCTP_STREAM_RESET_OUTGOING;
  for (guint16 stream = 0; stream < MAX_STREAMS && n < sctp->n_doomed; stream++)
    if (sctp->channels[stream] == CHANNEL_DOOMED)
      request->srs_stream_list[n++] = stream;
  request->srs_number_streams = (guint16)n;

  /* One request at a time may be under way: else the next tick tries again. */
  if (usrsctp_setsockopt (sctp->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, request, (socklen_t)size)
      != 0)
    return;
  for (guint i = 0; i < n; i++)
    sctp->channels[request->srs_stream_list[i]] = CHANNEL_RESETTING;
  sctp->n_doomed = 0;
}

static gboolean
on_tick (gpointer association, gint64 now)
{
  LaneSctp *sctp = association;
  gint64 silence = now - sctp->heard_us;
  struct sctp_status status;

  if (sctp->state == SCTP_CONNECTING)
    return TRUE;
  if (sctp->state != SCTP_CONNECTED || !sctp->busy)
    return FALSE;

  reset_doomed_channels (sctp);
  if (now - sctp->stirred_us < LINGER_BUSY_US && silence < OUTAGE_US)
    return TRUE;

  if (!get_status (sctp, &status))
    return FALSE;
  sctp->busy = status.sstat_unackdata > 0 || status.sstat_penddata > 0 || sctp->n_doomed > 0
               || now - sctp->stirred_us < LINGER_BUSY_US;
  if (sctp->busy && !sctp->hurried
      && silence > OUTAGE_US + 2000 * (gint64)status.sstat_primary.spinfo_srtt)
    hurry (sctp, status.sstat_primary.spinfo_srtt);
  return sctp->busy;
}

/* Channels */

static gboolean
send_message (LaneSctp *sctp, guint16 stream, guint32 ppid, LaneSctpDelivery delivery,
              const void *data, gsize length)
{
  struct sctp_sendv_spa info = {
    .sendv_flags = SCTP_SEND_SNDINFO_VALID,
    .sendv_sndinfo = { .snd_sid = stream,
                       .snd_flags = delivery.unordered ? SCTP_UNORDERED : 0,
                       .snd_ppid = htonl (ppid) },
  };

  if (delivery.once) {
    info.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    info.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
    info.sendv_prinfo.pr_value = 0;
  }
  stir (sctp);
  return usrsctp_sendv (sctp->socket, data, length, NULL, 0, &info, sizeof info, SCTP_SENDV_SPA, 0)
         == (ssize_t)length;
}

static gboolean
send_dcep (LaneSctp *sctp, guint16 stream, const LaneDcepMessage *message)
{
  guint8 bytes[LANE_DCEP_MAX_BYTES];
  gsize length = lane_dcep_format (message, bytes);

  return send_message (sctp, stream, PPID_DCEP, (LaneSctpDelivery){ 0 }, bytes, length);
}

static guint
count_channels (const LaneSctp *sctp)
{
  guint n = 0;

  for (guint stream = 0; stream < MAX_STREAMS; stream++)
    n += sctp->channels[stream] != CHANNEL_NONE;
  return n;
}

static void
doom (LaneSctp *sctp, guint16 stream)
{
  if (stream >= MAX_STREAMS || sctp->channels[stream] == CHANNEL_DOOMED
      || sctp->channels[stream] == CHANNEL_RESETTING)
    return;
  sctp->channels[stream] = CHANNEL_DOOMED;
  sctp->n_doomed++;
  reset_doomed_channels (sctp);
}

static gboolean
is_peers_stream (const LaneSctp *sctp, guint16 stream)
{
  return stream < MAX_STREAMS && (stream % 2 == 0) != sctp->dtls_client;
}

static void
take_open (LaneSctp *sctp, guint16 stream, const LaneDcepMessage *open)
{
  const LaneDcepMessage ack = { .type = LANE_DCEP_ACK };

  if (!is_peers_stream (sctp, stream) || sctp->channels[stream] != CHANNEL_NONE
      || count_channels (sctp) >= MAX_CHANNELS || !send_dcep (sctp, stream, &ack)) {
    doom (sctp, stream);
    return;
  }
  sctp->channels[stream] = CHANNEL_OPEN;
  if (sctp->events.channel_opened != NULL)
    sctp->events.channel_opened (sctp, stream, open->label, sctp->user_data);
}

static void
take_dcep (LaneSctp *sctp, const News *news)
{
  LaneDcepMessage message;

  if (!lane_dcep_parse (news->data, news->length, &message))
    doom (sctp, news->stream);
  else if (message.type == LANE_DCEP_OPEN)
    take_open (sctp, news->stream, &message);
  else if (sctp->channels[news->stream] == CHANNEL_OPENING)
    sctp->channels[news->stream] = CHANNEL_OPEN;
}

static void
deliver_message (LaneSctp *sctp, const News *news)
{
  gboolean text = news->ppid == PPID_TEXT || news->ppid == PPID_NO_TEXT;
  gboolean empty = news->ppid == PPID_NO_TEXT || news->ppid == PPID_NO_BINARY;

  if (news->stream >= MAX_STREAMS)
    return;
  if (news->ppid == PPID_DCEP) {
    take_dcep (sctp, news);
    return;
  }
  if (sctp->channels[news->stream] == CHANNEL_OPENING) /* as good as the ACK, RFC 8832 section 6 */
    sctp->channels[news->stream] = CHANNEL_OPEN;
  if (sctp->channels[news->stream] != CHANNEL_OPEN
      || (!text && !empty && news->ppid != PPID_BINARY))
    return;
  sctp->events.received (sctp, news->stream, text ? LANE_PAYLOAD_TEXT : LANE_PAYLOAD_BINARY,
                         news->data, empty ? 0 : news->length, sctp->user_data);
}

/* RFC 8831 section 6.7: who sees the peer's direction go down takes down the own. */
static void
take_reset (LaneSctp *sctp, const News *news)
{
  const guint16 failed = SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED;

  if (news->stream >= MAX_STREAMS || (news->reset_flags & failed) != 0)
    return;
  if ((news->reset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0
      && sctp->channels[news->stream] != CHANNEL_NONE)
    doom (sctp, news->stream);
  if ((news->reset_flags & SCTP_STREAM_RESET_OUTGOING_SSN) != 0
      && sctp->channels[news->stream] == CHANNEL_RESETTING)
    sctp->channels[news->stream] = CHANNEL_NONE;
}

static void
end (LaneSctp *sctp, const char *reason)
{
  sctp->state = SCTP_ENDED;
  if (sctp->events.closed != NULL)
    sctp->events.closed (sctp, reason, sctp->user_data);
}

static void
deliver_one (LaneSctp *sctp, const News *news)
{
  switch (news->kind) {
  case NEWS_CONNECTED:
    if (sctp->state != SCTP_CONNECTING)
      break;
    sctp->state = SCTP_CONNECTED;
    if (sctp->events.connected != NULL)
      sctp->events.connected (sctp, sctp->user_data);
    break;
  case NEWS_MESSAGE:
    deliver_message (sctp, news);
    break;
  case NEWS_RESET:
    take_reset (sctp, news);
    break;
  case NEWS_CLOSED:
    end (sctp, news->reason);
    break;
  }
}

static void
on_deliver (gpointer association)
{
  LaneSctp *sctp = association;
  g_autoptr (SctpHold) hold = NULL;

  if (sctp->delivering)
    return;
  hold = sctp_ref (sctp);
  sctp->delivering = TRUE;
  while (!sctp->freed && sctp->state != SCTP_ENDED && !g_queue_is_empty (&sctp->news)) {
    g_autoptr (News) news = g_queue_pop_head (&sctp->news);

    deliver_one (sctp, news);
  }
  sctp->delivering = FALSE;
}

static const LaneSctpStackEvents STACK_EVENTS = { on_output, on_tick, on_deliver };

/* Set-up */

static gboolean
set_option (LaneSctp *sctp, int level, int name, const void *value, gsize size)
{
  return usrsctp_setsockopt (sctp->socket, level, name, value, (socklen_t)size) == 0;
}

static gboolean
subscribe (LaneSctp *sctp, guint16 type)
{
  struct sctp_event event = { .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = type, .se_on = 1 };

  return set_option (sctp, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event);
}

static gboolean
configure_socket (LaneSctp *sctp)
{
  const struct linger abort_on_close = { .l_onoff = 1, .l_linger = 0 };
  const int send_buffer = SEND_BUFFER_BYTES;
  const int recv_buffer = RECV_BUFFER_BYTES;
  const guint32 delivery_point = MAX_MESSAGE_BYTES + 1;

  return usrsctp_set_non_blocking (sctp->socket, 1) == 0
         && set_option (sctp, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof abort_on_close)
         && set_option (sctp, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer)
         && set_option (sctp, SOL_SOCKET, SO_RCVBUF, &recv_buffer, sizeof recv_buffer)
         && set_option (sctp, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, &delivery_point,
                        sizeof delivery_point)
         && subscribe (sctp, SCTP_ASSOC_CHANGE) && subscribe (sctp, SCTP_STREAM_RESET_EVENT);
}

static gboolean
configure_association (LaneSctp *sctp)
{
  const int no_delay = 1;
  const struct sctp_initmsg init = { .sinit_num_ostreams = MAX_STREAMS,
                                     .sinit_max_instreams = MAX_STREAMS,
                                     .sinit_max_attempts = NEVER_GIVE_UP,
                                     .sinit_max_init_timeo = RTO_MAX_MS };
  const struct sctp_paddrparams path = { .spp_flags = SPP_PMTUD_DISABLE | SPP_HB_ENABLE,
                                         .spp_pathmtu = PACKET_BYTES - HEADER_BYTES,
                                         .spp_hbinterval = HEARTBEAT_MS,
                                         .spp_pathmaxrxt = NEVER_GIVE_UP };
  const struct sctp_rtoinfo rto = { .srto_initial = RTO_INITIAL_MS,
                                    .srto_max = RTO_MAX_MS,
                                    .srto_min = RTO_MIN_MS };
  const struct sctp_assocparams association = { .sasoc_asocmaxrxt = NEVER_GIVE_UP };
  const struct sctp_assoc_value resets = { .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ };
  const struct sctp_sack_info sack = { .sack_delay = SACK_DELAY_MS, .sack_freq = 2 };

  return set_option (sctp, IPPROTO_SCTP, SCTP_NODELAY, &no_delay, sizeof no_delay)
         && set_option (sctp, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init)
         && set_option (sctp, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path)
         && set_option (sctp, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof rto)
         && set_option (sctp, IPPROTO_SCTP, SCTP_ASSOCINFO, &association, sizeof association)
         && set_option (sctp, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &resets, sizeof resets)
         && set_option (sctp, IPPROTO_SCTP, SCTP_DELAYED_SACK, &sack, sizeof sack);
}

static struct sockaddr_conn
address_of (const LaneSctp *sctp)
{
  return (struct sockaddr_conn){ .sconn_family = AF_CONN,
                                 .sconn_port = htons (PORT),
                                 .sconn_addr = GUINT_TO_POINTER (sctp->id) };
}

static gboolean
set_up_socket (LaneSctp *sctp, GError **error)
{
  struct sockaddr_conn address = address_of (sctp);

  sctp->socket = usrsctp_socket (AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_receive, NULL, 0,
                                 GUINT_TO_POINTER (sctp->id));
  if (sctp->socket != NULL && configure_socket (sctp) && configure_association (sctp)
      && usrsctp_bind (sctp->socket, (struct sockaddr *)&address, sizeof address) == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, (int)g_io_error_from_errno (errno), "cannot set up SCTP: %s",
               g_strerror (errno));
  return FALSE;
}

LaneSctp *
lane_sctp_new (GMainContext *context, gboolean dtls_client, const LaneSctpEvents *events,
               gpointer user_data, GError **error)
{
  g_autoptr (LaneSctp) sctp = g_new0 (LaneSctp, 1);

  sctp->ref_count = 1;
  sctp->events = *events;
  sctp->user_data = user_data;
  sctp->dtls_client = dtls_client;
  g_queue_init (&sctp->news);
  sctp->id = lane_sctp_stack_join (context, &STACK_EVENTS, sctp, error);
  if (sctp->id == 0 || !set_up_socket (sctp, error))
    return NULL;
  return g_steal_pointer (&sctp);
}

void
lane_sctp_connect (LaneSctp *sctp)
{
  struct sockaddr_conn address = address_of (sctp);

  if (sctp->state != SCTP_NEW)
    return;
  stir (sctp);
  sctp->state = SCTP_CONNECTING;
  sctp->heard_us = g_get_monotonic_time ();
  if (usrsctp_connect (sctp->socket, (struct sockaddr *)&address, sizeof address) == 0
      || errno == EINPROGRESS)
    return;
  add_closed (sctp, "no association could be set up");
  lane_sctp_stack_deliver_later ();
}

void
lane_sctp_feed (LaneSctp *sctp, const guint8 *packet, gsize length)
{
  if (sctp->state == SCTP_NEW || sctp->state == SCTP_ENDED)
    return;
  sctp->heard_us = g_get_monotonic_time ();
  if (sctp->hurried)
    calm_down (sctp);
  stir (sctp);
  usrsctp_conninput (GUINT_TO_POINTER (sctp->id), packet, length, 0);
  on_deliver (sctp);
}

int
lane_sctp_open_channel (LaneSctp *sctp, const char *label)
{
  LaneDcepMessage open = { .type = LANE_DCEP_OPEN };

  g_return_val_if_fail (strlen (label) <= LANE_DCEP_TEXT_MAX, -1);
  g_strlcpy (open.label, label, sizeof open.label);

  if (sctp->state != SCTP_CONNECTED || count_channels (sctp) >= MAX_CHANNELS)
    return -1;
  for (guint16 stream = sctp->dtls_client ? 0 : 1; stream < MAX_STREAMS; stream += 2) {
    if (sctp->channels[stream] != CHANNEL_NONE)
      continue;
    if (!send_dcep (sctp, stream, &open))
      return -1;
    sctp->channels[stream] = CHANNEL_OPENING;
    return stream;
  }
  return -1;
}

gboolean
lane_sctp_write (LaneSctp *sctp, guint16 stream, LanePayload payload, LaneSctpDelivery delivery,
                 const guint8 *data, gsize length)
{
  gboolean text = payload == LANE_PAYLOAD_TEXT;

  if (sctp->state != SCTP_CONNECTED || stream >= MAX_STREAMS || length > MAX_MESSAGE_BYTES)
    return FALSE;
  if (sctp->channels[stream] == CHANNEL_OPENING)
    delivery.unordered = FALSE;
  else if (sctp->channels[stream] != CHANNEL_OPEN)
    return FALSE;

  if (length == 0) /* SCTP has no empty messages: RFC 8831 section 6.6 */
    return send_message (sctp, stream, text ? PPID_NO_TEXT : PPID_NO_BINARY, delivery, "", 1);
  return send_message (sctp, stream, text ? PPID_TEXT : PPID_BINARY, delivery, data, length);
}

void
lane_sctp_path_changed (LaneSctp *sctp)
{
  struct sctp_paddrparams probe = { .spp_flags = SPP_HB_DEMAND };

  if (sctp->state != SCTP_CONNECTED)
    return;
  stir (sctp);
  hurry (sctp, 0); /* the old path's times mean nothing here */
  usrsctp_setsockopt (sctp->socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &probe, sizeof probe);
}

void
lane_sctp_free (LaneSctp *sctp)
{
  if (sctp == NULL)
    return;
  if (sctp->socket != NULL)
    usrsctp_close (sctp->socket); /* the ABORT still goes out through `send` */
  sctp->freed = TRUE;
  sctp->socket = NULL;
  if (sctp->id != 0)
    lane_sctp_stack_leave (sctp->id);
  sctp_unref (sctp);
}
