#include "words.h"

#include <math.h>
#include <string.h>

#define NEWS_US (10 * 60 * G_USEC_PER_SEC)

typedef struct {
  const char *glyph, *ascii;
  LaneRole role;
} Mark;

static const Mark mark_direct = { "✓", "+", LANE_ROLE_PATH_DIRECT };
static const Mark mark_relay = { "⇄", "=", LANE_ROLE_PATH_RELAY };
static const Mark mark_busy = { "~", "~", LANE_ROLE_PATH_CHECKING };
static const Mark mark_suspect = { "?", "?", LANE_ROLE_PATH_CHECKING };
static const Mark mark_failed = { "✗", "!", LANE_ROLE_PATH_FAILED };
static const Mark mark_idle = { " ", " ", LANE_ROLE_PATH_IDLE };

static const struct {
  const char *state, *word, *sentence;
  const Mark *mark;
} states[] = {
  { "off", "Off", "Disconnected by the operator.", &mark_idle },
  { "waiting", "Waiting", "The peer is not online yet.", &mark_idle },
  { "gathering", "Gathering", "Collecting our own addresses.", &mark_busy },
  { "checking", "Checking", "Trying paths to the peer.", &mark_busy },
  { "securing", "Securing", "A path works; encrypting it.", &mark_busy },
  { "restarting", "Restarting", "Looking for a new path; the old one carries the data until then.",
    &mark_busy },
  { "backoff", "Retry", "No path worked; waiting before the next try.", &mark_busy },
  { "failed", "Failed", "It cannot connect as configured.", &mark_failed },
  { "suspect", "Suspect", "Nothing was heard from the peer for 3 s.", &mark_suspect },
  { "connected", "Connected", "Connected.", &mark_direct },
};

static gboolean
is_state (const LanePeerView *peer, const char *state)
{
  return g_strcmp0 (peer->state, state) == 0;
}

gboolean
lane_words_is_up (const LanePeerView *peer)
{
  return is_state (peer, "connected") || is_state (peer, "suspect")
         || is_state (peer, "restarting");
}

void
lane_words_count_paths (const LaneSnapshot *snapshot, LanePathCounts *counts)
{
  memset (counts, 0, sizeof *counts);
  for (guint i = 0; i < snapshot->peers->len; i++) {
    const LanePeerView *peer = g_ptr_array_index (snapshot->peers, i);

    if (g_strcmp0 (peer->path, "direct") == 0 && lane_words_is_up (peer))
      counts->direct++;
    else if (g_strcmp0 (peer->path, "relay") == 0 && lane_words_is_up (peer))
      counts->relay++;
    else
      counts->other++;
  }
}

double
lane_words_live (const LanePeerView *peer, double value)
{
  return lane_words_is_up (peer) ? value : NAN;
}

static char *
path_name (const LanePeerView *peer)
{
  const LaneCandidateView *relay = peer->local;

  if (g_strcmp0 (peer->path, "direct") == 0)
    return peer->family == 0 ? g_strdup ("Direct") : g_strdup_printf ("Direct/%d", peer->family);
  if (g_strcmp0 (peer->path, "relay") != 0)
    return NULL;
  if (relay != NULL && g_strcmp0 (relay->type, "relay") == 0)
    return g_strdup_printf ("Relay:%s", relay->server != NULL ? relay->server : "ours");
  return g_strdup ("Relay:theirs");
}

static char *
retry_word (const LanePeerView *peer, const char *word)
{
  g_autofree char *clock = NULL;

  if (peer->next_retry_us == 0)
    return g_strdup (word);
  clock = lane_words_clock (peer->next_retry_us);
  return g_strdup_printf ("%s %s", word, clock);
}

static void
set_path (LanePathWord *path, const Mark *mark, char *word, LaneGlyphs glyphs)
{
  path->glyph = glyphs == LANE_GLYPHS_ASCII ? mark->ascii : mark->glyph;
  path->role = mark->role;
  path->word = word;
}

void
lane_path_word_init (LanePathWord *path, const LanePeerView *peer, LaneGlyphs glyphs)
{
  gboolean relay = g_strcmp0 (peer->path, "relay") == 0;
  char *name = path_name (peer);

  if (name != NULL && is_state (peer, "connected")) {
    set_path (path, relay ? &mark_relay : &mark_direct, name, glyphs);
    return;
  }
  if (name != NULL && is_state (peer, "suspect")) {
    set_path (path, &mark_suspect, name, glyphs);
    return;
  }
  g_free (name);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    if (is_state (peer, states[i].state)) {
      set_path (path, states[i].mark,
                is_state (peer, "backoff") ? retry_word (peer, states[i].word)
                                           : g_strdup (states[i].word),
                glyphs);
      return;
    }
  set_path (path, &mark_suspect, g_strdup (peer->state != NULL ? peer->state : "Unknown"), glyphs);
}

void
lane_path_word_clear (LanePathWord *path)
{
  g_clear_pointer (&path->word, g_free);
}

/* `expect relay`; NULL: nothing is expected, or the path is there. */
static const char *
expect_word (const LanePeerView *peer)
{
  static const struct {
    const char *expect, *word;
  } words[] = { { "direct", "expect direct" },
                { "relay", "expect relay" },
                { "no-path", "expect no path" } };

  for (guint i = 0; i < G_N_ELEMENTS (words) && !lane_words_is_up (peer); i++)
    if (g_strcmp0 (peer->forecast.expect, words[i].expect) == 0)
      return words[i].word;
  return NULL;
}

const char *
lane_words_why (const LanePeerView *peer)
{
  if (is_state (peer, "suspect"))
    return "Suspect";
  if (peer->why_code != NULL)
    return peer->why_code;
  return is_state (peer, "off") ? "by operator" : "none yet";
}

const char *
lane_words_why_or_expect (const LanePeerView *peer)
{
  const char *expect = peer->why_code == NULL ? expect_word (peer) : NULL;

  return expect != NULL ? expect : lane_words_why (peer);
}

char *
lane_words_why_sentence (const LanePeerView *peer)
{
  const char *state = "This dashboard does not know the state the node reports.";

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    if (is_state (peer, states[i].state))
      state = states[i].sentence;
  if (is_state (peer, "suspect"))
    return g_strdup_printf ("Suspect: %s", state);
  if (peer->why_text != NULL && peer->why_text[0] != '\0') {
    if (peer->why_side == NULL || strcmp (peer->why_side, "nobody") == 0)
      return g_strdup (peer->why_text);
    return g_strdup_printf ("%s (side: %s)", peer->why_text, peer->why_side);
  }
  if (peer->last_error != NULL && !is_state (peer, "connected"))
    return g_strdup_printf ("%s Last error: %s", state, peer->last_error);
  return g_strdup (state);
}

/* Old news of the peer may no longer be true. */
static char *
age_of_news (const LanePeerView *peer, gint64 now_us)
{
  g_autofree char *since = lane_words_since (peer->forecast.told_us, now_us);

  if (peer->forecast.told_us == 0 || now_us - peer->forecast.told_us < NEWS_US)
    return g_strdup ("");
  return g_strdup_printf (" (the peer's word is %s old)", since);
}

char *
lane_words_forecast (const LanePeerView *peer, gint64 now_us)
{
  const LaneForecastView *forecast = &peer->forecast;
  const char *word = expect_word (peer);
  g_autofree char *age = NULL;

  if (forecast->expect == NULL)
    return NULL;
  if (forecast->outcome_text != NULL && g_strcmp0 (forecast->outcome, "as-expected") != 0)
    return g_strdup (forecast->outcome_text);
  if (forecast->text == NULL || (word == NULL && lane_words_is_up (peer)))
    return forecast->outcome_text != NULL ? g_strdup_printf (
               "%s: %s", forecast->outcome_text, forecast->text != NULL ? forecast->text : "")
                                          : NULL;
  if (word == NULL)
    return g_strdup_printf ("no forecast: %s", forecast->text);
  age = age_of_news (peer, now_us);
  return g_strdup_printf ("%s: %s%s", word, forecast->text, age);
}

char *
lane_words_next (const LanePeerView *peer)
{
  g_autofree char *clock = NULL;
  const char *step = peer->why_next != NULL ? peer->why_next : "";

  if (peer->next_retry_us != 0) {
    clock = lane_words_clock (peer->next_retry_us);
    return g_strdup_printf (
        "Next: %s%s%s at %s", step, step[0] != '\0' ? "; " : "",
        g_strcmp0 (peer->path, "relay") == 0 ? "direct is tried again" : "tries again", clock);
  }
  if (step[0] != '\0')
    return g_strdup_printf ("Next: %s", step);
  if (is_state (peer, "off"))
    return g_strdup ("Next: c connects it");
  if (is_state (peer, "failed"))
    return g_strdup ("Next: mend the cause, then c connects it");
  if (is_state (peer, "suspect"))
    return g_strdup ("Next: the link restarts by itself if the silence goes on");
  return g_strdup (is_state (peer, "connected") ? "Next: nothing to do"
                                                : "Next: nothing to do but wait");
}

/* What was measured when the other path was in use is of the past. */
char *
lane_words_comparison (const LanePeerView *peer)
{
  const LaneComparisonView *comparison = peer->comparison;
  g_autofree char *clock = NULL;

  if (comparison == NULL || comparison->text == NULL || peer->path == NULL
      || g_strcmp0 (comparison->kind, peer->path) == 0)
    return NULL;
  if (comparison->running)
    return g_strdup (comparison->text);
  clock = lane_words_clock (comparison->at_us);
  return g_strdup_printf ("%s (measured %.5s)", comparison->text, clock);
}

char *
lane_words_pair (const LanePeerView *peer)
{
  g_autofree char *local = NULL;
  g_autofree char *remote = NULL;

  if (peer->local == NULL || peer->remote == NULL)
    return g_strdup ("Pair: none selected");
  local = lane_words_candidate (peer->local);
  remote = lane_words_candidate (peer->remote);
  return g_strdup_printf ("Pair: %s <-> %s", local, remote);
}

char *
lane_words_ms (double ms)
{
  if (isnan (ms) || ms < 0)
    return g_strdup ("no data");
  if (ms > 0 && ms < 0.05)
    return g_strdup ("<0.1 ms");
  if (ms < 9.95)
    return g_strdup_printf ("%.1f ms", ms);
  if (ms < 99999.5)
    return g_strdup_printf ("%.0f ms", ms);
  return g_strdup_printf ("%.0f s", MIN (ms / 1000, 99999.0));
}

char *
lane_words_loss (double loss)
{
  double percent = loss * 100;

  if (isnan (loss) || loss < 0)
    return g_strdup ("none");
  if (percent == 0)
    return g_strdup ("0%");
  if (percent < 0.1)
    return g_strdup (">0%");
  return percent < 9.95 ? g_strdup_printf ("%.1f%%", percent)
                        : g_strdup_printf ("%.0f%%", MIN (percent, 100));
}

char *
lane_words_since (gint64 since_us, gint64 now_us)
{
  gint64 seconds = MAX (now_us - since_us, 0) / G_USEC_PER_SEC;

  if (since_us == 0)
    return g_strdup ("none");
  if (seconds < 10)
    return g_strdup ("<10s");
  if (seconds < 60)
    return g_strdup ("<1m");
  if (seconds < 3600)
    return g_strdup_printf ("%dm", (int)(seconds / 60));
  if (seconds < 86400)
    return g_strdup_printf ("%dh", (int)(seconds / 3600));
  return g_strdup_printf ("%dd", (int)MIN (seconds / 86400, 9999));
}

char *
lane_words_bytes (guint64 bytes)
{
  static const char units[] = "kMGTPE";
  double value = bytes;
  int unit = -1;

  if (bytes < 1000)
    return g_strdup_printf ("%u", (guint)bytes);
  while (value >= 999.5) {
    value /= 1000;
    unit++;
  }
  return value < 9.95 ? g_strdup_printf ("%.1f%c", value, units[unit])
                      : g_strdup_printf ("%.0f%c", value, units[unit]);
}

char *
lane_words_clock (gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (time_us / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%H:%M:%S") : g_strdup ("unknown");
}

char *
lane_words_endpoint (const LaneCandidateView *side)
{
  const char *address = side->address != NULL ? side->address : "unknown";

  return strchr (address, ':') != NULL ? g_strdup_printf ("[%s]:%d", address, side->port)
                                       : g_strdup_printf ("%s:%d", address, side->port);
}

char *
lane_words_candidate (const LaneCandidateView *side)
{
  g_autofree char *endpoint = lane_words_endpoint (side);
  const char *type = side->type != NULL ? side->type : "unknown";
  const char *transport = side->transport != NULL ? side->transport : "udp";

  if (side->server != NULL)
    return g_strdup_printf ("%s %s (%s, %s)", type, endpoint, side->server, transport);
  return g_strdup_printf ("%s %s", type, endpoint);
}

const char *
lane_words_nat (const char *mapping, LaneNatLength length)
{
  static const struct {
    const char *mapping, *words[LANE_NAT_WORD + 1];
  } nats[] = {
    { "endpoint-independent", { "easy (one port for all)", "easy (one port)", "easy" } },
    { "address-dependent", { "hard (new port per address)", "hard (port per addr)", "hard" } },
    { "address-and-port-dependent",
      { "hard (new port per destination)", "hard (port per dest)", "hard" } },
    { "none", { "none", "none", "none" } },
    { "blocked", { "UDP blocked", "UDP blocked", "UDP blocked" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (nats); i++)
    if (g_strcmp0 (mapping, nats[i].mapping) == 0)
      return nats[i].words[length];
  return length == LANE_NAT_WORD ? "unknown" : "not known yet";
}

static gboolean
is_server (const LaneServerView *server, const char *state)
{
  return g_strcmp0 (server->state, state) == 0;
}

/* ``, `, backup: timeout`, `, backup: timeout +2` */
static char *
describe_failures (const LaneSnapshot *snapshot)
{
  const LaneServerView *first = NULL;
  guint n_more = 0;

  for (guint i = 0; i < snapshot->servers->len; i++) {
    const LaneServerView *server = g_ptr_array_index (snapshot->servers, i);

    if (is_server (server, "failed") && first != NULL)
      n_more++;
    else if (is_server (server, "failed"))
      first = server;
  }
  if (first == NULL)
    return g_strdup ("");
  if (n_more == 0)
    return g_strdup_printf (", %s: %s", first->name, first->code != NULL ? first->code : "failed");
  return g_strdup_printf (", %s: %s +%u", first->name, first->code != NULL ? first->code : "failed",
                          n_more);
}

char *
lane_words_servers (const LaneSnapshot *snapshot, gboolean why)
{
  g_autofree char *failures = why ? describe_failures (snapshot) : g_strdup ("");
  guint n_ok = 0;
  guint n_unknown = 0;

  for (guint i = 0; i < snapshot->servers->len; i++) {
    const LaneServerView *server = g_ptr_array_index (snapshot->servers, i);

    n_ok += is_server (server, "ok");
    n_unknown += !is_server (server, "ok") && !is_server (server, "failed");
  }
  if (snapshot->servers->len == 0)
    return g_strdup ("none");
  if (n_unknown == snapshot->servers->len)
    return g_strdup_printf ("%u, not tested yet", n_unknown);
  return g_strdup_printf ("%u of %u ok%s", n_ok, snapshot->servers->len, failures);
}

const char *
lane_words_spark (double ms, LaneGlyphs glyphs)
{
  /* Fixed steps: a cell must not change because another one did. */
  static const double steps[] = { 2, 10, 25, 50, 100, 200, 500 };
  static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
  static const char *const braille[] = { "⡀", "⣀", "⣄", "⣤", "⣦", "⣶", "⣷", "⣿" };
  static const char *const ascii[] = { "_", ".", ":", "-", "=", "+", "*", "#" };
  guint level = 0;

  if (isnan (ms))
    return "x";
  while (level < G_N_ELEMENTS (steps) && ms >= steps[level])
    level++;
  return glyphs == LANE_GLYPHS_ASCII     ? ascii[level]
         : glyphs == LANE_GLYPHS_BRAILLE ? braille[level]
                                         : blocks[level];
}
