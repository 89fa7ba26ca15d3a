/* usrsctp, of which a process has one: the table of its associations and its clock.
 *
 * usrsctp knows an association by a number from here and never by a pointer, because it may ask for
 * one that is gone. Private to sctp.c. */
#pragma once

#include <glib.h>

typedef struct {
  /* usrsctp has a packet; its locks are held. */
  void (*send) (gpointer association, const guint8 *packet, gsize length);
  /* Timers have run. TRUE = something is in flight: come back in 10 ms, not 50. */
  gboolean (*tick) (gpointer association, gint64 now_us);
  /* Whatever is queued for the user. May end with the association gone. */
  void (*deliver) (gpointer association);
} LaneSctpStackEvents;

/* A number for @association, 0 with @error when the others live on another context. @events must
 * outlive it. */
guint32 lane_sctp_stack_join (GMainContext *context, const LaneSctpStackEvents *events,
                              gpointer association, GError **error);
/* With the last association the clock stops. */
void lane_sctp_stack_leave (guint32 id);
gpointer lane_sctp_stack_find (guint32 id); /* NULL = gone */
/* The fast clock again, because something was sent or received. */
void lane_sctp_stack_stir (void);
/* Deliver from the loop, soon: not from here. */
void lane_sctp_stack_deliver_later (void);
