/* A theme file: whatever it holds, every problem is one clean line, every style can be shown on a
 * terminal of any depth, and the review of it ends. */
#include <stddef.h>
#include <stdint.h>

#include "problem.h"
#include "theme/legibility.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_problems (const GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *text = lane_problem_to_string (g_ptr_array_index (problems, i));

    g_assert (g_utf8_validate (text, -1, NULL));
    for (const char *p = text; *p != '\0'; p++)
      g_assert (!g_ascii_iscntrl (*p));
  }
}

static void
check_hue (const LaneHue *hue)
{
  g_autofree char *word = lane_hue_to_string (hue);

  g_assert_cmpint (lane_hue_to_number (hue, 8, FALSE), <, 8);
  g_assert_cmpint (lane_hue_to_number (hue, 16, FALSE), <, 16);
  g_assert_cmpint (lane_hue_to_number (hue, 256, FALSE), <, 256);
  g_assert_cmpint (lane_hue_to_number (hue, 0x1000000, TRUE), <=, 0xffffff);
  g_assert (lane_hue_is_own (hue) == (lane_hue_to_number (hue, 8, FALSE) == -1));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (LaneTheme) theme = lane_theme_parse (NULL, "fuzz", "fuzz.ini", bytes, problems);

  lane_theme_review (theme, problems);
  check_problems (problems);
  for (LaneRole role = 0; role < LANE_N_ROLES; role++) {
    LaneStyle style = lane_theme_get_style (theme, role, LANE_ROLE_SELECTED);
    g_autofree char *attrs = lane_attrs_to_string (style.attrs);

    check_hue (&style.fg);
    check_hue (&style.bg);
    g_assert (g_utf8_validate (theme->sources[role].place, -1, NULL));
  }
  return 0;
}
