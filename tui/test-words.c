#include "test-words.h"

#include "words.h"

#include <math.h>
#include <string.h>

static const char *
step_word (const char *kind)
{
  static const struct {
    const char *kind, *word;
  } words[] = {
    { "dns", "DNS" },
    { "connect", "Connect" },
    { "tls", "TLS" },
    { "stun", "STUN" },
    { "allocate", "Allocate" },
    { "permission", "Permission" },
    { "refresh", "Given back" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (kind, words[i].kind) == 0)
      return words[i].word;
  return kind;
}

static char *
describe_success (const LaneTestResult *result)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (result->mapped != NULL)
    g_string_append_printf (text, "sees us as %s", result->mapped);
  if (result->relayed != NULL)
    g_string_append_printf (text, "%srelays at %s", text->len > 0 ? ", " : "", result->relayed);
  if (result->expires_us != 0) {
    g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (result->expires_us / G_USEC_PER_SEC);
    g_autoptr (GDateTime) local = g_date_time_to_local (utc);
    g_autofree char *date = g_date_time_format (local, "%Y-%m-%d");

    g_string_append_printf (text, "%scertificate until %s", text->len > 0 ? ", " : "", date);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
line_free (gpointer data)
{
  LaneTestLine *line = data;

  g_free (line->text);
  g_free (line);
}

void
lane_test_words_add (GPtrArray *lines, LaneRole role, char *text)
{
  LaneTestLine *line;

  if (text == NULL || *text == '\0') {
    g_free (text);
    return;
  }
  line = g_new0 (LaneTestLine, 1);
  line->role = role;
  line->text = text;
  g_ptr_array_add (lines, line);
}

/* @lead: `Test: `, or nothing. */
static void
add_steps (GPtrArray *lines, const LaneTestResult *result, const char *lead, int width)
{
  g_autoptr (GString) text = g_string_new (lead);

  for (guint i = 0; i < result->steps->len; i++) {
    const LaneTestStep *step = g_ptr_array_index (result->steps, i);
    g_autofree char *ms = lane_words_ms (step->ms);
    const char *verdict = !step->ok ? " failed" : strcmp (step->kind, "dns") == 0 ? "" : " ok";
    g_autofree char *words = g_strconcat (step_word (step->kind), verdict, " ", ms, NULL);

    /* That all is given back matters only when it fails. */
    if (step->ok && strcmp (step->kind, "refresh") == 0)
      continue;
    if (i > 0 && (int)(text->len + 2 + strlen (words)) > width) {
      lane_test_words_add (lines, LANE_ROLE_DEFAULT, g_strdup (text->str));
      g_string_truncate (text, 0);
    } else if (i > 0)
      g_string_append (text, "  ");
    g_string_append (text, words);
  }
  if (result->state == LANE_TEST_CHECKING)
    g_string_append (text, result->steps->len > 0 ? "  ..." : "...");
  else if (result->steps->len == 0)
    g_string_append (text, "no step was taken");
  lane_test_words_add (lines, LANE_ROLE_DEFAULT, g_strdup (text->str));
}

static void
add_result (GPtrArray *lines, const LaneTestResult *result, gboolean with_uri, int width)
{
  if (with_uri)
    lane_test_words_add (lines, LANE_ROLE_TITLE, g_strdup (result->uri));
  add_steps (lines, result, with_uri ? "" : "Test: ", width);
  if (result->state == LANE_TEST_OK)
    lane_test_words_add (lines, LANE_ROLE_PATH_DIRECT, describe_success (result));
  if (result->state != LANE_TEST_FAILED)
    return;
  lane_test_words_add (
      lines, LANE_ROLE_LOG_ERROR,
      g_strdup_printf ("Failed: %s.", result->error != NULL ? result->error : "not tested"));
  if (result->advice != NULL)
    lane_test_words_add (lines, LANE_ROLE_NOTICE, g_strdup_printf ("%s.", result->advice));
}

static gboolean
is_of (const LaneTestResult *result, const char *server)
{
  return server == NULL || strcmp (result->server, server) == 0;
}

GPtrArray *
lane_test_words_lines (const GPtrArray *results, const char *server, int width)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (line_free);
  guint count = 0;

  for (guint i = 0; i < results->len; i++)
    count += is_of (g_ptr_array_index (results, i), server);
  for (guint i = 0; i < results->len; i++) {
    const LaneTestResult *result = g_ptr_array_index (results, i);

    if (is_of (result, server))
      add_result (lines, result, count > 1, width);
  }
  return lines;
}

int
lane_test_words_count_rows (const char *text, int width)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  int rows = 1;
  int used = 0;

  for (guint i = 0; words[i] != NULL; i++) {
    int length = g_utf8_strlen (words[i], -1);

    if (used > 0 && used + 1 + length > width) {
      rows++;
      used = 0;
    }
    used += (used > 0) + length;
    rows += MAX (used - 1, 0) / MAX (width, 1);
    used -= MAX (used - 1, 0) / MAX (width, 1) * MAX (width, 1);
  }
  return rows;
}

/* The worst one: a failure, then what is not known yet. */
static const LaneTestResult *
find_worst (const GPtrArray *results, const char *server)
{
  static const int rank[] = {
    [LANE_TEST_OK] = 0, [LANE_TEST_CHECKING] = 1, [LANE_TEST_FAILED] = 2
  };
  const LaneTestResult *worst = NULL;

  for (guint i = 0; i < results->len; i++) {
    const LaneTestResult *result = g_ptr_array_index (results, i);

    if (is_of (result, server) && (worst == NULL || rank[result->state] > rank[worst->state]))
      worst = result;
  }
  return worst;
}

gboolean
lane_test_words_find_state (const GPtrArray *results, const char *server, LaneTestState *state)
{
  const LaneTestResult *worst = find_worst (results, server);

  if (worst != NULL)
    *state = worst->state;
  return worst != NULL;
}

char *
lane_test_words_state (const GPtrArray *results, const char *server)
{
  const LaneTestResult *worst = find_worst (results, server);
  g_autofree char *ms = NULL;

  if (worst == NULL)
    return NULL;
  if (worst->state == LANE_TEST_CHECKING)
    return g_strdup ("checking");
  if (worst->state == LANE_TEST_FAILED)
    return g_strdup (worst->code != NULL ? worst->code : "failed");
  ms = isnan (worst->rtt_ms) ? NULL : lane_words_ms (worst->rtt_ms);
  return ms != NULL ? g_strdup_printf ("%s ok", ms) : g_strdup ("ok");
}
