/* What a probe of one server has found: its steps with time and evidence, and the verdict.
 *
 * Shared by reference; only the probe that makes it writes to it. */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "servers/probe-code.h"

typedef struct {
  LaneProbeStepKind kind;
  gboolean ok;
  double ms;
  char *evidence; /* one line, cleaned; NULL: none */
} LaneProbeStep;

typedef struct {
  LaneUri *uri;
  GPtrArray *steps; /* of LaneProbeStep, as they were taken */
  gboolean done;
  LaneProbeCode code; /* LANE_PROBE_OK until something is wrong */
  int stun_code;      /* 0: none */
  char *error;        /* a sentence; NULL: nothing is wrong */
  char *advice;       /* what cures it; NULL likewise */
  double rtt_ms;      /* of one request and its answer; NAN: not measured */
  char *address;      /* of the server, an IP literal; NULL: not known */
  char *mapped;       /* our address as the server sees it, an IP literal; NULL: unknown */
  char *relayed;      /* `ADDRESS:PORT` that it gave us; NULL: none */
  gint64 expires_us;  /* wall clock: the end of its certificate; 0: no certificate seen */
} LaneProbeResult;

LaneProbeResult *lane_probe_result_new (const LaneUri *uri);
LaneProbeResult *lane_probe_result_ref (LaneProbeResult *result);
void lane_probe_result_unref (LaneProbeResult *result);

/* Takes @evidence over. */
void lane_probe_result_add (LaneProbeResult *result, LaneProbeStepKind kind, gboolean ok, double ms,
                            char *evidence);
/* Says what is wrong; the first fault stands. */
void lane_probe_result_fail (LaneProbeResult *result, const LaneProbeFault *fault);
/* NULL: not taken. The last one, when it was taken several times. */
const LaneProbeStep *lane_probe_result_find (const LaneProbeResult *result, LaneProbeStepKind kind);

/* Members of a server object (DESIGN section 8): stun_code, address, mapped, relayed,
 * certificate_expires_at, steps. @result may be NULL: everything is unknown. */
void lane_probe_result_add_json (const LaneProbeResult *result, JsonBuilder *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneProbeResult, lane_probe_result_unref)
