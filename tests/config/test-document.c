/* Edits of an INI file, and what they must leave alone. */
#include "suite.h"

#include <string.h>

#include "config.h"
#include "document.h"
#include "line.h"
#include "setting-name.h"

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

  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);

  return length > 0 ? g_strndup (data, length) : g_strdup ("");
}

/* Runs one edit, as `set SECTION.KEY VALUE...` with ^ for a blank in a value and $ for nothing. */
static gboolean
run (LaneDocument *document, const char *edit, GError **error)
{
  g_auto (GStrv) words = g_strsplit (edit, " ", -1);
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;
  const char *const *rest = (const char *const *)words + 2;

  for (guint i = 1; words[i] != NULL; i++) {
    g_strdelimit (words[i], "^", ' ');
    if (strcmp (words[i], "$") == 0)
      *words[i] = '\0';
  }
  if (g_str_has_suffix (words[0], "section")) {
    section = lane_section_name_parse (words[1], -1);
    if (strcmp (words[0], "add-section") == 0)
      return lane_document_add_section (document, section, error);
    if (strcmp (words[0], "remove-section") == 0)
      return lane_document_remove_section (document, section, error);
    ck_assert_str_eq (words[0], "rename-section");
    return lane_document_rename_section (document, section, rest[0], error);
  }
  if (strcmp (words[0], "order") == 0)
    return lane_document_order_sections (document, (const char *const *)words + 1, error);

  ck_assert (lane_setting_name_parse (words[1], -1, &section, &key));
  if (strcmp (words[0], "add") == 0)
    return lane_document_add (document, section, key, rest[0], error);
  if (strcmp (words[0], "rename-key") == 0)
    return lane_document_rename_key (document, section, key, rest[0], error);
  ck_assert_str_eq (words[0], "set");
  return lane_document_set_values (document, section, key, rest, error);
}

typedef struct {
  const char *before, *edit, *after;
} Edit;

#define A "[server a]\nuri = stun:a\n"
#define B "[server b]\nuri = stun:b\n"
#define C "[server c]\nuri = stun:c\n"

static const Edit edits[] = {
  /* A value, and what stands around it. */
  { "[ice]\ntrickle = on\n", "set ice.trickle off", "[ice]\ntrickle = off\n" },
  { "[ice]\ntrickle = on\n", "set ice.trickle on", "[ice]\ntrickle = on\n" },
  { "[ice]\ntrickle=on\n", "set ice.trickle off", "[ice]\ntrickle=off\n" },
  { "[ice]\ntrickle\t=   on  \n", "set ice.trickle off", "[ice]\ntrickle\t=   off\n" },
  { "[ice]\r\ntrickle = on\r\n", "set ice.trickle off", "[ice]\r\ntrickle = off\r\n" },
  { "[ice]\ntrickle = on", "set ice.trickle off", "[ice]\ntrickle = off" },
  { "[ice]\ntrickle = on\r", "set ice.trickle off", "[ice]\ntrickle = off\r" },
  { "\xef\xbb\xbf[ice]\ntrickle = on", "set ice.trickle off", "\xef\xbb\xbf[ice]\ntrickle = off" },
  { "[ice]\ntrickle = on    ; yes\n", "set ice.trickle off", "[ice]\ntrickle = off   ; yes\n" },
  { "[ice]\ntrickle = off   ; yes\n", "set ice.trickle on", "[ice]\ntrickle = on    ; yes\n" },
  { "[ice]\ntrickle = on ; yes\n", "set ice.trickle off", "[ice]\ntrickle = off ; yes\n" },
  { "[ice]\ntrickle = on\t\t; yes\n", "set ice.trickle off", "[ice]\ntrickle = off\t\t; yes\n" },
  { "[ice]\ntrickle = on ; yes\n", "set ice.trickle $", "[ice]\ntrickle =    ; yes\n" },
  { "[ice]\ntrickle =    ; yes\n", "set ice.trickle on", "[ice]\ntrickle = on ; yes\n" },
  { "[ice]\ntrickle = ; yes\n", "set ice.trickle on", "[ice]\ntrickle = on ; yes\n" },
  { "[ice]\ntrickle =\n", "set ice.trickle on", "[ice]\ntrickle = on\n" },
  { "[ice]\ntrickle=\n", "set ice.trickle on", "[ice]\ntrickle=on\n" },
  { "[ice]\ntrickle =; no comment\n", "set ice.trickle on", "[ice]\ntrickle = on\n" },
  { "[node]\nname = a;b ; c\n", "set node.name \xc3\xa9;#d", "[node]\nname = \xc3\xa9;#d ; c\n" },
  { "[node]\nname = caf\xc3\xa9   ; c\n", "set node.name cafe", "[node]\nname = cafe   ; c\n" },
  { "[x]\nk = 1\nk = 2 ; two\nk = 3\n", "set x.k 2", "[x]\nk = 2 ; two\n" },
  { "[x]\nk = 1 ; one\n\nl = 2\nk = 3\n", "set x.k 4", "[x]\nk = 4 ; one\n\nl = 2\n" },

  /* Where a new line goes. */
  { "", "set ice.trickle off", "[ice]\ntrickle = off\n" },
  { "# mine", "set ice.trickle off", "# mine\n\n[ice]\ntrickle = off" },
  { "[ice]\n", "set ice.trickle off", "[ice]\ntrickle = off\n" },
  { "[ice]\r\n", "set ice.trickle off", "[ice]\r\ntrickle = off\r\n" },
  { "[ice]\r\na = b", "set ice.trickle off", "[ice]\r\na = b\r\ntrickle = off" },
  { "[ice]\na = b\n\n# end\n[log]\n", "set ice.trickle off",
    "[ice]\na = b\ntrickle = off\n\n# end\n[log]\n" },
  { "[ice]\n#trickle = on  ; help\n#a = b\nc = d\n", "set ice.trickle off",
    "[ice]\n#trickle = on  ; help\ntrickle = off\n#a = b\nc = d\n" },
  { "[network]\n#watch = on\n\n#[peer x]\n#watch = on\n", "set network.watch off",
    "[network]\n#watch = on\nwatch = off\n\n#[peer x]\n#watch = on\n" },
  { "[ice]\na = b\n", "set log.level debug", "[ice]\na = b\n\n[log]\nlevel = debug\n" },
  { A "\n" B "\n[log]\n", "set server.c.uri stun:c",
    A "\n" B "\n[server c]\nuri = stun:c\n\n[log]\n" },
  { A "[log]\n", "set server.c.uri stun:c", A "\n[server c]\nuri = stun:c\n\n[log]\n" },
  { "[ui]\n\n#[server home]\n#uri = x\n\n[log]\n", "set server.c.uri stun:c",
    "[ui]\n\n#[server home]\n#uri = x\n\n[server c]\nuri = stun:c\n\n[log]\n" },

  /* Keys that repeat. */
  { "[s]\nuri = 1\nuri = 2\n", "add s.uri 3", "[s]\nuri = 1\nuri = 2\nuri = 3\n" },
  { "[s]\nuri = 1\n#[s2]\nuri = 2\n", "add s.uri 3", "[s]\nuri = 1\n#[s2]\nuri = 2\nuri = 3\n" },
  { "[s]\nuri = 1\nu = x\n", "add s.uri 1", "[s]\nuri = 1\nuri = 1\nu = x\n" },
  { "[s]\nuri = 1 ; one\nu = x\nuri = 2 ; two\n", "set s.uri 2 1",
    "[s]\nuri = 2 ; two\nu = x\nuri = 1 ; one\n" },
  { "[s]\nuri = 1 ; one\nuri = 2 ; two\n", "set s.uri 2", "[s]\nuri = 2 ; two\n" },
  { "[s]\nuri = 1 ; one\nuri = 2 ; two\n", "set s.uri 2 3 4",
    "[s]\nuri = 2 ; two\nuri = 3 ; one\nuri = 4\n" },
  { "[s]\nuri = 1\nuri = 2\n", "set s.uri 0 1 2", "[s]\nuri = 0\nuri = 1\nuri = 2\n" },
  { "[s]\nuri = 1\nu = x\nuri = 2\n", "set s.uri", "[s]\nu = x\n" },
  { "[s]\nuri = 1\n", "set s.none", "[s]\nuri = 1\n" },
  { "[s]\nuri = 1\n", "set t.none", "[s]\nuri = 1\n" },
  { "[s]\na = 1\nb = 2", "set s.b", "[s]\na = 1" },

  /* Names. */
  { "[s]\npassword  = x ; c\n", "rename-key s.password password-b64",
    "[s]\npassword-b64  = x ; c\n" },
  { "[ server   a ] ; mine\nuri = x\n", "rename-section server.a server^b",
    "[ server b ] ; mine\nuri = x\n" },
  { A, "rename-section server.a server^a", A },

  /* Whole sections. */
  { A "\n" B, "add-section server.c", A "\n" B "\n[server c]\n" },
  { A "\n" B "\n" C, "remove-section server.b", A "\n" C },
  { A "\n" B "\n" C, "remove-section server.a", B "\n" C },
  { A "\n" B "\n" C, "remove-section server.c", A "\n" B "\n" },
  { A B C, "remove-section server.b", A C },
  { "# file\n" A B, "remove-section server.a", "# file\n" B },
  { "# file\n\n# of a\n" A "# also a\n\n# apart\n\n# of b\n" B, "remove-section server.a",
    "# file\n\n# apart\n\n# of b\n" B },
  { A "# of b\n" B, "remove-section server.a", "# of b\n" B },
  { A "\n" B "\n" C, "order server^c server^a server^b", C "\n" A "\n" B },
  { A "\n# of b\n" B "# also b\n\n# apart\n\n[log]\n\n" C, "order server^c server^b",
    A "\n" C "\n# apart\n\n[log]\n\n# of b\n" B "# also b\n" },
  { A "\n[server b]\nuri = x", "order server^b server^a",
    "[server b]\nuri = x\n\n[server a]\nuri = stun:a" },
  { A B, "order server^a", A B },
};

START_TEST (edit_changes_exactly_this)
{
  g_autoptr (LaneDocument) document = parse (edits[_i].before);
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;

  ck_assert_msg (run (document, edits[_i].edit, &error), "%s: %s", edits[_i].edit,
                 error != NULL ? error->message : "");
  after = text_of (document);
  ck_assert_str_eq (after, edits[_i].after);
}
END_TEST

#define LONG_VALUE                                                                                 \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"   \
  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define LONG_NAME "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"

typedef struct {
  const char *before, *edit, *says;
} Refusal;

static const Refusal refusals[] = {
  { "[s]\nk = 1\n", "set s.k a^;b",
    "has a ';' at its start or after a blank, which would be read" },
  { "[s]\nk = 1\n", "set s.k a\t;b", "has a ';' at its start or after a blank" },
  { "[s]\nk = 1\n", "set s.k ;b", "has a ';' at its start or after a blank" },
  { "[s]\nk = 1\n", "set s.k ^b", "starts or ends with a blank" },
  { "[s]\nk = 1\n", "set s.k b\t", "starts or ends with a blank" },
  { "[s]\nk = 1\n", "set s.k ^", "starts or ends with a blank" },
  { "[s]\nk = 1\n", "set s.k a\nb=c", "has a line end or another control character" },
  { "[s]\nk = 1\n", "set s.k a\rb", "has a line end or another control character" },
  { "[s]\nk = 1\n", "set s.k \x1b[m", "has a line end or another control character" },
  { "[s]\nk = 1\n", "set s.k \x7f", "has a line end or another control character" },
  { "[s]\nk = 1\n", "set s.k \xff", "is not UTF-8" },
  { "[s]\nk = 1\n", "set s.k " LONG_VALUE LONG_NAME,
    "the line would be 238 bytes long, at most 198 are read" },
  { "[s]\nk = 1\n", "add s.k ^", "starts or ends with a blank" },
  { "[s]\nk = 1\n", "set s.k fine ^", "starts or ends with a blank" },
  { "", "set s.k fine ^", "starts or ends with a blank" },
  { "[s]\n", "set s.a:b x", "'a:b' is not a key" },
  { "[s]\n", "set s." LONG_NAME " x", "is not a key: write at most 49" },
  { "", "set [s.k x", "'[s' is not a section's name" },
  { "", "set a]b.k x", "'a]b' is not a section's name" },
  { "", "set a^;b.k x", "'a ;b' is not a section's name" },
  { "", "set " LONG_NAME ".k x", "is not a section's name" },
  { "", "add-section server.a^^b", "'server a  b' is not a section's name" },
  { "", "add-section a\nk=b", "'a\\x0ak=b' is not a section's name" },
  { A, "add-section server.a", "[server a] is there already, on line 1" },
  { A B, "rename-section server.a server^b", "[server b] is there already, on line 3" },
  { A, "rename-section server.b server^c", "there is no [server b]" },
  { A, "rename-section server.a a;b", "'a;b' is not a section's name" },
  { A, "remove-section server.b", "there is no [server b]" },
  { A B, "order server^a server^c", "there is no [server c]" },
  { A B, "order server^a server^a", "[server a] is named twice" },
  { "[s]\na = 1\nb = 2\n", "rename-key s.a b", "[s] has b already" },
  { "[s]\na = 1\n", "rename-key s.b c", "[s] has no b" },
  { "[s]\na = 1\n", "rename-key s.a =", "'=' is not a key" },
  { "[s]\nhunter2\n", "set s.k 1", "line 2: [s] expected [section] or key = value" },
  { "[s]\nk\n", "add-section t", "line 2: [s] expected [section] or key = value" },
  { "[s\n", "remove-section s", "line 1: expected ']'" },
};

START_TEST (refused_edit_says_why_and_changes_nothing)
{
  g_autoptr (LaneDocument) document = parse (refusals[_i].before);
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;

  ck_assert_msg (!run (document, refusals[_i].edit, &error), "%s", refusals[_i].edit);
  ck_assert_msg (strstr (error->message, refusals[_i].says) != NULL, "%s: %s", refusals[_i].edit,
                 error->message);
  after = text_of (document);
  ck_assert_str_eq (after, refusals[_i].before);
}
END_TEST

START_TEST (refused_secret_is_not_quoted)
{
  g_autoptr (LaneDocument) document = parse ("[s]\n");
  g_autoptr (GError) error = NULL;

  ck_assert (!lane_document_set (document, "s", "password", "hunter2 ;x", &error));
  ck_assert_ptr_null (strstr (error->message, "hunter2"));
}
END_TEST

START_TEST (comment_that_no_longer_fits_gets_a_line_of_its_own)
{
  g_autofree char *comment = g_strnfill (100, 'c');
  g_autofree char *value = g_strnfill (110, 'v');
  g_autofree char *before = g_strdup_printf ("[s]\nk = 1 ; %s\n", comment);
  g_autofree char *expected = g_strdup_printf ("[s]\n; %s\nk = %s\n", comment, value);
  g_autoptr (LaneDocument) document = parse (before);
  g_autofree char *after = NULL;

  ck_assert (lane_document_set (document, "s", "k", value, NULL));
  after = text_of (document);
  ck_assert_str_eq (after, expected);
}
END_TEST

static const char *const texts[] = {
  "",
  "\n",
  "\r\n\n\r",
  "x",
  "\xef\xbb\xbf",
  "\xef\xbb\xbf[a]\r\nk = 1\n\n k\xff = 2\r",
  "\xff\xfe[\n]",
  "[a]\nk = 1\r\n",
};

START_TEST (any_text_comes_out_as_it_went_in)
{
  g_autoptr (LaneDocument) document = parse (texts[_i]);
  g_autoptr (LaneDocument) copy = lane_document_copy (document);
  g_autofree char *after = text_of (document);

  ck_assert_str_eq (after, texts[_i]);
  ck_assert (lane_document_equal (document, copy));
}
END_TEST

START_TEST (nul_bytes_come_out_too)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("[a]\nk\0 = 1\n\0", 13);
  g_autoptr (LaneDocument) document = lane_document_parse (bytes);
  g_autoptr (GBytes) after = lane_document_to_bytes (document);

  ck_assert (g_bytes_equal (bytes, after));
  ck_assert (!lane_document_check (document, NULL));
}
END_TEST

static void
assert_strings (char **strings, const char *expected)
{
  g_autofree char *joined = g_strjoinv ("|", strings);

  ck_assert_str_eq (joined, expected);
  g_strfreev (strings);
}

START_TEST (document_is_asked_in_file_order)
{
  g_autoptr (LaneDocument) document =
      parse ("# c\n[b]\nk = 1\nl = 2\nk = 3\n\n[ server  a ]\n#k = 0\n");

  assert_strings (lane_document_get_sections (document), "b|server a");
  assert_strings (lane_document_get_keys (document, "b"), "k|l");
  assert_strings (lane_document_get_values (document, "b", "k"), "1|3");
  assert_strings (lane_document_get_values (document, "server a", "k"), "");
  assert_strings (lane_document_get_keys (document, "none"), "");
  ck_assert_uint_eq (lane_document_find_line (document, "b", "l"), 4);
  ck_assert_uint_eq (lane_document_find_line (document, "server a", NULL), 7);
  ck_assert_uint_eq (lane_document_find_line (document, "server a", "k"), 0);
  ck_assert_uint_eq (lane_document_find_line (document, "none", "k"), 0);
}
END_TEST

typedef struct {
  const char *text;
  gboolean secret;
} Secrecy;

static const Secrecy secrecies[] = {
  { "[server a]\npassword = x\n", TRUE },
  { "[server a]\nauth-secret=x\n", TRUE },
  { "[server a]\npassword-b64 = eA==\n", TRUE },
  { "[server a]\n#password = x\n", TRUE },
  { "; password=x", TRUE },
  { "[server a]\npassword =\n", FALSE },
  { "[server a]\n#password =    ; help\n", FALSE },
  { "[server a]\npassword-command = pass show x\n", FALSE },
  { "[server a]\n# the password is x\n", FALSE },
};

START_TEST (document_knows_whether_it_holds_a_secret)
{
  g_autoptr (LaneDocument) document = parse (secrecies[_i].text);

  ck_assert_int_eq (lane_document_holds_secret (document), secrecies[_i].secret);
}
END_TEST

START_TEST (template_is_edited_in_its_places)
{
  g_autofree char *template = lane_config_template ();
  g_autoptr (LaneDocument) document = parse (template);
  g_autofree char *text = NULL;
  const char *server;

  ck_assert (!lane_document_holds_secret (document));
  ck_assert (lane_document_set (document, "ice", "trickle", "off", NULL));
  ck_assert (lane_document_set (document, "server home", "uri", "stun:a", NULL));
  text = text_of (document);
  ck_assert_ptr_nonnull (strstr (text, "found\ntrickle = off\n#keepalive-ms"));
  server = strstr (text, "\n\n[server home]\nuri = stun:a\n\n# A machine to keep a link to.");
  ck_assert_ptr_nonnull (server);
}
END_TEST

typedef struct {
  const char *text, *section, *key, *written;
} Name;

static const Name names[] = {
  { "ice.trickle", "ice", "trickle", "ice.trickle" },
  { "server.home.uri", "server home", "uri", "server.home.uri" },
  { "server a.b.uri", "server a.b", "uri", "server.a.b.uri" },
  { " [server home] . uri ", "server home", "uri", "server.home.uri" },
  { "[ice].x", "ice", "x", "ice.x" },
  { "ice", NULL },
  { ".x", NULL },
  { "ice.", NULL },
  { "", NULL },
  { "[.x", "[", "x", "[.x" },
};

START_TEST (setting_is_named_like_this)
{
  g_autofree char *section = NULL;
  g_autofree char *key = NULL;
  g_autofree char *written = NULL;
  gboolean sound = lane_setting_name_parse (names[_i].text, -1, &section, &key);

  ck_assert_int_eq (sound, names[_i].section != NULL);
  if (!sound)
    return;
  ck_assert_str_eq (section, names[_i].section);
  ck_assert_str_eq (key, names[_i].key);
  written = lane_setting_name_to_string (section, key);
  ck_assert_str_eq (written, names[_i].written);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("document");
  TCase *tcase = tcase_create ("document");

  tcase_add_loop_test (tcase, edit_changes_exactly_this, 0, G_N_ELEMENTS (edits));
  tcase_add_loop_test (tcase, refused_edit_says_why_and_changes_nothing, 0,
                       G_N_ELEMENTS (refusals));
  tcase_add_test (tcase, refused_secret_is_not_quoted);
  tcase_add_test (tcase, comment_that_no_longer_fits_gets_a_line_of_its_own);
  tcase_add_loop_test (tcase, any_text_comes_out_as_it_went_in, 0, G_N_ELEMENTS (texts));
  tcase_add_test (tcase, nul_bytes_come_out_too);
  tcase_add_test (tcase, document_is_asked_in_file_order);
  tcase_add_loop_test (tcase, document_knows_whether_it_holds_a_secret, 0,
                       G_N_ELEMENTS (secrecies));
  tcase_add_test (tcase, template_is_edited_in_its_places);
  tcase_add_loop_test (tcase, setting_is_named_like_this, 0, G_N_ELEMENTS (names));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
