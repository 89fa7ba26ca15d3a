/* A control socket whose answers are the test's: no node behind it. */
#pragma once

#include "bus-peer.h"
#include "listener.h"

typedef struct {
  GMainContext *context;
  char *directory, *path;
  LaneListener *listener;
  GPtrArray *clients; /* of LaneBusPeer */
  char *guid;
  guint32 serial;

  const char *status;        /* answer of GetStatus */
  const char *const *events; /* of GetEvents */
  const char *detail;        /* of GetPeer; NULL: refused */
  const char *history;       /* of GetHistory; NULL: refused */
  const char *reload;        /* of Reload */
  gboolean silent;           /* commands get no answer */
  const char *early_event;   /* logged between the answers to GetStatus and GetEvents */
  guint answers;             /* of GetStatus, GetPeer and GetEvents given so far */
  GString *calls;            /* `Method(parameters);` of each command */
  char *closed_because;      /* the last reason of a closed client */
} FakeNode;

FakeNode *fake_node_new (void); /* on a private, pushed GMainContext */
void fake_node_emit (FakeNode *node, const char *signal, const char *json);
void fake_node_emit_empty (FakeNode *node, const char *signal);
void fake_node_hang_up (FakeNode *node); /* on all clients */
void fake_node_free (FakeNode *node);

/* Runs the context until *@flag, at most 5 s; then the test fails. */
#define fake_node_run_until(node, condition)                                                       \
  do {                                                                                             \
    gint64 deadline_ = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;                               \
    while (!(condition)) {                                                                         \
      ck_assert_msg (g_get_monotonic_time () < deadline_, "never happened: %s", #condition);       \
      fake_node_turn (node);                                                                       \
    }                                                                                              \
  } while (0)
void fake_node_turn (FakeNode *node); /* one turn of the loop, waiting at most 20 ms */
