#include "channel/sctp-stack.h"

#include <gio/gio.h>
#include <usrsctp.h>

#define BUSY_US            10000
#define IDLE_US            50000
#define MAX_QUEUED_CHUNKS  1024 /* received out of order, per association */
#define SOCKET_BUCKETS     4    /* a socket of ours has one association; the default is 256 */
#define IGNORE_OUT_OF_BLUE 2    /* no ABORT for packets of associations that are gone */

typedef struct {
  const LaneSctpStackEvents *events;
  gpointer association;
} Member;

/* The one exception from "no globals": usrsctp is one itself. */
static struct {
  gboolean initialized;
  guint32 last_id;
  GHashTable *members; /* id -> Member; NULL while there is none */
  GMainContext *context;
  GSource *clock;
  gint64 ticked_us; /* up to when usrsctp was told of time */
  gboolean busy;
} stack;

static Member *
find_member (guint32 id)
{
  return stack.members != NULL ? g_hash_table_lookup (stack.members, GUINT_TO_POINTER (id)) : NULL;
}

static int
on_output (void *address, void *packet, size_t length, uint8_t tos, uint8_t set_df)
{
  Member *member = find_member (GPOINTER_TO_UINT (address));

  if (member != NULL)
    member->events->send (member->association, packet, length);
  return 0;
}

/* LIBNICE.md section 12; SECURITY-AND-FAULTS.md section 2, "usrsctp". */
static void
initialize (void)
{
  if (stack.initialized)
    return;
  stack.initialized = TRUE;
  usrsctp_init_nothreads (0, on_output, NULL);
  usrsctp_tunable_set_sctp_pcbtblsize (SOCKET_BUCKETS);
  usrsctp_sysctl_set_sctp_ecn_enable (0);
  usrsctp_sysctl_set_sctp_asconf_enable (0);
  usrsctp_sysctl_set_sctp_auto_asconf (0);
  usrsctp_sysctl_set_sctp_auth_enable (0);
  usrsctp_sysctl_set_sctp_nrsack_enable (0);
  usrsctp_sysctl_set_sctp_pktdrop_enable (0);
  usrsctp_sysctl_set_sctp_pr_enable (1);
  usrsctp_sysctl_set_sctp_reconfig_enable (1);
  usrsctp_sysctl_set_sctp_blackhole (IGNORE_OUT_OF_BLUE);
  usrsctp_sysctl_set_sctp_max_retran_chunk (0); /* else 30 of them end the association */
  usrsctp_sysctl_set_sctp_max_chunks_on_queue (MAX_QUEUED_CHUNKS);
}

static void
run_timers (gint64 now)
{
  gint64 elapsed_ms = (now - stack.ticked_us) / 1000;

  if (elapsed_ms <= 0)
    return;
  stack.ticked_us += elapsed_ms * 1000;
  usrsctp_handle_timers ((guint32)MIN (elapsed_ms, G_MAXINT32));
}

/* Members may leave, and the whole stack stop, while the others are served. */
static GArray *
list_ids (void)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, stack.members);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    guint32 id = GPOINTER_TO_UINT (key);

    g_array_append_val (ids, id);
  }
  return ids;
}

static gboolean
on_clock (gpointer unused)
{
  g_autoptr (GArray) ids = list_ids ();
  gint64 now = g_get_monotonic_time ();
  gboolean busy = FALSE;

  run_timers (now);
  for (guint i = 0; i < ids->len; i++) {
    Member *member = find_member (g_array_index (ids, guint32, i));

    if (member != NULL && member->events->tick (member->association, now))
      busy = TRUE;
  }
  stack.busy = busy;
  g_source_set_ready_time (stack.clock, now + (busy ? BUSY_US : IDLE_US));

  for (guint i = 0; i < ids->len; i++) {
    Member *member = find_member (g_array_index (ids, guint32, i));

    if (member != NULL)
      member->events->deliver (member->association);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_clock (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs CLOCK_FUNCS = { .dispatch = dispatch_clock };

static void
start (GMainContext *context)
{
  initialize ();
  stack.context = context != NULL ? g_main_context_ref (context) : NULL;
  stack.members = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  stack.ticked_us = g_get_monotonic_time ();
  stack.busy = TRUE;
  stack.clock = g_source_new (&CLOCK_FUNCS, sizeof (GSource));
  g_source_set_callback (stack.clock, on_clock, NULL, NULL);
  g_source_set_ready_time (stack.clock, stack.ticked_us + BUSY_US);
  g_source_attach (stack.clock, context);
}

static void
stop (void)
{
  g_source_destroy (stack.clock);
  g_clear_pointer (&stack.clock, g_source_unref);
  g_clear_pointer (&stack.members, g_hash_table_unref);
  g_clear_pointer (&stack.context, g_main_context_unref);
}

guint32
lane_sctp_stack_join (GMainContext *context, const LaneSctpStackEvents *events,
                      gpointer association, GError **error)
{
  Member *member;

  if (stack.members == NULL) {
    start (context);
  } else if (stack.context != context) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                 "SCTP runs on another main context of this process");
    return 0;
  }

  do
    stack.last_id++;
  while (stack.last_id == 0 || find_member (stack.last_id) != NULL);

  member = g_new (Member, 1);
  *member = (Member){ events, association };
  g_hash_table_insert (stack.members, GUINT_TO_POINTER (stack.last_id), member);
  usrsctp_register_address (GUINT_TO_POINTER (stack.last_id));
  return stack.last_id;
}

void
lane_sctp_stack_leave (guint32 id)
{
  usrsctp_deregister_address (GUINT_TO_POINTER (id));
  g_hash_table_remove (stack.members, GUINT_TO_POINTER (id));
  if (g_hash_table_size (stack.members) == 0)
    stop ();
}

gpointer
lane_sctp_stack_find (guint32 id)
{
  Member *member = find_member (id);

  return member != NULL ? member->association : NULL;
}

void
lane_sctp_stack_stir (void)
{
  if (stack.busy)
    return;
  stack.busy = TRUE;
  run_timers (g_get_monotonic_time ()); /* or what starts now would be late by the time passed */
  g_source_set_ready_time (stack.clock, stack.ticked_us + BUSY_US);
}

void
lane_sctp_stack_deliver_later (void)
{
  g_source_set_ready_time (stack.clock, 0);
}
