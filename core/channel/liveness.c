#include "channel/liveness.h"

#include <math.h>
#include <stdlib.h>

#define WINDOW         120u
#define PENDING_US     (2 * G_USEC_PER_SEC)
#define PING_US        (1 * G_USEC_PER_SEC)
#define URGENT_PING_US (G_USEC_PER_SEC / 5)
#define SUSPECT_US     (3 * G_USEC_PER_SEC)
#define LOST_US        (6 * G_USEC_PER_SEC)
#define LOST_PROBES    15
#define JITTER_GAIN    16.0 /* RFC 3550 section 6.4.1 */
#define US_PER_MS      1000.0

typedef enum { PING_PENDING, PING_ANSWERED, PING_LOST } PingState;

typedef struct {
  gint64 sent_us;
  guint32 rtt_us;
  guint8 state; /* of PingState */
} Ping;

struct _LaneLiveness {
  int ref_count; /* the owner and every dispatch under way */
  gboolean freed;
  LaneLivenessEvents events;
  gpointer user_data;
  gint64 (*now_us) (void);
  GSource *timer; /* NULL with a clock of the caller's */

  LaneLivenessState state;
  gboolean started;
  gint64 heard_us, ping_due_us;
  guint unanswered; /* probes since something was heard, or since the last poke */

  guint32 sequence;   /* of the last ping, 0 = none */
  guint32 first_open; /* the oldest ping that may still be pending */
  Ping pings[WINDOW]; /* ping N at N % WINDOW */
  guint64 answered, lost;
  gint64 last_rtt_us; /* -1 = none yet */
};

static Ping *
ping_at (LaneLiveness *liveness, guint32 sequence)
{
  return &liveness->pings[sequence % WINDOW];
}

static guint32
oldest_in_window (const LaneLiveness *liveness)
{
  return liveness->sequence > WINDOW ? liveness->sequence - WINDOW + 1 : 1;
}

static void
liveness_unref (LaneLiveness *liveness)
{
  if (--liveness->ref_count > 0)
    return;
  g_free (liveness);
}

/* Every way in from outside holds a reference, because any callback may free the liveness. */
static LaneLiveness *
enter (LaneLiveness *liveness)
{
  liveness->ref_count++;
  return liveness;
}

/* Counted from the last ping and not from a grid, so that a process which was stopped for a while
 * does not send a burst. */
static gint64
ping_interval (const LaneLiveness *liveness)
{
  return liveness->state == LANE_LIVENESS_ALIVE ? PING_US : URGENT_PING_US;
}

static gboolean
pings_go_on (const LaneLiveness *liveness)
{
  return liveness->state != LANE_LIVENESS_LOST || liveness->unanswered < LOST_PROBES;
}

static gint64
next_due (LaneLiveness *liveness)
{
  gint64 due = G_MAXINT64;

  if (pings_go_on (liveness))
    due = liveness->ping_due_us;
  if (liveness->state == LANE_LIVENESS_ALIVE)
    due = MIN (due, liveness->heard_us + SUSPECT_US);
  if (liveness->state == LANE_LIVENESS_SUSPECT && liveness->unanswered >= LOST_PROBES)
    due = MIN (due, liveness->heard_us + LOST_US);
  if (liveness->first_open <= liveness->sequence)
    due = MIN (due, ping_at (liveness, liveness->first_open)->sent_us + PENDING_US);
  return due;
}

/* Leaves a way in: when is the next thing due? */
static void
leave (LaneLiveness *liveness)
{
  if (!liveness->freed && liveness->timer != NULL && liveness->started) {
    gint64 due = next_due (liveness);

    g_source_set_ready_time (liveness->timer, due == G_MAXINT64 ? -1 : due);
  }
  liveness_unref (liveness);
}

static void
set_state (LaneLiveness *liveness, LaneLivenessState state)
{
  if (liveness->freed || liveness->state == state)
    return;
  liveness->state = state;
  if (liveness->events.state_changed != NULL)
    liveness->events.state_changed (liveness, state, liveness->user_data);
}

static void
report_measured (LaneLiveness *liveness, double rtt_ms, gboolean late)
{
  const LaneLivenessSample sample = { .rtt_ms = rtt_ms, .late = late };

  if (!liveness->freed && liveness->events.measured != NULL)
    liveness->events.measured (liveness, &sample, liveness->user_data);
}

static void
send_ping (LaneLiveness *liveness, gint64 now)
{
  guint32 sequence = ++liveness->sequence;

  if (liveness->first_open < oldest_in_window (liveness))
    liveness->first_open = oldest_in_window (liveness);
  *ping_at (liveness, sequence) = (Ping){ .state = PING_PENDING, .sent_us = now };
  liveness->unanswered++;
  liveness->ping_due_us = now + ping_interval (liveness);
  if (liveness->events.ping != NULL)
    liveness->events.ping (liveness, sequence, (guint64)now, liveness->user_data);
}

static void
give_up_old_pings (LaneLiveness *liveness, gint64 now)
{
  for (; !liveness->freed && liveness->first_open <= liveness->sequence; liveness->first_open++) {
    Ping *ping = ping_at (liveness, liveness->first_open);

    if (ping->state != PING_PENDING)
      continue;
    if (now - ping->sent_us < PENDING_US)
      break;
    ping->state = PING_LOST;
    liveness->lost++;
    report_measured (liveness, NAN, FALSE);
  }
}

static gboolean
on_timer (gpointer data)
{
  lane_liveness_tick (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_timer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs TIMER_FUNCS = { .dispatch = dispatch_timer };

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

LaneLiveness *
lane_liveness_new (GMainContext *context, const LaneLivenessEvents *events, gint64 (*now_us) (void),
                   gpointer user_data)
{
  LaneLiveness *liveness = g_new0 (LaneLiveness, 1);

  liveness->ref_count = 1;
  liveness->events = *events;
  liveness->user_data = user_data;
  liveness->now_us = now_us != NULL ? now_us : g_get_monotonic_time;
  liveness->heard_us = liveness->now_us ();
  liveness->first_open = 1;
  liveness->last_rtt_us = -1;

  if (now_us == NULL) {
    liveness->timer = g_source_new (&TIMER_FUNCS, sizeof (GSource));
    g_source_set_callback (liveness->timer, on_timer, liveness, NULL);
    g_source_attach (liveness->timer, context);
  }
  return liveness;
}

void
lane_liveness_start (LaneLiveness *liveness)
{
  gint64 now = liveness->now_us ();

  if (liveness->started)
    return;
  enter (liveness);
  liveness->started = TRUE;
  liveness->heard_us = now;
  send_ping (liveness, now);
  leave (liveness);
}

static void
hear (LaneLiveness *liveness, gint64 now)
{
  liveness->heard_us = now;
  liveness->unanswered = 0;
  if (liveness->state == LANE_LIVENESS_ALIVE)
    return;
  if (liveness->started)
    liveness->ping_due_us = ping_at (liveness, liveness->sequence)->sent_us + PING_US;
  set_state (liveness, LANE_LIVENESS_ALIVE);
}

void
lane_liveness_heard (LaneLiveness *liveness)
{
  enter (liveness);
  hear (liveness, liveness->now_us ());
  leave (liveness);
}

void
lane_liveness_pong (LaneLiveness *liveness, guint32 sequence, guint64 time_us)
{
  gint64 now = liveness->now_us ();
  Ping *ping = ping_at (liveness, sequence);
  gboolean late = ping->state == PING_LOST;

  if (!liveness->started || sequence < oldest_in_window (liveness) || sequence > liveness->sequence
      || ping->state == PING_ANSWERED || (guint64)ping->sent_us != time_us)
    return;

  enter (liveness);
  if (late)
    liveness->lost--;
  liveness->answered++;
  ping->state = PING_ANSWERED;
  liveness->last_rtt_us = now - ping->sent_us;
  ping->rtt_us = (guint32)MIN (liveness->last_rtt_us, G_MAXUINT32);

  hear (liveness, now);
  report_measured (liveness, (double)ping->rtt_us / US_PER_MS, late);
  leave (liveness);
}

void
lane_liveness_poke (LaneLiveness *liveness)
{
  if (!liveness->started)
    return;
  enter (liveness);
  /* When lost, the new path gets a whole round of probes: one alone may be lost as well. */
  if (liveness->state == LANE_LIVENESS_LOST)
    liveness->unanswered = 0;
  send_ping (liveness, liveness->now_us ());
  leave (liveness);
}

LaneLivenessState
lane_liveness_get_state (const LaneLiveness *liveness)
{
  return liveness->state;
}

gint64
lane_liveness_get_silence_us (const LaneLiveness *liveness)
{
  return liveness->now_us () - liveness->heard_us;
}

void
lane_liveness_get_stats (const LaneLiveness *liveness, LaneLivenessStats *stats)
{
  double rtts[WINDOW];
  double sum = 0, jitter = 0;
  guint count = 0, lost = 0;

  for (guint32 n = oldest_in_window (liveness); n <= liveness->sequence; n++) {
    const Ping *ping = &liveness->pings[n % WINDOW];

    lost += ping->state == PING_LOST;
    if (ping->state != PING_ANSWERED)
      continue;
    rtts[count] = (double)ping->rtt_us / US_PER_MS;
    sum += rtts[count];
    if (count > 0)
      jitter += (fabs (rtts[count] - rtts[count - 1]) - jitter) / JITTER_GAIN;
    count++;
  }

  *stats = (LaneLivenessStats){
    .last_ms = liveness->last_rtt_us >= 0 ? (double)liveness->last_rtt_us / US_PER_MS : NAN,
    .mean_ms = NAN,
    .min_ms = NAN,
    .p95_ms = NAN,
    .jitter_ms = count > 1 ? jitter : NAN,
    .loss = count + lost > 0 ? (double)lost / (count + lost) : NAN,
    .sent = liveness->sequence,
    .answered = liveness->answered,
    .lost = liveness->lost,
  };
  if (count == 0)
    return;

  qsort (rtts, count, sizeof *rtts, compare_doubles);
  stats->mean_ms = sum / count;
  stats->min_ms = rtts[0];
  stats->p95_ms = rtts[(count * 95 + 99) / 100 - 1]; /* nearest rank */
}

void
lane_liveness_tick (LaneLiveness *liveness)
{
  gint64 now = liveness->now_us ();
  gint64 silence;

  if (!liveness->started)
    return;
  enter (liveness);

  give_up_old_pings (liveness, now);
  silence = now - liveness->heard_us;
  if (liveness->state == LANE_LIVENESS_ALIVE && silence >= SUSPECT_US) {
    liveness->ping_due_us = now;
    set_state (liveness, LANE_LIVENESS_SUSPECT);
  }
  if (!liveness->freed && pings_go_on (liveness) && now >= liveness->ping_due_us)
    send_ping (liveness, now);
  if (liveness->state == LANE_LIVENESS_SUSPECT && now - liveness->heard_us >= LOST_US
      && liveness->unanswered >= LOST_PROBES)
    set_state (liveness, LANE_LIVENESS_LOST);

  leave (liveness);
}

void
lane_liveness_free (LaneLiveness *liveness)
{
  if (liveness == NULL)
    return;
  liveness->freed = TRUE;
  if (liveness->timer != NULL) {
    g_source_destroy (liveness->timer);
    g_clear_pointer (&liveness->timer, g_source_unref);
  }
  liveness_unref (liveness);
}

const char *
lane_liveness_state_to_string (LaneLivenessState state)
{
  switch (state) {
  case LANE_LIVENESS_ALIVE:
    return "alive";
  case LANE_LIVENESS_SUSPECT:
    return "suspect";
  case LANE_LIVENESS_LOST:
    return "lost";
  }
  return "unknown";
}
