#include "ice/gather-report.h"

#include <string.h>

#include "status.h"

#define MAX_ADDRESSES 64
#define MAX_SERVERS   16
#define MAX_REFUSED   32

typedef struct {
  char *interface, *address, *why;
} Address;

typedef struct {
  LaneCandidate candidate;
  char *why;
  gint64 at_us;
} Refusal;

typedef struct {
  LaneGatherServer told;
  const LaneIceServer *server; /* only compared */
} Entry;

struct _LaneGatherReport {
  GPtrArray *addresses; /* of Address */
  GPtrArray *servers;   /* of Entry */
  GPtrArray *refused;   /* of Refusal */
  guint n_refused;
  gint64 ended_us;
};

static void
address_free (gpointer data)
{
  Address *address = data;

  g_free (address->interface);
  g_free (address->address);
  g_free (address->why);
  g_free (address);
}

static void
refusal_free (gpointer data)
{
  Refusal *refusal = data;

  g_free (refusal->why);
  g_free (refusal);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->told.name);
  g_free (entry->told.address);
  g_free (entry->told.code);
  g_free (entry);
}

LaneGatherReport *
lane_gather_report_new (void)
{
  LaneGatherReport *report = g_new0 (LaneGatherReport, 1);

  report->addresses = g_ptr_array_new_with_free_func (address_free);
  report->servers = g_ptr_array_new_with_free_func (entry_free);
  report->refused = g_ptr_array_new_with_free_func (refusal_free);
  return report;
}

void
lane_gather_report_free (LaneGatherReport *report)
{
  if (report == NULL)
    return;
  g_ptr_array_unref (report->addresses);
  g_ptr_array_unref (report->servers);
  g_ptr_array_unref (report->refused);
  g_free (report);
}

void
lane_gather_report_add_address (LaneGatherReport *report, const char *interface,
                                const char *address, const char *why)
{
  Address *added;

  if (report->addresses->len >= MAX_ADDRESSES)
    return;
  added = g_new0 (Address, 1);
  added->interface = g_strdup (interface);
  added->address = g_strdup (address);
  added->why = g_strdup (why);
  g_ptr_array_add (report->addresses, added);
}

static const char *
name_control (LaneProtocol protocol)
{
  switch (protocol) {
  case LANE_PROTOCOL_TCP:
    return "tcp";
  case LANE_PROTOCOL_TLS:
    return "tls";
  case LANE_PROTOCOL_UDP:
  default:
    return "udp";
  }
}

const LaneGatherServer *
lane_gather_report_ask (LaneGatherReport *report, const LaneIceServer *server, gint64 now_us)
{
  gboolean tls = server->protocol == LANE_PROTOCOL_TLS;
  gboolean bridged = tls || server->lease != NULL;
  Entry *entry;

  if (report->servers->len >= MAX_SERVERS)
    return NULL;
  entry = g_new0 (Entry, 1);
  entry->server = server;
  entry->told.name = g_strdup (server->name);
  entry->told.kind = !server->turn ? "stun" : tls ? "turns" : "turn";
  entry->told.control = name_control (server->protocol);
  entry->told.address = bridged ? NULL : g_strdup (server->address);
  entry->told.port = bridged ? 0 : server->port;
  entry->told.outcome = LANE_GATHER_ASKED;
  entry->told.asked_us = now_us;
  g_ptr_array_add (report->servers, entry);
  return &entry->told;
}

static Entry *
find (LaneGatherReport *report, const LaneIceServer *server)
{
  for (guint i = 0; i < report->servers->len; i++) {
    Entry *entry = report->servers->pdata[i];

    if (entry->server == server)
      return entry;
  }
  return NULL;
}

const LaneGatherServer *
lane_gather_report_answer (LaneGatherReport *report, const LaneIceServer *server,
                           const LaneCandidate *candidate, gint64 now_us)
{
  Entry *entry = find (report, server);
  LaneCheckPoint *point;

  if (entry == NULL)
    return NULL;
  point = candidate->type == LANE_CANDIDATE_RELAY ? &entry->told.relayed : &entry->told.mapped;
  if (point->port != 0)
    return NULL;
  g_strlcpy (point->address, candidate->address, sizeof point->address);
  point->port = candidate->port;
  entry->told.outcome = LANE_GATHER_ANSWERED;
  if (entry->told.answered_us == 0)
    entry->told.answered_us = now_us;
  return &entry->told;
}

/* libnice keeps one allocation for each relay address and gives the others back. */
static gboolean
is_reached_otherwise (const LaneGatherReport *report, const Entry *entry)
{
  for (guint i = 0; i < report->servers->len; i++) {
    const Entry *other = report->servers->pdata[i];

    if (other != entry && other->server->turn && other->told.relayed.port != 0
        && g_strcmp0 (other->told.name, entry->told.name) == 0)
      return TRUE;
  }
  return FALSE;
}

void
lane_gather_report_end (LaneGatherReport *report, gint64 now_us, gint64 stun_us)
{
  report->ended_us = now_us;
  for (guint i = 0; i < report->servers->len; i++) {
    Entry *entry = report->servers->pdata[i];
    gboolean turn = strcmp (entry->told.kind, "stun") != 0;

    if (entry->told.outcome != LANE_GATHER_ASKED)
      continue;
    if (!turn && stun_us != 0) {
      entry->told.outcome = LANE_GATHER_ANSWERED;
      entry->told.answered_us = stun_us;
    } else if (turn && is_reached_otherwise (report, entry)) {
      entry->told.outcome = LANE_GATHER_UNNEEDED;
    } else {
      entry->told.outcome = LANE_GATHER_SILENT;
    }
  }
}

void
lane_gather_report_explain (LaneGatherReport *report, const char *name, const char *kind,
                            const char *code)
{
  for (guint i = 0; i < report->servers->len; i++) {
    Entry *entry = report->servers->pdata[i];

    if (entry->told.outcome != LANE_GATHER_SILENT || g_strcmp0 (entry->told.name, name) != 0
        || strcmp (entry->told.kind, kind) != 0)
      continue;
    g_free (entry->told.code);
    entry->told.code = g_strdup (code);
  }
}

void
lane_gather_report_refuse (LaneGatherReport *report, const LaneCandidate *candidate,
                           const char *why, gint64 now_us)
{
  Refusal *refusal;

  report->n_refused++;
  if (report->refused->len >= MAX_REFUSED)
    return;
  refusal = g_new0 (Refusal, 1);
  refusal->candidate = *candidate;
  refusal->why = g_strdup (why);
  refusal->at_us = now_us;
  g_ptr_array_add (report->refused, refusal);
}

guint
lane_gather_report_get_n_servers (const LaneGatherReport *report)
{
  return report->servers->len;
}

const LaneGatherServer *
lane_gather_report_get_server (const LaneGatherReport *report, guint index)
{
  g_return_val_if_fail (index < report->servers->len, NULL);

  return &((const Entry *)report->servers->pdata[index])->told;
}

gint64
lane_gather_report_get_ended_us (const LaneGatherReport *report)
{
  return report->ended_us;
}

/* Describing */

static void
add_point (JsonBuilder *builder, const char *name, const char *address, guint16 port)
{
  json_builder_set_member_name (builder, name);
  if (address == NULL || port == 0) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "address", address);
  json_builder_set_member_name (builder, "port");
  json_builder_add_int_value (builder, port);
  json_builder_end_object (builder);
}

static void
describe_addresses (JsonBuilder *builder, const GPtrArray *addresses)
{
  json_builder_set_member_name (builder, "interfaces");
  json_builder_begin_array (builder);
  for (guint i = 0; i < addresses->len; i++) {
    const Address *address = addresses->pdata[i];

    json_builder_begin_object (builder);
    lane_status_add_string (builder, "interface", address->interface);
    lane_status_add_string (builder, "address", address->address);
    json_builder_set_member_name (builder, "used");
    json_builder_add_boolean_value (builder, address->why == NULL);
    lane_status_add_string (builder, "why", address->why);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
describe_servers (JsonBuilder *builder, const GPtrArray *servers, gint64 started_us)
{
  json_builder_set_member_name (builder, "servers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < servers->len; i++) {
    const LaneGatherServer *server = &((const Entry *)servers->pdata[i])->told;

    json_builder_begin_object (builder);
    lane_status_add_string (builder, "name", server->name);
    lane_status_add_string (builder, "kind", server->kind);
    lane_status_add_string (builder, "transport", server->control);
    add_point (builder, "server", server->address, server->port);
    lane_status_add_string (builder, "outcome", lane_gather_outcome_to_string (server->outcome));
    lane_status_add_string (builder, "code", server->code);
    lane_status_add_ms (builder, "asked_ms", server->asked_us, started_us);
    lane_status_add_ms (builder, "answered_ms", server->answered_us, started_us);
    add_point (builder, "mapped", server->mapped.address, server->mapped.port);
    add_point (builder, "relayed", server->relayed.address, server->relayed.port);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
describe_refused (JsonBuilder *builder, const LaneGatherReport *report, gint64 started_us)
{
  json_builder_set_member_name (builder, "refused_count");
  json_builder_add_int_value (builder, report->n_refused);
  json_builder_set_member_name (builder, "refused");
  json_builder_begin_array (builder);
  for (guint i = 0; i < report->refused->len; i++) {
    const Refusal *refusal = report->refused->pdata[i];

    json_builder_begin_object (builder);
    lane_status_add_string (builder, "type",
                            lane_candidate_type_to_string (refusal->candidate.type));
    lane_status_add_string (builder, "address", refusal->candidate.address);
    json_builder_set_member_name (builder, "port");
    json_builder_add_int_value (builder, refusal->candidate.port);
    lane_status_add_string (builder, "why", refusal->why);
    lane_status_add_ms (builder, "ms", refusal->at_us, started_us);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

JsonNode *
lane_gather_report_describe (const LaneGatherReport *report, gint64 started_us)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  lane_status_add_ms (builder, "ended_ms", report->ended_us, started_us);
  describe_addresses (builder, report->addresses);
  describe_servers (builder, report->servers, started_us);
  describe_refused (builder, report, started_us);
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}

const char *
lane_gather_outcome_to_string (LaneGatherOutcome outcome)
{
  static const char *const names[] = {
    [LANE_GATHER_ASKED] = "asked",
    [LANE_GATHER_ANSWERED] = "answered",
    [LANE_GATHER_SILENT] = "silent",
    [LANE_GATHER_UNNEEDED] = "unneeded",
  };

  return names[outcome];
}
