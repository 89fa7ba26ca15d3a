/* What stands between libnice and a TURN server over TCP or TLS: a TCP port on loopback whose bytes
 * travel to the real server, with TLS inside verified TLS (server-stream.h). libnice is given the
 * port as TURN over TCP; its own "TURN-TLS" sends plain STUN, and its own TCP does not survive that
 * a server goes.
 *
 * The port is a random one, takes connections from this host only, and only while somebody holds a
 * lease: a transport that gathers. What is connected by then stays until its local end closes: when
 * the server goes, that end falls silent. With TLS there is no other way to the server; when it
 * fails, the connection is closed.
 *
 * Belongs to one GMainContext. */
#pragma once

#include <gio/gio.h>

#include "servers/server-stream.h"

typedef struct _LaneTlsBridge LaneTlsBridge;

/* Connections at a time; more are closed at once, as is what would eat into the reserve of
 * descriptors. */
#define LANE_TLS_BRIDGE_MAX 1024

typedef struct {
  /* A connection could not be carried on. May free the bridge. */
  void (*failed) (LaneTlsBridge *bridge, const LaneServerStreamFault *fault, gpointer user_data);
} LaneTlsBridgeEvents;

/* @host: name or IP literal that the certificate must have; NULL: no TLS. @ca_file NULL: the
 * system's trust. */
LaneTlsBridge *
lane_tls_bridge_new (GMainContext *context, const char *host, guint16 port, const char *ca_file,
                     guint step_ms, const LaneTlsBridgeEvents *events, gpointer user_data);
/* The port on 127.0.0.1 or [::1], by @family; new connections to it go to @server. 0: none can be
 * had. @lease keeps it listening; the caller unrefs it. */
guint16 lane_tls_bridge_open (LaneTlsBridge *bridge, GSocketFamily family, GInetAddress *server,
                              GObject **lease);
guint lane_tls_bridge_count (const LaneTlsBridge *bridge); /* connections */
/* Takes no more connections and calls back no more; those that there are go on. */
void lane_tls_bridge_retire (LaneTlsBridge *bridge);
/* Closes them all; no callback follows. */
void lane_tls_bridge_free (LaneTlsBridge *bridge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTlsBridge, lane_tls_bridge_free)
