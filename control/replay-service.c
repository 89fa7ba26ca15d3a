#include "replay-service.h"

#include <math.h>
#include <string.h>

#include "bus-server.h"
#include "node1-info.h"
#include "replay1-info.h"

#define OBJECT_PATH  "/org/icelane/Node1"
#define TICK_MS      250
#define MAX_EVENTS   2000
#define EVENTS_BYTES (768 * 1024)
#define MAX_TOLD     200 /* events of one tick; more are read anew */

struct _LaneReplayService {
  GMainContext *context;
  LaneReplay *replay;
  LaneBusServer *server;
  double speed; /* 0: paused */
  GSource *tick;
  gint64 ticked_us;
  guint64 told; /* the events up to the cursor */
};

static void
stop_tick (LaneReplayService *service)
{
  if (service->tick == NULL)
    return;
  g_source_destroy (service->tick);
  g_clear_pointer (&service->tick, g_source_unref);
}

/* Signals */

/* Takes @json. */
static void
tell (LaneReplayService *service, const char *signal, char *json)
{
  lane_bus_server_broadcast (service->server, signal, g_variant_new ("(s)", json));
  g_free (json);
}

static void
tell_jump (LaneReplayService *service)
{
  service->told = lane_replay_count_events (service->replay);
  lane_bus_server_broadcast (service->server, "SettingsChanged", NULL);
  lane_bus_server_broadcast (service->server, "EventsChanged", NULL);
}

static void
tell_progress (LaneReplayService *service)
{
  guint64 events = lane_replay_count_events (service->replay);
  g_autoptr (GPtrArray) lines = NULL;

  if (!lane_bus_server_has_clients (service->server)) {
    service->told = events;
    return;
  }
  if (events - service->told > MAX_TOLD) {
    tell_jump (service);
    return;
  }
  lines = lane_replay_list_events (service->replay, service->told, NULL, MAX_TOLD, EVENTS_BYTES);
  service->told = events;
  tell (service, "PeersChanged", lane_replay_print_peers (service->replay));
  tell (service, "ServersChanged", lane_replay_print_servers (service->replay));
  tell (service, "NodeChanged", lane_replay_print_node (service->replay, service->speed));
  for (guint i = 0; i < lines->len; i++)
    tell (service, "EventLogged", g_strdup (lines->pdata[i]));
}

/* Playing */

static gboolean
on_tick (gpointer user_data)
{
  LaneReplayService *service = user_data;
  gint64 now_us = g_get_monotonic_time ();
  gint64 passed_us = now_us - service->ticked_us;

  service->ticked_us = now_us;
  lane_replay_set_at_us (service->replay, lane_replay_get_at_us (service->replay)
                                              + (gint64)(passed_us * service->speed));
  if (lane_replay_get_at_us (service->replay) >= lane_replay_get_to_us (service->replay)) {
    service->speed = 0;
    stop_tick (service);
    tell_progress (service);
    return G_SOURCE_REMOVE;
  }
  tell_progress (service);
  return G_SOURCE_CONTINUE;
}

static GVariant *
play (LaneReplayService *service, GVariant *arguments, GError **error)
{
  gboolean at_end =
      lane_replay_get_at_us (service->replay) >= lane_replay_get_to_us (service->replay);
  double speed;

  g_variant_get (arguments, "(d)", &speed);
  if (!(speed >= 0 && speed <= LANE_REPLAY_SPEED_MAX)) {
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                 "the speed is no number from 0, paused, to %d", LANE_REPLAY_SPEED_MAX);
    return NULL;
  }
  stop_tick (service);
  service->speed = speed;
  if (speed > 0 && at_end)
    lane_replay_set_at_us (service->replay, lane_replay_get_from_us (service->replay));
  if (speed > 0) {
    service->ticked_us = g_get_monotonic_time ();
    service->tick = g_timeout_source_new (TICK_MS);
    g_source_set_callback (service->tick, on_tick, service, NULL);
    g_source_attach (service->tick, service->context);
  }
  if (speed > 0 && at_end)
    tell_jump (service);
  else
    tell (service, "NodeChanged", lane_replay_print_node (service->replay, service->speed));
  return g_variant_new ("()");
}

static GVariant *
seek (LaneReplayService *service, GVariant *arguments, GError **error)
{
  const char *to;

  g_variant_get (arguments, "(&s)", &to);
  if (!lane_replay_seek (service->replay, to, error))
    return NULL;
  tell_jump (service);
  return g_variant_new ("()");
}

/* What a node answers */

static GVariant *
get_status (LaneReplayService *service, GVariant *arguments, GError **error)
{
  g_autofree char *json = lane_replay_print (service->replay, service->speed);

  return g_variant_new ("(s)", json);
}

static GVariant *
get_peer (LaneReplayService *service, GVariant *arguments, GError **error)
{
  g_autofree char *json = NULL;
  const char *name;

  g_variant_get (arguments, "(&s)", &name);
  json = lane_replay_print_detail (service->replay, name, error);
  return json != NULL ? g_variant_new ("(s)", json) : NULL;
}

static GVariant *
get_history (LaneReplayService *service, GVariant *arguments, GError **error)
{
  g_autofree char *json = NULL;
  const char *name;

  g_variant_get (arguments, "(&s)", &name);
  json = lane_replay_print_history (service->replay, name, error);
  return json != NULL ? g_variant_new ("(s)", json) : NULL;
}

static GVariant *
get_events (LaneReplayService *service, GVariant *arguments, GError **error)
{
  g_autoptr (GPtrArray) lines = NULL;
  const char *peer;
  guint64 after;
  guint32 limit;

  g_variant_get (arguments, "(t&su)", &after, &peer, &limit);
  lines = lane_replay_list_events (service->replay, after, *peer != '\0' ? peer : NULL,
                                   MIN (limit, MAX_EVENTS), EVENTS_BYTES);
  return g_variant_new ("(@as)",
                        g_variant_new_strv ((const char *const *)lines->pdata, (gssize)lines->len));
}

static GVariant *
on_call (const char *method, GVariant *arguments, GError **error, gpointer user_data)
{
  static const struct {
    const char *method;
    GVariant *(*handler) (LaneReplayService *service, GVariant *arguments, GError **error);
  } handlers[] = {
    { "GetStatus", get_status },   { "GetPeer", get_peer }, { "GetEvents", get_events },
    { "GetHistory", get_history }, { "Seek", seek },        { "Play", play },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    if (strcmp (handlers[i].method, method) == 0)
      return handlers[i].handler (user_data, arguments, error);
  g_set_error (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_FILES,
               "this is a recording: %s is for a node that runs", method);
  return NULL;
}

static const char *
name_error (const GError *error)
{
  if (g_error_matches (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_UNKNOWN_PEER))
    return "org.icelane.Error.UnknownPeer";
  if (g_error_matches (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_TIME))
    return "org.freedesktop.DBus.Error.InvalidArgs";
  return g_error_matches (error, LANE_REPLAY_ERROR, LANE_REPLAY_ERROR_FILES)
             ? "org.icelane.Error.State"
             : NULL;
}

LaneReplayService *
lane_replay_service_new (LaneReplay *replay, const char *path, GError **error)
{
  static GDBusInterfaceInfo *const interfaces[] = {
    (GDBusInterfaceInfo *)&org_icelane_node1_interface,
    (GDBusInterfaceInfo *)&org_icelane_replay1_interface, NULL
  };
  static const LaneBusServerEvents events = { .call = on_call, .name_error = name_error };
  LaneReplayService *service = g_new0 (LaneReplayService, 1);

  service->server = lane_bus_server_new (path, OBJECT_PATH, interfaces, &events, service, error);
  if (service->server == NULL) {
    g_free (service);
    return NULL;
  }
  service->context = g_main_context_ref_thread_default ();
  service->replay = replay;
  service->told = lane_replay_count_events (replay);
  return service;
}

void
lane_replay_service_free (LaneReplayService *service)
{
  if (service == NULL)
    return;
  stop_tick (service);
  lane_bus_server_free (service->server);
  lane_replay_free (service->replay);
  g_main_context_unref (service->context);
  g_free (service);
}
