/* One client of the control socket: D-Bus messages over a Unix stream, never blocking, bounded.
 *
 * GDBusConnection serves clients well but not this side: it buffers requests of 128 MiB and replies
 * without end, and authenticates on threads. Limits (SECURITY section 3): 64 KiB a request, 1 MiB
 * of output waiting, 10 s to authenticate or to take output. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneBusPeer LaneBusPeer;

typedef struct {
  void (*request) (LaneBusPeer *peer, GDBusMessage *message, gpointer user_data);
  /* Over, for a @reason worth logging or NULL; free the peer here or later. Nothing follows. */
  void (*closed) (LaneBusPeer *peer, const char *reason, gpointer user_data);
} LaneBusPeerEvents;

/* Only the process's own uid may authenticate. @guid: see g_dbus_generate_guid(). */
LaneBusPeer *lane_bus_peer_new (GMainContext *context, GSocket *socket, const char *guid,
                                const LaneBusPeerEvents *events, gpointer user_data);
/* Ignored before the client has authenticated. Never calls back before it returns. */
void lane_bus_peer_send (LaneBusPeer *peer, GBytes *message);
/* Writes what the socket takes without waiting. */
void lane_bus_peer_free (LaneBusPeer *peer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneBusPeer, lane_bus_peer_free)
