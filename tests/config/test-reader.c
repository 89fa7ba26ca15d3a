#include "suite.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "problem.h"
#include "reader.h"

/* The entries as `line [section] key=value`, then the problems, one a line. */
static char *
read_text (const char *data, gsize length)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GPtrArray) entries = lane_reader_parse (data, length, "f", problems);
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++) {
    const LaneReaderEntry *entry = g_ptr_array_index (entries, i);

    g_string_append_printf (out, "%d [%s]", entry->line, entry->section);
    if (entry->key != NULL)
      g_string_append_printf (out, " %s=%s", entry->key, entry->value);
    g_string_append_c (out, '\n');
  }
  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *text = lane_problem_to_string (g_ptr_array_index (problems, i));

    g_string_append_printf (out, "%s\n", text);
  }
  return g_string_free (out, FALSE);
}

typedef struct {
  const char *text;
  const char *expected;
} Case;

static const Case cases[] = {
  { "", "" },
  { "# c\n; c\n  # c\n\n \t \n", "" },
  { "[ice]", "1 [ice]\n" },
  { "[ice]\ntrickle = on\n", "1 [ice]\n2 [ice] trickle=on\n" },
  { "[ice]\r\ntrickle=on\r\n", "1 [ice]\n2 [ice] trickle=on\n" },
  { "\xef\xbb\xbf[ice]\na = b", "1 [ice]\n2 [ice] a=b\n" },
  { "[ server \t home ]   ; mine\nuri = stun:a ; b\nuri\t=\tstun:c;d\n",
    "1 [server home]\n2 [server home] uri=stun:a\n3 [server home] uri=stun:c;d\n" },
  { "[a]\nk = \nk = ; c\nk=x = y\nk = \"x\"\nk = x # y\n",
    "1 [a]\n2 [a] k=\n3 [a] k=\n4 [a] k=x = y\n5 [a] k=\"x\"\n6 [a] k=x # y\n" },
  { "[a]\n[b]\n\n\n[c]\nk = v\n", "1 [a]\n2 [b]\n5 [c]\n6 [c] k=v\n" },

  { "k = v\n[a]\n", "2 [a]\nf:1: k: stands before the first [section]: move it under one\n" },
  { "[a]\nk = 1\n  k = 2\n\t3\n",
    "1 [a]\n2 [a] k=1\n"
    "f:3: [a] the line starts with a blank: keys and [sections] start at column 1\n"
    "f:4: [a] the line starts with a blank: keys and [sections] start at column 1\n" },
  { "[a]\nhunter2\nk: v\n= v\na b = c\n", "1 [a]\n"
                                          "f:2: [a] expected [section] or key = value\n"
                                          "f:3: [a] expected [section] or key = value\n"
                                          "f:4: [a] expected [section] or key = value\n"
                                          "f:5: [a] expected [section] or key = value\n" },
  { "[a]\nk = 1\n[b]\n[ a ]\nk = 2\n[c]\nk = 3\n",
    "1 [a]\n2 [a] k=1\n3 [b]\n6 [c]\n7 [c] k=3\n"
    "f:4: [a] is here a second time, first on line 1: keep one section with all keys\n" },
  { "[a\nk = 1\n[b]\n", "3 [b]\nf:1: expected ']' after the section's name\n" },
  { "[a] b\nk = 1\n", "f:1: expected nothing but a comment after ']'\n" },
  { "[]\n[ ]\n", "f:1: expected a section's name between '[' and ']'\n"
                 "f:2: expected a section's name between '[' and ']'\n" },
  { "[a ;b]\n[[c]\n", "f:1: expected a section's name without ';', '#' and '['\n"
                      "f:2: expected a section's name without ';', '#' and '['\n" },
  { "[a]\nk = \x1b[2J\nk = \x7f\nk = a\rb\n",
    "1 [a]\n"
    "f:2: [a] the line has the control character 0x1b: remove it\n"
    "f:3: [a] the line has the control character 0x7f: remove it\n"
    "f:4: [a] the line has the control character 0x0d: remove it\n" },
  { "[a]\nk = \xff\n[b\xff]\nk = 1\n", "1 [a]\n"
                                       "f:2: [a] the line is not UTF-8: save the file as UTF-8\n"
                                       "f:3: [a] the line is not UTF-8: save the file as UTF-8\n" },
  { "\xff\xfe[\0a\0]\0", "f: is UTF-16: save it as UTF-8\n" },
};

START_TEST (text_gives_these_entries_and_problems)
{
  g_autofree char *out = read_text (cases[_i].text, strlen (cases[_i].text));

  ck_assert_str_eq (out, cases[_i].expected);
}
END_TEST

START_TEST (nul_byte_is_reported_and_hides_nothing)
{
  static const char text[] = "[a]\nk = 1\0\nl = 2\n";
  g_autofree char *out = read_text (text, sizeof text - 1);

  ck_assert_str_eq (out, "1 [a]\n3 [a] l=2\n"
                         "f:2: [a] the line has the control character 0x00: remove it\n");
}
END_TEST

/* inih would cut the value at 199 bytes and read the rest as the next line. */
START_TEST (line_has_at_most_198_bytes)
{
  g_autofree char *value = g_strnfill (194, 'v');
  g_autofree char *fits = g_strdup_printf ("[a]\r\nk = %s\r\nl = 1\r\n", value);
  g_autofree char *longer = g_strdup_printf ("[a]\nk = %sv\nl = 1\n", value);
  g_autofree char *expected = g_strdup_printf ("1 [a]\n2 [a] k=%s\n3 [a] l=1\n", value);
  g_autofree char *fits_out = read_text (fits, strlen (fits));
  g_autofree char *longer_out = read_text (longer, strlen (longer));

  ck_assert_str_eq (fits_out, expected);
  ck_assert_str_eq (longer_out, "1 [a]\n3 [a] l=1\n"
                                "f:2: [a] the line is 199 bytes long, at most 198 are read\n");
}
END_TEST

START_TEST (comment_may_not_exceed_the_line_either)
{
  g_autofree char *fill = g_strnfill (250, 'k');
  g_autofree char *text = g_strdup_printf ("[a]\n#%s=1\nl = 1\n", fill);
  g_autofree char *out = read_text (text, strlen (text));

  ck_assert_str_eq (out, "1 [a]\n3 [a] l=1\n"
                         "f:2: [a] the line is 253 bytes long, at most 198 are read\n");
}
END_TEST

/* inih would cut the names at 49 bytes and take the rest for the same name. */
START_TEST (names_have_at_most_49_bytes)
{
  g_autofree char *name = g_strnfill (49, 'n');
  g_autofree char *fits = g_strdup_printf ("[%s]\n%s = 1\n", name, name);
  g_autofree char *long_key = g_strdup_printf ("[a]\n%sn = 1\n", name);
  g_autofree char *long_section = g_strdup_printf ("[a]\n[%sn]\nk = 1\n", name);
  g_autofree char *expected = g_strdup_printf ("1 [%s]\n2 [%s] %s=1\n", name, name, name);
  g_autofree char *fits_out = read_text (fits, strlen (fits));
  g_autofree char *key_out = read_text (long_key, strlen (long_key));
  g_autofree char *section_out = read_text (long_section, strlen (long_section));

  ck_assert_str_eq (fits_out, expected);
  ck_assert_str_eq (key_out, "1 [a]\nf:2: [a] the key is 50 bytes long, at most 49 are read\n");
  ck_assert_str_eq (section_out,
                    "1 [a]\nf:2: the section's name is 50 bytes long, at most 49 are read\n");
}
END_TEST

START_TEST (file_of_another_kind_gives_at_most_a_hundred_problems)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GPtrArray) entries = NULL;

  for (guint i = 0; i < 10000; i++)
    g_string_append (text, "x\n");
  entries = lane_reader_parse (text->str, text->len, "f", problems);
  ck_assert_uint_eq (entries->len, 0);
  ck_assert_uint_eq (problems->len, 100);
}
END_TEST

static char *folder;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  ck_assert_int_eq (g_chdir (folder), 0);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", folder);

  ck_assert_int_eq (g_chdir ("/"), 0);
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_clear_pointer (&folder, g_free);
}

static void
assert_unreadable (const char *path, int code, const char *message)
{
  g_autoptr (GError) error = NULL;
  mode_t mode = 0;

  ck_assert_ptr_null (lane_reader_read_file (path, &mode, &error));
  ck_assert_str_eq (error->message, message);
  ck_assert (g_error_matches (error, G_IO_ERROR, code));
}

START_TEST (file_is_read_through_a_link_with_its_mode)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  mode_t mode = 0;

  ck_assert (g_file_set_contents ("real", "[a]\n", -1, NULL));
  ck_assert_int_eq (g_chmod ("real", 0640), 0);
  ck_assert_int_eq (symlink ("real", "link"), 0);
  bytes = lane_reader_read_file ("link", &mode, &error);
  ck_assert_ptr_nonnull (bytes);
  ck_assert_uint_eq (g_bytes_get_size (bytes), 4);
  ck_assert_uint_eq (mode & 07777, 0640);
}
END_TEST

START_TEST (what_is_no_file_is_refused)
{
  ck_assert_int_eq (symlink ("loop", "loop"), 0);
  ck_assert_int_eq (mkfifo ("pipe", 0600), 0);
  assert_unreadable (".", G_IO_ERROR_IS_DIRECTORY, "is a directory, not a file");
  assert_unreadable ("pipe", G_IO_ERROR_NOT_REGULAR_FILE, "is not a regular file");
  assert_unreadable ("none", G_IO_ERROR_NOT_FOUND, "cannot be read: No such file or directory");
  assert_unreadable ("loop", G_IO_ERROR_TOO_MANY_LINKS,
                     "cannot be read: Too many levels of symbolic links");
  assert_unreadable ("/dev/zero", G_IO_ERROR_NO_SPACE,
                     "is larger than 1 MiB: this is no settings file");
}
END_TEST

START_TEST (file_may_have_one_mebibyte)
{
  g_autofree char *data = g_strnfill (LANE_READER_FILE_MAX + 1, '#');
  g_autoptr (GBytes) bytes = NULL;
  mode_t mode = 0;

  ck_assert (g_file_set_contents ("fits", data, LANE_READER_FILE_MAX, NULL));
  ck_assert (g_file_set_contents ("large", data, LANE_READER_FILE_MAX + 1, NULL));
  bytes = lane_reader_read_file ("fits", &mode, NULL);
  ck_assert_ptr_nonnull (bytes);
  assert_unreadable ("large", G_IO_ERROR_NO_SPACE,
                     "is larger than 1 MiB: this is no settings file");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("reader");
  TCase *lines = tcase_create ("lines");
  TCase *files = tcase_create ("files");

  tcase_add_loop_test (lines, text_gives_these_entries_and_problems, 0, G_N_ELEMENTS (cases));
  tcase_add_test (lines, nul_byte_is_reported_and_hides_nothing);
  tcase_add_test (lines, line_has_at_most_198_bytes);
  tcase_add_test (lines, comment_may_not_exceed_the_line_either);
  tcase_add_test (lines, names_have_at_most_49_bytes);
  tcase_add_test (lines, file_of_another_kind_gives_at_most_a_hundred_problems);
  suite_add_tcase (suite, lines);
  tcase_add_checked_fixture (files, set_up, tear_down);
  tcase_add_test (files, file_is_read_through_a_link_with_its_mode);
  tcase_add_test (files, what_is_no_file_is_refused);
  tcase_add_test (files, file_may_have_one_mebibyte);
  suite_add_tcase (suite, files);
  return lane_suite_run (suite);
}
