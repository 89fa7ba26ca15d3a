/* Everyone can read the themes we ship, and `themes check` finds those that not everyone can. */
#include "suite.h"

#include <string.h>

#include "problem.h"
#include "theme/legibility.h"
#include "theme/vision.h"

static const char *const shipped[] = { "neutral", "harbour", "paper", "contrast", "mono" };

static GPtrArray *
problems_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

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

/* From the source folder, since an installed copy may be older. */
static LaneTheme *
load_shipped (const char *name, GPtrArray *problems)
{
  g_autofree char *folder = g_build_filename (g_getenv ("ICELANE_SOURCE_ROOT"), "themes", NULL);
  g_autoptr (LaneShelf) shelf = lane_shelf_new (NULL, folder);
  LaneTheme *theme = lane_theme_load (shelf, name, problems, NULL);

  ck_assert_ptr_nonnull (theme);
  ck_assert_msg (g_str_has_prefix (theme->place, folder), "%s", theme->place);
  return theme;
}

START_TEST (a_shipped_theme_is_readable_for_everyone)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = load_shipped (shipped[_i], problems);
  g_autofree char *said = NULL;

  lane_theme_review (theme, problems);
  said = join (problems);
  ck_assert_str_eq (said, "");
}
END_TEST

START_TEST (a_shipped_theme_names_every_role)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = load_shipped (shipped[_i], problems);

  for (LaneRole role = 0; role < LANE_N_ROLES; role++)
    ck_assert_msg (theme->sources[role].line > 0, "%s", lane_role_to_string (role));
}
END_TEST

START_TEST (the_program_carries_the_shipped_files)
{
  g_autofree char *path =
      g_strdup_printf ("%s/themes/%s.ini", g_getenv ("ICELANE_SOURCE_ROOT"), shipped[_i]);
  g_autofree char *place = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) carried = lane_shelf_read (NULL, shipped[_i], NULL, &place, NULL);
  gsize length;

  ck_assert (g_file_get_contents (path, &text, &length, NULL));
  ck_assert_ptr_nonnull (carried);
  ck_assert_uint_eq (g_bytes_get_size (carried), length);
  ck_assert_mem_eq (g_bytes_get_data (carried, NULL), text, length);
}
END_TEST

START_TEST (the_contrast_theme_has_seven_to_one)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = load_shipped ("contrast", problems);

  for (LaneRole role = 0; role < LANE_N_ROLES; role++) {
    const LaneStyle *style = &theme->styles[role];

    if (role != LANE_ROLE_SELECTED) /* which takes the colours of what it lies on */
      ck_assert_double_ge (lane_vision_contrast (style->fg.rgb, style->bg.rgb), 7);
  }
}
END_TEST

START_TEST (the_mono_theme_has_no_colour)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (LaneTheme) theme = load_shipped ("mono", problems);

  for (LaneRole role = 0; role < LANE_N_ROLES; role++) {
    ck_assert (lane_hue_is_own (&theme->styles[role].fg));
    ck_assert (lane_hue_is_own (&theme->styles[role].bg));
  }
}
END_TEST

static const struct {
  const char *text;
  const char *problem;
} unreadable[] = {
  { "[theme]\ninherits = mono\n[roles]\npath.relay = - - underline\n",
    "mine.ini:4: [roles] path.relay: without colours it looks like path.checking (underline): "
    "give it other attributes\n" },
  { "[theme]\ninherits = mono\n[roles]\nkey = #777777 #ffffff\n",
    "mine.ini:4: [roles] key: contrast 4.4:1 on #ffffff, at least 4.5:1 is needed\n" },
  { "[theme]\ninherits = mono\nbackground = light\n[roles]\ngraph = #e69f00\n",
    "mine.ini:5: [roles] graph: contrast 2.0:1 on #ffffff with 256 colours, at least 4.5:1 is "
    "needed\n" },
  { "[theme]\ninherits = mono\nbackground = dark\n[roles]\ngraph = #00608f\n",
    "mine.ini:5: [roles] graph: contrast 2.9:1 on #000000 with 256 colours, at least 4.5:1 is "
    "needed\n" },
  { "[theme]\ninherits = mono\n[roles]\nkey = dusk 16\n[colors]\ndusk = #eeeeee 240\n",
    "mine.ini:4: [roles] key: contrast 2.9:1 on #000000 with 256 colours, at least 4.5:1 is "
    "needed\n" },
  { "[theme]\ninherits = mono\n[roles]\nselected = - 240\nkey = 244 16\n",
    "mine.ini:5: [roles] key: contrast 1.8:1 on #585858 when selected, at least 4.5:1 is "
    "needed\n" },
  { "[theme]\ninherits = mono\n[roles]\nrtt.good = green\nrtt.bad = yellow\n",
    "mine.ini:5: [roles] rtt.bad: eyes that see red and green alike take it for rtt.good (distance "
    "4, at least 15): make one lighter, or blue\n" },
  { "[theme]\ninherits = mono\n[roles]\npath.direct = #808000 - dim\npath.failed = #a05000 - bold "
    "reverse\n",
    "mine.ini:5: [roles] path.failed: eyes that see red and green alike take it for path.direct "
    "(distance 4, at least 15): make one lighter, or blue\n" },
  /* Nothing is known of these: the terminal decides. */
  { "[theme]\ninherits = mono\n[roles]\nkey = black black\nmuted = white\n", "" },
};

START_TEST (what_not_everyone_can_read_is_told)
{
  g_autoptr (GPtrArray) problems = problems_new ();
  g_autoptr (GBytes) bytes = g_bytes_new (unreadable[_i].text, strlen (unreadable[_i].text));
  g_autoptr (LaneTheme) theme = lane_theme_parse (NULL, "mine", "mine.ini", bytes, problems);
  g_autofree char *said = NULL;

  lane_theme_review (theme, problems);
  said = join (problems);
  ck_assert_str_eq (said, unreadable[_i].problem);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("legibility");
  TCase *tests = tcase_create ("legibility");

  tcase_add_loop_test (tests, a_shipped_theme_is_readable_for_everyone, 0, G_N_ELEMENTS (shipped));
  tcase_add_loop_test (tests, a_shipped_theme_names_every_role, 0, G_N_ELEMENTS (shipped));
  tcase_add_loop_test (tests, the_program_carries_the_shipped_files, 0, G_N_ELEMENTS (shipped));
  tcase_add_test (tests, the_contrast_theme_has_seven_to_one);
  tcase_add_test (tests, the_mono_theme_has_no_colour);
  tcase_add_loop_test (tests, what_not_everyone_can_read_is_told, 0, G_N_ELEMENTS (unreadable));
  suite_add_tcase (suite, tests);
  return lane_suite_run (suite);
}
