/* Edits of both sides brought together, and what differs shown. */
#include "suite.h"

#include <string.h>

#include "diff.h"
#include "merge.h"

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

typedef struct {
  const char *base, *ours, *theirs;
  const char *merged;    /* what clashes is theirs */
  const char *conflicts; /* one a line */
  const char *preferred; /* what clashes is ours; NULL: as merged */
} Case;

#define A "[server a]\nuri = stun:a\n"
#define B "[server b]\nuri = stun:b\n"
#define C "[server c]\nuri = stun:c\n"

static const Case cases[] = {
  /* Only one side changed something. */
  { "[ice]\ntrickle = on\n", "[ice]\ntrickle = off\n", "[ice]\ntrickle = on\n",
    "[ice]\ntrickle = off\n", "" },
  { "[ice]\ntrickle = on\n", "[ice]\ntrickle = on\n", "# c\n[ice]\ntrickle = off\n",
    "# c\n[ice]\ntrickle = off\n", "" },
  { "", A, "", A, "" },
  { A "\n" B, B, A "\n" B, B, "" },
  { A "\n" B, A "\n" B, B, B, "" },

  /* Both did, in different places. */
  { "[ice]\na = 1\nb = 2\n", "[ice]\na = 1\nb = 3\n", "[ice]\n; why\na = 0 ; c\nb = 2 ; d\n",
    "[ice]\n; why\na = 0 ; c\nb = 3 ; d\n", "" },
  { A, A "\n" B, A "\n" C, A "\n" C "\n" B, "" },
  { A "\n" B, A "\n[server b]\nuri = stun:x\n", B, "[server b]\nuri = stun:x\n", "" },
  { A "\n" B "\n" C, C "\n" A "\n" B, A "\n" B "x = 1\n\n" C, C "\n" A "\n" B "x = 1\n", "" },
  { A "\n" B, A "\n" C "\n" B, A "\n" B "\n[log]\n", A "\n" C "\n" B "\n[log]\n", "" },
  { "[s]\nuri = 1\nuri = 2\n", "[s]\nuri = 2\nuri = 1\nuri = 3\n", "[s]\nuri = 1 ; c\nuri = 2\n",
    "[s]\nuri = 2\nuri = 1 ; c\nuri = 3\n", "" },
  { "[s]\nk = 1\n", "[s]\n", "[s]\nk = 1\nl = 2\n", "[s]\nl = 2\n", "" },

  /* Both did the same. */
  { "[s]\nk = 1\n", "[s]\nk = 2\n", "[s]\nk=2\n", "[s]\nk=2\n", "" },
  { A "\n" B, B, B, B, "" },
  { "", A, A "x = 1\n", A "x = 1\n", "" },
  { A "\n" B, B "\n" A, B "\n" A, B "\n" A, "" },

  /* What clashes. */
  { "[s]\nk = 1\n", "[s]\nk = 2\n", "[s]\nk = 3 ; c\n", "[s]\nk = 3 ; c\n",
    "[s] k: '2' here, '3' in the file\n", "[s]\nk = 2 ; c\n" },
  { "[s]\nk = 1\n", "[s]\n", "[s]\nk = 3\n", "[s]\nk = 3\n",
    "[s] k: not set here, '3' in the file\n", "[s]\n" },
  { "", "[s]\nk = 1\nk = 2\n", "[s]\nk = 2\n", "[s]\nk = 2\n",
    "[s] k: '1 2' here, '2' in the file\n", "[s]\nk = 1\nk = 2\n" },
  { A "\n" B, B, "[server a]\nuri = stun:x\n\n" B, "[server a]\nuri = stun:x\n\n" B,
    "[server a]: removed here, changed in the file\n", B },
  { A "\n" B, "[server a]\nuri = stun:x\n\n" B, B, B,
    "[server a]: changed here, removed in the file\n", "[server a]\nuri = stun:x\n\n" B },
  { A "\n" B "\n" C, C "\n" B "\n" A, B "\n" A "\n" C, B "\n" A "\n" C,
    "order of sections: 'server c, server b, server a' here, "
    "'server b, server a, server c' in the file\n",
    C "\n" B "\n" A },
  { "[server a]\npassword = one\n", "[server a]\npassword = two\n",
    "[server a]\npassword = three\n", "[server a]\npassword = three\n",
    "[server a] password: another secret here, another secret in the file\n",
    "[server a]\npassword = two\n" },
};

static void
assert_merge (const Case *c, gboolean prefer_ours, const char *expected)
{
  g_autoptr (LaneDocument) base = parse (c->base);
  g_autoptr (LaneDocument) ours = parse (c->ours);
  g_autoptr (LaneDocument) theirs = parse (c->theirs);
  g_autoptr (GPtrArray) conflicts =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_conflict_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneDocument) merged = lane_merge (base, ours, theirs, prefer_ours, conflicts, &error);
  g_autoptr (GString) said = g_string_new (NULL);
  g_autofree char *text = NULL;

  ck_assert_msg (merged != NULL, "%s", error != NULL ? error->message : "");
  text = text_of (merged);
  ck_assert_str_eq (text, expected);
  for (guint i = 0; i < conflicts->len; i++) {
    g_autofree char *line = lane_conflict_to_string (g_ptr_array_index (conflicts, i));

    g_string_append_printf (said, "%s\n", line);
  }
  ck_assert_str_eq (said->str, c->conflicts);
}

START_TEST (edits_of_both_sides_are_merged)
{
  const Case *c = &cases[_i];

  assert_merge (c, FALSE, c->merged);
  assert_merge (c, TRUE, c->preferred != NULL ? c->preferred : c->merged);
}
END_TEST

START_TEST (broken_document_is_not_merged)
{
  g_autoptr (LaneDocument) broken = parse ("[s]\nhunter2\n");
  g_autoptr (LaneDocument) sound = parse ("[s]\n");
  g_autoptr (GPtrArray) conflicts = g_ptr_array_new ();

  ck_assert_ptr_null (lane_merge (broken, sound, sound, FALSE, conflicts, NULL));
  ck_assert_ptr_null (lane_merge (sound, broken, sound, FALSE, conflicts, NULL));
  ck_assert_ptr_null (lane_merge (sound, sound, broken, FALSE, conflicts, NULL));
}
END_TEST

static char *
show_diff (const char *old, const char *new, guint around)
{
  g_autoptr (LaneDocument) old_document = parse (old);
  g_autoptr (LaneDocument) new_document = parse (new);
  g_autoptr (GPtrArray) lines = lane_diff (old_document, new_document, around);
  GString *shown = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++) {
    const LaneDiffLine *line = g_ptr_array_index (lines, i);

    g_string_append_printf (shown, "%u/%u%c%s\n", line->old_line, line->new_line, line->sign,
                            line->text);
  }
  return g_string_free (shown, FALSE);
}

typedef struct {
  const char *old, *new;
  guint around;
  const char *shown;
} Difference;

static const Difference differences[] = {
  { "", "", 3, "" },
  { "[a]\nk = 1\n", "[a]\r\nk = 1", 3, "" },
  { "", "[a]\nk = 1\n", 3, "0/1+[a]\n0/2+k = 1\n" },
  { "[a]\nk = 1\n", "", 3, "1/0-[a]\n2/0-k = 1\n" },
  { "1\n2\n3\n4\n5\n", "1\n2\n#\n4\n5\n", 0, "3/0-(a line that cannot be read)\n0/3+#\n" },
  { "#1\n#2\n#3\n#4\n#5\n", "#1\n#2\n#x\n#4\n#5\n", 1, "2/2 #2\n3/0-#3\n0/3+#x\n4/4 #4\n" },
  { "#1\n#2\n#3\n#4\n#5\n", "#0\n#1\n#2\n#3\n#4\n#6\n", 1,
    "0/1+#0\n1/2 #1\n4/5 #4\n5/0-#5\n0/6+#6\n" },
  { "#1\n#2\n#3\n", "#3\n#1\n#2\n", 9, "0/1+#3\n1/2 #1\n2/3 #2\n3/0-#3\n" },
  { "[s]\npassword = one ; c\n#auth-secret = two\n", "[s]\npassword = three\n", 9,
    "1/1 [s]\n2/0-password = (secret)\n3/0-#auth-secret = (secret)\n0/2+password = (secret)\n" },
  { "hunter2\n", "[s]\npassword =  ; none\n", 9,
    "1/0-(a line that cannot be read)\n0/1+[s]\n0/2+password =  ; none\n" },
};

START_TEST (difference_is_shown_without_secrets)
{
  const Difference *difference = &differences[_i];
  g_autofree char *shown = show_diff (difference->old, difference->new, difference->around);

  ck_assert_str_eq (shown, difference->shown);
}
END_TEST

START_TEST (difference_of_large_texts_is_all_of_both)
{
  g_autoptr (GString) old = g_string_new ("#first\n");
  g_autoptr (GString) new = g_string_new ("#first\n");
  g_autofree char *shown = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < 3000; i++) {
    g_string_append_printf (old, "#%u\n", i);
    g_string_append_printf (new, "#%u\n", 3000 - i);
  }
  shown = show_diff (old->str, new->str, 0);
  lines = g_strsplit (shown, "\n", -1);
  ck_assert_uint_eq (g_strv_length (lines), 6001);
  ck_assert_str_eq (lines[0], "2/0-#0");
  ck_assert_str_eq (lines[5999], "0/3001+#1");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("merge");
  TCase *tcase = tcase_create ("merge");

  tcase_set_timeout (tcase, 30);
  tcase_add_loop_test (tcase, edits_of_both_sides_are_merged, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, broken_document_is_not_merged);
  tcase_add_loop_test (tcase, difference_is_shown_without_secrets, 0, G_N_ELEMENTS (differences));
  tcase_add_test (tcase, difference_of_large_texts_is_all_of_both);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
