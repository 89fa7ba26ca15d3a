#include "core/channel/wire.h"

typedef struct {
  gint64 due_us;
  int to;
  GBytes *bytes;
} Datagram;

struct _Wire {
  WireDeliver deliver;
  gpointer user_data;
  WireQuality quality;
  GRand *dice;
  GQueue queue; /* of Datagram, by due_us */
  GSource *source;
  gsize longest;
  guint counts[2];
};

static void
datagram_free (Datagram *datagram)
{
  g_bytes_unref (datagram->bytes);
  g_free (datagram);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Datagram, datagram_free)

static void
set_alarm (Wire *wire)
{
  Datagram *first = g_queue_peek_head (&wire->queue);

  g_source_set_ready_time (wire->source, first != NULL ? first->due_us : -1);
}

static gboolean
on_due (gpointer data)
{
  Wire *wire = data;
  g_autoptr (Datagram) datagram = g_queue_pop_head (&wire->queue);
  gsize length;
  const guint8 *bytes;

  set_alarm (wire);
  if (datagram == NULL)
    return G_SOURCE_CONTINUE;
  bytes = g_bytes_get_data (datagram->bytes, &length);
  wire->deliver (datagram->to, bytes, length, wire->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs FUNCS = { .dispatch = dispatch };

static int
compare_due (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Datagram *x = a;
  const Datagram *y = b;

  return (x->due_us > y->due_us) - (x->due_us < y->due_us);
}

static gboolean
chance (Wire *wire, double probability)
{
  return probability > 0 && g_rand_double (wire->dice) < probability;
}

static void
put (Wire *wire, int to, const guint8 *data, gsize length)
{
  Datagram *datagram = g_new0 (Datagram, 1);
  g_autofree guint8 *copy = g_memdup2 (data, length);
  GList *at = wire->queue.tail;

  if (chance (wire, wire->quality.corrupt))
    copy[g_rand_int_range (wire->dice, 0, (gint32)length)] ^= 0x10;
  datagram->to = to;
  datagram->due_us = g_get_monotonic_time () + wire->quality.delay_us;
  if (chance (wire, wire->quality.reorder))
    datagram->due_us += 3000;
  datagram->bytes = g_bytes_new_take (g_steal_pointer (&copy), length);

  while (at != NULL && compare_due (at->data, datagram, NULL) > 0)
    at = at->prev;
  if (at == NULL)
    g_queue_push_head (&wire->queue, datagram);
  else
    g_queue_insert_after (&wire->queue, at, datagram);
}

Wire *
wire_new (GMainContext *context, guint32 seed, WireDeliver deliver, gpointer user_data)
{
  Wire *wire = g_new0 (Wire, 1);

  wire->deliver = deliver;
  wire->user_data = user_data;
  wire->dice = g_rand_new_with_seed (seed);
  g_queue_init (&wire->queue);
  wire->source = g_source_new (&FUNCS, sizeof (GSource));
  g_source_set_callback (wire->source, on_due, wire, NULL);
  g_source_attach (wire->source, context);
  return wire;
}

WireQuality *
wire_quality (Wire *wire)
{
  return &wire->quality;
}

void
wire_send (Wire *wire, int to, const guint8 *data, gsize length)
{
  wire->counts[to]++;
  wire->longest = MAX (wire->longest, length);
  if (wire->quality.cut || chance (wire, wire->quality.loss))
    return;
  put (wire, to, data, length);
  if (chance (wire, wire->quality.duplicate))
    put (wire, to, data, length);
  set_alarm (wire);
}

guint
wire_count (const Wire *wire, int to)
{
  return wire->counts[to];
}

gsize
wire_longest (const Wire *wire)
{
  return wire->longest;
}

void
wire_free (Wire *wire)
{
  g_source_destroy (wire->source);
  g_source_unref (wire->source);
  g_queue_clear_full (&wire->queue, (GDestroyNotify)datagram_free);
  g_rand_free (wire->dice);
  g_free (wire);
}
