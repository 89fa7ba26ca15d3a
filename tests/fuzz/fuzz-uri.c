/* A server URI from the configuration: what parses must be written back to the same URI. */
#include <stddef.h>
#include <stdint.h>

#include "uri.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneUri) uri = lane_uri_parse (text, &error);
  g_autoptr (LaneUri) again = NULL;
  g_autofree char *written = NULL;

  g_assert ((uri == NULL) == (error != NULL));
  if (uri == NULL) {
    g_assert (g_utf8_validate (error->message, -1, NULL));
    return 0;
  }

  written = lane_uri_to_string (uri);
  again = lane_uri_parse (written, NULL);
  g_assert (again != NULL);
  g_assert_cmpint (again->scheme, ==, uri->scheme);
  g_assert_cmpstr (again->host, ==, uri->host);
  g_assert_cmpint (again->port, ==, uri->port);
  g_assert_cmpint (again->protocol, ==, uri->protocol);
  return 0;
}
