#include "look.h"

#include <string.h>

#include "problem.h"

void
lane_look_init (LaneLook *look)
{
  *look = (LaneLook){ .choice = g_strdup ("neutral"), .theme = lane_theme_new_neutral () };
}

void
lane_look_clear (LaneLook *look)
{
  g_clear_pointer (&look->choice, g_free);
  g_clear_pointer (&look->theme, lane_theme_free);
}

gboolean
lane_look_depends (const char *choice)
{
  return g_strcmp0 (choice, LANE_LOOK_AUTO) == 0;
}

const char *
lane_look_resolve (const LaneLook *look, const char *choice)
{
  static const char *const themes[] = { [LANE_BACKGROUND_ANY] = "neutral",
                                        [LANE_BACKGROUND_DARK] = "harbour",
                                        [LANE_BACKGROUND_LIGHT] = "paper" };

  return lane_look_depends (choice) ? themes[look->background] : choice;
}

static char *
describe (const GPtrArray *problems, const char *id)
{
  g_autofree char *first = NULL;

  if (problems->len == 0)
    return NULL;
  first = lane_problem_to_string (g_ptr_array_index (problems, 0));
  if (problems->len == 1)
    return g_steal_pointer (&first);
  return g_strdup_printf ("%s; %u more: `icelane themes check %s`", first, problems->len - 1, id);
}

gboolean
lane_look_choose (LaneLook *look, const char *choice, char **complaint)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GError) error = NULL;
  const char *id = lane_look_resolve (look, choice);
  LaneTheme *theme = lane_theme_load (look->shelf, id, problems, &error);
  char *copy = NULL;

  if (theme == NULL) {
    *complaint = g_strdup (error->message);
    return FALSE;
  }
  *complaint = describe (problems, id);
  copy = g_strdup (choice);
  g_free (look->choice);
  look->choice = copy;
  lane_theme_free (look->theme);
  look->theme = theme;
  look->changes++;
  return TRUE;
}
