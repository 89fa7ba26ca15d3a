/* Servers as other programs write them: what is taken can be written, as JSON and as URIs, and is
 * then taken again as the same; no message has a control character in it. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../cli/rtc-server.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static char *
to_json_again (const char *text)
{
  g_autoptr (GPtrArray) servers = lane_rtc_servers_parse (text, strlen (text), NULL);

  g_assert (servers != NULL);
  return lane_rtc_servers_to_json (servers);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) servers = lane_rtc_servers_parse ((const char *)data, size, &error);
  g_autofree char *json = NULL;
  g_autofree char *again = NULL;
  g_autofree char *uris = NULL;
  g_autoptr (GPtrArray) from_uris = NULL;

  g_assert ((servers == NULL) == (error != NULL));
  if (servers == NULL) {
    g_assert (g_utf8_validate (error->message, -1, NULL));
    for (const char *p = error->message; *p != '\0'; p++)
      g_assert (!g_ascii_iscntrl (*p));
    return 0;
  }

  json = lane_rtc_servers_to_json (servers);
  again = to_json_again (json);
  g_assert_cmpstr (again, ==, json);
  uris = lane_rtc_servers_to_uris (servers);
  from_uris = lane_rtc_servers_parse (uris, strlen (uris), NULL);
  g_assert (from_uris != NULL);
  return 0;
}
