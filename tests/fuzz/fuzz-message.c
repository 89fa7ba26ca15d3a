/* A payload from a pinned peer, `TYPE PAYLOAD`: what is taken can be written and read back. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "signaling/message.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_taken (const LaneMessage *message)
{
  g_autofree char *payload = lane_message_format_payload (message);
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneMessage) again =
      lane_message_parse (lane_message_type_to_string (message->type), payload, &error);
  g_autofree char *second = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (again->refused, ==, 0);
  g_assert_cmpuint (message->candidates->len, <=, 32);
  second = lane_message_format_payload (again);
  g_assert_cmpstr (payload, ==, second);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *type = g_strndup ((const char *)data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneMessage) message = NULL;
  char *payload = strchr (type, ' ');

  if (payload == NULL)
    return 0;
  *payload++ = '\0';
  message = lane_message_parse (type, payload, &error);

  g_assert ((message == NULL) == (error != NULL));
  if (message != NULL)
    check_taken (message);
  else
    g_assert (g_utf8_validate (error->message, -1, NULL));
  return 0;
}
