/* Keys in the settings panel, and what they make of a real file: each case presses some and looks
 * at the file, at what is staged, or at the message. */
#include "suite.h"

#include "diff.h"
#include "fixture.h"
#include "frame.h"
#include "input.h"
#include "settings-save.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#define ROWS     24
#define COLS     80
#define HOME     "4 j j "      /* on [server home] */
#define FORM     HOME "Enter " /* in its form, on the name */
#define PASSWORD FORM "G k k " /* on its password */

typedef struct {
  LaneModel *model;
  char *folder, *path, *text; /* the file, and what was in it */
  GString *calls;
} World;

static World world;

static void
do_read (gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  LaneOriginal *original = lane_original_read (world.path, &error);

  lane_settings_on_read (world.model, original, error);
}

static void
do_save (LaneSaveMode mode, gpointer user_data)
{
  const LaneSettings *settings = world.model->panel->settings;
  g_autoptr (GError) error = NULL;
  LaneSaveReport *report = lane_save_sync (lane_settings_get_original (settings),
                                           lane_settings_get_document (settings), mode, &error);

  g_string_append_printf (world.calls, "save %d;", mode);
  lane_settings_on_saved (world.model, report, error);
}

static void
do_edit (guint line, gpointer user_data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("[ice]\ntrickle = no\n", 19);

  g_string_append_printf (world.calls, "edit %u;", line);
  lane_settings_on_edited (world.model, lane_document_parse (bytes), NULL);
}

static void
hear (const LaneConfig *config, gboolean first, gpointer user_data)
{
  g_string_append (world.calls, first ? "" : "told;");
}

static void
do_quit (gboolean stop_node, gpointer user_data)
{
  g_string_append (world.calls, "quit;");
}

static void
do_copy (const char *text, const char *what, gpointer user_data)
{
  g_string_append_printf (world.calls, "copy %s;", text);
}

static const LaneEffects effects = { .read_settings = do_read,
                                     .save_settings = do_save,
                                     .edit_settings = do_edit,
                                     .settings_say = hear,
                                     .copy = do_copy,
                                     .quit = do_quit };

static char *
read_file (void)
{
  char *text = NULL;

  ck_assert (g_file_get_contents (world.path, &text, NULL, NULL));
  return text;
}

static void
write_file (const char *text)
{
  ck_assert (g_file_set_contents (world.path, text, -1, NULL));
}

static void
set_up (void)
{
  static const char *const environ_[] = { "HOME=/home/op", "ICELANE_ICE_TRICKLE=off", NULL };
  g_autoptr (Fixture) fixture = fixture_load ("six-peers");
  g_autofree char *data = g_strdup_printf ("%s/data/settings.ini", TEST_DIR);
  LaneConfigSources sources = { .environ_ = environ_ };

  world.folder = g_dir_make_tmp ("lane-panel-XXXXXX", NULL);
  world.path = g_build_filename (world.folder, "icelane.ini", NULL);
  world.calls = g_string_new (NULL);
  ck_assert (g_file_get_contents (data, &world.text, NULL, NULL));
  write_file (world.text);
  sources.path = world.path;
  world.model = lane_model_new (&effects, NULL);
  world.model->panel = lane_settings_panel_new (&sources);
  fixture_apply (fixture, world.model);
  lane_frame_arrange (world.model, ROWS, COLS);
}

static void
tear_down (void)
{
  g_autoptr (GDir) dir = g_dir_open (world.folder, 0, NULL);
  const char *name;

  lane_model_free (world.model);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (world.folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (world.folder);
  g_free (world.folder);
  g_free (world.path);
  g_free (world.text);
  g_string_free (world.calls, TRUE);
}

static void
type (const char *keys)
{
  g_auto (GStrv) list = g_strsplit (keys, " ", -1);

  for (guint i = 0; list[i] != NULL; i++) {
    press_keys (world.model, list[i]);
    lane_frame_arrange (world.model, ROWS, COLS);
  }
}

static void
paste (const char *text)
{
  const LaneKey key = { .code = LANE_KEY_PASTE, .text = text };

  lane_input_key (world.model, &key, NULL);
  lane_frame_arrange (world.model, ROWS, COLS);
}

static char *
shown (void)
{
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (COLS, ROWS, TRUE);

  lane_frame_draw (canvas, world.model);
  return lane_canvas_to_text (canvas);
}

/* The lines that one text has and the other does not: `-old +new `. */
static char *
difference (const char *before, const char *after)
{
  g_autoptr (GBytes) old = g_bytes_new (before, strlen (before));
  g_autoptr (GBytes) new = g_bytes_new (after, strlen (after));
  g_autoptr (LaneDocument) old_document = lane_document_parse (old);
  g_autoptr (LaneDocument) new_document = lane_document_parse (new);
  g_autoptr (GPtrArray) lines = lane_diff (old_document, new_document, 0);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++) {
    const LaneDiffLine *line = g_ptr_array_index (lines, i);

    g_string_append_printf (text, "%c%s|", line->sign, line->text);
  }
  return g_string_free (text, FALSE);
}

typedef struct {
  const char *keys;
  const char *change;  /* of the file; NULL: none, not a byte */
  const char *message; /* NULL: whatever */
} FileCase;

static const FileCase file_cases[] = {
  { "4 a \"new\" Enter \"stun:b.example\" Enter w w", "+[server new]|+uri = stun:b.example|+|",
    "Wrote 1 change." },
  { "4 a \"new\" Enter \"turn:b.example\" Enter j Enter \"icelane\" Enter j Enter j j j Enter "
    "\"geheim\" Enter w w",
    "+[server new]|+uri = turn:b.example|+username = icelane|+password = (secret)|+|",
    "Wrote 1 change." },
  { HOME "Space w", "+enabled = no|", "Wrote 1 change." },
  { HOME "Space Space w w", "+enabled = yes|", NULL },
  { HOME "Space u w", NULL, "There is nothing to write." },
  { HOME "Space u C-r w", "+enabled = no|", NULL },
  { HOME "Space", NULL, "Staged: [server home] enabled = no." },
  { HOME "Space D w", "+enabled = no|", "Wrote 1 change." },
  { FORM "j j x w w", "-uri = turns:turn.example.net:443|", NULL },
  { FORM "j a \"stun:turn.example.net\" Enter w w", "+uri = stun:turn.example.net|", NULL },
  { FORM "j a Esc w", NULL, "There is nothing to write." },
  { FORM "j Enter C-u \"turn:x:99999\" Enter Esc w", NULL, "There is nothing to write." },
  { FORM "j Enter C-u \"turn:other\" Enter w w",
    "-uri = turn:turn.example.net:3478?transport=udp   ; the first|"
    "+uri = turn:other                                 ; the first|",
    NULL },
  { FORM "j J w w",
    "-uri = turn:turn.example.net:3478?transport=udp   ; the first|"
    "+uri = turn:turn.example.net:3478?transport=udp   ; the first|",
    NULL },
  { "4 j j j x w", "-[server public]|-uri = stun:stun.example.net|-|", NULL },
  { HOME "x w", NULL, NULL }, /* a peer names it */
  { "4 j j j c Enter w w", "+[server public-2]|+uri = stun:stun.example.net|+|", NULL },
  { "4 j j j r C-u \"open\" Enter w w", "-[server public]|+[server open]|", NULL },
  { HOME "r C-u \"house\" Enter w w",
    "-[server home]|+[server house]|-servers = home|+servers = house|", NULL },
  { HOME "r C-u \"public\" Enter Esc w", NULL, "There is nothing to write." },
  { "4 j j j j Enter j j Enter j j Space w", "+policy = direct-only|", NULL },
  { "4 j j j j Enter j Enter j j Enter G Enter w", "+policy = lowest-rtt|", NULL },
  { FORM "j j j j Enter g Enter w", NULL, NULL }, /* a turn: URI needs a login */
  { "4 G Enter Enter", NULL, NULL },
  { "4 G k Enter", NULL, "Nothing is here yet; a adds one." },
  { "4 G k a \"restart\" Enter \"r_F8\" Enter w", "+|+[keys]|+restart = r F8|", NULL },
  { "4 e w", NULL, NULL }, /* the editor's text ends links: that is asked first */
};

START_TEST (keys_make_of_the_file_what_the_table_says)
{
  const FileCase *test = &file_cases[_i];
  g_autofree char *after = NULL;
  g_autofree char *change = NULL;

  type (test->keys);
  after = read_file ();
  change = difference (world.text, after);
  if (test->message != NULL)
    ck_assert_str_eq (world.model->message != NULL ? world.model->message : "", test->message);
  if (test->change != NULL)
    ck_assert_msg (strcmp (change, test->change) == 0, "%s made %s, expected %s", test->keys,
                   change, test->change);
  else
    ck_assert_str_eq (after, world.text);
}
END_TEST

START_TEST (undoing_everything_gives_the_file_back_to_the_byte)
{
  g_autoptr (GBytes) bytes = NULL;

  type (FORM "j a \"stun:x\" Enter G Space Esc J c \"s\" Enter K r \"t\" Enter x");
  ck_assert_uint_eq (lane_settings_count_changes (world.model->panel->settings), 3);
  type ("u u u u u u u u u u");
  ck_assert_str_eq (world.model->message, "Nothing to undo.");
  bytes = lane_document_to_bytes (lane_settings_get_document (world.model->panel->settings));
  ck_assert_uint_eq (g_bytes_get_size (bytes), strlen (world.text));
  ck_assert_mem_eq (g_bytes_get_data (bytes, NULL), world.text, strlen (world.text));
}
END_TEST

START_TEST (nothing_is_written_before_w)
{
  g_autofree char *after = NULL;

  type (HOME "Space x u j x u");
  after = read_file ();
  ck_assert_str_eq (after, world.text);
  ck_assert_str_eq (world.calls->str, "");
}
END_TEST

START_TEST (typed_passwords_are_stars_until_asked)
{
  g_autofree char *before = NULL;
  g_autofree char *typed = NULL;
  g_autofree char *asked = NULL;
  g_autofree char *after = NULL;
  g_autofree char *revealed = NULL;
  g_autofree char *gone = NULL;

  type (PASSWORD);
  before = shown ();
  ck_assert_ptr_null (strstr (before, "pw-of-home"));
  type ("Enter \"geheim\"");
  typed = shown ();
  ck_assert_ptr_null (strstr (typed, "geheim"));
  ck_assert_ptr_nonnull (strstr (typed, "******"));
  type ("Tab");
  asked = shown ();
  ck_assert_ptr_nonnull (strstr (asked, "geheim"));
  type ("Enter");
  after = shown ();
  ck_assert_ptr_null (strstr (after, "geheim"));
  type ("v");
  revealed = shown ();
  ck_assert_ptr_nonnull (strstr (revealed, "geheim"));
  type ("k j");
  gone = shown ();
  ck_assert_ptr_null (strstr (gone, "geheim"));
}
END_TEST

/* Nor do the diff, the messages, or the copy. */
START_TEST (secrets_are_nowhere_else)
{
  static const char *const keys[] = {
    "Enter", "D", "Esc", "y", "w", "u", "C-r", "Esc", "c", "Esc"
  };

  type (PASSWORD "Enter");
  paste ("geheim");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autofree char *screen = NULL;

    type (keys[i]);
    screen = shown ();
    ck_assert_msg (strstr (screen, "geheim") == NULL, "after %s:\n%s", keys[i], screen);
    ck_assert_ptr_null (strstr (screen, "pw-of-home"));
  }
  ck_assert_ptr_null (strstr (world.calls->str, "geheim"));
}
END_TEST

typedef struct {
  const char *text;
  const char *change; /* of the file once it is written; NULL: none */
  const char *message;
} PasteCase;

static const PasteCase paste_cases[] = {
  { "n3w-one", "-password = (secret)|+password = (secret)|", NULL },
  { "n3w-one\n", "-password = (secret)|+password = (secret)|", NULL },
  { "n3w-one\r\n", "-password = (secret)|+password = (secret)|", NULL },
  { " pa;ss ;word ", "-password = (secret)|+password-b64 = (secret)|",
    "Staged as password-b64, since a line cannot hold it as it is." },
  { "p\xc3\xa4ss ;", "-password = (secret)|+password-b64 = (secret)|", NULL },
  { "two\nlines", NULL, "that has more than one line: nothing was pasted" },
  { "bell\a", NULL, "that has a control character: nothing was pasted" },
  { "\033[31mred", NULL, "that has a control character: nothing was pasted" },
  { "tab\there", NULL, "that has a control character: nothing was pasted" },
};

START_TEST (pasted_passwords_are_taken_whole_or_not)
{
  const PasteCase *test = &paste_cases[_i];
  g_autofree char *after = NULL;
  g_autofree char *change = NULL;

  type (PASSWORD "Enter");
  paste (test->text);
  if (test->change == NULL)
    ck_assert_str_eq (world.model->message, test->message);
  type ("Enter");
  if (test->change != NULL && test->message != NULL)
    ck_assert_str_eq (world.model->message, test->message);
  type (test->change != NULL ? "w w" : "w");
  after = read_file ();
  change = difference (world.text, after);
  ck_assert_str_eq (change, test->change != NULL ? test->change : "");
}
END_TEST

START_TEST (a_password_comes_back_from_base64_as_it_was_pasted)
{
  g_autofree char *screen = NULL;

  type (PASSWORD "Enter");
  paste ("pa;ss ;word");
  type ("Enter v");
  screen = shown ();
  ck_assert_ptr_nonnull (strstr (screen, "pa;ss ;word"));
}
END_TEST

START_TEST (a_paste_too_long_for_a_line_is_refused)
{
  g_autofree char *text = g_strnfill (600, 'x');

  type (PASSWORD "Enter");
  paste (text);
  ck_assert_str_eq (world.model->message, "that is too long for a line: nothing was pasted");
  type ("Enter w");
  ck_assert_str_eq (world.model->message, "There is nothing to write.");
}
END_TEST

START_TEST (a_paste_outside_a_field_is_never_keys)
{
  type (HOME);
  paste ("xxw");
  ck_assert_uint_eq (lane_settings_count_changes (world.model->panel->settings), 0);
}
END_TEST

START_TEST (what_the_environment_decides_cannot_be_edited)
{
  type ("4 j j j j j j Enter j j j j j Enter");
  ck_assert_str_eq (world.model->message, "ICELANE_ICE_TRICKLE decides this; change it there");
  ck_assert_int_eq (world.model->prompt, LANE_PROMPT_NONE);
  type ("Space x a");
  ck_assert_uint_eq (lane_settings_count_changes (world.model->panel->settings), 0);
}
END_TEST

START_TEST (read_only_shows_all_and_edits_nothing)
{
  static const char *const keys[] = { "a", "x", "Space", "c", "r", "J", "K", "u", "w", "e", "M" };

  world.model->read_only = TRUE;
  type (FORM "j");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    type (keys[i]);
    ck_assert_msg (world.model->message != NULL
                       && strstr (world.model->message, "with --read-only") != NULL,
                   "%s said %s", keys[i], world.model->message);
  }
  type ("Enter");
  ck_assert_str_eq (world.model->message, "settings are not edited with --read-only");
  ck_assert_int_eq (world.model->prompt, LANE_PROMPT_NONE);
  ck_assert_uint_eq (lane_settings_count_changes (world.model->panel->settings), 0);
  ck_assert_str_eq (world.calls->str, "");
}
END_TEST

/* Another program saves the file between our reading and our writing. */

static void
save_theirs (const char *old, const char *new)
{
  g_auto (GStrv) parts = g_strsplit (world.text, old, 2);
  g_autofree char *text = g_strjoinv (new, parts);

  write_file (text);
}

typedef struct {
  const char *theirs; /* in place of 1500 */
  const char *keys;
  const char *change;
  const char *calls;
} ConflictCase;

#define OURS  HOME "Space " /* [server home] enabled */
#define CLASH "4 j j j j j j Enter j j j j j j Enter C-u \"1700\" Enter " /* keepalive-ms too */
#define THEIRS                                                                                     \
  "-keepalive-ms = 1500   ; the NAT here forgets quickly|"                                         \
  "+keepalive-ms = 900   ; the NAT here forgets quickly|"

static const ConflictCase conflict_cases[] = {
  { "900", OURS "w", THEIRS, "save 0;" },
  { "900", OURS "w Esc", THEIRS, "save 0;" },
  { "900", OURS "w k", THEIRS, "save 0;" },
  { "900", OURS "w Enter", "+enabled = no|" THEIRS, "save 0;save 1;told;" },
  { "900", OURS "w m", "+enabled = no|" THEIRS, "save 0;save 1;told;" },
  { "900", OURS "w o", "+enabled = no|", "save 0;save 3;told;" },
  { "900", OURS "w d Esc w m", "+enabled = no|" THEIRS, "save 0;save 0;save 1;told;" },
  { "900", CLASH "w Enter", THEIRS, "save 0;" },
  { "900", CLASH "w m",
    "-keepalive-ms = 1500   ; the NAT here forgets quickly|"
    "+keepalive-ms = 1700  ; the NAT here forgets quickly|",
    "save 0;save 2;told;" },
};

START_TEST (a_file_saved_meanwhile_is_never_lost_unasked)
{
  const ConflictCase *test = &conflict_cases[_i];
  g_autofree char *after = NULL;
  g_autofree char *change = NULL;

  type ("4");
  save_theirs ("1500", test->theirs);
  type (test->keys);
  after = read_file ();
  change = difference (world.text, after);
  ck_assert_msg (strcmp (change, test->change) == 0, "%s made %s", test->keys, change);
  ck_assert_str_eq (world.calls->str, test->calls);
}
END_TEST

START_TEST (the_dialog_names_what_clashes)
{
  type ("4");
  save_theirs ("1500", "900");
  type (CLASH "w");
  ck_assert_ptr_nonnull (world.model->dialog);
  ck_assert_str_eq (world.model->dialog->title, "icelane.ini changed on disk");
  ck_assert_ptr_nonnull (
      strstr (world.model->dialog->text, "[ice] keepalive-ms: '1700' here, '900' in the file"));
}
END_TEST

START_TEST (an_untouched_panel_follows_the_file)
{
  g_autofree char *screen = NULL;

  type ("4 j j j j j j Enter");
  save_theirs ("1500", "900");
  do_read (NULL);
  screen = shown ();
  ck_assert_ptr_nonnull (strstr (screen, "keepalive-ms     900"));
  ck_assert_str_eq (world.calls->str, "told;");
  ck_assert (!world.model->panel->outdated);
}
END_TEST

START_TEST (staged_edits_wait_for_the_merge)
{
  g_autofree char *screen = NULL;
  g_autofree char *after = NULL;
  g_autofree char *change = NULL;

  type (OURS);
  save_theirs ("1500", "900");
  do_read (NULL);
  screen = shown ();
  ck_assert_ptr_nonnull (strstr (screen, "Another program saved the file"));
  type ("M");
  ck_assert (!world.model->panel->outdated);
  type ("w");
  after = read_file ();
  change = difference (world.text, after);
  ck_assert_str_eq (change, "+enabled = no|" THEIRS);
}
END_TEST

START_TEST (a_file_that_is_gone_is_written_anew_only_when_asked)
{
  g_autofree char *after = NULL;
  g_autofree char *change = NULL;

  type (OURS);
  g_unlink (world.path);
  type ("w");
  ck_assert_str_eq (world.model->dialog->title, "icelane.ini is gone");
  type ("Esc");
  ck_assert (!g_file_test (world.path, G_FILE_TEST_EXISTS));
  type ("w w");
  after = read_file ();
  change = difference (world.text, after);
  ck_assert_str_eq (change, "+enabled = no|");
}
END_TEST

START_TEST (a_broken_file_is_mended_in_an_editor_only)
{
  g_autofree char *after = NULL;

  write_file ("[ice]\nwhat is this\n");
  type ("4");
  ck_assert_str_eq (world.model->message,
                    "line 2: expected [section] or key = value. e opens an editor there");
  type ("a");
  ck_assert_str_eq (world.model->message, "line 2 cannot be read; e opens an editor to mend it");
  world.model->confirm = LANE_CONFIRM_NEVER;
  type ("e w");
  after = read_file ();
  ck_assert_str_eq (after, "[ice]\ntrickle = no\n");
  ck_assert_str_eq (world.calls->str, "edit 2;save 4;told;");
}
END_TEST

typedef struct {
  const char *keys;
  LaneView view;
  gboolean written;
  guint staged;
  const char *calls;
} LeaveCase;

static const LeaveCase leave_cases[] = {
  { "4 q", LANE_VIEW_PEERS, FALSE, 0, "" },
  { "4 Enter Esc", LANE_VIEW_PEERS, FALSE, 0, "" },
  { FORM "Esc", LANE_VIEW_SETTINGS, FALSE, 0, "" },
  { OURS "q", LANE_VIEW_SETTINGS, FALSE, 1, "" },
  { OURS "q Esc", LANE_VIEW_SETTINGS, FALSE, 1, "" },
  { OURS "Esc n", LANE_VIEW_SETTINGS, FALSE, 1, "" },
  { OURS "1 s", LANE_VIEW_PEERS, TRUE, 0, "save 0;told;" },
  { OURS "3 d", LANE_VIEW_LOG, FALSE, 0, "" },
  { OURS "3 l", LANE_VIEW_LOG, FALSE, 1, "" },
  { OURS "1 l 4", LANE_VIEW_SETTINGS, FALSE, 1, "" },
  { OURS "Q n", LANE_VIEW_SETTINGS, FALSE, 1, "" },
  { OURS "Q s", LANE_VIEW_SETTINGS, TRUE, 0, "save 0;told;quit;" },
  { OURS "Q d", LANE_VIEW_SETTINGS, FALSE, 0, "quit;" },
  { OURS "1 l q d", LANE_VIEW_PEERS, FALSE, 0, "quit;" },
  { OURS "1 l q Esc", LANE_VIEW_PEERS, FALSE, 1, "" },
  { OURS "1 d 4 u", LANE_VIEW_SETTINGS, FALSE, 1, "" },
};

START_TEST (leaving_with_staged_edits_asks)
{
  const LeaveCase *test = &leave_cases[_i];
  g_autofree char *after = NULL;

  type (test->keys);
  after = read_file ();
  ck_assert_int_eq (world.model->view, test->view);
  ck_assert_int_eq (strcmp (after, world.text) != 0, test->written);
  ck_assert_uint_eq (lane_settings_count_changes (world.model->panel->settings), test->staged);
  ck_assert_str_eq (world.calls->str, test->calls);
}
END_TEST

START_TEST (control_c_asks_once_and_then_leaves)
{
  type (OURS);
  ck_assert (lane_input_cancel (world.model));
  ck_assert_ptr_nonnull (world.model->dialog);
  ck_assert (!lane_input_cancel (world.model));
}
END_TEST

START_TEST (control_c_leaves_a_field_first)
{
  type (FORM "j Enter");
  ck_assert (lane_input_cancel (world.model));
  ck_assert_int_eq (world.model->prompt, LANE_PROMPT_NONE);
  ck_assert (!lane_input_cancel (world.model));
}
END_TEST

START_TEST (deleting_a_peer_that_is_up_is_asked_before_it_is_written)
{
  g_autofree char *after = NULL;

  type ("4 j j j j Enter j x w");
  ck_assert_ptr_nonnull (world.model->dialog);
  ck_assert_str_eq (world.model->dialog->title, "Write, and end 1 link?");
  type ("Enter");
  after = read_file ();
  ck_assert_str_eq (after, world.text);
  type ("w y");
  g_free (after);
  after = read_file ();
  ck_assert_ptr_null (strstr (after, "cam-7"));
}
END_TEST

START_TEST (what_a_write_does_to_links_is_said_before)
{
  g_autofree char *screen = NULL;

  type (HOME "Space");
  screen = shown ();
  ck_assert_ptr_nonnull (strstr (screen, "Writing: restarts cam-7; 1 other link runs on."));
}
END_TEST

static void
click (int y, int x)
{
  g_autoptr (LaneCanvas) canvas = lane_canvas_new (COLS, ROWS, TRUE);
  const LaneKey key = { .code = LANE_KEY_CLICK, .x = x, .y = y };

  lane_frame_draw (canvas, world.model);
  lane_input_key (world.model, &key, canvas);
  lane_frame_arrange (world.model, ROWS, COLS);
}

START_TEST (the_mouse_selects_opens_and_picks)
{
  g_autofree char *after = NULL;

  click (0, 42); /* the tab */
  ck_assert_int_eq (world.model->view, LANE_VIEW_SETTINGS);
  click (4, 5); /* [server home] */
  ck_assert_str_eq (lane_settings_panel_get_item (world.model->panel)->title, "home");
  click (4, 5);
  ck_assert_int_eq (world.model->panel->focus, LANE_PANEL_FORM);
  click (10, 40); /* enabled */
  ck_assert_str_eq (lane_settings_panel_get_row (world.model->panel)->key, "enabled");
  click (10, 40);
  ck_assert_uint_eq (lane_settings_count_changes (world.model->panel->settings), 1);
  type ("w");
  after = read_file ();
  ck_assert_ptr_nonnull (strstr (after, "enabled = no\n"));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("settings-keys");
  TCase *tests = tcase_create ("settings-keys");

  g_setenv ("TZ", "UTC", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  setlocale (LC_ALL, "");
  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_set_timeout (tests, 30);
  tcase_add_loop_test (tests, keys_make_of_the_file_what_the_table_says, 0,
                       G_N_ELEMENTS (file_cases));
  tcase_add_test (tests, undoing_everything_gives_the_file_back_to_the_byte);
  tcase_add_test (tests, nothing_is_written_before_w);
  tcase_add_test (tests, typed_passwords_are_stars_until_asked);
  tcase_add_test (tests, secrets_are_nowhere_else);
  tcase_add_loop_test (tests, pasted_passwords_are_taken_whole_or_not, 0,
                       G_N_ELEMENTS (paste_cases));
  tcase_add_test (tests, a_password_comes_back_from_base64_as_it_was_pasted);
  tcase_add_test (tests, a_paste_too_long_for_a_line_is_refused);
  tcase_add_test (tests, a_paste_outside_a_field_is_never_keys);
  tcase_add_test (tests, what_the_environment_decides_cannot_be_edited);
  tcase_add_test (tests, read_only_shows_all_and_edits_nothing);
  tcase_add_loop_test (tests, a_file_saved_meanwhile_is_never_lost_unasked, 0,
                       G_N_ELEMENTS (conflict_cases));
  tcase_add_test (tests, the_dialog_names_what_clashes);
  tcase_add_test (tests, an_untouched_panel_follows_the_file);
  tcase_add_test (tests, staged_edits_wait_for_the_merge);
  tcase_add_test (tests, a_file_that_is_gone_is_written_anew_only_when_asked);
  tcase_add_test (tests, a_broken_file_is_mended_in_an_editor_only);
  tcase_add_loop_test (tests, leaving_with_staged_edits_asks, 0, G_N_ELEMENTS (leave_cases));
  tcase_add_test (tests, control_c_asks_once_and_then_leaves);
  tcase_add_test (tests, control_c_leaves_a_field_first);
  tcase_add_test (tests, deleting_a_peer_that_is_up_is_asked_before_it_is_written);
  tcase_add_test (tests, what_a_write_does_to_links_is_said_before);
  tcase_add_test (tests, the_mouse_selects_opens_and_picks);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
