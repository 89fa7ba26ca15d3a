/* What a STUN or TURN server answers, in clear and to a signed request, and how its stream is cut
 * into messages. The transaction is always ours: else nothing else would be read. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "servers/turn-dialog.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* 401 with a realm and a nonce: RFC 8489 section 9.2.4. */
static const guint8 challenge[] = { 0x01, 0x13, 0,   24, 0x21, 0x12, 0xa4, 0x42, 0,   0,   0,
                                    0,    0,    0,   0,  0,    0,    0,    0,    0,   0,   9,
                                    0,    4,    0,   0,  4,    1,    0,    0x14, 0,   4,   'l',
                                    'a',  'n',  'e', 0,  0x15, 0,    4,    '1',  '2', '3', '4' };

static void
read_as_answer (LaneTurnDialog *dialog, const LaneTurnRequest *request, const guint8 *data,
                gsize size)
{
  g_auto (LaneTurnAnswer) answer = { 0 };
  g_autofree guint8 *copy = g_memdup2 (data, size);

  if (size >= 20)
    memcpy (copy + 4, request->id, sizeof request->id);
  if (lane_turn_dialog_read (dialog, request, copy, size, &answer) != LANE_TURN_READ_ANSWER)
    return;
  g_assert_true (answer.reason == NULL || g_utf8_validate (answer.reason, -1, NULL));
  g_assert_true (answer.realm == NULL || g_utf8_validate (answer.realm, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (LaneTurnDialog) dialog = lane_turn_dialog_new ("user", "password");
  gssize frame = lane_turn_frame_length (data, size);
  LaneTurnRequest request;

  g_assert_cmpint (frame, <=, LANE_TURN_ANSWER_MAX);
  if (lane_turn_dialog_write_binding (dialog, &request))
    read_as_answer (dialog, &request, data, size);
  g_assert_true (lane_turn_dialog_write_allocate (dialog, &request));
  read_as_answer (dialog, &request, challenge, sizeof challenge);
  g_assert_true (lane_turn_dialog_is_challenged (dialog));
  g_assert_true (lane_turn_dialog_write_allocate (dialog, &request));
  read_as_answer (dialog, &request, data, size);
  if (lane_turn_dialog_is_challenged (dialog))
    g_assert_true (lane_turn_dialog_write_release (dialog, &request));
  return 0;
}
