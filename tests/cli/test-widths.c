/* What the dashboard must never cut at 80 columns: every reason the node can give, and what the
 * network line says. Here, because only here core's words and tui's columns meet. */
#include "suite.h"

#include <locale.h>
#include <string.h>

#include "diagnosis/why.h"
#include "frame.h"
#include "model.h"

static char *
draw (const char *status, int rows, int cols)
{
  static const LaneEffects none = { 0 };
  g_autoptr (LaneModel) model = lane_model_new (&none, NULL);
  g_autoptr (LaneSnapshot) snapshot = lane_snapshot_parse (status, NULL);
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (cols, rows, TRUE);

  ck_assert_ptr_nonnull (snapshot);
  model->attached = model->ever_attached = TRUE;
  lane_model_set_snapshot (model, snapshot);
  lane_frame_arrange (model, rows, cols);
  lane_frame_draw (canvas, model);
  return lane_canvas_to_text (canvas);
}

static void
assert_code_fits (const char *code, int rows, int cols)
{
  g_autofree char *status = g_strdup_printf (
      "{\"schema\":1,\"node\":{},\"servers\":[],\"peers\":[{\"name\":\"cam-7\",\"state\":"
      "\"checking\",\"why\":{\"code\":\"%s\"}}]}",
      code);
  g_autofree char *text = draw (status, rows, cols);
  const char *row = strstr (text, "Checking");

  ck_assert_ptr_nonnull (row);
  row = g_strstr_len (row, strchr (row, '\n') - row, code);
  ck_assert_msg (row != NULL && row[strlen (code)] == ' ', "%s is cut at %dx%d:\n%s", code, cols,
                 rows, text);
}

START_TEST (every_reason_fits_its_column)
{
  guint n = 0;

  for (LaneWhyCode code = LANE_WHY_NONE + 1; code <= LANE_WHY_IDENTITY_MISMATCH; code++) {
    const char *word = lane_why_code_to_string (code);

    if (word == NULL)
      continue;
    assert_code_fits (word, 24, 80);
    assert_code_fits (word, 12, 60);
    assert_code_fits (word, 40, 120);
    n++;
  }
  ck_assert_uint_ge (n, 22);
}
END_TEST

static const char *const mappings[] = {
  "null",
  "\"endpoint-independent\"",
  "\"address-dependent\"",
  "\"address-and-port-dependent\"",
  "\"none\"",
  "\"blocked\"",
};
static const char *const states[] = { "connected", "connecting", "down" };

START_TEST (network_line_is_whole)
{
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    for (int cols = 80; cols <= 200; cols += 10) {
      g_autofree char *status = g_strdup_printf (
          "{\"schema\":1,\"node\":{\"signaling\":{\"state\":\"%s\"},\"nat\":{\"mapping\":%s},"
          "\"addresses\":[\"192.168.100.105\",\"2001:db8:1234:5678:9abc:def0:1234:5678\"]},"
          "\"servers\":[{\"name\":\"a\",\"state\":\"failed\",\"code\":\"timeout\"},"
          "{\"name\":\"b\",\"state\":\"ok\"},{\"name\":\"c\",\"state\":\"ok\"}],\"peers\":[]}",
          states[i], mappings[_i]);
      g_autofree char *text = draw (status, 24, cols);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

      ck_assert (g_str_has_prefix (lines[1], " Rendezvous: "));
      ck_assert_msg (strchr (lines[1], '>') == NULL, "%s", lines[1]);
      ck_assert_msg (strstr (lines[1], "NAT: ") != NULL, "%s", lines[1]);
    }
}
END_TEST

/* At 80 columns what a hard NAT means is still said. */
START_TEST (hard_nats_are_told_apart_at_80_columns)
{
  static const struct {
    const char *mapping, *word;
  } nats[] = { { "address-dependent", "NAT: hard (port per addr)" },
               { "address-and-port-dependent", "NAT: hard (port per dest)" } };
  g_autofree char *status = g_strdup_printf (
      "{\"schema\":1,\"node\":{\"signaling\":{\"state\":\"connected\"},\"nat\":{\"mapping\":\"%s\"}"
      ",\"addresses\":[\"192.168.1.5\",\"2001:db8::1\"]},\"servers\":[{\"name\":\"a\",\"state\":"
      "\"ok\"}],\"peers\":[]}",
      nats[_i].mapping);
  g_autofree char *text = draw (status, 24, 80);

  ck_assert_msg (strstr (text, nats[_i].word) != NULL, "%s", text);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("widths");
  TCase *tcase = tcase_create ("widths");

  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  setlocale (LC_ALL, "");
  tcase_add_test (tcase, every_reason_fits_its_column);
  tcase_add_loop_test (tcase, network_line_is_whole, 0, G_N_ELEMENTS (mappings));
  tcase_add_loop_test (tcase, hard_nats_are_told_apart_at_80_columns, 0, 2);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
