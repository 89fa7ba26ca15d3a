/* Whether everyone can read a theme. */
#pragma once

#include "theme/theme.h"

#define LANE_CONTRAST_MIN  4.5 /* WCAG 2, AA */
#define LANE_RED_GREEN_MIN 15  /* of lane_vision_red_green_distance(); Okabe and Ito's are at 17 */

/* Adds to @problems (of LaneProblem) where
 *
 * - the states of a path look alike without colour;
 * - text has too little contrast with what is behind it, where both are known: a theme for dark or
 *   light terminals has black or white behind it unless it says otherwise;
 * - colours that tell states apart do not for someone who sees red and green alike. */
void lane_theme_review (const LaneTheme *theme, GPtrArray *problems);
