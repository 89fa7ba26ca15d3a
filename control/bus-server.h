/* D-Bus without a bus on a control socket: clients, requests and their answers, introspection and
 * signals. What the methods do is the owner's: a node (service.h) or a recording
 * (replay-service.h).
 *
 * Belongs to the thread-default context it was made with. */
#pragma once

#include "bus-peer.h"
#include "listener.h"

typedef struct _LaneBusServer LaneBusServer;

typedef struct {
  /* The answer to a method of one of the interfaces, with arguments of the right types; NULL with
   * @error. */
  GVariant *(*call) (const char *method, GVariant *arguments, GError **error, gpointer user_data);
  /* TRUE: a request that lane_bus_server_answer() will answer later. May be NULL. */
  gboolean (*takes) (LaneBusPeer *client, GDBusMessage *request, gpointer user_data);
  /* The client is gone: nothing more is sent to it. May be NULL. */
  void (*left) (LaneBusPeer *client, gpointer user_data);
  /* A client was turned away, for a reason worth logging. May be NULL. */
  void (*refused) (const char *why, gpointer user_data);
  /* The D-Bus name of an error of the owner's, or NULL. May be NULL. */
  const char *(*name_error) (const GError *error);
} LaneBusServerEvents;

/* @interfaces: NULL-terminated, static; signals are of the first. BUSY as lane_listener_new(). */
LaneBusServer *
lane_bus_server_new (const char *path, const char *object, GDBusInterfaceInfo *const *interfaces,
                     const LaneBusServerEvents *events, gpointer user_data, GError **error);
void lane_bus_server_free (LaneBusServer *server);

gboolean lane_bus_server_has_clients (const LaneBusServer *server);
/* To all clients. @body: floating, or NULL. */
void lane_bus_server_broadcast (LaneBusServer *server, const char *signal, GVariant *body);
/* Takes @result when floating; NULL: @error. */
void lane_bus_server_answer (LaneBusServer *server, LaneBusPeer *client, GDBusMessage *request,
                             GVariant *result, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneBusServer, lane_bus_server_free)
