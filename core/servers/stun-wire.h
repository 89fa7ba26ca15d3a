/* Carries STUN messages between us and one server: datagrams of a socket of its own, or frames in a
 * stream that is already open. Bounded: nothing longer than LANE_TURN_ANSWER_MAX is taken.
 *
 * Belongs to one GMainContext. */
#pragma once

#include <gio/gio.h>

#include "servers/probe-code.h"

typedef struct _LaneStunWire LaneStunWire;

/* Either may free the wire. */
typedef struct {
  void (*received) (LaneStunWire *wire, const guint8 *data, gsize length, gpointer user_data);
  /* Nothing more will come: refused, unreachable, closed, not-stun. @detail may be NULL. */
  void (*broken) (LaneStunWire *wire, LaneProbeCode code, const char *detail, gpointer user_data);
} LaneStunWireEvents;

/* NULL with @error: no way to it. */
LaneStunWire *
lane_stun_wire_new_udp (GMainContext *context, GInetSocketAddress *server,
                        const LaneStunWireEvents *events, gpointer user_data, GError **error);
/* Takes a reference of @io, whose streams must be pollable. */
LaneStunWire *lane_stun_wire_new_stream (GMainContext *context, GIOStream *io,
                                         const LaneStunWireEvents *events, gpointer user_data);
/* FALSE with @error: not sent, which is a loss like any other. */
gboolean lane_stun_wire_send (LaneStunWire *wire, const guint8 *data, gsize length, GError **error);
void lane_stun_wire_free (LaneStunWire *wire);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneStunWire, lane_stun_wire_free)
