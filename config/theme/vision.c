#include "theme/vision.h"

#include <math.h>

typedef struct {
  double r, g, b; /* linear light, 0..1 */
} Light;

static double
linear (int channel)
{
  double value = channel / 255.0;

  return value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4);
}

static Light
light_of (gint32 rgb)
{
  return (Light){ linear (rgb >> 16 & 0xff), linear (rgb >> 8 & 0xff), linear (rgb & 0xff) };
}

static double
luminance (Light light)
{
  return 0.2126 * light.r + 0.7152 * light.g + 0.0722 * light.b;
}

double
lane_vision_contrast (gint32 one, gint32 other)
{
  double a = luminance (light_of (one)) + 0.05;
  double b = luminance (light_of (other)) + 0.05;

  return a > b ? a / b : b / a;
}

/* Red and green become one value, a share @red of red's light and the rest of green's. */
static Light
confuse (Light light, double red, double blue_from_red)
{
  double yellow = red * light.r + (1 - red) * light.g;

  return (Light){ yellow, yellow, light.b + blue_from_red * (light.r - light.g) };
}

typedef struct {
  double l, a, b;
} Lab;

static double
lab_curve (double t)
{
  return t > 216.0 / 24389.0 ? cbrt (t) : (24389.0 / 27.0 * t + 16) / 116;
}

static Lab
lab_of (Light light)
{
  double x = (0.4124 * light.r + 0.3576 * light.g + 0.1805 * light.b) / 0.9505;
  double y = luminance (light);
  double z = (0.0193 * light.r + 0.1192 * light.g + 0.9505 * light.b) / 1.089;

  x = lab_curve (fmax (x, 0));
  y = lab_curve (fmax (y, 0));
  z = lab_curve (fmax (z, 0));
  return (Lab){ 116 * y - 16, 500 * (x - y), 200 * (y - z) };
}

static double
difference (Light one, Light other)
{
  Lab a = lab_of (one), b = lab_of (other);

  return sqrt (pow (a.l - b.l, 2) + pow (a.a - b.a, 2) + pow (a.b - b.b, 2));
}

double
lane_vision_red_green_distance (gint32 one, gint32 other)
{
  Light a = light_of (one), b = light_of (other);
  double protan = difference (confuse (a, 0.11238, 0.00401), confuse (b, 0.11238, 0.00401));
  double deutan = difference (confuse (a, 0.29275, -0.02234), confuse (b, 0.29275, -0.02234));

  return fmin (protan, deutan);
}
