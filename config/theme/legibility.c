#include "theme/legibility.h"

#include <math.h>

#include "problem.h"
#include "theme/vision.h"

typedef struct {
  const LaneTheme *theme;
  GPtrArray *problems;
} Review;

static void
complain (const Review *review, LaneRole role, const char *format, ...) G_GNUC_PRINTF (3, 4);
static void
complain (const Review *review, LaneRole role, const char *format, ...)
{
  const LaneThemeSource *source = &review->theme->sources[role];
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (review->problems,
                   lane_problem_new (LANE_PROBLEM_ERROR, source->place, source->line, "roles",
                                     lane_role_to_string (role), "%s", text));
}

static const LaneRole paths[] = { LANE_ROLE_PATH_DIRECT, LANE_ROLE_PATH_RELAY,
                                  LANE_ROLE_PATH_CHECKING, LANE_ROLE_PATH_FAILED };
static const LaneRole delays[] = { LANE_ROLE_RTT_GOOD, LANE_ROLE_RTT_WARN, LANE_ROLE_RTT_BAD };
static const LaneRole levels[] = { LANE_ROLE_LOG_ERROR, LANE_ROLE_LOG_WARNING };

/* Of two roles that clash, the complaint goes to the line the author can change. */
static void
put_ours_first (const LaneTheme *theme, LaneRole *one, LaneRole *other)
{
  LaneRole first = *one;

  if (g_str_equal (theme->sources[*one].place, theme->place)
      || !g_str_equal (theme->sources[*other].place, theme->place))
    return;
  *one = *other;
  *other = first;
}

static void
check_attributes (const Review *review)
{
  for (guint i = 1; i < G_N_ELEMENTS (paths); i++)
    for (guint j = 0; j < i; j++) {
      LaneRole one = paths[i], other = paths[j];
      guint both = review->theme->styles[one].attrs;
      g_autofree char *attrs = lane_attrs_to_string (both);

      put_ours_first (review->theme, &one, &other);
      if (both == review->theme->styles[paths[j]].attrs)
        complain (review, one, "without colours it looks like %s (%s): give it other attributes",
                  lane_role_to_string (other), *attrs != '\0' ? attrs : "no attributes");
    }
}

/* Contrast */

/* -1: not known. */
static gint32
rgb_at (const LaneHue *hue, gboolean of_256)
{
  if (!of_256 || lane_hue_is_own (hue))
    return hue->rgb;
  return lane_hue_from_xterm ((guint)hue->xterm).rgb;
}

static gint32
background_at (const Review *review, const LaneHue *hue, gboolean of_256)
{
  if (!lane_hue_is_own (hue))
    return rgb_at (hue, of_256);
  switch (review->theme->background) {
  case LANE_BACKGROUND_DARK:
    return 0x000000;
  case LANE_BACKGROUND_LIGHT:
    return 0xffffff;
  case LANE_BACKGROUND_ANY:
  default:
    return -1;
  }
}

static void
check_contrast (const Review *review, LaneRole role, LaneRole overlay)
{
  LaneStyle style = lane_theme_get_style (review->theme, role, overlay);
  double lowest = 21;
  gint32 on = -1;
  gboolean where_256 = FALSE;

  for (gboolean of_256 = FALSE; of_256 <= TRUE; of_256++) {
    gint32 fg = rgb_at (&style.fg, of_256);
    gint32 bg = background_at (review, &style.bg, of_256);

    if (fg < 0 || bg < 0 || lane_vision_contrast (fg, bg) >= lowest)
      continue;
    lowest = lane_vision_contrast (fg, bg);
    on = bg;
    where_256 = of_256;
  }
  if (lowest < LANE_CONTRAST_MIN)
    complain (review, role, "contrast %.1f:1 on #%06x%s%s, at least 4.5:1 is needed",
              floor (lowest * 10) / 10, (guint)on, where_256 ? " with 256 colours" : "",
              overlay == LANE_ROLE_SELECTED ? " when selected" : "");
}

static void
check_contrasts (const Review *review)
{
  const LaneStyle *selected = &review->theme->styles[LANE_ROLE_SELECTED];

  for (LaneRole role = 0; role < LANE_N_ROLES; role++) {
    check_contrast (review, role, LANE_ROLE_DEFAULT);
    if (!lane_hue_is_own (&selected->fg) || !lane_hue_is_own (&selected->bg))
      check_contrast (review, role, LANE_ROLE_SELECTED);
  }
}

/* The smaller distance of true colour and 256; 100 when they are not known, or one colour: that
 * tells nothing apart, for anyone. */
static double
red_green_distance (const LaneHue *one, const LaneHue *other)
{
  double lowest = 100;

  for (gboolean of_256 = FALSE; of_256 <= TRUE; of_256++) {
    gint32 a = rgb_at (one, of_256);
    gint32 b = rgb_at (other, of_256);

    a = a >= 0 ? a : lane_hue_get_usual_rgb (one);
    b = b >= 0 ? b : lane_hue_get_usual_rgb (other);
    if (a >= 0 && b >= 0 && a != b)
      lowest = MIN (lowest, lane_vision_red_green_distance (a, b));
  }
  return lowest;
}

static void
check_red_green (const Review *review, const LaneRole *roles, guint n_roles)
{
  for (guint i = 1; i < n_roles; i++)
    for (guint j = 0; j < i; j++) {
      LaneRole one = roles[i], other = roles[j];
      double distance =
          red_green_distance (&review->theme->styles[one].fg, &review->theme->styles[other].fg);

      put_ours_first (review->theme, &one, &other);
      if (distance < LANE_RED_GREEN_MIN)
        complain (review, one,
                  "eyes that see red and green alike take it for %s (distance %d, at least %d): "
                  "make one lighter, or blue",
                  lane_role_to_string (other), (int)distance, LANE_RED_GREEN_MIN);
    }
}

void
lane_theme_review (const LaneTheme *theme, GPtrArray *problems)
{
  const Review review = { .theme = theme, .problems = problems };

  check_attributes (&review);
  check_contrasts (&review);
  check_red_green (&review, paths, G_N_ELEMENTS (paths));
  check_red_green (&review, delays, G_N_ELEMENTS (delays));
  check_red_green (&review, levels, G_N_ELEMENTS (levels));
}
