/* Theme files: what they mean, what is wrong with them, and where they are found. */
#include "suite.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "problem.h"
#include "theme/theme.h"
#include "theme/vision.h"

static char *folder;
static LaneShelf *shelf;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("icelane-themes-XXXXXX", NULL);
  shelf = lane_shelf_new (folder, NULL);
}

static void
tear_down (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (folder);
  lane_shelf_free (shelf);
  g_free (folder);
}

static void
put_file (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  ck_assert (g_file_set_contents (path, text, -1, NULL));
}

static GPtrArray *
problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

/* All of them, one a line. */
static char *
join (const GPtrArray *problems)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *line = lane_problem_to_string (g_ptr_array_index (problems, i));

    g_string_append_printf (text, "%s\n", line);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static LaneTheme *
parse (const char *text, GPtrArray *problems)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return lane_theme_parse (shelf, "mine", "mine.ini", bytes, problems);
}

static LaneTheme *
parse_sound (const char *text)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  LaneTheme *theme = parse (text, problems);
  g_autofree char *said = join (problems);

  ck_assert_str_eq (said, "");
  return theme;
}

static char *
style_to_string (const LaneStyle *style)
{
  g_autofree char *fg = lane_hue_to_string (&style->fg);
  g_autofree char *bg = lane_hue_to_string (&style->bg);
  g_autofree char *attrs = lane_attrs_to_string (style->attrs);

  return g_strdup_printf ("%s %s%s%s", fg, bg, attrs[0] != '\0' ? " " : "", attrs);
}

static void
assert_style (const LaneTheme *theme, LaneRole role, const char *expected)
{
  g_autofree char *style = style_to_string (&theme->styles[role]);

  ck_assert_str_eq (style, expected);
}

/* Each colour for terminals of any depth. */
static const struct {
  const char *word;
  int direct, n256, n16, n8;
} hues[] = {
  { "-", -1, -1, -1, -1 },
  { "#56b4e9", 0x56b4e9, 74, 12, 4 },
  { "#d55e00", 0xd55e00, 166, 1, 1 },
  { "#ffffff", 0xffffff, 231, 15, 7 },
  { "#000000", 0, 16, 0, 0 },
  { "#000007", 0, 16, 0, 0 },
  { "246", 0x949494, 246, 8, 7 },
  { "red", 0xcd0000, 1, 1, 1 },
  { "Bright-Blue", 0x5c5cff, 12, 12, 4 },
  { "grey", 0x7f7f7f, 8, 8, 7 },
  { "0", 0, 0, 0, 0 },
  { "255", 0xeeeeee, 255, 7, 7 },
};

START_TEST (a_colour_fits_every_depth)
{
  LaneHue hue;

  ck_assert (lane_hue_parse (hues[_i].word, &hue));
  ck_assert_int_eq (lane_hue_to_number (&hue, 0x1000000, TRUE), hues[_i].direct);
  ck_assert_int_eq (lane_hue_to_number (&hue, 256, FALSE), hues[_i].n256);
  ck_assert_int_eq (lane_hue_to_number (&hue, 16, FALSE), hues[_i].n16);
  ck_assert_int_eq (lane_hue_to_number (&hue, 8, FALSE), hues[_i].n8);
}
END_TEST

START_TEST (no_colour_is_told_from_a_colour)
{
  static const char *const words[] = { "",         "256",     "-1",      "#56b4e",
                                       "#56b4e99", "#56b4eg", "skyblue", "bright red",
                                       "0x10",     "+5",      "--",      "#+12345" };
  LaneHue hue;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    ck_assert_msg (!lane_hue_parse (words[i], &hue), "%s", words[i]);
}
END_TEST

static const struct {
  const char *text;
  LaneRole role;
  const char *style;
} values[] = {
  { "[roles]\npath.relay = 178 - bold\n", LANE_ROLE_PATH_RELAY, "178 - bold" },
  { "[roles]\npath.relay = #ffc83d #000000 bold underline\n", LANE_ROLE_PATH_RELAY,
    "#ffc83d 16 bold underline" },
  { "[roles]\npath.relay = yellow\n", LANE_ROLE_PATH_RELAY, "yellow -" },
  { "[roles]\npath.relay =  \t 1\t-   DIM  reverse ; warm\n", LANE_ROLE_PATH_RELAY,
    "red - reverse dim" },
  { "[roles]\npath.relay = amber amber\n[colors]\namber = #e69f00 178 yellow\n",
    LANE_ROLE_PATH_RELAY, "#e69f00 #e69f00" },
  { "[roles]\npath = 33 - dim\npath.idle = 44\n", LANE_ROLE_PATH_RELAY, "33 - dim" },
  { "[roles]\npath = 33 - dim\npath.idle = 44\n", LANE_ROLE_PATH_IDLE, "44 -" },
  { "[roles]\ninput = 33 - bold\n", LANE_ROLE_INPUT_ERROR, "33 - bold" },
  { "[roles]\ndefault = 33 44\n", LANE_ROLE_NOTICE, "33 44" },
  { "", LANE_ROLE_NOTICE, "- -" },
};

START_TEST (a_role_looks_as_its_line_says)
{
  g_autoptr (LaneTheme) theme = parse_sound (values[_i].text);

  assert_style (theme, values[_i].role, values[_i].style);
}
END_TEST

START_TEST (colours_have_values_of_their_own_for_256_and_16)
{
  g_autoptr (LaneTheme) theme =
      parse_sound ("[colors]\nsky = #56b4e9 75 bright-cyan\n[roles]\ngraph = sky\n");
  const LaneHue *hue = &theme->styles[LANE_ROLE_GRAPH].fg;

  ck_assert_int_eq (lane_hue_to_number (hue, 0x1000000, TRUE), 0x56b4e9);
  ck_assert_int_eq (lane_hue_to_number (hue, 256, FALSE), 75);
  ck_assert_int_eq (lane_hue_to_number (hue, 16, FALSE), 14);
  ck_assert_int_eq (lane_hue_to_number (hue, 8, FALSE), 6);
}
END_TEST

static const struct {
  const char *text;
  const char *problem;
} mistakes[] = {
  { "[roles]\npath.rely = 1\n",
    "mine.ini:2: [roles] path.rely: there is no such role (did you mean path.relay?)\n" },
  { "[roles]\nkey = ambr\n[colors]\namber = 178\n",
    "mine.ini:2: [roles] key: 'ambr' is no colour (did you mean amber?): expected a name from "
    "[colors], 0-255, #rrggbb, an ANSI word or -\n" },
  { "[roles]\nkey = 256\n", "mine.ini:2: [roles] key: '256' is no colour: expected a name from "
                            "[colors], 0-255, #rrggbb, an ANSI word or -\n" },
  { "[roles]\nkey = bold\n",
    "mine.ini:2: [roles] key: 'bold' stands where the foreground belongs: write FOREGROUND "
    "BACKGROUND ATTRIBUTES, with - for the terminal's own colour\n" },
  { "[roles]\nkey = - - blod\n", "mine.ini:2: [roles] key: 'blod' is no attribute (did you mean "
                                 "bold?): expected bold, underline, reverse or dim\n" },
  { "[roles]\nkey =\n", "mine.ini:2: [roles] key: expected FOREGROUND BACKGROUND ATTRIBUTES, as in "
                        "amber - bold\n" },
  { "[roles]\nkey = 1\nkey = 2\n",
    "mine.ini:3: [roles] key: is here a second time, first on line 2: keep one\n" },
  { "[colors]\nred = 178\n",
    "mine.ini:2: [colors] red: is what the terminal calls a colour: choose "
    "another name\n" },
  { "[colors]\n12 = 178\n", "mine.ini:2: [colors] 12: is what the terminal calls a colour: choose "
                            "another name\n" },
  { "[colors]\nsky = blue!\n", "mine.ini:2: [colors] sky: expected #rrggbb, 0-255 or an ANSI word "
                               "such as cyan first\n" },
  { "[colors]\nsky = #56b4e9 cyan\n", "mine.ini:2: [colors] sky: expected 0-255 second, for "
                                      "terminals of 256 colours\n" },
  { "[colors]\nsky = #56b4e9 74 75\n",
    "mine.ini:2: [colors] sky: expected an ANSI word such as cyan third, for terminals of 16 "
    "colours\n" },
  { "[colors]\nsky = 1 2 3 4\n",
    "mine.ini:2: [colors] sky: expected up to three colours, as in #56b4e9 74 cyan\n" },
  { "[theme]\nbackground = black\n",
    "mine.ini:2: [theme] background: expected dark, light or any\n" },
  { "[theme]\ninherit = neutral\n",
    "mine.ini:2: [theme] inherit: is not known here (did you mean inherits?)\n" },
  { "[theme]\ninherits = nutral\n",
    "mine.ini:2: [theme] inherits: there is no theme 'nutral' (did you mean neutral?), or this "
    "would go in a circle\n" },
  { "[theme]\ninherits = ../secret\n",
    "mine.ini:2: [theme] inherits: '../secret' is a path: name a theme\n" },
  { "[role]\nkey = 1\n", "mine.ini:1: [role] is not known here (did you mean roles?)\n" },
  { "key = 1\n", "mine.ini:1: key: stands before the first [section]: move it under one\n" },
};

START_TEST (a_mistake_is_told_with_its_line_and_cure)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = parse (mistakes[_i].text, problems);
  g_autofree char *said = join (problems);

  ck_assert_str_eq (said, mistakes[_i].problem);
  ck_assert_ptr_nonnull (theme);
}
END_TEST

START_TEST (what_is_sound_beside_a_mistake_counts)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = parse ("[roles]\nkey = nope 33 bold blink\n", problems);

  ck_assert_uint_eq (problems->len, 2);
  assert_style (theme, LANE_ROLE_KEY, "- 33 bold");
}
END_TEST

START_TEST (inherited_roles_take_the_colours_named_anew)
{
  g_autoptr (LaneTheme) theme =
      parse_sound ("[theme]\ninherits = harbour\n[colors]\namber = 100\n[roles]\nkey = 33\n");

  assert_style (theme, LANE_ROLE_KEY, "33 -");
  assert_style (theme, LANE_ROLE_RTT_WARN, "100 -");
  assert_style (theme, LANE_ROLE_PATH_RELAY, "100 - bold");
  assert_style (theme, LANE_ROLE_RTT_GOOD, "#56b4e9 -");
  ck_assert_int_eq (theme->background, LANE_BACKGROUND_DARK);
  ck_assert_str_eq (theme->title, "Harbour");
  ck_assert_str_eq (theme->sources[LANE_ROLE_KEY].place, "mine.ini");
  ck_assert_str_eq (theme->sources[LANE_ROLE_RTT_WARN].place, "built-in harbour.ini");
}
END_TEST

START_TEST (a_users_neutral_may_inherit_ours)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = NULL;

  put_file ("neutral.ini", "[theme]\ninherits = neutral\n[roles]\nkey = 33\n");
  theme = lane_theme_load (shelf, "neutral", problems, NULL);
  ck_assert_uint_eq (problems->len, 0);
  assert_style (theme, LANE_ROLE_KEY, "33 -");
  assert_style (theme, LANE_ROLE_PATH_FAILED, "166 - bold reverse");
}
END_TEST

START_TEST (circles_of_inheriting_end)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = NULL;
  g_autofree char *said = NULL;

  put_file ("one.ini", "[theme]\ninherits = two\n[roles]\nkey = 33\n");
  put_file ("two.ini", "[theme]\ninherits = one\n");
  theme = lane_theme_load (shelf, "one", problems, NULL);
  said = join (problems);
  ck_assert_uint_eq (problems->len, 1);
  ck_assert_msg (strstr (said, "two.ini:2: [theme] inherits: ") != NULL, "%s", said);
  ck_assert_msg (strstr (said, "in a circle") != NULL, "%s", said);
  assert_style (theme, LANE_ROLE_KEY, "33 -");
}
END_TEST

START_TEST (inheriting_has_a_depth)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = NULL;
  g_autofree char *said = NULL;

  for (guint i = 0; i < 20; i++) {
    g_autofree char *name = g_strdup_printf ("t%u.ini", i);
    g_autofree char *text = g_strdup_printf ("[theme]\ninherits = t%u\n", i + 1);

    put_file (name, text);
  }
  theme = lane_theme_load (shelf, "t0", problems, NULL);
  said = join (problems);
  ck_assert_uint_eq (problems->len, 1);
  ck_assert_msg (strstr (said, "t7.ini:2: [theme] inherits: more than 8 themes") != NULL, "%s",
                 said);
}
END_TEST

START_TEST (the_users_theme_comes_before_ours)
{
  g_autoptr (GPtrArray) items = NULL;
  g_autoptr (GString) list = g_string_new (NULL);

  put_file ("harbour.ini", "");
  put_file ("zebra.ini", "");
  put_file ("amber.ini", "");
  put_file (".hidden.ini", "");
  put_file ("bad name.ini", "");
  put_file ("readme.txt", "");
  items = lane_shelf_list (shelf);
  for (guint i = 0; i < items->len; i++) {
    const LaneShelfItem *item = g_ptr_array_index (items, i);

    g_string_append_printf (list, "%s %s;", item->name, lane_shelf_origin_to_string (item->origin));
  }
  ck_assert_str_eq (list->str, "neutral built-in;harbour user;paper built-in;contrast built-in;"
                               "mono built-in;amber user;zebra user;");
}
END_TEST

START_TEST (a_theme_that_is_not_there_is_told)
{
  static const struct {
    const char *id, *message;
  } missing[] = {
    { "harbor", "there is no theme 'harbor' (did you mean harbour?)" },
    { "harbour.in", "there is no theme 'harbour.in' (did you mean harbour?)" },
    { "..", "there is no theme '..'" },
    { "", "there is no theme ''" },
    { "/nowhere/x.ini", "there is no file '/nowhere/x.ini'" },
    { "a\033[31m", "there is no theme 'a\\x1b[31m'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (missing); i++) {
    g_autoptr (GPtrArray) problems = problems_new ();
    g_autoptr (GError) error = NULL;

    ck_assert_ptr_null (lane_theme_load (shelf, missing[i].id, problems, &error));
    ck_assert (g_error_matches (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_MISSING));
    ck_assert_str_eq (error->message, missing[i].message);
  }
}
END_TEST

START_TEST (what_is_no_theme_file_is_refused)
{
  g_autofree char *big = g_strnfill (70000, '#');
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (GError) error = NULL;

  put_file ("big.ini", big);
  ck_assert_ptr_null (lane_theme_load (shelf, "big", problems, &error));
  ck_assert (g_error_matches (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_UNREADABLE));
  ck_assert_msg (strstr (error->message, "larger than 64 KiB") != NULL, "%s", error->message);
  g_clear_error (&error);
  ck_assert_ptr_null (lane_theme_load (shelf, "/dev", problems, &error));
  ck_assert (g_error_matches (error, LANE_SHELF_ERROR, LANE_SHELF_ERROR_UNREADABLE));
}
END_TEST

START_TEST (an_overlay_adds_attributes_and_wins_with_its_colours)
{
  g_autoptr (LaneTheme) theme =
      parse_sound ("[roles]\nkey = 33 44 bold\nselected = 55 - reverse\nmarked = - - dim\n");
  LaneStyle style = lane_theme_get_style (theme, LANE_ROLE_KEY, LANE_ROLE_SELECTED);
  g_autofree char *selected = style_to_string (&style);
  g_autofree char *plain = NULL;

  ck_assert_str_eq (selected, "55 44 bold reverse");
  style = lane_theme_get_style (theme, LANE_ROLE_KEY, LANE_ROLE_DEFAULT);
  plain = style_to_string (&style);
  ck_assert_str_eq (plain, "33 44 bold");
}
END_TEST

START_TEST (contrast_is_that_of_wcag)
{
  ck_assert_double_eq_tol (lane_vision_contrast (0x000000, 0xffffff), 21, 0.01);
  ck_assert_double_eq_tol (lane_vision_contrast (0x767676, 0xffffff), 4.54, 0.01);
  ck_assert_double_eq_tol (lane_vision_contrast (0xd55e00, 0xffffff), 3.86, 0.05);
  ck_assert_double_eq_tol (lane_vision_contrast (0x123456, 0x123456), 1, 0.0001);
}
END_TEST

START_TEST (red_and_green_are_near_each_other_and_blue_is_not)
{
  double red_green = lane_vision_red_green_distance (0xcd5c00, 0x8a8a00);
  double blue_orange = lane_vision_red_green_distance (0x56b4e9, 0xe69f00);

  ck_assert_double_lt (red_green, 20);
  ck_assert_double_gt (blue_orange, 40);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("theme");
  TCase *tests = tcase_create ("theme");

  tcase_add_checked_fixture (tests, set_up, tear_down);
  tcase_add_loop_test (tests, a_colour_fits_every_depth, 0, G_N_ELEMENTS (hues));
  tcase_add_test (tests, no_colour_is_told_from_a_colour);
  tcase_add_loop_test (tests, a_role_looks_as_its_line_says, 0, G_N_ELEMENTS (values));
  tcase_add_test (tests, colours_have_values_of_their_own_for_256_and_16);
  tcase_add_loop_test (tests, a_mistake_is_told_with_its_line_and_cure, 0, G_N_ELEMENTS (mistakes));
  tcase_add_test (tests, what_is_sound_beside_a_mistake_counts);
  tcase_add_test (tests, inherited_roles_take_the_colours_named_anew);
  tcase_add_test (tests, a_users_neutral_may_inherit_ours);
  tcase_add_test (tests, circles_of_inheriting_end);
  tcase_add_test (tests, inheriting_has_a_depth);
  tcase_add_test (tests, the_users_theme_comes_before_ours);
  tcase_add_test (tests, a_theme_that_is_not_there_is_told);
  tcase_add_test (tests, what_is_no_theme_file_is_refused);
  tcase_add_test (tests, an_overlay_adds_attributes_and_wins_with_its_colours);
  tcase_add_test (tests, contrast_is_that_of_wcag);
  tcase_add_test (tests, red_and_green_are_near_each_other_and_blue_is_not);
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
