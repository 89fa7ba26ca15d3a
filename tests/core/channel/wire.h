/* Two ends of a path in memory: datagrams put in at one end come out at the other, on the loop,
 * after some were lost, doubled or overtaken. Drawn from a fixed seed. */
#pragma once

#include <glib.h>

typedef struct _Wire Wire;

typedef struct {
  double loss, duplicate, reorder, corrupt; /* 0..1, each way */
  gint64 delay_us;
  gboolean cut; /* nothing passes */
} WireQuality;

/* @to is 0 or 1: the end the datagram comes out at. */
typedef void (*WireDeliver) (int to, const guint8 *data, gsize length, gpointer user_data);

Wire *wire_new (GMainContext *context, guint32 seed, WireDeliver deliver, gpointer user_data);
WireQuality *wire_quality (Wire *wire); /* may be changed at any time */
void wire_send (Wire *wire, int to, const guint8 *data, gsize length);
guint wire_count (const Wire *wire, int to); /* datagrams sent towards @to so far */
gsize wire_longest (const Wire *wire);
void wire_free (Wire *wire);
