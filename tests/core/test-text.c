#include "suite.h"

#include <string.h>

#include "text.h"

typedef struct {
  const char *in;
  gssize length;
  const char *out;
} Case;

static const Case cases[] = {
  { "plain", -1, "plain" },
  { "Zürich 日本", -1, "Zürich 日本" },
  { "a\033[31mb", -1, "a␛[31mb" },
  { "a\r\n\t\bb", -1, "a␍␊␉␈b" },
  { "a\0b", 3, "a␀b" },
  { "a\177b", -1, "a␡b" },
  { "a\xc2\x9b"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* C1 CSI */
  { "a\xe2\x80\xae"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* U+202E */
  { "a\xe2\x81\xa6"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* U+2066 */
  { "a\xe2\x80\x8b"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* zero-width space */
  { "a\xe2\x80\xa8"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* line separator */
  { "a\xee\x80\x80"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* private use */
  { "a\xf3\xa0\x81\x81"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* a tag character */
  { "a\xef\xb8\x8f"
    "b",
    -1,
    "a\xef\xbf\xbd"
    "b" }, /* variation selector */
  { "a\xed\xa0\x80"
    "b",
    -1,
    "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
    "b" }, /* surrogate */
  { "a\xff", -1, "a\xef\xbf\xbd" },
  { "a\xe2\x82", -1, "a\xef\xbf\xbd\xef\xbf\xbd" },
  { "\xc0\xaf", -1, "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
  { "e\xcc\x81", -1, "e\xcc\x81" },
  { "e\xcc\x81\xcc\x81\xcc\x81", -1, "e\xcc\x81\xcc\x81\xef\xbf\xbd" },
  { "\xcc\x81"
    "e",
    -1,
    "\xef\xbf\xbd"
    "e" }, /* would sit on the text before it */
};

START_TEST (dangerous_characters_become_visible)
{
  g_autofree char *out = lane_text_clean (cases[_i].in, cases[_i].length, 1000);

  ck_assert_str_eq (out, cases[_i].out);
}
END_TEST

START_TEST (nothing_gives_an_empty_string)
{
  g_autofree char *out = lane_text_clean (NULL, -1, 1000);
  g_autofree char *name = lane_text_clean_name (NULL);

  ck_assert_str_eq (out, "");
  ck_assert_str_eq (name, "");
}
END_TEST

START_TEST (a_long_text_is_cut_at_a_character_with_an_ellipsis)
{
  g_autofree char *fits = lane_text_clean ("abcdef", -1, 6);
  g_autofree char *cut = lane_text_clean ("abcdefg", -1, 6);
  g_autofree char *wide = lane_text_clean ("äääääää", -1, 8);

  ck_assert_str_eq (fits, "abcdef");
  ck_assert_str_eq (cut, "abc…");
  ck_assert_str_eq (wide, "ää…");
}
END_TEST

START_TEST (a_name_is_cut_by_columns)
{
  g_autofree char *fits = lane_text_clean_name ("12345678901234567890123456789012");
  g_autofree char *cut = lane_text_clean_name ("123456789012345678901234567890123");
  g_autofree char *wide = lane_text_clean_name ("一二三四五六七八九十一二三四五六七");

  ck_assert_str_eq (fits, "12345678901234567890123456789012");
  ck_assert_str_eq (cut, "1234567890123456789012345678901…");
  ck_assert_str_eq (wide, "一二三四五六七八九十一二三四五…");
}
END_TEST

/* Any bytes: valid, bounded, and the same when cleaned again. */
START_TEST (cleaning_is_total_and_idempotent)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20260101);
  static const char *const pieces[] = {
    "a",    "\033", "\xcc\x81",     "\xe2\x80\xae", "日",          "\xf0\x9f",
    "\xff", "…",    "\xef\xbf\xbd", "\xe1\x85\xa0", "\xe1\x85\xa1"
  };

  for (guint round = 0; round < 20000; round++) {
    g_autoptr (GString) in = g_string_new (NULL);
    g_autofree char *once = NULL, *twice = NULL, *name = NULL, *name_twice = NULL;
    gsize max_bytes = (gsize)g_rand_int_range (random, 4, 60);

    for (gint i = g_rand_int_range (random, 0, 40); i > 0; i--) {
      if (g_rand_boolean (random))
        g_string_append (in, pieces[g_rand_int_range (random, 0, G_N_ELEMENTS (pieces))]);
      else
        g_string_append_c (in, (char)g_rand_int_range (random, 0, 256));
    }

    once = lane_text_clean (in->str, (gssize)in->len, max_bytes);
    twice = lane_text_clean (once, -1, max_bytes);
    ck_assert (g_utf8_validate (once, -1, NULL));
    ck_assert_uint_le (strlen (once), max_bytes);
    ck_assert_str_eq (once, twice);

    name = lane_text_clean_name (in->str);
    name_twice = lane_text_clean_name (name);
    ck_assert_str_eq (name, name_twice);
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("text");
  TCase *tcase = tcase_create ("text");

  tcase_add_loop_test (tcase, dangerous_characters_become_visible, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, nothing_gives_an_empty_string);
  tcase_add_test (tcase, a_long_text_is_cut_at_a_character_with_an_ellipsis);
  tcase_add_test (tcase, a_name_is_cut_by_columns);
  tcase_add_test (tcase, cleaning_is_total_and_idempotent);
  tcase_set_timeout (tcase, 60);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
