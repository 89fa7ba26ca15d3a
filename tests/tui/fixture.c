#include "fixture.h"

#include "input.h"

#include <check.h>
#include <json-glib/json-glib.h>
#include <string.h>

static char *
member_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL ? json_to_string (node, FALSE) : NULL;
}

/* What the last day brought the peer: a relay until 23:37:03 and since 23:44, a minute of loss, ten
 * minutes asleep. */
static double
rtt_at (gint64 s_ago)
{
  if (s_ago > 79200 || (s_ago > 560 && s_ago < 600) || (s_ago > 7200 && s_ago < 18000))
    return -1;
  return s_ago > 731 || s_ago < 314 ? 61 + (double)(s_ago * 7 % 23) / 2 : 18 + s_ago % 5;
}

static const char *
path_at (gint64 s_ago)
{
  if (rtt_at (s_ago) < 0)
    return s_ago < 600 ? "\"direct\"" : s_ago > 79200 ? "null" : "\"none\"";
  return s_ago > 731 || s_ago < 314 ? "\"relay\"" : "\"direct\"";
}

static void
add_row (GString *json, const char *name, gint64 cell_s, guint n, double factor)
{
  g_string_append_printf (json, ",\"%s\":[", name);
  for (guint i = 0; i < n; i++) {
    double value = rtt_at ((n - 1 - i) * cell_s) * factor;
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_ascii_dtostr (text, sizeof text, value);
    g_string_append_printf (json, "%s%s", i > 0 ? "," : "", value < 0 ? "null" : text);
  }
  g_string_append_c (json, ']');
}

static void
add_span (GString *json, const char *name, gint64 cell_s, guint n, gint64 now_s)
{
  g_string_append_printf (
      json, ",\"%s\":{\"cell_s\":%" G_GINT64_FORMAT ",\"first_cell\":%" G_GINT64_FORMAT, name,
      cell_s, now_s / cell_s - n);
  add_row (json, "rtt_mean_ms", cell_s, n, 1);
  add_row (json, "rtt_min_ms", cell_s, n, 0.9);
  add_row (json, "rtt_max_ms", cell_s, n, 1.5);
  add_row (json, "jitter_ms", cell_s, n, 0.05);
  g_string_append (json, ",\"answered\":[");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (json, "%s%d", i > 0 ? "," : "",
                            rtt_at ((n - 1 - i) * cell_s) < 0 ? 0 : (int)cell_s);
  g_string_append (json, "],\"lost\":[");
  for (guint i = 0; i < n; i++) {
    gint64 ago = (n - 1 - i) * cell_s;

    g_string_append_printf (json, "%s%d", i > 0 ? "," : "",
                            (ago > 560 && ago < 600) ? 5 : ago % 13 == 0 && rtt_at (ago) > 0);
  }
  g_string_append (json, "],\"path\":[");
  for (guint i = 0; i < n; i++)
    g_string_append_printf (json, "%s%s", i > 0 ? "," : "", path_at ((n - 1 - i) * cell_s));
  g_string_append (json, "]}");
}

static void
add_change (GString *json, gint64 now_s, gint64 s_ago, const char *words)
{
  g_autoptr (GDateTime) at = g_date_time_new_from_unix_utc (now_s - s_ago);
  g_autofree char *text = g_date_time_format_iso8601 (at);

  g_string_append_printf (json, "%s{\"at\":\"%s\",\"clock_s\":%" G_GINT64_FORMAT ",%s}",
                          json->str[json->len - 1] == '[' ? "" : ",", text, now_s - s_ago, words);
}

static char *
make_history (const char *peer, gint64 now_us)
{
  gint64 now_s = now_us / G_USEC_PER_SEC;
  g_autoptr (GDateTime) at = g_date_time_new_from_unix_utc (now_s);
  g_autofree char *at_text = g_date_time_format_iso8601 (at);
  GString *json = g_string_new (NULL);

  g_string_append_printf (
      json,
      "{\"schema\":1,\"peer\":\"%s\",\"at\":\"%s\",\"clock_s\":%" G_GINT64_FORMAT
      ",\"path\":\"relay\"",
      peer, at_text, now_s);
  add_span (json, "recent", 5, 180, now_s);
  add_span (json, "day", 120, 720, now_s);
  g_string_append (json, ",\"changes_count\":6,\"changes\":[");
  add_change (json, now_s, 314,
              "\"old\":\"direct\",\"new\":\"relay\",\"cause\":\"watchdog\","
              "\"why\":\"sym-sym\",\"gap_ms\":6840.5");
  add_change (json, now_s, 731,
              "\"old\":\"relay\",\"new\":\"direct\",\"cause\":\"policy\","
              "\"why\":\"direct-nat\",\"gap_ms\":12");
  add_change (json, now_s, 5400,
              "\"old\":\"relay\",\"new\":\"relay\",\"cause\":\"server\","
              "\"why\":\"sym-sym\",\"gap_ms\":3100");
  add_change (json, now_s, 7200,
              "\"old\":\"none\",\"new\":\"relay\",\"cause\":\"first\","
              "\"why\":\"sym-sym\",\"gap_ms\":10800000");
  add_change (json, now_s, 18000,
              "\"old\":\"relay\",\"new\":\"none\",\"cause\":\"peer\","
              "\"why\":\"peer-offline\",\"gap_ms\":null");
  add_change (json, now_s, 79200,
              "\"old\":\"none\",\"new\":\"relay\",\"cause\":\"first\","
              "\"why\":\"sym-sym\",\"gap_ms\":null");
  g_string_append (json, "]}");
  return g_string_free (json, FALSE);
}

Fixture *
fixture_load (const char *name)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autofree char *path = g_strdup_printf ("%s/data/%s.json", TEST_DIR, name);
  g_autofree char *network = g_strdup_printf ("%s/data/%s-network.json", TEST_DIR, name);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GDateTime) now = NULL;
  g_autoptr (GStrvBuilder) events = g_strv_builder_new ();
  JsonObject *root = NULL;
  JsonArray *array = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (parser));
  now = g_date_time_new_from_iso8601 (json_object_get_string_member (root, "now"), NULL);
  fixture->now_us = g_date_time_to_unix (now) * G_USEC_PER_SEC;
  fixture->status = member_text (root, "status");
  fixture->detail = member_text (root, "detail");
  g_file_get_contents (network, &fixture->network, NULL, NULL);
  if (json_object_has_member (root, "history"))
    fixture->history =
        make_history (json_object_get_string_member (root, "history"), fixture->now_us);
  array = json_object_get_array_member (root, "events");
  for (guint i = 0; i < json_array_get_length (array); i++) {
    g_autofree char *event = json_to_string (json_array_get_element (array, i), FALSE);

    g_strv_builder_add (events, event);
  }
  fixture->events = g_strv_builder_end (events);
  return fixture;
}

Fixture *
fixture_with_peers (guint n)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GString) status = g_string_new ("{\"schema\":1,\"node\":{\"name\":\"big\"},"
                                             "\"servers\":[],\"peers\":[");

  for (guint i = 0; i < n; i++)
    g_string_append_printf (status,
                            "%s{\"name\":\"peer-%03u\",\"state\":\"connected\",\"path\":\"%s\","
                            "\"family\":4,\"rtt_ms\":{\"last\":%u},\"loss\":0,"
                            "\"since\":\"2025-11-20T00:00:00Z\"}",
                            i > 0 ? "," : "", i, i % 3 == 0 ? "relay" : "direct", (i * 37) % 200);
  g_string_append (status, "]}");
  fixture->now_us = G_GINT64_CONSTANT (1795390154) * G_USEC_PER_SEC;
  fixture->status = g_string_free (g_steal_pointer (&status), FALSE);
  fixture->events = g_new0 (char *, 1);
  return fixture;
}

void
fixture_apply (const Fixture *fixture, LaneModel *model)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneSnapshot) snapshot = lane_snapshot_parse (fixture->status, &error);

  g_assert_no_error (error);
  model->now_us = fixture->now_us;
  model->attached = model->ever_attached = TRUE;
  lane_model_set_snapshot (model, snapshot);
  for (guint i = 0; fixture->events[i] != NULL; i++) {
    g_autoptr (LaneEventView) event = lane_event_view_parse (fixture->events[i], &error);

    g_assert_no_error (error);
    lane_model_add_event (model, event);
  }
  if (fixture->detail != NULL) {
    g_autoptr (LanePeerDetail) detail = lane_peer_detail_parse (fixture->detail, &error);

    g_assert_no_error (error);
    lane_model_set_detail (model, detail);
  }
  if (fixture->history != NULL) {
    g_autoptr (LaneHistoryView) history = lane_history_view_parse (fixture->history, &error);

    g_assert_no_error (error);
    lane_model_set_history (model, history);
  }
  if (fixture->network != NULL) {
    g_autoptr (LaneNetworkView) network = lane_network_view_parse (fixture->network, &error);

    g_assert_no_error (error);
    lane_model_set_network (model, network);
  }
}

void
fixture_open_settings (LaneModel *model, const char *name)
{
  static const char *const environ_[] = { "HOME=/home/op", "ICELANE_ICE_TRICKLE=off", NULL };
  static const char *const overrides[] = { NULL };
  const LaneConfigSources sources = { .path = "/home/op/.config/icelane/icelane.ini",
                                      .environ_ = environ_,
                                      .overrides = overrides };
  g_autofree char *path = g_strdup_printf ("%s/data/%s.ini", TEST_DIR, name);
  g_autoptr (GError) error = NULL;
  LaneOriginal *original = lane_original_read (path, &error);

  g_assert_no_error (error);
  g_free (original->path);
  original->path = g_strdup (sources.path);
  model->panel = lane_settings_panel_new (&sources);
  lane_settings_open (model->panel->settings, original);
  lane_settings_panel_refresh (model->panel);
}

void
fixture_free (Fixture *fixture)
{
  if (fixture == NULL)
    return;
  g_free (fixture->status);
  g_free (fixture->detail);
  g_free (fixture->network);
  g_free (fixture->history);
  g_strfreev (fixture->events);
  g_free (fixture);
}

static void
press (LaneModel *model, guint code)
{
  const LaneKey key = { .code = code };

  lane_input_key (model, &key, NULL);
}

void
press_keys (LaneModel *model, const char *keys)
{
  g_auto (GStrv) names = g_strsplit (keys, " ", -1);

  for (guint i = 0; names[i] != NULL; i++) {
    if (names[i][0] == '"' && names[i][1] != '\0') {
      for (const char *at = names[i] + 1; *at != '"' && *at != '\0'; at = g_utf8_next_char (at))
        press (model, *at == '_' ? ' ' : g_utf8_get_char (at));
    } else if (names[i][0] != '\0') {
      ck_assert_msg (lane_key_from_string (names[i]) != 0, "no key %s", names[i]);
      press (model, lane_key_from_string (names[i]));
    }
  }
}
