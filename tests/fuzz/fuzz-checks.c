/* libnice's debug lines, whose shape nobody promises, and which name what peers sent. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ice/check-log.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
assert_sane (const LaneCheckPair *pair)
{
  g_assert_nonnull (memchr (pair->local.address, '\0', sizeof pair->local.address));
  g_assert_nonnull (memchr (pair->remote.address, '\0', sizeof pair->remote.address));
  g_assert_true (g_hostname_is_ip_address (pair->local.address));
  g_assert_true (g_hostname_is_ip_address (pair->remote.address));
  g_assert_nonnull (lane_check_state_to_string (pair->state));
  g_assert_true (pair->rtt_us >= 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (LaneCheckLog) log = lane_check_log_new (NULL, NULL);
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GArray) pairs = NULL;

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *rest = lines[i];
    guint64 agent;

    lane_check_line_get_agent (lines[i], &agent, &rest);
    lane_check_log_read (log, rest, i + 1);
  }
  pairs = lane_check_log_get_pairs (log);
  g_assert_cmpuint (pairs->len, <=, 256);
  for (guint i = 0; i < pairs->len; i++)
    assert_sane (&g_array_index (pairs, LaneCheckPair, i));
  lane_check_log_is_coherent (log);
  return 0;
}
