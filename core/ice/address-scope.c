#include "ice/address-scope.h"

static gboolean
is_within (GInetAddress *address, const char *range)
{
  g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (range, NULL);

  return g_inet_address_mask_matches (mask, address);
}

gboolean
lane_address_is_local (GInetAddress *address)
{
  static const char *const ranges[] = { "10.0.0.0/8",    "172.16.0.0/12",  "192.168.0.0/16",
                                        "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8",
                                        "fc00::/7",      "fe80::/10",      "::1/128" };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    if (is_within (address, ranges[i]))
      return TRUE;
  return FALSE;
}

gboolean
lane_address_is_of_carrier (GInetAddress *address)
{
  return is_within (address, "100.64.0.0/10");
}
