#include "theme/hue.h"

#include <string.h>

#define CUBE_FIRST 16
#define GREY_FIRST 232

/* As xterm shows them; other terminals differ. */
static const gint32 usual[16] = { 0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                  0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                  0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff };

static const int cube_levels[6] = { 0, 95, 135, 175, 215, 255 };

static const char *const words[] = {
  "black",        "red",           "green",       "yellow",         "blue",
  "magenta",      "cyan",          "white",       "bright-black",   "bright-red",
  "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan",
  "bright-white", "grey",          NULL,
};

const char *const *
lane_hue_get_words (void)
{
  return words;
}

gboolean
lane_hue_is_own (const LaneHue *hue)
{
  return hue->xterm < 0;
}

gboolean
lane_hue_equal (const LaneHue *one, const LaneHue *other)
{
  return one->rgb == other->rgb && one->xterm == other->xterm && one->ansi == other->ansi;
}

static int
channel (gint32 rgb, int index)
{
  return rgb >> (16 - 8 * index) & 0xff;
}

static int
distance (gint32 one, gint32 other)
{
  int sum = 0;

  for (int i = 0; i < 3; i++) {
    int difference = channel (one, i) - channel (other, i);

    sum += difference * difference;
  }
  return sum;
}

static gint32
rgb_of_xterm (guint8 index)
{
  int cube = index - CUBE_FIRST;
  int grey = 8 + 10 * (index - GREY_FIRST);

  if (index < CUBE_FIRST)
    return usual[index];
  if (index >= GREY_FIRST)
    return grey << 16 | grey << 8 | grey;
  return cube_levels[cube / 36] << 16 | cube_levels[cube / 6 % 6] << 8 | cube_levels[cube % 6];
}

static int
nearest (gint32 rgb, int first, int last)
{
  int best = first;

  for (int i = first + 1; i <= last; i++)
    if (distance (rgb, rgb_of_xterm ((guint8)i)) < distance (rgb, rgb_of_xterm ((guint8)best)))
      best = i;
  return best;
}

LaneHue
lane_hue_from_xterm (guint index)
{
  LaneHue hue = { -1, (gint16)index, (gint8)index };

  g_return_val_if_fail (index <= 255, LANE_HUE_OWN);
  if (index >= CUBE_FIRST) {
    hue.rgb = rgb_of_xterm ((guint8)index);
    hue.ansi = (gint8)nearest (hue.rgb, 0, 15);
  }
  return hue;
}

/* The first 16 are left out: every terminal shows them differently. */
LaneHue
lane_hue_from_rgb (gint32 rgb)
{
  return (LaneHue){ rgb, (gint16)nearest (rgb, CUBE_FIRST, 255), (gint8)nearest (rgb, 0, 15) };
}

static gboolean
parse_rgb (const char *word, LaneHue *hue)
{
  gint32 rgb = 0;

  if (strlen (word) != 7)
    return FALSE;
  for (int i = 1; i < 7; i++) {
    if (!g_ascii_isxdigit (word[i]))
      return FALSE;
    rgb = rgb << 4 | g_ascii_xdigit_value (word[i]);
  }
  *hue = lane_hue_from_rgb (rgb);
  return TRUE;
}

static gboolean
parse_number (const char *word, LaneHue *hue)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (word, 10, 0, 255, &number, NULL))
    return FALSE;
  *hue = lane_hue_from_xterm ((guint)number);
  return TRUE;
}

gboolean
lane_hue_parse (const char *word, LaneHue *hue)
{
  if (strcmp (word, "-") == 0) {
    *hue = LANE_HUE_OWN;
    return TRUE;
  }
  if (word[0] == '#')
    return parse_rgb (word, hue);
  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (words[i], word) == 0) {
      *hue = lane_hue_from_xterm (i < 16 ? i : 8);
      return TRUE;
    }
  return parse_number (word, hue);
}

/* Of the bright ones only their grey would become invisible. */
static int
to_eight (int ansi)
{
  return ansi == 8 ? 7 : ansi & 7;
}

int
lane_hue_to_number (const LaneHue *hue, int n_colors, gboolean direct)
{
  if (lane_hue_is_own (hue))
    return -1;
  if (direct) {
    gint32 rgb = lane_hue_get_usual_rgb (hue);

    /* These terminals take 1 to 7 for the ANSI colours. */
    return rgb < 8 ? 0 : rgb;
  }
  if (n_colors >= 256)
    return hue->xterm;
  return n_colors >= 16 ? hue->ansi : to_eight (hue->ansi);
}

gint32
lane_hue_get_usual_rgb (const LaneHue *hue)
{
  if (lane_hue_is_own (hue) || hue->rgb >= 0)
    return hue->rgb;
  return rgb_of_xterm (hue->xterm);
}

char *
lane_hue_to_string (const LaneHue *hue)
{
  if (lane_hue_is_own (hue))
    return g_strdup ("-");
  if (hue->xterm < 16)
    return g_strdup (words[hue->xterm]);
  /* Of 256, unless the file said more precisely. */
  if (hue->rgb == rgb_of_xterm (hue->xterm))
    return g_strdup_printf ("%d", hue->xterm);
  return g_strdup_printf ("#%06x", (guint)hue->rgb);
}
