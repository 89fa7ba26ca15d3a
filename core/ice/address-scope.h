/* How far an IP address reaches. */
#pragma once

#include <gio/gio.h>

/* RFC 1918, RFC 6598, RFC 4193, link-local and loopback: good only between neighbours. */
gboolean lane_address_is_local (GInetAddress *address);
/* 100.64.0.0/10, which only carriers use, behind their own NAT (RFC 6598). */
gboolean lane_address_is_of_carrier (GInetAddress *address);
