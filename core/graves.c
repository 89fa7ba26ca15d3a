#include "graves.h"

#include "timer.h"

struct _LaneGraves {
  const LaneShared *shared;
  GPtrArray *generations;
  GSource *turn;
};

static void
on_closed (gpointer closing)
{
  (*(guint *)closing)--;
  g_rc_box_release (closing);
}

static void
free_generation (LaneGraves *graves, LaneGeneration *generation)
{
  guint *closing = graves->shared->closing;

  (*closing)++;
  lane_generation_free (generation, on_closed, g_rc_box_acquire (closing));
}

static gboolean
on_turn (gpointer user_data)
{
  LaneGraves *graves = user_data;

  lane_timer_clear (&graves->turn);
  while (graves->generations->len > 0)
    free_generation (graves,
                     g_ptr_array_steal_index (graves->generations, graves->generations->len - 1));
  return G_SOURCE_REMOVE;
}

LaneGraves *
lane_graves_new (const LaneShared *shared)
{
  LaneGraves *graves = g_new0 (LaneGraves, 1);

  graves->shared = shared;
  graves->generations = g_ptr_array_new ();
  return graves;
}

void
lane_graves_free (LaneGraves *graves)
{
  if (graves == NULL)
    return;
  on_turn (graves);
  g_ptr_array_unref (graves->generations);
  g_free (graves);
}

void
lane_graves_bury (LaneGraves *graves, LaneGeneration **generation)
{
  if (*generation == NULL)
    return;
  g_ptr_array_add (graves->generations, g_steal_pointer (generation));
  if (graves->turn == NULL)
    lane_timer_set (&graves->turn, graves->shared->context, 0, on_turn, graves);
}
