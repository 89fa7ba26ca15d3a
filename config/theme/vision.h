/* What eyes make of colours, given as 0xrrggbb. */
#pragma once

#include <glib.h>

/* 1 to 21, as WCAG 2 reckons it. */
double lane_vision_contrast (gint32 one, gint32 other);

/* How far apart two colours are for someone who sees red and green alike: the smaller CIE 1976
 * difference of protanopia and deuteranopia (Vienot, Brettel and Mollon 1999). */
double lane_vision_red_green_distance (gint32 one, gint32 other);
