#include "signaling/roster.h"

#include <string.h>

#include "signaling/challenge.h"
#include "signaling/event-stream.h"
#include "signaling/sse.h"

#define MAX_MEMBERS    1024
#define MAX_PER_SOURCE 16
#define MAX_WATCHES    (1024 * 1024) /* of all members, 53 bytes each */
#define BOOT_LENGTH    32

#define QUEUE_BYTES   (256 * 1024)          /* not yet written, per member */
#define RECENT_BYTES  (64 * 1024)           /* written, and written again when the reader returns */
#define RECENT_US     (30 * G_USEC_PER_SEC) /* longer than a reader stays deaf unknowingly */
#define PORTION_BYTES (64 * 1024)           /* given to a stream at a time */

#define KEEPALIVE_MS 15000
#define ATTACH_MS    10000 /* from the session to its event stream */
#define RETURN_MS    3000  /* from a lost event stream to its successor */

#define SPEND_PER_S 500
#define SPEND_BURST 2000

/* One watched id, in the order of ids. */
typedef struct {
  char id[LANE_ID_LENGTH];
  guint8 stale; /* the member has not been told its state */
} Watch;

typedef struct {
  GBytes *text; /* as it goes on the wire */
  gint64 written_at;
} Event;

struct _LaneMember {
  LaneRoster *roster;
  char id[LANE_ID_LENGTH + 1];
  char boot[BOOT_LENGTH + 1];
  char announced[BOOT_LENGTH + 1]; /* the run that others know of; empty = offline */
  char *token, *source;
  Watch *watches;
  guint watch_count, stale_count;
  LaneEventStream *stream;
  GQueue queue, recent; /* of Event */
  gsize queue_bytes, recent_bytes;
  GSource *expiry;
  double purse;
  gint64 purse_at;
};

struct _LaneRoster {
  GMainContext *context;
  GHashTable *by_id;    /* id -> LaneMember, owned */
  GHashTable *by_token; /* token -> LaneMember */
  guint watches;
};

static void pump (LaneMember *member);

static void
stop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
event_free (Event *event)
{
  g_bytes_unref (event->text);
  g_free (event);
}

static void
forget_events (LaneMember *member)
{
  g_queue_clear_full (&member->queue, (GDestroyNotify)event_free);
  g_queue_clear_full (&member->recent, (GDestroyNotify)event_free);
  member->queue_bytes = member->recent_bytes = 0;
}

static void
member_free (LaneMember *member)
{
  stop_source (&member->expiry);
  g_clear_pointer (&member->stream, lane_event_stream_free);
  forget_events (member);
  member->roster->watches -= member->watch_count;
  g_free (member->watches);
  g_free (member->token);
  g_free (member->source);
  g_free (member);
}

static int
compare_watches (const void *a, const void *b)
{
  return memcmp (((const Watch *)a)->id, ((const Watch *)b)->id, LANE_ID_LENGTH);
}

static Watch *
find_watch (const LaneMember *member, const char *id)
{
  Watch wanted = { "" };

  if (member->watch_count == 0)
    return NULL;
  memcpy (wanted.id, id, LANE_ID_LENGTH);
  return bsearch (&wanted, member->watches, member->watch_count, sizeof (Watch), compare_watches);
}

static void
mark_stale (LaneMember *member, Watch *watch)
{
  if (!watch->stale) {
    watch->stale = TRUE;
    member->stale_count++;
  }
}

static void
tell_watchers (LaneRoster *roster, const char *id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, roster->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    LaneMember *watcher = value;
    Watch *watch = find_watch (watcher, id);

    if (watch != NULL) {
      mark_stale (watcher, watch);
      pump (watcher);
    }
  }
}

static void
member_remove (LaneMember *member)
{
  LaneRoster *roster = member->roster;
  gboolean was_online = member->announced[0] != '\0';
  g_autofree char *id = g_strdup (member->id);

  g_hash_table_remove (roster->by_token, member->token);
  g_hash_table_remove (roster->by_id, id);
  if (was_online)
    tell_watchers (roster, id);
}

static gboolean
on_expired (gpointer data)
{
  member_remove (data);
  return G_SOURCE_REMOVE;
}

static void
expire_after (LaneMember *member, guint ms)
{
  stop_source (&member->expiry);
  member->expiry = g_timeout_source_new (ms);
  g_source_set_callback (member->expiry, on_expired, member, NULL);
  g_source_attach (member->expiry, member->roster->context);
}

static void
on_stream_drained (LaneEventStream *stream, gpointer data)
{
  pump (data);
}

static void
on_stream_closed (LaneEventStream *stream, gpointer data)
{
  LaneMember *member = data;

  g_clear_pointer (&member->stream, lane_event_stream_free);
  expire_after (member, RETURN_MS);
}

static void
append_presence (LaneMember *member, GString *out)
{
  for (guint i = 0; i < member->watch_count && member->stale_count > 0; i++) {
    Watch *watch = &member->watches[i];
    char id[LANE_ID_LENGTH + 1] = "";
    g_autofree char *data = NULL;
    const LaneMember *other;

    if (!watch->stale)
      continue;
    if (out->len >= PORTION_BYTES)
      return;
    memcpy (id, watch->id, LANE_ID_LENGTH);
    other = g_hash_table_lookup (member->roster->by_id, id);
    data = other != NULL && other->announced[0] != '\0'
               ? g_strdup_printf ("{\"id\":\"%s\",\"boot\":\"%s\"}", id, other->announced)
               : g_strdup_printf ("{\"id\":\"%s\",\"boot\":null}", id);
    lane_sse_append (out, "presence", data, strlen (data));
    watch->stale = FALSE;
    member->stale_count--;
  }
}

static void
trim_recent (LaneMember *member, gint64 now)
{
  gsize room = MIN (RECENT_BYTES, QUEUE_BYTES - MIN (QUEUE_BYTES, member->queue_bytes));
  Event *oldest;

  while ((oldest = g_queue_peek_head (&member->recent)) != NULL
         && (member->recent_bytes > room || now - oldest->written_at > RECENT_US)) {
    member->recent_bytes -= g_bytes_get_size (oldest->text);
    event_free (g_queue_pop_head (&member->recent));
  }
}

static void
append_events (LaneMember *member, GString *out, gint64 now)
{
  while (!g_queue_is_empty (&member->queue) && out->len < PORTION_BYTES) {
    Event *event = g_queue_pop_head (&member->queue);
    gsize length;
    const char *text = g_bytes_get_data (event->text, &length);

    g_string_append_len (out, text, (gssize)length);
    member->queue_bytes -= length;
    event->written_at = now;
    member->recent_bytes += length;
    g_queue_push_tail (&member->recent, event);
  }
  trim_recent (member, now);
}

/* Presence goes first: a peer's new run must be known before its envelopes come. */
static void
pump (LaneMember *member)
{
  while (member->stream != NULL && lane_event_stream_get_queued (member->stream) == 0
         && (member->stale_count > 0 || !g_queue_is_empty (&member->queue))) {
    g_autoptr (GString) out = g_string_new (NULL);

    append_presence (member, out);
    if (member->stale_count == 0)
      append_events (member, out, g_get_monotonic_time ());
    lane_event_stream_write (member->stream, out->str, out->len);
  }
}

/* What was written may have ended in a connection that was dead already; a receiver knows doubles
 * by their sequence. */
static void
requeue_recent (LaneMember *member)
{
  trim_recent (member, g_get_monotonic_time ());
  while (!g_queue_is_empty (&member->recent))
    g_queue_push_head (&member->queue, g_queue_pop_tail (&member->recent));
  member->queue_bytes += member->recent_bytes;
  member->recent_bytes = 0;
}

static void
end_other_run (LaneMember *member)
{
  static const char replaced[] = "event: replaced\ndata: {}\n\n";

  if (member->stream != NULL) {
    lane_event_stream_write (member->stream, replaced, sizeof replaced - 1);
    g_clear_pointer (&member->stream, lane_event_stream_free);
  }
  forget_events (member);
}

static guint
count_source (LaneRoster *roster, const char *source)
{
  GHashTableIter iter;
  gpointer value;
  guint count = 0;

  g_hash_table_iter_init (&iter, roster->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    count += g_strcmp0 (((LaneMember *)value)->source, source) == 0;
  return count;
}

static LaneMember *
add_member (LaneRoster *roster, const char *id, const char *source, GError **error)
{
  LaneMember *member;

  if (g_hash_table_size (roster->by_id) >= MAX_MEMBERS
      || (source != NULL && count_source (roster, source) >= MAX_PER_SOURCE)) {
    g_set_error_literal (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_FULL,
                         "the rendezvous has as many nodes as it takes");
    return NULL;
  }
  member = g_new0 (LaneMember, 1);
  member->roster = roster;
  g_strlcpy (member->id, id, sizeof member->id);
  member->purse = SPEND_BURST;
  member->purse_at = g_get_monotonic_time ();
  g_hash_table_insert (roster->by_id, member->id, member);
  return member;
}

LaneRoster *
lane_roster_new (GMainContext *context)
{
  LaneRoster *roster = g_new0 (LaneRoster, 1);

  roster->context = g_main_context_ref (context);
  roster->by_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)member_free);
  roster->by_token = g_hash_table_new (g_str_hash, g_str_equal);
  return roster;
}

void
lane_roster_free (LaneRoster *roster)
{
  if (roster == NULL)
    return;
  g_hash_table_unref (roster->by_token);
  g_hash_table_unref (roster->by_id);
  g_main_context_unref (roster->context);
  g_free (roster);
}

LaneMember *
lane_roster_join (LaneRoster *roster, const char *id, const char *boot, const char *source,
                  gboolean yield, GError **error)
{
  LaneMember *member = g_hash_table_lookup (roster->by_id, id);

  if (member == NULL) {
    member = add_member (roster, id, source, error);
    if (member == NULL)
      return NULL;
  } else if (strcmp (member->boot, boot) == 0) {
    g_clear_pointer (&member->stream, lane_event_stream_free);
  } else if (yield && member->stream != NULL) {
    g_set_error_literal (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_TAKEN,
                         "another node with this id is online");
    return NULL;
  } else {
    end_other_run (member);
  }

  g_strlcpy (member->boot, boot, sizeof member->boot);
  if (member->token != NULL)
    g_hash_table_remove (roster->by_token, member->token);
  g_free (member->token);
  member->token = lane_challenge_random ();
  g_hash_table_insert (roster->by_token, member->token, member);
  g_free (member->source);
  member->source = g_strdup (source);
  expire_after (member, ATTACH_MS);
  return member;
}

LaneMember *
lane_roster_find (LaneRoster *roster, const char *token)
{
  return g_hash_table_lookup (roster->by_token, token);
}

gboolean
lane_roster_deliver (LaneRoster *roster, const char *to, const char *text, gsize length)
{
  LaneMember *member = g_hash_table_lookup (roster->by_id, to);
  g_autoptr (GString) out = NULL;
  Event *event;

  if (member == NULL || member->announced[0] == '\0')
    return FALSE;
  if (member->queue_bytes + length > QUEUE_BYTES) {
    if (member->stream != NULL) {
      /* It does not read. A fresh start serves it better than old envelopes. */
      g_clear_pointer (&member->stream, lane_event_stream_free);
      forget_events (member);
      expire_after (member, RETURN_MS);
    }
    return FALSE;
  }

  out = g_string_sized_new (length + 64);
  lane_sse_append (out, "message", text, length);
  event = g_new0 (Event, 1);
  event->text = g_string_free_to_bytes (g_steal_pointer (&out));
  member->queue_bytes += g_bytes_get_size (event->text);
  g_queue_push_tail (&member->queue, event);
  pump (member);
  return TRUE;
}

const char *
lane_member_get_id (const LaneMember *member)
{
  return member->id;
}

const char *
lane_member_get_token (const LaneMember *member)
{
  return member->token;
}

gboolean
lane_member_watch (LaneMember *member, const char *const *ids, gsize count, GError **error)
{
  guint others = member->roster->watches - member->watch_count;
  g_autofree Watch *watches = NULL;
  guint kept = 0;
  guint stale = 0;

  if (count > LANE_ROSTER_MAX_WATCH) {
    g_set_error (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_TOO_MANY, "more than %d ids to watch",
                 LANE_ROSTER_MAX_WATCH);
    return FALSE;
  }
  if (others + count > MAX_WATCHES) {
    g_set_error_literal (error, LANE_ROSTER_ERROR, LANE_ROSTER_ERROR_FULL,
                         "the rendezvous watches as many ids as it takes");
    return FALSE;
  }

  watches = g_new0 (Watch, MAX (count, 1));
  for (gsize i = 0; i < count; i++)
    memcpy (watches[i].id, ids[i], LANE_ID_LENGTH);
  qsort (watches, count, sizeof (Watch), compare_watches);
  for (gsize i = 0; i < count; i++) {
    const Watch *before;

    if (kept > 0 && compare_watches (&watches[kept - 1], &watches[i]) == 0)
      continue;
    before = member->watch_count == 0 ? NULL
                                      : bsearch (&watches[i], member->watches, member->watch_count,
                                                 sizeof (Watch), compare_watches);
    watches[kept] = watches[i];
    watches[kept].stale = before == NULL || before->stale;
    stale += watches[kept].stale;
    kept++;
  }

  g_free (member->watches);
  member->watches = g_renew (Watch, g_steal_pointer (&watches), MAX (kept, 1));
  member->watch_count = kept;
  member->stale_count = stale;
  member->roster->watches = others + kept;
  pump (member);
  return TRUE;
}

void
lane_member_listen (LaneMember *member, GIOStream *connection, const char *head)
{
  static const LaneEventStreamEvents events = { .drained = on_stream_drained,
                                                .closed = on_stream_closed };

  stop_source (&member->expiry);
  g_clear_pointer (&member->stream, lane_event_stream_free);
  member->stream =
      lane_event_stream_new (member->roster->context, connection, KEEPALIVE_MS, &events, member);
  lane_event_stream_write (member->stream, head, strlen (head));

  for (guint i = 0; i < member->watch_count; i++)
    mark_stale (member, &member->watches[i]);
  requeue_recent (member);
  if (strcmp (member->announced, member->boot) != 0) {
    g_strlcpy (member->announced, member->boot, sizeof member->announced);
    tell_watchers (member->roster, member->id);
  }
  pump (member);
}

void
lane_member_acknowledge (LaneMember *member)
{
  static const char acknowledged[] = "event: ack\ndata: {}\n\n";

  /* With a queue the reader has enough to hear. */
  if (member->stream != NULL && lane_event_stream_get_queued (member->stream) == 0)
    lane_event_stream_write (member->stream, acknowledged, sizeof acknowledged - 1);
}

gboolean
lane_member_spend (LaneMember *member, guint cost)
{
  gint64 now = g_get_monotonic_time ();

  member->purse += (double)(now - member->purse_at) * SPEND_PER_S / G_USEC_PER_SEC;
  member->purse = MIN (member->purse, SPEND_BURST);
  member->purse_at = now;
  if (member->purse < cost)
    return FALSE;
  member->purse -= cost;
  return TRUE;
}

void
lane_member_leave (LaneMember *member)
{
  member_remove (member);
}

G_DEFINE_QUARK (lane_roster_error, lane_roster_error)
