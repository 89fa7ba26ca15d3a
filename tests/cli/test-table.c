#include "suite.h"

#include "table.h"

START_TEST (columns_are_aligned_by_what_a_terminal_shows)
{
  g_autoptr (LaneTable) table = lane_table_new (3);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("PEER"), g_strdup ("RTT"), g_strdup ("ERROR"));
  lane_table_add (table, g_strdup ("日本"), g_strdup ("1 ms"), g_strdup (""));
  lane_table_add (table, g_strdup ("é"), g_strdup ("no data"), g_strdup ("refused"));
  text = lane_table_to_string (table);
  ck_assert_str_eq (text, "PEER  RTT      ERROR\n"
                          "日本  1 ms\n"
                          "é     no data  refused\n");
}
END_TEST

START_TEST (a_cell_cannot_write_outside_itself)
{
  g_autoptr (LaneTable) table = lane_table_new (1);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("a\n\033[2Jb"));
  text = lane_table_to_string (table);
  ck_assert_str_eq (text, "a␊␛[2Jb\n");
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("table");
  TCase *tcase = tcase_create ("table");

  tcase_add_test (tcase, columns_are_aligned_by_what_a_terminal_shows);
  tcase_add_test (tcase, a_cell_cannot_write_outside_itself);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
