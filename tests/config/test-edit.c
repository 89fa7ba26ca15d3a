/* Edits that know the table of settings, what they would break, and what changes for a node. */
#include "suite.h"

#include <string.h>

#include "compare.h"
#include "edit.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "k3vq7d2mbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbq"

static const char *const environ_[] = { "HOME=/home/ada", "XDG_RUNTIME_DIR=/run/user/1", NULL };
static const LaneConfigSources sources = { .path = "icelane.ini", .environ_ = environ_ };

static LaneDocument *
parse (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return lane_document_parse (bytes);
}

static char *
text_of (const LaneDocument *document)
{
  g_autoptr (GBytes) bytes = lane_document_to_bytes (document);
  g_autoptr (GString) text =
      g_string_new_len (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  return g_strdup (text->str);
}

static gboolean
set (LaneDocument *document, const char *section, const char *key, const char *value,
     const char *second, GError **error)
{
  const char *const values[] = { value, second, NULL };
  g_autoptr (LaneFolders) folders = lane_folders_new (environ_);

  return lane_edit_set (document, section, key, values, folders, error);
}

typedef struct {
  const char *before, *section, *key, *value, *second, *after;
} Edit;

static const Edit edits[] = {
  { "", "ice", "trickle", "OFF", NULL, "[ice]\ntrickle = OFF\n" },
  { "", "ice", "trickle", "", NULL, "[ice]\ntrickle =\n" },
  { "[ice]\ntrickle = on\n", "ice", "trickle", NULL, NULL, "[ice]\n" },
  { "[ice]\nwarp = on\n", "ice", "warp", NULL, NULL, "[ice]\n" },
  { "", "keys", "restart", "r F9", NULL, "[keys]\nrestart = r F9\n" },
  { "", "node", "state-dir", "%s/x", NULL, "[node]\nstate-dir = %s/x\n" },
  { "", "server home", "uri", "stun:a", "turn:b", "[server home]\nuri = stun:a\nuri = turn:b\n" },

  /* A password that can stand in a line, and ones that cannot. */
  { "", "server a", "password", "hunter2", NULL, "[server a]\npassword = hunter2\n" },
  { "", "server a", "password", "a ;b", NULL, "[server a]\npassword-b64 = YSA7Yg==\n" },
  { "", "server a", "password", " a", NULL, "[server a]\npassword-b64 = IGE=\n" },
  { "", "server a", "password", "a\nb", NULL, "[server a]\npassword-b64 = YQpi\n" },
  { "", "server a", "password", "\xff", NULL, "[server a]\npassword-b64 = /w==\n" },
  { "", "server a", "password", "=;#", NULL, "[server a]\npassword = =;#\n" },
  { "[server a]\npassword  = x ; mine\nuri = stun:a\n", "server a", "password", ";", NULL,
    "[server a]\npassword-b64  = Ow== ; mine\nuri = stun:a\n" },
  { "[server a]\npassword-b64 = Ow== ; mine\nuri = stun:a\n", "server a", "password", "x", NULL,
    "[server a]\npassword = x    ; mine\nuri = stun:a\n" },
  { "[server a]\npassword = y\npassword-b64 = Ow==\n", "server a", "password", "x", NULL,
    "[server a]\npassword = x\n" },
};

START_TEST (setting_is_written_like_this)
{
  const Edit *edit = &edits[_i];
  g_autoptr (LaneDocument) document = parse (edit->before);
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;

  ck_assert_msg (set (document, edit->section, edit->key, edit->value, edit->second, &error), "%s",
                 error != NULL ? error->message : "");
  after = text_of (document);
  ck_assert_str_eq (after, edit->after);
}
END_TEST

#define FIFTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

typedef struct {
  const char *section, *key, *value, *second, *says;
} Refusal;

static const Refusal refusals[] = {
  { "ice", "trickel", "on", NULL, "trickel is not a setting of [ice] (did you mean trickle?)" },
  { "icee", "trickle", "on", NULL, "[icee] is not a section of icelane (did you mean ice?)" },
  { "ice home", "trickle", "on", NULL, "[ice home] takes no name: write [ice]" },
  { "server", "uri", "stun:a", NULL, "[server] needs a name of its own" },
  { "server a b", "uri", "stun:a", NULL, "[server a b] needs a name of its own" },
  { "ice", "trickle", "maybe", NULL, "'maybe' is not on or off" },
  { "ice", "trickle", "on", "off", "takes one value only" },
  { "ice", "keepalive-ms", "3", NULL, "3 is not in 200-60000" },
  { "server a", "uri", "stun:a", "turn:b:0", "port 0 is not in 1-65535" },
  { "server a", "uri", "turn:u:hunter2@b", NULL, "a user name or password does not belong here" },
  { "server a", "username", "a ;b", NULL, "would be read as a comment" },
  { "server a", "auth-secret", "hunter2 ;", NULL, "would be read as a comment" },
  { "server a", "auth-secret", "", NULL, "is empty: unset it" },
  { "server a", "password", "", NULL, "is empty: unset it" },
  { "server a", "password-b64", "hunter2!", NULL, "is not base64" },
  { "server a", "password", FIFTY FIFTY FIFTY FIFTY, NULL, "at most 198 are read" },
  { "server a", "password", FIFTY FIFTY FIFTY " ;", NULL, "at most 198 are read" },
  { "peer a", "id", "hunter", NULL, "has 6 letters and digits" },
};

START_TEST (wrong_setting_is_refused_as_in_the_file)
{
  const Refusal *refusal = &refusals[_i];
  g_autoptr (LaneDocument) document = parse ("[server a]\nuri = stun:x\n");
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;

  ck_assert (
      !set (document, refusal->section, refusal->key, refusal->value, refusal->second, &error));
  ck_assert_msg (strstr (error->message, refusal->says) != NULL, "%s", error->message);
  ck_assert_ptr_null (strstr (error->message, "hunter2"));
  after = text_of (document);
  ck_assert_str_eq (after, "[server a]\nuri = stun:x\n");
}
END_TEST

START_TEST (server_is_renamed_where_peers_name_it)
{
  g_autoptr (LaneDocument) document =
      parse ("[server home] ; h\n[peer a]\nservers = home, away home-2 ; c\nservers=home\n"
             "[peer b]\nservers = away\n");
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  ck_assert (lane_edit_rename (document, "server home", "office", NULL));
  after = text_of (document);
  ck_assert_str_eq (after, "[server office] ; h\n[peer a]\nservers = office, away home-2 ; c\n"
                           "servers=office\n[peer b]\nservers = away\n");
  ck_assert (!lane_edit_rename (document, "server office", "a b", &error));
  ck_assert_ptr_nonnull (strstr (error->message, "needs a name of its own"));
  ck_assert (lane_edit_rename (document, "peer a", "office", NULL));
}
END_TEST

typedef struct {
  const char *before, *after, *faults, *gaps;
} Review;

#define TURN "[server a]\nuri = turn:a\n"
#define FULL TURN "username = u\npassword-command = p\n"

static const Review reviews[] = {
  { "", "[ice]\ntrickle = off\n", "", "" },
  { "", "[ice]\ntrickle = x\n", "[ice] trickle: 'x' is not on or off\n", "" },
  { "[ice]\ntrickle = x\n", "[log]\n[ice]\ntrickle = x\n", "", "" },
  { "[ice]\ntrickel = x\n", "[ice]\ntrickel = x\nwatch = y\n", "", "" },
  { "", TURN, "",
    "[server a] has a turn: URI but no password: add password-command, password-file, password or "
    "auth-secret-command\n"
    "[server a] has a turn: URI but no username: add username = NAME\n" },
  { TURN, TURN "username = u\n", "", "" },
  { FULL, TURN "username = u\n",
    "[server a] has a turn: URI but no password: add password-command, password-file, password or "
    "auth-secret-command\n",
    "" },
  { FULL, FULL "password = x\n",
    "[server a] password: is set beside password-command: "
    "keep one of them\n",
    "" },
  { FULL "[signaling]\ntype = manual\n[peer b]\nid = " ID_A "\nservers = a\n",
    "[signaling]\ntype = manual\n[peer b]\nid = " ID_A "\nservers = a\n",
    "[peer b] servers: 'a' is not the name of a [server] section\n", "" },
};

static char *
join_problems (const GPtrArray *problems)
{
  GString *joined = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *line = lane_problem_to_string (problems->pdata[i]);

    g_string_append_printf (joined, "%s\n", strchr (line, ' ') + 1);
  }
  return g_string_free (joined, FALSE);
}

START_TEST (review_tells_faults_from_gaps)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GPtrArray) gaps = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (LaneDocument) before = parse (reviews[_i].before);
  g_autoptr (LaneDocument) after = parse (reviews[_i].after);
  g_autofree char *fault_lines = NULL;
  g_autofree char *gap_lines = NULL;

  lane_edit_review (&sources, before, after, faults, gaps);
  fault_lines = join_problems (faults);
  gap_lines = join_problems (gaps);
  ck_assert_str_eq (fault_lines, reviews[_i].faults);
  ck_assert_str_eq (gap_lines, reviews[_i].gaps);
}
END_TEST

static LaneConfig *
load (const char *text)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return lane_config_load_text (&sources, bytes, problems);
}

typedef struct {
  const char *old, *new, *changes;
} Comparison;

#define A  "[server a]\nuri = stun:a\n"
#define B  "[server b]\nuri = stun:b\n"
#define PA "[peer a]\nid = " ID_A "\n"
#define PB "[peer b]\nid = " ID_B "\n"

static const Comparison comparisons[] = {
  { "", "", "" },
  { "", "# c\n[ice]\ntrickle = ON\n", "" },
  { A, "[server a]\nuri = stun:a:3478 ; same\n", "" },
  { "", "[ice]\ntrickle = off\nkeepalive-ms = 3000\n", "edited ice: trickle keepalive-ms\n" },
  { "[network]\nfamilies = 4\nports = 1-2\n", "[network]\nfamilies = 4 6\nports = 1-3\n",
    "edited network: families ports\n" },
  { A, A B, "added server b:\n" },
  { A B, B, "removed server a:\n" },
  { A B, B A, "moved server:\n" },
  { A, "[server a]\nuri = stun:b\nuri = stun:a\npassword = x\n",
    "edited server a: uri password\n" },
  { "[server a]\npassword = x\n", "[server a]\npassword = y\n", "edited server a: password\n" },
  { PA PB, PB "[peer c]\nid = " ID_A "\n", "removed peer a:\nadded peer c:\n" },
  { PA PB, PB PA "policy = relay-only\n", "edited peer a: policy\nmoved peer:\n" },
  { "[keys]\na = x\nb = y\n", "[keys]\nb = z\nc = x\n", "edited keys: b c a\n" },
};

START_TEST (changes_are_told_by_section)
{
  g_autoptr (LaneConfig) old = load (comparisons[_i].old);
  g_autoptr (LaneConfig) new = load (comparisons[_i].new);
  g_autoptr (GPtrArray) changes = lane_config_compare (old, new);
  g_autoptr (GString) told = g_string_new (NULL);

  for (guint i = 0; i < changes->len; i++) {
    const LaneChange *change = g_ptr_array_index (changes, i);
    g_autofree char *keys = g_strjoinv (" ", change->keys);

    g_string_append_printf (told, "%s %s:%s%s\n", lane_change_kind_to_string (change->kind),
                            change->section, *keys != '\0' ? " " : "", keys);
  }
  ck_assert_str_eq (told->str, comparisons[_i].changes);
}
END_TEST

START_TEST (peers_know_whether_a_change_is_about_their_servers)
{
  g_autoptr (LaneConfig) old = load (A B PA PB "servers = b\n");
  g_autoptr (LaneConfig) new = load ("[server a]\nuri = stun:c\n" B PA PB "servers = b\n");
  g_autoptr (GPtrArray) changes = lane_config_compare (old, new);
  const LanePeerConfig *a = lane_config_find_peer (new, "a");
  const LanePeerConfig *b = lane_config_find_peer (new, "b");

  ck_assert (lane_changes_touch (changes, "server a", "uri"));
  ck_assert (!lane_changes_touch (changes, "server a", "password"));
  ck_assert (!lane_changes_touch (changes, "server b", "uri"));
  ck_assert (lane_changes_touch_servers_of (changes, lane_config_find_peer (old, "a"), a));
  ck_assert (!lane_changes_touch_servers_of (changes, lane_config_find_peer (old, "b"), b));
  ck_assert (lane_changes_touch_servers_of (changes, NULL, b));
}
END_TEST

START_TEST (value_has_its_origin)
{
  static const char *const variables[] = { "HOME=/home/ada", "ICELANE_LOG_KEEP=3", NULL };
  static const char *const overrides[] = { "ice.trickle=off", NULL };
  const LaneConfigSources layers = { .path = "x.ini",
                                     .environ_ = variables,
                                     .overrides = overrides };
  static const char text[] = "[ice]\ntrickle = on\n[log]\nkeep = 4\nlevel = loud\n"
                             "max-size-mb = 1\n[keys]\na = x\n";
  static const struct {
    const char *section, *key, *origin, *value;
  } expected[] = {
    { "ice", "trickle", "--set", "off" },  { "log", "keep", "ICELANE_LOG_KEEP", "3" },
    { "log", "level", "default", "info" }, { "log", "max-size-mb", "x.ini:6", "1" },
    { "ui", "theme", "default", "auto" },  { "keys", "a", "x.ini:8", "x" },
    { "keys", "b", "default", NULL },      { "server a", "uri", "default", NULL },
  };
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, sizeof text - 1);
  g_autoptr (LaneConfig) config = lane_config_load_text (&layers, bytes, problems);

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    LaneOrigin origin = lane_config_get_origin (config, expected[i].section, expected[i].key);
    g_autofree char *written = lane_origin_to_string (&origin);
    g_autofree char *value = lane_config_get (config, expected[i].section, expected[i].key);

    ck_assert_str_eq (written, expected[i].origin);
    ck_assert_pstr_eq (value, expected[i].value);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("edit");
  TCase *tcase = tcase_create ("edit");

  tcase_set_timeout (tcase, 30);
  tcase_add_loop_test (tcase, setting_is_written_like_this, 0, G_N_ELEMENTS (edits));
  tcase_add_loop_test (tcase, wrong_setting_is_refused_as_in_the_file, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tcase, server_is_renamed_where_peers_name_it);
  tcase_add_loop_test (tcase, review_tells_faults_from_gaps, 0, G_N_ELEMENTS (reviews));
  tcase_add_loop_test (tcase, changes_are_told_by_section, 0, G_N_ELEMENTS (comparisons));
  tcase_add_test (tcase, peers_know_whether_a_change_is_about_their_servers);
  tcase_add_test (tcase, value_has_its_origin);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
