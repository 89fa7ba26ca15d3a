/* What all links of one node share. Owned by the node, outlives every link. */
#pragma once

#include "config.h"
#include "diagnosis/event-log.h"
#include "ice/address-policy.h"
#include "metrics/tally.h"
#include "network.h"
#include "recorder/recorder.h"
#include "secure/identity.h"
#include "servers/nat-watch.h"
#include "servers/pool.h"

typedef struct {
  GMainContext *context;
  const LaneConfig *config;
  LaneIdentity *identity;
  LaneNetwork *network;
  LanePool *pool;
  LaneNatWatch *nat;
  LaneEventLog *log;
  LaneTally *tally;
  LaneRecorder *recorder; /* NULL: nothing is recorded; others may take its place */
  LaneAddressPolicy policy;
  guint *closing; /* g_rc_box: transports whose TURN allocations are still being released */
} LaneShared;
