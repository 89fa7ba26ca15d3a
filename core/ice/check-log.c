#include "ice/check-log.h"

#include <arpa/inet.h>
#include <string.h>

#define MAX_PAIRS    256 /* libnice keeps 100 and those they discover */
#define MAX_WORD     32
#define MAX_REQUESTS 8

typedef struct _Record Record;
struct _Record {
  LaneCheckPair pair;
  guint64 pointer; /* libnice's; 0 once it is freed, and may be another pair's */
  Record *parent;  /* whose check discovered this one */
  gboolean has_child, has_points;
  gboolean abandoned; /* libnice repeats its request no more: a better pair was selected */
  gboolean gave_up;   /* libnice said that it has waited long enough */
  gboolean refused;   /* the last answer was an error */
  gint64 requests_us[MAX_REQUESTS]; /* the newest first; 0 = none, or it was repeated since */
  guint answered_request;           /* the one that the answer is to */
};

struct _LaneCheckLog {
  LaneCheckFunc stepped;
  gpointer user_data;
  GPtrArray *records; /* of Record */
  guint last_id, dropped;
  gboolean creating; /* the next state line is of a pair that is not known yet */
  Record *matched;   /* the last one that was answered: what is discovered, is by it */
  gboolean incoherent;
  gint64 stun_answered_us;
};

/* Reading */

static gboolean
skip (const char **at, const char *literal)
{
  gsize length = strlen (literal);

  if (strncmp (*at, literal, length) != 0)
    return FALSE;
  *at += length;
  return TRUE;
}

static gboolean
skip_past (const char **at, const char *literal)
{
  const char *found = strstr (*at, literal);

  if (found == NULL)
    return FALSE;
  *at = found + strlen (literal);
  return TRUE;
}

/* `%p`: glibc writes 0x and hexadecimal digits. */
static gboolean
read_pointer (const char **at, guint64 *pointer)
{
  guint digits = 0;

  if (!skip (at, "0x"))
    return FALSE;
  for (*pointer = 0; g_ascii_isxdigit (**at) && digits < 16; (*at)++, digits++)
    *pointer = *pointer << 4 | (guint64)g_ascii_xdigit_value (**at);
  return digits > 0 && *pointer != 0 && !g_ascii_isxdigit (**at);
}

/* Capitals, with _ between them. */
static gboolean
read_word (const char **at, char word[MAX_WORD])
{
  gsize length = strspn (*at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

  if (length == 0 || length >= MAX_WORD)
    return FALSE;
  memcpy (word, *at, length);
  word[length] = '\0';
  *at += length;
  return TRUE;
}

/* Written as we write addresses, without a zone. */
static gboolean
make_canonical (const char *text, char address[LANE_ADDRESS_MAX])
{
  struct in6_addr bytes;
  int family = strchr (text, ':') != NULL ? AF_INET6 : AF_INET;

  return inet_pton (family, text, &bytes) == 1
         && inet_ntop (family, &bytes, address, LANE_ADDRESS_MAX) != NULL;
}

/* `[address]:port` */
static gboolean
read_point (const char **at, LaneCheckPoint *point)
{
  char text[LANE_ADDRESS_MAX];
  gsize length;
  guint port = 0, digits = 0;

  if (!skip (at, "["))
    return FALSE;
  length = strcspn (*at, "]%");
  if (length >= sizeof text)
    return FALSE;
  memcpy (text, *at, length);
  text[length] = '\0';
  if (!make_canonical (text, point->address) || !skip_past (at, "]:"))
    return FALSE;
  for (; g_ascii_isdigit (**at) && digits < 5; (*at)++, digits++)
    port = port * 10 + (guint)g_ascii_digit_value (**at);
  if (digits == 0 || port > G_MAXUINT16)
    return FALSE;
  point->port = (guint16)port;
  return TRUE;
}

static gboolean
read_points (const char **at, LaneCheckPoint *local, LaneCheckPoint *remote)
{
  LaneCheckPoint from, to;

  if (!read_point (at, &from) || !skip (at, " --> ") || !read_point (at, &to))
    return FALSE;
  *local = from;
  *remote = to;
  return TRUE;
}

gboolean
lane_check_line_get_agent (const char *line, guint64 *agent, const char **rest)
{
  const char *at = line;

  /* Followed by ` : `, ` :` or `: `, as its author liked that day. */
  if (!skip (&at, "Agent ") || !read_pointer (&at, agent))
    return FALSE;
  skip (&at, " ");
  if (!skip (&at, ":"))
    return FALSE;
  skip (&at, " ");
  *rest = at;
  return TRUE;
}

/* Records */

static Record *
find (LaneCheckLog *log, guint64 pointer)
{
  for (guint i = log->records->len; i > 0; i--) {
    Record *record = log->records->pdata[i - 1];

    if (record->pointer == pointer)
      return record;
  }
  return NULL;
}

static Record *
make (LaneCheckLog *log, guint64 pointer, gint64 now_us)
{
  Record *old = find (log, pointer);
  Record *record;

  if (old != NULL)
    old->pointer = 0;
  if (log->records->len >= MAX_PAIRS) {
    log->dropped++;
    return NULL;
  }
  record = g_new0 (Record, 1);
  record->pointer = pointer;
  record->pair.id = ++log->last_id;
  record->pair.formed_us = now_us;
  g_ptr_array_add (log->records, record);
  return record;
}

/* A pair that we should know. */
static Record *
expect (LaneCheckLog *log, guint64 pointer)
{
  Record *record = find (log, pointer);

  if (record == NULL && log->dropped == 0)
    log->incoherent = TRUE;
  return record;
}

static void
tell (LaneCheckLog *log, Record *record, LaneCheckStep step)
{
  if (log->stepped != NULL && record->has_points)
    log->stepped (&record->pair, step, log->user_data);
}

/* libnice fails a pair with the same line for every reason; what came before it tells which. */
static LaneCheckFailure
find_failure (const Record *record)
{
  if (record->refused)
    return LANE_CHECK_FAILURE_REFUSED;
  if (record->pair.answered > 0 && !record->gave_up)
    return LANE_CHECK_FAILURE_MISPLACED;
  return record->gave_up ? LANE_CHECK_FAILURE_SILENT : LANE_CHECK_FAILURE_UNSENT;
}

/* The request that was announced has not left, so it does not count. */
static void
forget_request (Record *record)
{
  if (record->pair.sent > 0)
    record->pair.sent--;
  if (record->pair.sent == 0)
    record->pair.sent_us = 0;
}

static void
fail (LaneCheckLog *log, Record *record, gint64 now_us)
{
  LaneCheckFailure failure = find_failure (record);
  gboolean was_over = record->pair.ended_us != 0;

  record->pair.ended_us = now_us;
  if (record->abandoned && failure == LANE_CHECK_FAILURE_SILENT) {
    record->pair.state = LANE_CHECK_UNNEEDED;
    return;
  }
  if (failure == LANE_CHECK_FAILURE_UNSENT)
    forget_request (record);
  record->pair.state = LANE_CHECK_FAILED;
  record->pair.failure = failure;
  if (!was_over)
    tell (log, record, LANE_CHECK_STEP_FAILED);
}

/* The lines */

static gboolean
enter_state (LaneCheckLog *log, Record *record, const char *word, gint64 now_us)
{
  static const struct {
    const char *word;
    LaneCheckState state;
  } states[] = { { "FROZEN", LANE_CHECK_FROZEN },
                 { "WAITING", LANE_CHECK_WAITING },
                 { "IN_PROGRESS", LANE_CHECK_CHECKING },
                 { "SUCCEEDED", LANE_CHECK_ANSWERED },
                 { "DISCOVERED", LANE_CHECK_ANSWERED } };

  if (strcmp (word, "FAILED") == 0) {
    fail (log, record, now_us);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    if (strcmp (word, states[i].word) != 0)
      continue;
    record->pair.state = states[i].state;
    record->pair.failure = LANE_CHECK_FAILURE_NONE;
    record->pair.ended_us = 0;
    record->gave_up = record->refused = FALSE;
    return TRUE;
  }
  log->incoherent = TRUE;
  return FALSE;
}

/* `pair 0x state WORD (function)`, `pair 0x MATCHED.`, `pair 0x removed.`... */
static gboolean
read_state (LaneCheckLog *log, guint64 pointer, const char *at, gint64 now_us)
{
  char word[MAX_WORD];
  Record *record;

  if (!read_word (&at, word)) {
    log->incoherent = TRUE;
    return FALSE;
  }
  if (log->creating) {
    log->creating = FALSE;
    record = make (log, pointer, now_us);
    if (record != NULL && strcmp (word, "DISCOVERED") == 0)
      record->parent = log->matched;
  } else {
    record = expect (log, pointer);
  }
  return record != NULL && enter_state (log, record, word, now_us);
}

static gboolean
read_match (LaneCheckLog *log, guint64 pointer, gint64 now_us)
{
  Record *record = expect (log, pointer);
  gint64 request_us;

  if (record == NULL)
    return FALSE;
  request_us =
      record->answered_request < MAX_REQUESTS ? record->requests_us[record->answered_request] : 0;
  if (request_us != 0)
    record->pair.rtt_us = MAX (now_us - request_us, 1);
  record->pair.answered++;
  log->matched = record;
  if (record->pair.answered_us == 0) {
    record->pair.answered_us = now_us;
    tell (log, record, LANE_CHECK_STEP_ANSWERED);
  }
  return TRUE;
}

static gboolean
read_removal (LaneCheckLog *log, guint64 pointer, gint64 now_us)
{
  Record *record = expect (log, pointer);

  if (record == NULL)
    return FALSE;
  record->pointer = 0;
  if (record->pair.state < LANE_CHECK_ANSWERED) {
    record->pair.state = LANE_CHECK_UNNEEDED;
    record->pair.ended_us = now_us;
  }
  return TRUE;
}

static gboolean
set_abandoned (LaneCheckLog *log, guint64 pointer, gboolean abandoned)
{
  Record *record = expect (log, pointer);

  if (record != NULL)
    record->abandoned = abandoned;
  return FALSE;
}

static gboolean
read_pair (LaneCheckLog *log, const char *at, gint64 now_us)
{
  guint64 pointer;

  if (!read_pointer (&at, &pointer))
    return FALSE;
  if (skip (&at, " state "))
    return read_state (log, pointer, at, now_us);
  if (strcmp (at, " MATCHED.") == 0)
    return read_match (log, pointer, now_us);
  if (strcmp (at, " removed.") == 0)
    return read_removal (log, pointer, now_us);
  if (strcmp (at, " will not be retransmitted.") == 0)
    return set_abandoned (log, pointer, TRUE);
  if (strcmp (at, " will be retransmitted.") == 0)
    return set_abandoned (log, pointer, FALSE);
  return FALSE;
}

/* `new pair 0x : [a]:p --> [b]:p`, after its first state. */
static gboolean
read_new_pair (LaneCheckLog *log, const char *at, gint64 now_us)
{
  guint64 pointer;
  Record *record;
  LaneCheckPoint local, remote;

  if (!read_pointer (&at, &pointer) || !skip (&at, " : ") || !read_points (&at, &local, &remote)) {
    log->incoherent = TRUE;
    return FALSE;
  }
  record = expect (log, pointer);
  if (record == NULL)
    return FALSE;
  record->pair.local = local;
  record->pair.remote = remote;
  record->has_points = TRUE;
  if (record->parent == NULL) {
    tell (log, record, LANE_CHECK_STEP_FORMED);
  } else {
    record->parent->has_child = TRUE;
    record->pair.base = record->parent->pair.local;
  }
  return TRUE;
}

static gboolean
count_request (LaneCheckLog *log, Record *record, gint64 now_us)
{
  record->pair.sent++;
  if (record->pair.sent_us == 0) {
    record->pair.sent_us = now_us;
    tell (log, record, LANE_CHECK_STEP_SENT);
  }
  return TRUE;
}

/* `STUN-CC REQ [a]:p --> [b]:p, socket=9, pair=0x (c-id:1), tie=..., and then secrets` */
static gboolean
read_request (LaneCheckLog *log, const char *at, gint64 now_us)
{
  LaneCheckPoint local, remote;
  guint64 pointer;
  Record *record;

  if (!read_points (&at, &local, &remote) || !skip (&at, ", socket=") || !skip_past (&at, ", pair=")
      || !read_pointer (&at, &pointer)) {
    log->incoherent = TRUE;
    return FALSE;
  }
  record = expect (log, pointer);
  if (record == NULL)
    return FALSE;
  memmove (record->requests_us + 1, record->requests_us,
           sizeof record->requests_us - sizeof record->requests_us[0]);
  record->requests_us[0] = now_us;
  return count_request (log, record, now_us);
}

/* `STUN transaction retransmitted on pair 0x (`: only the newest request ever is. An answer may be
 * to either copy, so it says nothing of the time it took (Karn's rule). */
static gboolean
read_repetition (LaneCheckLog *log, const char *at, gint64 now_us)
{
  guint64 pointer;
  Record *record;

  if (!read_pointer (&at, &pointer)) {
    log->incoherent = TRUE;
    return FALSE;
  }
  record = expect (log, pointer);
  if (record == NULL)
    return FALSE;
  record->requests_us[0] = 0;
  return count_request (log, record, now_us);
}

/* `marking pair 0x (1:1) as nominated`, with a reason behind it or not. */
static gboolean
read_nomination (LaneCheckLog *log, const char *at, gint64 now_us)
{
  guint64 pointer;
  Record *record;

  if (!read_pointer (&at, &pointer) || strstr (at, " as nominated") == NULL)
    return FALSE;
  record = expect (log, pointer);
  if (record == NULL || record->pair.nominated)
    return FALSE;
  record->pair.nominated = TRUE;
  record->pair.nominated_us = now_us;
  tell (log, record, LANE_CHECK_STEP_NOMINATED);
  return TRUE;
}

/* `Retransmissions failed, giving up on pair 0x`, before the pair fails. */
static gboolean
read_surrender (LaneCheckLog *log, const char *at)
{
  guint64 pointer;
  Record *record = read_pointer (&at, &pointer) ? expect (log, pointer) : NULL;

  if (record != NULL)
    record->gave_up = TRUE;
  return FALSE;
}

/* `stun_bind_process/conncheck for 0x: controlling,res=error,stun#=0.`, before the pair matches or
 * fails. The number is that of the request, 0 being the newest. */
static gboolean
read_verdict (LaneCheckLog *log, const char *at)
{
  guint64 pointer;
  Record *record = read_pointer (&at, &pointer) ? expect (log, pointer) : NULL;

  if (record == NULL)
    return FALSE;
  record->refused = strstr (at, ",res=error,") != NULL || strstr (at, ",res=inv") != NULL;
  record->answered_request =
      skip_past (&at, ",stun#=") && g_ascii_isdigit (*at) && !g_ascii_isdigit (at[1])
          ? (guint)g_ascii_digit_value (*at)
          : MAX_REQUESTS;
  return FALSE;
}

static gboolean
read_stun_answer (LaneCheckLog *log, const char *at, gint64 now_us)
{
  guint64 discovery;

  if (log->stun_answered_us != 0 || !read_pointer (&at, &discovery) || strcmp (at, " res 0.") != 0)
    return FALSE;
  log->stun_answered_us = now_us;
  return TRUE;
}

gboolean
lane_check_log_read (LaneCheckLog *log, const char *text, gint64 now_us)
{
  const char *at = text;

  if (skip (&at, "pair "))
    return read_pair (log, at, now_us);
  if (skip (&at, "new pair "))
    return read_new_pair (log, at, now_us);
  if (skip (&at, "STUN-CC REQ "))
    return read_request (log, at, now_us);
  if (skip (&at, "STUN transaction retransmitted on pair "))
    return read_repetition (log, at, now_us);
  if (skip (&at, "marking pair "))
    return read_nomination (log, at, now_us);
  if (skip (&at, "Retransmissions failed, giving up on pair "))
    return read_surrender (log, at);
  if (skip (&at, "stun_bind_process/conncheck for "))
    return read_verdict (log, at);
  if (skip (&at, "stun_bind_process/disc for "))
    return read_stun_answer (log, at, now_us);
  if (strcmp (at, "creating a new pair") == 0)
    log->creating = TRUE;
  return FALSE;
}

/* Telling */

static gboolean
fits (const Record *record)
{
  return record->has_points || record->pair.state <= LANE_CHECK_WAITING;
}

static LaneCheckPair
merge (const Record *record)
{
  LaneCheckPair pair = record->pair;
  const LaneCheckPair *check = &record->parent->pair;

  pair.sent = check->sent;
  pair.answered = check->answered;
  pair.formed_us = check->formed_us;
  pair.sent_us = check->sent_us;
  pair.answered_us = check->answered_us;
  pair.rtt_us = check->rtt_us;
  return pair;
}

GArray *
lane_check_log_get_pairs (const LaneCheckLog *log)
{
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (LaneCheckPair));

  for (guint i = 0; i < log->records->len; i++) {
    const Record *record = log->records->pdata[i];
    LaneCheckPair pair = record->parent != NULL ? merge (record) : record->pair;

    if (record->has_points && !record->has_child)
      g_array_append_val (pairs, pair);
  }
  return pairs;
}

guint
lane_check_log_get_dropped (const LaneCheckLog *log)
{
  return log->dropped;
}

gboolean
lane_check_log_is_coherent (const LaneCheckLog *log)
{
  for (guint i = 0; i < log->records->len; i++)
    if (!fits (log->records->pdata[i]))
      return FALSE;
  return !log->incoherent;
}

gint64
lane_check_log_get_stun_answered_us (const LaneCheckLog *log)
{
  return log->stun_answered_us;
}

LaneCheckLog *
lane_check_log_new (LaneCheckFunc stepped, gpointer user_data)
{
  LaneCheckLog *log = g_new0 (LaneCheckLog, 1);

  log->stepped = stepped;
  log->user_data = user_data;
  log->records = g_ptr_array_new_with_free_func (g_free);
  return log;
}

void
lane_check_log_free (LaneCheckLog *log)
{
  if (log == NULL)
    return;
  g_ptr_array_unref (log->records);
  g_free (log);
}

const char *
lane_check_state_to_string (LaneCheckState state)
{
  static const char *const names[] = {
    [LANE_CHECK_FROZEN] = "frozen",     [LANE_CHECK_WAITING] = "waiting",
    [LANE_CHECK_CHECKING] = "checking", [LANE_CHECK_ANSWERED] = "answered",
    [LANE_CHECK_FAILED] = "failed",     [LANE_CHECK_UNNEEDED] = "unneeded",
  };

  return names[state];
}

const char *
lane_check_failure_to_string (LaneCheckFailure failure)
{
  static const char *const names[] = {
    [LANE_CHECK_FAILURE_NONE] = NULL,         [LANE_CHECK_FAILURE_SILENT] = "silent",
    [LANE_CHECK_FAILURE_UNSENT] = "no-route", [LANE_CHECK_FAILURE_MISPLACED] = "misplaced",
    [LANE_CHECK_FAILURE_REFUSED] = "refused",
  };

  return names[failure];
}

const char *
lane_check_step_to_string (LaneCheckStep step)
{
  static const char *const names[] = {
    [LANE_CHECK_STEP_FORMED] = "pair-formed",       [LANE_CHECK_STEP_SENT] = "check-sent",
    [LANE_CHECK_STEP_ANSWERED] = "check-answered",  [LANE_CHECK_STEP_FAILED] = "check-failed",
    [LANE_CHECK_STEP_NOMINATED] = "pair-nominated",
  };

  return names[step];
}
