#include "signaling/outbox.h"

#include <string.h>

#define MAX_ENVELOPE (64 * 1024)
/* Small enough to pass a line of 8 kbit/s within a request's time. */
#define BATCH_BYTES (16 * 1024)

typedef struct {
  char *to, *text;
  gsize length;
  gint64 queued_at;
} Letter;

struct _LaneOutbox {
  GQueue waiting, in_flight; /* of Letter */
  gsize bytes;               /* of both */
  GPtrArray *missed;
};

static void
letter_free (Letter *letter)
{
  g_free (letter->to);
  g_free (letter->text);
  g_free (letter);
}

static void
miss (LaneOutbox *outbox, const char *to)
{
  if (!g_ptr_array_find_with_equal_func (outbox->missed, to, g_str_equal, NULL))
    g_ptr_array_add (outbox->missed, g_strdup (to));
}

static void
drop (LaneOutbox *outbox, Letter *letter)
{
  miss (outbox, letter->to);
  outbox->bytes -= letter->length;
  letter_free (letter);
}

LaneOutbox *
lane_outbox_new (void)
{
  LaneOutbox *outbox = g_new0 (LaneOutbox, 1);

  g_queue_init (&outbox->waiting);
  g_queue_init (&outbox->in_flight);
  outbox->missed = g_ptr_array_new_with_free_func (g_free);
  return outbox;
}

void
lane_outbox_free (LaneOutbox *outbox)
{
  if (outbox == NULL)
    return;
  g_queue_clear_full (&outbox->waiting, (GDestroyNotify)letter_free);
  g_queue_clear_full (&outbox->in_flight, (GDestroyNotify)letter_free);
  g_ptr_array_unref (outbox->missed);
  g_free (outbox);
}

void
lane_outbox_push (LaneOutbox *outbox, const char *to, const char *envelope, gint64 now)
{
  Letter *letter;
  gsize length = strlen (envelope);

  if (length > MAX_ENVELOPE) {
    miss (outbox, to);
    return;
  }
  while (outbox->bytes + length > LANE_OUTBOX_MAX_BYTES && !g_queue_is_empty (&outbox->waiting))
    drop (outbox, g_queue_pop_head (&outbox->waiting));

  letter = g_new0 (Letter, 1);
  letter->to = g_strdup (to);
  letter->text = g_strdup (envelope);
  letter->length = length;
  letter->queued_at = now;
  outbox->bytes += length;
  g_queue_push_tail (&outbox->waiting, letter);
}

char *
lane_outbox_take (LaneOutbox *outbox, gint64 now)
{
  GString *body;

  g_return_val_if_fail (g_queue_is_empty (&outbox->in_flight), NULL);
  lane_outbox_expire (outbox, now);
  if (g_queue_is_empty (&outbox->waiting))
    return NULL;

  body = g_string_new ("{\"messages\":[");
  while (!g_queue_is_empty (&outbox->waiting)) {
    Letter *letter = g_queue_peek_head (&outbox->waiting);

    if (!g_queue_is_empty (&outbox->in_flight)) {
      if (body->len + letter->length > BATCH_BYTES)
        break;
      g_string_append_c (body, ',');
    }
    g_string_append_len (body, letter->text, (gssize)letter->length);
    g_queue_push_tail (&outbox->in_flight, g_queue_pop_head (&outbox->waiting));
  }
  g_string_append (body, "]}");
  return g_string_free (body, FALSE);
}

void
lane_outbox_settle (LaneOutbox *outbox)
{
  Letter *letter;

  while ((letter = g_queue_pop_head (&outbox->in_flight)) != NULL) {
    outbox->bytes -= letter->length;
    letter_free (letter);
  }
}

void
lane_outbox_give_up (LaneOutbox *outbox)
{
  Letter *letter;

  while ((letter = g_queue_pop_head (&outbox->in_flight)) != NULL)
    drop (outbox, letter);
}

void
lane_outbox_put_back (LaneOutbox *outbox)
{
  while (!g_queue_is_empty (&outbox->in_flight))
    g_queue_push_head (&outbox->waiting, g_queue_pop_tail (&outbox->in_flight));
}

gboolean
lane_outbox_is_empty (const LaneOutbox *outbox)
{
  return outbox->waiting.length == 0 && outbox->in_flight.length == 0;
}

gint64
lane_outbox_get_expiry (const LaneOutbox *outbox)
{
  const Letter *oldest = outbox->waiting.head == NULL ? NULL : outbox->waiting.head->data;

  return oldest == NULL ? 0 : oldest->queued_at + LANE_OUTBOX_LIFE_US;
}

void
lane_outbox_expire (LaneOutbox *outbox, gint64 now)
{
  while (!g_queue_is_empty (&outbox->waiting) && lane_outbox_get_expiry (outbox) <= now)
    drop (outbox, g_queue_pop_head (&outbox->waiting));
}

gboolean
lane_outbox_has_missed (const LaneOutbox *outbox)
{
  return outbox->missed->len > 0;
}

char **
lane_outbox_take_missed (LaneOutbox *outbox)
{
  char **missed;

  if (outbox->missed->len == 0)
    return NULL;
  g_ptr_array_add (outbox->missed, NULL);
  missed = (char **)g_ptr_array_free (outbox->missed, FALSE);
  outbox->missed = g_ptr_array_new_with_free_func (g_free);
  return missed;
}
