/* Keys change the model and reach the node through effects: a table of what was pressed and what
 * went out. */
#include "suite.h"

#include "action.h"
#include "fixture.h"
#include "frame.h"
#include "input.h"
#include "keymap.h"
#include "problem.h"

#include <locale.h>
#include <string.h>

#define ROWS 24
#define COLS 80

typedef struct {
  GString *calls; /* what effects were asked for */
} Record;

static void
record_command (LaneCommand command, const char *peer, gpointer user_data)
{
  static const char *const names[] = { [LANE_COMMAND_CONNECT] = "connect",
                                       [LANE_COMMAND_DISCONNECT] = "disconnect",
                                       [LANE_COMMAND_RESTART] = "restart",
                                       [LANE_COMMAND_COMPARE] = "compare",
                                       [LANE_COMMAND_STOP] = "stop" };
  Record *record = user_data;

  g_string_append_printf (record->calls, "%s %s;", names[command], peer != NULL ? peer : "*");
}

static void
record_hold (const char *peer, const char *policy, gpointer user_data)
{
  g_string_append_printf (((Record *)user_data)->calls, "hold %s '%s';", peer, policy);
}

static void
record_copy (const char *text, const char *what, gpointer user_data)
{
  g_string_append_printf (((Record *)user_data)->calls, "copy %s;", text);
}

static void
record_copy_json (const char *peer, gpointer user_data)
{
  g_string_append_printf (((Record *)user_data)->calls, "copy-json %s;", peer);
}

static void
record_check (const char *server, gpointer user_data)
{
  g_string_append_printf (((Record *)user_data)->calls, "check %s;", server != NULL ? server : "*");
}

static void
record_export (const char *path, const char *lines, gpointer user_data)
{
  g_autofree char *name = g_path_get_basename (path);
  g_auto (GStrv) list = g_strsplit (lines, "\n", -1);

  g_string_append_printf (((Record *)user_data)->calls, "export %u lines to %s;",
                          g_strv_length (list) - 1, name);
}

static void
record_mouse (gboolean on, gpointer user_data)
{
  g_string_append (((Record *)user_data)->calls, on ? "mouse on;" : "mouse off;");
}

static void
record_repaint (gpointer user_data)
{
  g_string_append (((Record *)user_data)->calls, "repaint;");
}

static void
record_suspend (gpointer user_data)
{
  g_string_append (((Record *)user_data)->calls, "suspend;");
}

static void
record_quit (gboolean stop_node, gpointer user_data)
{
  g_string_append (((Record *)user_data)->calls, stop_node ? "quit+stop;" : "quit;");
}

static const LaneEffects effects = {
  .command = record_command,
  .hold = record_hold,
  .copy = record_copy,
  .copy_peer_json = record_copy_json,
  .check_servers = record_check,
  .export_log = record_export,
  .set_mouse = record_mouse,
  .repaint = record_repaint,
  .suspend = record_suspend,
  .quit = record_quit,
};

static Record record;
static LaneModel *model;

static void
set_up (void)
{
  g_autoptr (Fixture) fixture = fixture_load ("six-peers");

  record.calls = g_string_new (NULL);
  model = lane_model_new (&effects, &record);
  model->mouse = TRUE;
  fixture_apply (fixture, model);
  lane_frame_arrange (model, ROWS, COLS);
}

static void
tear_down (void)
{
  lane_model_free (model);
  g_string_free (record.calls, TRUE);
}

static void
type (const char *keys)
{
  g_auto (GStrv) list = g_strsplit (keys, " ", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    press_keys (model, list[i]);
    lane_frame_arrange (model, ROWS, COLS);
  }
}

typedef struct {
  const char *keys, *calls;
  LaneConfirm confirm;
  gboolean read_only;
  const char *message; /* NULL: whatever */
} KeyCase;

/* Rows: cam-7 relay, db-lab direct, edge-09 failed, gw-eu direct, laptop checking, nas-home. */
static const KeyCase key_cases[] = {
  { "r", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r y", "restart cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r Enter", "", LANE_CONFIRM_DISRUPTIVE, FALSE, "Nothing was changed." },
  { "r Esc", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r n", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r q", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r z y", "restart cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r Tab Enter", "restart cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r Tab Tab Enter", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "j j r", "restart edge-09;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "j j r", "", .confirm = LANE_CONFIRM_ALWAYS },
  { "r", "restart cam-7;", .confirm = LANE_CONFIRM_NEVER },
  { "R", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "R y", "restart *;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "/ \"direct\" Enter R y", "restart db-lab;restart gw-eu;restart nas-home;" },
  { "x", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "x y", "disconnect cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "F9 y", "disconnect cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "j j x", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "c", "connect cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "c", "", .confirm = LANE_CONFIRM_ALWAYS },
  { "c y", "connect cam-7;", .confirm = LANE_CONFIRM_ALWAYS },
  { "Space j Space c", "connect cam-7;connect edge-09;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Space Space * c", "connect edge-09;connect gw-eu;connect laptop;connect nas-home;",
    .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Enter x y", "disconnect cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Enter r y", "restart cam-7;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "r", "", LANE_CONFIRM_NEVER, TRUE, "restart is not possible with --read-only" },
  { "x", "", LANE_CONFIRM_NEVER, TRUE, "disconnect is not possible with --read-only" },
  { "c", "", LANE_CONFIRM_NEVER, TRUE, "connect is not possible with --read-only" },
  { "R", "", LANE_CONFIRM_NEVER, TRUE, "restart-all is not possible with --read-only" },
  { ": \"restart\" Enter", "", LANE_CONFIRM_NEVER, TRUE,
    "restart is not possible with --read-only" },
  { ": \"restart_db-lab\" Enter y", "restart db-lab;" },
  { ": \"connect_db-lab_gw-eu\" Enter", "connect db-lab;connect gw-eu;",
    .confirm = LANE_CONFIRM_DISRUPTIVE },
  { ": \"connect_nobody\" Enter", "", LANE_CONFIRM_NEVER, FALSE, "no peer 'nobody'" },
  { ": \"conn\" Tab \"gw\" Tab Enter", "connect gw-eu;", .confirm = LANE_CONFIRM_NEVER },
  { ": \"disc\" Tab \"gw\" Tab Enter", "disconnect gw-eu;", .confirm = LANE_CONFIRM_NEVER },
  { ": \"nonsense\" Enter", "", LANE_CONFIRM_NEVER, FALSE, "no command 'nonsense', ? for help" },
  { ": \"quit\" Enter y", "quit;" },
  { ": \"quit\" Esc", "" },
  { "q", "quit;" },
  { "Enter q", "" },
  { "Enter q q", "quit;" },
  { "3 q q", "quit;" },
  { "? q q", "quit;" },
  { "Esc Esc Esc", "", LANE_CONFIRM_DISRUPTIVE, FALSE, "This is the first view; q quits." },
  { "Q", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Q y", "quit;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Q s", "quit+stop;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Q Esc", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Q q", "", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "Q s", "", LANE_CONFIRM_DISRUPTIVE, TRUE, NULL },
  { "F10 y", "quit;", .confirm = LANE_CONFIRM_DISRUPTIVE },
  { "z", "", LANE_CONFIRM_DISRUPTIVE, FALSE, "no key 'z' here, ? for help" },
  { "F12", "", LANE_CONFIRM_DISRUPTIVE, FALSE, "no key 'F12' here, ? for help" },
  { "d", "", LANE_CONFIRM_DISRUPTIVE, FALSE, "no key 'd' here, ? for help" },
  { "C-b", "", LANE_CONFIRM_DISRUPTIVE, FALSE, "no key 'C-b' here, ? for help" },
  { "3 r", "", LANE_CONFIRM_NEVER, FALSE, "no key 'r' here, ? for help" },
  { "5", "", LANE_CONFIRM_NEVER, FALSE, "no key '5' here, ? for help" },
  { "F5", "check *;" },
  { "2 F5 3 F5", "check *;check *;" },
  { "2 t", "", LANE_CONFIRM_NEVER, FALSE,
    "t tests a server: select one below SERVERS, or F5 for everything." },
  { "2 G t", "check public;" },
  { "2 G k k t", "check backup;" },
  { "2 G t", "", LANE_CONFIRM_NEVER, TRUE, "check is not possible with --read-only" },
  { "2 F5", "", LANE_CONFIRM_NEVER, TRUE, "probe is not possible with --read-only" },
  { "2 : \"check_home\" Enter", "check home;" },
  { "2 G y", "copy public, stun:stun.example.net: works: 21 ms, in use.\nNext: nothing to do\n"
             "In use by a link: yes\nNo test has ended yet.;" },
  { "2 r", "", LANE_CONFIRM_NEVER, FALSE, "no key 'r' here, ? for help" },
  { "2 q q", "quit;" },
  { "2 Enter Esc Esc q", "quit;" },
  { "C-l", "repaint;" },
  { "r C-l y", "repaint;restart cam-7;" },
  { "C-z", "suspend;" },
  { "m m", "mouse off;mouse on;" },
  { "Y", "copy-json cam-7;" },
  { "y", "copy cam-7 Relay:home sym-sym RTT 61 ms Pair: relay 192.0.2.9:50112 (home, udp) <-> "
         "srflx 198.51.100.7:61234;" },
  { "3 y", "copy host/4 -> srflx/4 in progress;" },
  { "P y", "copy cam-7 Relay:home sym-sym RTT 61 ms Pair: relay public4#A.1:50112 (home, udp) <-> "
           "srflx public4#B.1:61234;" },
  { "C", "compare cam-7;", LANE_CONFIRM_DISRUPTIVE },
  { "Enter C", "compare cam-7;", LANE_CONFIRM_NEVER },
  { "Space Space C", "compare cam-7;compare db-lab;", LANE_CONFIRM_DISRUPTIVE },
  { "C n", "", LANE_CONFIRM_ALWAYS },
  { "C y", "compare cam-7;", LANE_CONFIRM_ALWAYS },
  { "C", "", .read_only = TRUE, .message = "compare is not possible with --read-only" },
  { "H Enter", "hold cam-7 'auto';" },
  { "H j j Enter", "hold cam-7 'relay-only';" },
  { "Enter H G Enter", "hold cam-7 '';" },
  { "Space Space H j Enter", "hold cam-7 'direct-only';hold db-lab 'direct-only';" },
  { "H j Esc y", "copy cam-7 Relay:home sym-sym RTT 61 ms Pair: relay 192.0.2.9:50112 (home, udp) "
                 "<-> srflx 198.51.100.7:61234;" },
  { "H x", "", .message = "no key 'x' here, ? for help" },
  { "H", "", .read_only = TRUE, .message = "hold is not possible with --read-only" },
  { ": \"hold_lowest-rtt\" Enter", "hold cam-7 'lowest-rtt';" },
  { ": \"hold_db-lab_settings\" Enter", "hold db-lab '';" },
  { ": \"hold_sideways\" Enter", "",
    .message = "no policy 'sideways': auto, direct-only, relay-only, lowest-rtt or settings" },
  { ": \"hold_nobody_auto\" Enter", "", .message = "no peer 'nobody'" },
  { "P", "", .message = "Addresses, host names and ids are masked, in copies and files too." },
  { "P P y", "copy cam-7 Relay:home sym-sym RTT 61 ms Pair: relay 192.0.2.9:50112 (home, udp) <-> "
             "srflx 198.51.100.7:61234;" },
  { ": \"x\" BackSpace BackSpace q", "quit;" },
  { ": \"restart_db-lab\" C-w \"cam-7\" C-a C-k \"quit\" Enter y", "quit;" },
  { ": \"redraw\" Enter : Up Enter", "repaint;repaint;" },
};

START_TEST (keys_do_what_the_table_says)
{
  const KeyCase *test = &key_cases[_i];

  model->confirm = test->confirm;
  model->read_only = test->read_only;
  type (test->keys);
  ck_assert_msg (strcmp (record.calls->str, test->calls) == 0, "%s did \"%s\", expected \"%s\"",
                 test->keys, record.calls->str, test->calls);
  if (test->message != NULL)
    ck_assert_str_eq (model->message != NULL ? model->message : "", test->message);
}
END_TEST

START_TEST (keys_of_the_settings_take_the_place_of_the_usual_ones)
{
  static const char text[] = "[keys]\nrestart = x\ndisconnect = b\nopen = i\n";
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  const LaneConfigSources sources = { .path = "/x/icelane.ini" };
  g_autoptr (LaneConfig) config = lane_config_load_text (&sources, bytes, problems);
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (COLS, ROWS, TRUE);
  g_autofree char *shown = NULL;

  model->keymap = lane_keymap_new (config, problems);
  ck_assert_uint_eq (problems->len, 0);
  type ("x y b y");
  ck_assert_str_eq (record.calls->str, "restart cam-7;disconnect cam-7;");
  type ("r");
  ck_assert_str_eq (model->message, "no key 'r' here, ? for help");
  lane_frame_draw (canvas, model);
  shown = lane_canvas_to_text (canvas);
  ck_assert_msg (strstr (shown, "x restart") != NULL, "%s", shown);
  ck_assert_msg (strstr (shown, "b disconnect") != NULL, "%s", shown);
  type ("i");
  ck_assert_int_eq (model->view, LANE_VIEW_PEER);
}
END_TEST

START_TEST (nothing_acts_while_the_node_is_gone)
{
  model->attached = FALSE;
  type ("x r c R");
  ck_assert_str_eq (record.calls->str, "");
  ck_assert_ptr_null (model->dialog);
  ck_assert_str_eq (model->message, "the node is not running: nothing can be changed");
}
END_TEST

START_TEST (nothing_acts_in_a_window_too_small_to_see_it)
{
  lane_frame_arrange (model, 8, 40);
  model->confirm = LANE_CONFIRM_NEVER;
  press_keys (model, "x r R c");
  ck_assert_str_eq (record.calls->str, "");
  press_keys (model, "q");
  ck_assert_str_eq (record.calls->str, "quit;");
}
END_TEST

START_TEST (selection_follows_the_name_when_the_order_changes)
{
  type ("j j j"); /* gw-eu */
  ck_assert_str_eq (model->selected, "gw-eu");
  type (": \"sort_rtt\" Enter");
  ck_assert_str_eq (lane_model_get_selected (model)->name, "gw-eu");
  ck_assert_int_eq (model->peers.selected, 2);
  type ("O");
  ck_assert_str_eq (lane_model_get_selected (model)->name, "gw-eu");
  ck_assert_str_eq (((LanePeerView *)model->shown->pdata[0])->name, "cam-7");
}
END_TEST

static const char *
nth_shown (guint i)
{
  return ((LanePeerView *)model->shown->pdata[i])->name;
}

START_TEST (sorting_by_rtt_puts_the_unknown_last_both_ways)
{
  type (": \"sort_rtt\" Enter");
  ck_assert_str_eq (nth_shown (0), "db-lab");
  ck_assert_str_eq (nth_shown (4), "edge-09");
  ck_assert_str_eq (nth_shown (5), "laptop");
  type ("O");
  ck_assert_str_eq (nth_shown (0), "cam-7");
  ck_assert_str_eq (nth_shown (4), "edge-09");
  ck_assert_str_eq (nth_shown (5), "laptop");
}
END_TEST

START_TEST (sorting_by_path_puts_trouble_first)
{
  type (": \"sort_path\" Enter");
  ck_assert_str_eq (nth_shown (0), "edge-09");
  ck_assert_str_eq (nth_shown (1), "laptop");
  ck_assert_str_eq (nth_shown (2), "cam-7");
}
END_TEST

START_TEST (filter_narrows_while_it_is_typed_and_escape_restores)
{
  type ("/ \"RELAY\"");
  ck_assert_uint_eq (model->shown->len, 1);
  type ("Esc");
  ck_assert_uint_eq (model->shown->len, 6);
  ck_assert_ptr_null (model->filter);
  type ("/ \"failed\" Enter");
  ck_assert_uint_eq (model->shown->len, 1);
  ck_assert_str_eq (model->selected, "edge-09");
  type ("Esc");
  ck_assert_uint_eq (model->shown->len, 6);
}
END_TEST

START_TEST (marks_outlive_a_filter_but_not_their_peer)
{
  g_autoptr (Fixture) fixture = fixture_load ("states");

  type ("Space / \"db\" Enter");
  ck_assert_uint_eq (g_hash_table_size (model->marks), 1);
  fixture_apply (fixture, model);
  ck_assert_uint_eq (g_hash_table_size (model->marks), 0);
}
END_TEST

START_TEST (paused_screen_keeps_the_past)
{
  g_autoptr (Fixture) fixture = fixture_load ("states");

  type ("p");
  fixture_apply (fixture, model);
  ck_assert_str_eq (nth_shown (0), "cam-7");
  type ("p");
  fixture_apply (fixture, model);
  ck_assert_str_eq (nth_shown (0), "in-off");
}
END_TEST

START_TEST (a_full_log_drops_the_oldest_even_while_paused)
{
  type ("3 p");
  for (guint i = 0; i < LANE_LOG_CAPACITY + 500; i++) {
    g_autofree char *json = g_strdup_printf (
        "{\"sequence\":%u,\"level\":\"info\",\"kind\":\"state\",\"text\":\"event %u\"}", 100 + i,
        i);
    g_autoptr (LaneEventView) event = lane_event_view_parse (json, NULL);

    lane_model_add_event (model, event);
    ck_assert_ptr_nonnull (lane_log_pane_get_selected (&model->all_log)->text);
  }
  ck_assert_uint_le (model->log.events->len, LANE_LOG_CAPACITY);
  type ("p");
  ck_assert_str_eq (lane_log_pane_get_selected (&model->all_log)->text, "event 2499");
}
END_TEST

START_TEST (a_log_that_stands_still_keeps_its_line)
{
  const LaneEventView extra = {
    99, 0, (char *)"info", (char *)"state", NULL, (char *)"later", NULL
  };

  type ("3 k k");
  ck_assert_str_eq (lane_log_pane_get_selected (&model->all_log)->text, "checking -> failed");
  lane_model_add_event (model, &extra);
  lane_frame_arrange (model, ROWS, COLS);
  ck_assert_str_eq (lane_log_pane_get_selected (&model->all_log)->text, "checking -> failed");
  type ("f");
  ck_assert_str_eq (lane_log_pane_get_selected (&model->all_log)->text, "later");
}
END_TEST

START_TEST (search_goes_round_and_says_when_there_is_nothing)
{
  type ("3 / \"cam-7\" Enter");
  ck_assert_uint_eq (lane_log_pane_get_selected (&model->all_log)->sequence, 2);
  type ("n");
  ck_assert_uint_eq (lane_log_pane_get_selected (&model->all_log)->sequence, 4);
  type ("N N");
  ck_assert_uint_eq (lane_log_pane_get_selected (&model->all_log)->sequence, 5);
  type ("/ \"nothing\" Enter");
  ck_assert_str_eq (model->message, "no line with 'nothing'");
}
END_TEST

START_TEST (the_lines_shown_are_written_and_no_others)
{
  type ("3 v & \"cam-7\" Enter w");
  ck_assert_str_eq (record.calls->str, "export 4 lines to icelane-20251122-234914.jsonl;");
  g_string_truncate (record.calls, 0);
  type (": \"kind_pair\" Enter : \"export_x.jsonl\" Enter");
  ck_assert_str_eq (record.calls->str, "export 1 lines to x.jsonl;");
  ck_assert_str_eq (model->all_log.kind, "pair");
  type (": \"kind_nonsense\" Enter");
  ck_assert_ptr_nonnull (strstr (model->message, "no line of kind 'nonsense'"));
  g_string_truncate (record.calls, 0);
  type (": \"kind_all\" Enter & BackSpace BackSpace BackSpace BackSpace BackSpace \"zzz\" Enter w");
  ck_assert_str_eq (record.calls->str, "");
  ck_assert_str_eq (model->message, "There is no line to write.");
}
END_TEST

START_TEST (a_log_can_be_of_the_lines_peer)
{
  type ("3 .");
  ck_assert_str_eq (model->all_log.peer, "laptop");
  type (".");
  ck_assert_ptr_null (model->all_log.peer);
  type (": \"of_cam-7\" Enter");
  ck_assert_str_eq (model->all_log.peer, "cam-7");
  type (": \"of_nobody\" Enter");
  ck_assert_str_eq (model->message, "no peer 'nobody'");
}
END_TEST

START_TEST (pasted_keys_are_never_run)
{
  const LaneKey paste = { .code = LANE_KEY_PASTE, .text = "xy\nq\r" };

  lane_input_key (model, &paste, NULL);
  ck_assert_str_eq (record.calls->str, "");
  type ("/");
  lane_input_key (model, &paste, NULL);
  ck_assert_str_eq (model->filter, "xyq");
}
END_TEST

START_TEST (control_c_leaves_one_thing_at_a_time)
{
  type ("? /");
  ck_assert (lane_input_cancel (model));
  ck_assert_int_eq (model->prompt, LANE_PROMPT_NONE);
  ck_assert (lane_input_cancel (model));
  ck_assert_int_eq (model->overlay, LANE_OVERLAY_NONE);
  type ("x");
  ck_assert (lane_input_cancel (model));
  ck_assert_str_eq (record.calls->str, "");
  ck_assert (!lane_input_cancel (model));
}
END_TEST

static void
click_at (const LaneCanvas *canvas, guint code, int y, int x)
{
  const LaneKey key = { .code = code, .y = y, .x = x };

  lane_input_key (model, &key, canvas);
  lane_frame_arrange (model, ROWS, COLS);
}

static gboolean
find_button (const LaneCanvas *canvas, int button, int *y, int *x)
{
  int index;

  for (*y = 0; *y < ROWS; ++*y)
    for (*x = 0; *x < COLS; ++*x)
      if (lane_canvas_find_hit (canvas, *y, *x, &index) == LANE_HIT_BUTTON && index == button)
        return TRUE;
  return FALSE;
}

START_TEST (clicks_select_and_open_and_answer)
{
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (COLS, ROWS, TRUE);
  int y, x;

  lane_frame_draw (canvas, model);
  click_at (canvas, LANE_KEY_CLICK, 5, 10);
  ck_assert_str_eq (model->selected, "edge-09");
  lane_frame_draw (canvas, model);
  click_at (canvas, LANE_KEY_WHEEL_DOWN, 5, 10);
  ck_assert_str_eq (model->selected, "nas-home");
  lane_frame_draw (canvas, model);
  click_at (canvas, LANE_KEY_CLICK, 8, 10);
  ck_assert_int_eq (model->view, LANE_VIEW_PEER);
  type ("x");
  lane_frame_draw (canvas, model);
  ck_assert (find_button (canvas, 1, &y, &x));
  click_at (canvas, LANE_KEY_CLICK, y, x);
  ck_assert_str_eq (record.calls->str, "disconnect nas-home;");
}
END_TEST

START_TEST (every_action_can_be_found_by_key_and_by_name)
{
  const LaneAction *action, *other;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++) {
    g_auto (GStrv) keys = g_strsplit (action->keys, " ", -1);

    ck_assert_ptr_nonnull (action->run);
    ck_assert_ptr_nonnull (action->help);
    for (guint k = 0; keys[k] != NULL; k++)
      ck_assert_msg (lane_key_from_string (keys[k]) != 0, "%s: key %s", action->name, keys[k]);
    for (guint j = i + 1; (other = lane_actions_nth (j)) != NULL; j++)
      ck_assert_str_ne (action->name, other->name);
  }
}
END_TEST

/* Terminals, tmux and screen keep these for themselves. */
START_TEST (no_action_sits_on_a_key_that_does_not_arrive)
{
  static const char *const eaten[] = { "C-b", "C-a", "C-s", "C-q", "C-c" };
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    for (guint k = 0; k < G_N_ELEMENTS (eaten); k++)
      ck_assert_msg (!lane_key_is_in (lane_key_from_string (eaten[k]), action->keys), "%s is on %s",
                     action->name, eaten[k]);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("keys");
  TCase *tests = tcase_create ("keys");

  g_setenv ("TZ", "UTC", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  setlocale (LC_ALL, "");
  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 30);
  tcase_add_loop_test (tests, keys_do_what_the_table_says, 0, G_N_ELEMENTS (key_cases));
  tcase_add_test (tests, keys_of_the_settings_take_the_place_of_the_usual_ones);
  tcase_add_test (tests, nothing_acts_while_the_node_is_gone);
  tcase_add_test (tests, nothing_acts_in_a_window_too_small_to_see_it);
  tcase_add_test (tests, selection_follows_the_name_when_the_order_changes);
  tcase_add_test (tests, sorting_by_rtt_puts_the_unknown_last_both_ways);
  tcase_add_test (tests, sorting_by_path_puts_trouble_first);
  tcase_add_test (tests, filter_narrows_while_it_is_typed_and_escape_restores);
  tcase_add_test (tests, marks_outlive_a_filter_but_not_their_peer);
  tcase_add_test (tests, paused_screen_keeps_the_past);
  tcase_add_test (tests, a_full_log_drops_the_oldest_even_while_paused);
  tcase_add_test (tests, a_log_that_stands_still_keeps_its_line);
  tcase_add_test (tests, search_goes_round_and_says_when_there_is_nothing);
  tcase_add_test (tests, the_lines_shown_are_written_and_no_others);
  tcase_add_test (tests, a_log_can_be_of_the_lines_peer);
  tcase_add_test (tests, pasted_keys_are_never_run);
  tcase_add_test (tests, control_c_leaves_one_thing_at_a_time);
  tcase_add_test (tests, clicks_select_and_open_and_answer);
  tcase_add_test (tests, every_action_can_be_found_by_key_and_by_name);
  tcase_add_test (tests, no_action_sits_on_a_key_that_does_not_arrive);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
