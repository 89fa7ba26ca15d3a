/* Any text: an address put into it comes out as its stand-in, and not as it was. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mask.h"

#define PLANTED4 "198.51.100.23"
#define PLANTED6 "2001:db8:77::23"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static guint
count (const char *text, const char *needle)
{
  guint n = 0;

  while ((text = strstr (text, needle)) != NULL) {
    text++;
    n++;
  }
  return n;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *head = g_strndup ((const char *)data, size / 2);
  g_autofree char *tail = g_strndup ((const char *)data + size / 2, size - size / 2);
  g_autofree char *bare = g_strconcat (head, "  ", tail, NULL);
  g_autofree char *text = g_strconcat (head, " " PLANTED4 " [" PLANTED6 "]:5 ", tail, NULL);
  g_autoptr (LaneMask) mask = lane_mask_new ();
  g_autofree char *stand_in = NULL;
  g_autofree char *masked = NULL;

  lane_mask_add_host (mask, "turnbox");
  lane_mask_keep_name (mask, "home");
  lane_mask_add_name (mask, "peer", "cam 7");
  lane_mask_add_folder (mask, "/home/kim", "~");
  masked = lane_mask_text (mask, text);
  stand_in = lane_mask_text (mask, " " PLANTED4 " [" PLANTED6 "]:5 ");
  g_assert_cmpuint (count (masked, stand_in), >=, 1);
  g_assert_cmpuint (count (masked, PLANTED4), <=, count (bare, PLANTED4));
  g_assert_cmpuint (count (masked, PLANTED6), <=, count (bare, PLANTED6));
  return 0;
}
