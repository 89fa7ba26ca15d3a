#include "servers/pool-entry.h"

#include <math.h>
#include <string.h>

#include "timer.h"

typedef enum { VERDICT_NONE, VERDICT_OK, VERDICT_FAILED } Verdict;

struct _LanePoolEntry {
  LanePoolServer shown;
  LanePoolEntrySetup setup;
  LanePoolEntryEvents events;
  gpointer user_data;

  LaneProbe *probes[LANE_FAMILIES];
  LaneProbeResult *fresh[LANE_FAMILIES]; /* of this round */
  LaneProbeResult *result; /* that the verdict rests on; NULL: a link's word, or none */
  Verdict verdict;
  gboolean answered; /* anything at all, in this round */
  char *mapped[LANE_FAMILIES];

  gint64 held_until_us; /* monotonic; 0: no bad report */
  LaneProbeCode held_code;
  char *held_error, *held_advice;
  char *held_address; /* of the host when it was reported */
  GSource *hold;
};

static gboolean
is_turn (const LanePoolEntry *entry)
{
  return entry->setup.uri->scheme == LANE_URI_TURN || entry->setup.uri->scheme == LANE_URI_TURNS;
}

static gint64
monotonic_us (const LanePoolEntry *entry)
{
  const LanePoolTuning *tuning = entry->setup.tuning;

  return tuning->monotonic_us (tuning->clock_data);
}

static gint64
wall_us (const LanePoolEntry *entry)
{
  const LanePoolTuning *tuning = entry->setup.tuning;

  return tuning->wall_us (tuning->clock_data);
}

LanePoolEntry *
lane_pool_entry_new (const LanePoolEntrySetup *setup, const LanePoolEntryEvents *events,
                     gpointer user_data)
{
  LanePoolEntry *entry = g_new0 (LanePoolEntry, 1);

  entry->setup = *setup;
  entry->events = *events;
  entry->user_data = user_data;
  entry->shown.name = setup->config->name;
  entry->shown.kind = lane_uri_scheme_to_string (setup->uri->scheme);
  entry->shown.uri = lane_uri_to_string (setup->uri);
  entry->shown.rtt_ms = NAN;
  return entry;
}

void
lane_pool_entry_move (LanePoolEntry *entry, const LaneServerConfig *config, const LaneUri *uri)
{
  entry->setup.config = config;
  entry->setup.uri = uri;
  entry->shown.name = config->name;
}

/* What is shown: a function of the evidence */

static gboolean
is_held (const LanePoolEntry *entry)
{
  return entry->held_until_us > monotonic_us (entry);
}

static const char *
credentials_error (const LanePoolEntry *entry)
{
  return is_turn (entry) && entry->setup.credentials != NULL
             ? lane_credentials_get_error (entry->setup.credentials)
             : NULL;
}

typedef struct {
  LaneProbeCode code;
  char *error, *advice;
} Complaint;

static void
complaint_clear (Complaint *complaint)
{
  g_free (complaint->error);
  g_free (complaint->advice);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Complaint, complaint_clear)

static void
complain (const LanePoolEntry *entry, LaneProbeCode code, LaneProbeStepKind step,
          Complaint *complaint)
{
  const LaneProbeFault fault = { .code = code, .step = step };

  complaint->code = code;
  complaint->error = lane_probe_fault_to_text (&fault, entry->setup.uri);
  complaint->advice = lane_probe_fault_to_advice (&fault, entry->setup.uri);
}

/* What the probe found wrong before it came to a password, or with that. */
static gboolean
probe_knows_better (const LanePoolEntry *entry)
{
  return entry->verdict == VERDICT_FAILED && entry->result->code != LANE_PROBE_CREDENTIALS_UNKNOWN;
}

/* The most exact one comes first. */
static void
find_complaint (const LanePoolEntry *entry, Complaint *complaint)
{
  const char *missing = credentials_error (entry);

  if (!lane_server_host_has_address (entry->setup.host)) {
    complain (entry, lane_server_host_get_fault (entry->setup.host), LANE_PROBE_STEP_DNS,
              complaint);
  } else if (missing != NULL && !probe_knows_better (entry)) {
    complain (entry, LANE_PROBE_CREDENTIALS_UNKNOWN, LANE_PROBE_STEP_ALLOCATE, complaint);
    g_free (complaint->error);
    complaint->error = g_strdup (missing);
  } else if (entry->verdict == VERDICT_FAILED) {
    complaint->code = entry->result->code;
    complaint->error = g_strdup (entry->result->error);
    complaint->advice = g_strdup (entry->result->advice);
  } else if (is_held (entry)) {
    complaint->code = entry->held_code;
    complaint->error = g_strdup (entry->held_error);
    complaint->advice = g_strdup (entry->held_advice);
  }
}

static const LaneProbeResult *
find_result (const LanePoolEntry *entry)
{
  if (entry->result != NULL)
    return entry->result;
  for (guint i = 0; i < LANE_FAMILIES; i++)
    if (entry->probes[i] != NULL)
      return lane_probe_get_result (entry->probes[i]);
  return NULL;
}

gboolean
lane_pool_entry_refresh (LanePoolEntry *entry)
{
  g_auto (Complaint) complaint = { LANE_PROBE_OK };
  LanePoolServer *shown = &entry->shown;
  LaneServerState state = LANE_SERVER_UNKNOWN;
  gboolean changed;

  find_complaint (entry, &complaint);
  if (complaint.error != NULL)
    state = LANE_SERVER_FAILED;
  else if (entry->verdict == VERDICT_OK)
    state = LANE_SERVER_OK;

  changed = state != shown->state || g_strcmp0 (complaint.error, shown->error) != 0
            || g_strcmp0 (complaint.advice, shown->advice) != 0;
  shown->state = state;
  shown->code = complaint.code;
  g_free (shown->error);
  shown->error = g_steal_pointer (&complaint.error);
  g_free (shown->advice);
  shown->advice = g_steal_pointer (&complaint.advice);
  shown->result = find_result (entry);
  if (is_turn (entry) && entry->setup.credentials != NULL)
    shown->credentials_expire_us = lane_credentials_get_expiry_us (entry->setup.credentials);
  return changed;
}

/* Probing */

static void
forget_measurement (LanePoolEntry *entry)
{
  entry->shown.rtt_ms = NAN;
  g_clear_pointer (&entry->shown.mapped, g_free);
  for (guint i = 0; i < LANE_FAMILIES; i++)
    g_clear_pointer (&entry->mapped[i], g_free);
}

static void
set_verdict (LanePoolEntry *entry, Verdict verdict, LaneProbeResult *result)
{
  entry->verdict = verdict;
  entry->shown.checked_us = wall_us (entry);
  if (result != NULL)
    lane_probe_result_ref (result);
  lane_probe_result_unref (entry->result);
  entry->result = result;
}

/* IPv4 is what is shown when both families answer. */
static LaneProbeResult *
choose_good (const LanePoolEntry *entry)
{
  for (guint i = 0; i < LANE_FAMILIES; i++)
    if (entry->fresh[i] != NULL && entry->fresh[i]->code == LANE_PROBE_OK)
      return entry->fresh[i];
  return NULL;
}

/* That one family has no route here says little of the server. */
static LaneProbeResult *
choose_bad (const LanePoolEntry *entry)
{
  LaneProbeResult *ipv4 = entry->fresh[LANE_IPV4];
  LaneProbeResult *ipv6 = entry->fresh[LANE_IPV6];

  if (ipv4 == NULL || (ipv6 != NULL && ipv4->code == LANE_PROBE_UNREACHABLE))
    return ipv6;
  return ipv4;
}

static void
take_measurements (LanePoolEntry *entry, const LaneProbeResult *good)
{
  forget_measurement (entry);
  entry->shown.rtt_ms = good->rtt_ms;
  entry->shown.mapped = g_strdup (good->mapped);
  for (guint i = 0; i < LANE_FAMILIES; i++)
    if (entry->fresh[i] != NULL && entry->fresh[i]->code == LANE_PROBE_OK)
      entry->mapped[i] = g_strdup (entry->fresh[i]->mapped);
}

static void
conclude (LanePoolEntry *entry)
{
  LaneProbeResult *good = choose_good (entry);

  if (good != NULL) {
    take_measurements (entry, good);
    set_verdict (entry, VERDICT_OK, good);
  } else if (!lane_pool_entry_is_checking (entry)) {
    forget_measurement (entry);
    set_verdict (entry, VERDICT_FAILED, choose_bad (entry));
  }
}

static void
on_progress (LaneProbe *probe, gpointer user_data)
{
  LanePoolEntry *entry = user_data;
  LaneProbeResult *result = lane_probe_get_result (probe);
  const LaneProbeStep *stun = lane_probe_result_find (result, LANE_PROBE_STEP_STUN);

  entry->answered |= stun != NULL && stun->ok;
  entry->events.stepped (entry, result, entry->user_data);
}

static void
on_done (LaneProbe *probe, gpointer user_data)
{
  LanePoolEntry *entry = user_data;
  guint family = entry->probes[LANE_IPV4] == probe ? LANE_IPV4 : LANE_IPV6;

  entry->fresh[family] = lane_probe_result_ref (lane_probe_get_result (probe));
  g_clear_pointer (&entry->probes[family], lane_probe_free);
  conclude (entry);
  entry->events.stepped (entry, entry->fresh[family], entry->user_data);
  entry->events.changed (entry, entry->user_data);
}

static void
stop_probes (LanePoolEntry *entry)
{
  for (guint i = 0; i < LANE_FAMILIES; i++) {
    g_clear_pointer (&entry->probes[i], lane_probe_free);
    g_clear_pointer (&entry->fresh[i], lane_probe_result_unref);
  }
}

static void
start_probe (LanePoolEntry *entry, guint family, const char *username, const char *password)
{
  static const LaneProbeEvents events = { .progress = on_progress, .done = on_done };
  const LanePoolEntrySetup *setup = &entry->setup;
  g_autofree char *addresses = lane_server_host_describe (setup->host);
  const LaneProbeOptions options = {
    .uri = setup->uri,
    .address = lane_server_host_get_address (setup->host, family),
    .dns_ms = lane_server_host_get_ms (setup->host),
    .dns_evidence = addresses,
    .username = username,
    .password = password,
    .ca_file = setup->config->ca_file,
    .policy = setup->policy,
    .look_for_udp = setup->tuning->look_for_udp,
    .try_ms = setup->tuning->try_ms,
    .step_ms = setup->tuning->step_ms,
    .total_ms = setup->tuning->probe_ms,
  };

  if (options.address != NULL)
    entry->probes[family] = lane_probe_new (setup->context, &options, &events, entry);
}

static void
fail_lookup (LanePoolEntry *entry)
{
  const LaneServerHost *host = entry->setup.host;
  const LaneProbeFault fault = { .code = lane_server_host_get_fault (host),
                                 .step = LANE_PROBE_STEP_DNS };
  g_autoptr (LaneProbeResult) result = lane_probe_result_new (entry->setup.uri);

  lane_probe_result_add (result, LANE_PROBE_STEP_DNS, FALSE, lane_server_host_get_ms (host),
                         g_strdup (lane_probe_code_to_string (fault.code)));
  lane_probe_result_fail (result, &fault);
  result->done = TRUE;
  forget_measurement (entry);
  set_verdict (entry, VERDICT_FAILED, result);
}

static void
probe_addresses (LanePoolEntry *entry)
{
  g_autofree char *username = NULL;
  g_autofree char *password = NULL;

  /* Without a password there is something to learn, while one is being fetched there is not. */
  if (is_turn (entry) && entry->setup.credentials != NULL
      && !lane_credentials_make (entry->setup.credentials, wall_us (entry), &username, &password)
      && credentials_error (entry) == NULL)
    return;
  for (guint i = 0; i < LANE_FAMILIES; i++)
    start_probe (entry, i, username, password);
  if (password != NULL)
    explicit_bzero (password, strlen (password));
}

static char *
dup_address (const LanePoolEntry *entry)
{
  GInetAddress *address = lane_server_host_get_address (entry->setup.host, LANE_IPV4);

  if (address == NULL)
    address = lane_server_host_get_address (entry->setup.host, LANE_IPV6);
  return address != NULL ? g_inet_address_to_string (address) : NULL;
}

/* What a link said of the old address says nothing of the new one. */
static void
release_if_moved (LanePoolEntry *entry)
{
  g_autofree char *address = dup_address (entry);

  if (is_held (entry) && g_strcmp0 (address, entry->held_address) != 0)
    lane_pool_entry_release (entry);
}

void
lane_pool_entry_check (LanePoolEntry *entry)
{
  release_if_moved (entry);
  stop_probes (entry);
  entry->answered = FALSE;
  if (!lane_server_host_has_address (entry->setup.host)) {
    if (lane_server_host_get_fault (entry->setup.host) != LANE_PROBE_OK)
      fail_lookup (entry);
  } else {
    if (entry->result != NULL && entry->result->address == NULL) /* the lookup had failed */
      set_verdict (entry, VERDICT_NONE, NULL);
    probe_addresses (entry);
  }
  entry->shown.result = find_result (entry);
}

gboolean
lane_pool_entry_is_checking (const LanePoolEntry *entry)
{
  return entry->probes[LANE_IPV4] != NULL || entry->probes[LANE_IPV6] != NULL;
}

gboolean
lane_pool_entry_is_failing (const LanePoolEntry *entry)
{
  return entry->verdict == VERDICT_FAILED;
}

/* libnice 0.1.21 answers each 438 at once and without end, before anything else in its queue. */
gboolean
lane_pool_entry_is_harmful (const LanePoolEntry *entry)
{
  return entry->verdict == VERDICT_FAILED && entry->result->code == LANE_PROBE_STALE_NONCE;
}

gboolean
lane_pool_entry_is_open (const LanePoolEntry *entry)
{
  return entry->verdict == VERDICT_NONE && !entry->answered && lane_pool_entry_is_checking (entry);
}

LanePoolRank
lane_pool_entry_get_rank (const LanePoolEntry *entry)
{
  if (entry->verdict == VERDICT_FAILED || is_held (entry) || credentials_error (entry) != NULL)
    return LANE_RANK_FAILED;
  return entry->verdict == VERDICT_OK || entry->answered ? LANE_RANK_PROVEN : LANE_RANK_UNKNOWN;
}

/* What links say */

void
lane_pool_entry_release (LanePoolEntry *entry)
{
  entry->held_until_us = 0;
  lane_timer_clear (&entry->hold);
  g_clear_pointer (&entry->held_error, g_free);
  g_clear_pointer (&entry->held_advice, g_free);
  g_clear_pointer (&entry->held_address, g_free);
}

static gboolean
on_hold_over (gpointer user_data)
{
  LanePoolEntry *entry = user_data;

  lane_pool_entry_release (entry);
  entry->events.changed (entry, entry->user_data);
  return G_SOURCE_REMOVE;
}

void
lane_pool_entry_hold (LanePoolEntry *entry, const LaneProbeFault *fault)
{
  guint hold_ms = entry->setup.tuning->hold_ms;

  lane_pool_entry_release (entry);
  entry->held_until_us = monotonic_us (entry) + hold_ms * G_GINT64_CONSTANT (1000);
  entry->held_code = fault->code;
  entry->held_address = dup_address (entry);
  entry->held_error = lane_probe_fault_to_text (fault, entry->setup.uri);
  entry->held_advice = lane_probe_fault_to_advice (fault, entry->setup.uri);
  entry->shown.checked_us = wall_us (entry);
  lane_timer_set (&entry->hold, entry->setup.context, hold_ms, on_hold_over, entry);
}

void
lane_pool_entry_prove (LanePoolEntry *entry)
{
  if (entry->verdict != VERDICT_OK)
    set_verdict (entry, VERDICT_OK, NULL);
  entry->shown.checked_us = wall_us (entry);
}

const LanePoolServer *
lane_pool_entry_get_shown (const LanePoolEntry *entry)
{
  return &entry->shown;
}

const LaneUri *
lane_pool_entry_get_uri (const LanePoolEntry *entry)
{
  return entry->setup.uri;
}

const char *
lane_pool_entry_get_mapped (const LanePoolEntry *entry, guint family)
{
  return entry->mapped[family];
}

void
lane_pool_entry_free (LanePoolEntry *entry)
{
  if (entry == NULL)
    return;
  stop_probes (entry);
  lane_pool_entry_release (entry);
  forget_measurement (entry);
  lane_probe_result_unref (entry->result);
  g_free (entry->shown.uri);
  g_free (entry->shown.error);
  g_free (entry->shown.advice);
  g_free (entry);
}
