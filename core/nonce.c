#include "nonce.h"

#include <gnutls/crypto.h>

char *
lane_nonce_new (void)
{
  guint8 bytes[LANE_NONCE_LENGTH / 2];
  GString *hex = g_string_sized_new (LANE_NONCE_LENGTH);

  gnutls_rnd (GNUTLS_RND_NONCE, bytes, sizeof bytes);
  for (gsize i = 0; i < sizeof bytes; i++)
    g_string_append_printf (hex, "%02x", bytes[i]);
  return g_string_free (hex, FALSE);
}
