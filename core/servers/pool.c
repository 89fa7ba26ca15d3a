#include "servers/pool.h"

#include <math.h>
#include <string.h>

#include "servers/credentials.h"
#include "servers/lookup.h"
#include "servers/stun-probe.h"

#define TURN_HOSTS_MAX 2 /* so that a fleet does not hold idle allocations: DESIGN section 6 */
#define SERVERS_MAX    8 /* libnice takes no more TURN servers */
#define RECHECK_GAP_MS 1000

enum { IPV4, IPV6, N_FAMILIES };

typedef enum { VERDICT_NONE, VERDICT_OK, VERDICT_FAILED } Verdict;

typedef struct {
  LanePool *pool;
  const LaneServerConfig *config;
  LaneCredentials *credentials; /* NULL: no turn: URI */
} Section;

/* One host name with all URIs that have it: looked up once, in one rhythm. */
typedef struct {
  LanePool *pool;
  char *name;
  GInetAddress *addresses[N_FAMILIES]; /* the last good ones; NULL: none */
  gboolean literal;
  char *dns_error;
  LaneLookup *lookup; /* NULL: none under way */
  GSource *timer;     /* the next check */
  gboolean urgent;    /* which was asked for and may not be put off */
  gint64 started_us;
  GPtrArray *entries; /* of Entry, borrowed */
} Host;

typedef struct {
  LanePoolServer shown; /* first: what get_servers() gives away */
  Section *section;
  Host *host;
  const LaneUri *uri;
  LaneStunProbe *probes[N_FAMILIES];
  char *mapped[N_FAMILIES];
  gboolean answered; /* one of the probes of this round */
  Verdict verdict;   /* of the last round, or of a link where no probe can tell */
  char *verdict_error;
  gint64 held_until_us; /* monotonic; 0: no bad report */
  char *held_error;
  GSource *hold;
} Entry;

struct _LanePool {
  GMainContext *context;
  LanePoolTiming timing;
  LanePoolEvents events;
  gpointer user_data;
  GPtrArray *sections; /* of Section */
  GPtrArray *hosts;    /* of Host */
  GPtrArray *entries;  /* of Entry, in file order */
};

static gint64
system_monotonic_us (gpointer clock_data)
{
  return g_get_monotonic_time ();
}

static gint64
system_wall_us (gpointer clock_data)
{
  return g_get_real_time ();
}

const LanePoolTiming LANE_POOL_TIMING = {
  .monotonic_us = system_monotonic_us,
  .wall_us = system_wall_us,
  .recheck_ms = 5 * 60 * 1000,
  .recheck_failed_ms = 30 * 1000,
  .lookup_ms = 3000,
  .probe_ms = 300,
  .command_ms = 10 * 1000,
  .hold_ms = 60 * 1000,
};

static gint64
monotonic_us (const LanePool *pool)
{
  return pool->timing.monotonic_us (pool->timing.clock_data);
}

static gint64
wall_us (const LanePool *pool)
{
  return pool->timing.wall_us (pool->timing.clock_data);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
set_source (GSource **source, GMainContext *context, guint after_ms, GSourceFunc function,
            gpointer user_data)
{
  clear_source (source);
  *source = g_timeout_source_new (after_ms);
  g_source_set_callback (*source, function, user_data, NULL);
  g_source_attach (*source, context);
}

/* The handler may free the pool: nothing may follow. */
static void
emit_changed (LanePool *pool)
{
  if (pool->events.changed != NULL)
    pool->events.changed (pool, pool->user_data);
}

static gboolean
is_tls (const LaneUri *uri)
{
  return uri->scheme == LANE_URI_STUNS || uri->scheme == LANE_URI_TURNS;
}

static gboolean
is_turn (const LaneUri *uri)
{
  return uri->scheme == LANE_URI_TURN || uri->scheme == LANE_URI_TURNS;
}

static gboolean
can_probe (const LaneUri *uri)
{
  return !is_tls (uri) && uri->protocol == LANE_PROTOCOL_UDP;
}

/* What is shown of an entry: a function of its evidence. */

static gboolean
has_address (const Host *host)
{
  return host->addresses[IPV4] != NULL || host->addresses[IPV6] != NULL;
}

static gboolean
is_held (const Entry *entry)
{
  return entry->held_until_us > monotonic_us (entry->section->pool);
}

static char *
find_error (const Entry *entry)
{
  const LaneCredentials *credentials = entry->section->credentials;

  if (is_tls (entry->uri))
    return g_strdup_printf ("%s: needs the TLS bridge, which this version does not have",
                            entry->shown.kind);
  if (is_turn (entry->uri) && lane_credentials_get_error (credentials) != NULL)
    return g_strdup (lane_credentials_get_error (credentials));
  if (!has_address (entry->host))
    return g_strdup (entry->host->dns_error);
  if (is_held (entry))
    return g_strdup (entry->held_error);
  return entry->verdict == VERDICT_FAILED ? g_strdup (entry->verdict_error) : NULL;
}

/* TRUE when something else is shown now. */
static gboolean
refresh (Entry *entry)
{
  g_autofree char *error = find_error (entry);
  LaneServerState state = LANE_SERVER_UNKNOWN;
  gboolean changed;

  if (error != NULL)
    state = LANE_SERVER_FAILED;
  else if (entry->verdict == VERDICT_OK && has_address (entry->host))
    state = LANE_SERVER_OK;

  changed = state != entry->shown.state || g_strcmp0 (error, entry->shown.error) != 0;
  entry->shown.state = state;
  g_free (entry->shown.error);
  entry->shown.error = g_steal_pointer (&error);
  return changed;
}

static gboolean
refresh_all (GPtrArray *entries)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < entries->len; i++)
    changed |= refresh (g_ptr_array_index (entries, i));
  return changed;
}

static void
set_verdict (Entry *entry, Verdict verdict, const char *error)
{
  entry->verdict = verdict;
  g_free (entry->verdict_error);
  entry->verdict_error = g_strdup (error);
  entry->shown.checked_us = wall_us (entry->section->pool);
}

/* Checking a host: lookup, then probes, then a pause. */

static gboolean on_check_due (gpointer user_data);

static gboolean
is_probing (const Entry *entry)
{
  return entry->probes[IPV4] != NULL || entry->probes[IPV6] != NULL;
}

static void
stop_probes (Entry *entry)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    g_clear_pointer (&entry->probes[i], lane_stun_probe_free);
}

/* The last step of every check. */
static void
pause_host (Host *host)
{
  const LanePoolTiming *timing = &host->pool->timing;
  gboolean failing = host->dns_error != NULL;

  if (host->urgent)
    return;
  for (guint i = 0; i < host->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (host->entries, i);

    if (is_probing (entry))
      return;
    failing |= entry->verdict == VERDICT_FAILED;
  }
  set_source (&host->timer, host->pool->context,
              failing ? timing->recheck_failed_ms : timing->recheck_ms, on_check_due, host);
}

static void
forget_measurement (Entry *entry)
{
  entry->shown.rtt_ms = NAN;
  g_clear_pointer (&entry->shown.mapped, g_free);
  for (guint i = 0; i < N_FAMILIES; i++)
    g_clear_pointer (&entry->mapped[i], g_free);
}

/* IPv4 is what is shown when both families answer. */
static void
take_measurement (Entry *entry, guint family, const LaneStunProbeResult *result)
{
  if (!entry->answered)
    forget_measurement (entry);
  g_free (entry->mapped[family]);
  entry->mapped[family] = g_strdup (result->mapped);
  if (family == IPV4 || !entry->answered) {
    entry->shown.rtt_ms = result->rtt_ms;
    g_free (entry->shown.mapped);
    entry->shown.mapped = g_strdup (result->mapped);
  }
  entry->answered = TRUE;
}

static void
on_probe_done (LaneStunProbe *probe, const LaneStunProbeResult *result, gpointer user_data)
{
  Entry *entry = user_data;
  LanePool *pool = entry->section->pool;
  guint family = entry->probes[IPV4] == probe ? IPV4 : IPV6;

  if (result->error == NULL) {
    take_measurement (entry, family, result);
    set_verdict (entry, VERDICT_OK, NULL);
  }
  entry->probes[family] = NULL;
  if (!is_probing (entry) && !entry->answered) {
    forget_measurement (entry);
    set_verdict (entry, VERDICT_FAILED, result->error);
  }
  lane_stun_probe_free (probe);

  refresh (entry);
  pause_host (entry->host);
  emit_changed (pool);
}

static void
probe_entry (Entry *entry)
{
  LanePool *pool = entry->section->pool;

  stop_probes (entry);
  entry->answered = FALSE;
  if (!can_probe (entry->uri))
    return;
  for (guint i = 0; i < N_FAMILIES; i++)
    if (entry->host->addresses[i] != NULL)
      entry->probes[i] =
          lane_stun_probe_new (pool->context, entry->host->addresses[i], entry->uri->port,
                               pool->timing.probe_ms, on_probe_done, entry);
}

static void
probe_host (Host *host)
{
  for (guint i = 0; i < host->entries->len; i++)
    probe_entry (g_ptr_array_index (host->entries, i));
  pause_host (host);
}

static void
take_addresses (Host *host, GList *addresses)
{
  for (guint i = 0; i < N_FAMILIES; i++)
    g_clear_object (&host->addresses[i]);
  for (; addresses != NULL; addresses = addresses->next) {
    GInetAddress *address = addresses->data;
    guint family = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 ? IPV6 : IPV4;

    if (host->addresses[family] == NULL)
      host->addresses[family] = g_object_ref (address);
  }
}

/* A failed lookup keeps the last good addresses: servers rarely move, name servers often fail. */
static void
on_lookup_done (LaneLookup *lookup, GList *addresses, const char *error, gpointer user_data)
{
  Host *host = user_data;
  LanePool *pool = host->pool;

  g_free (host->dns_error);
  host->dns_error = g_strdup (error);
  if (addresses != NULL)
    take_addresses (host, addresses);
  for (guint i = 0; i < host->entries->len; i++) {
    Entry *entry = g_ptr_array_index (host->entries, i);

    if (!has_address (host))
      entry->shown.checked_us = wall_us (pool);
  }

  probe_host (host);
  if (refresh_all (host->entries))
    emit_changed (pool);
}

static void
check_host (Host *host)
{
  LanePool *pool = host->pool;

  clear_source (&host->timer);
  host->urgent = FALSE;
  host->started_us = monotonic_us (pool);
  if (host->literal) {
    probe_host (host);
    return;
  }
  g_clear_pointer (&host->lookup, lane_lookup_free);
  host->lookup =
      lane_lookup_new (pool->context, host->name, pool->timing.lookup_ms, on_lookup_done, host);
}

static gboolean
on_check_due (gpointer user_data)
{
  check_host (user_data);
  return G_SOURCE_REMOVE;
}

/* A flapping interface must not become a storm of queries. */
static void
check_host_soon (Host *host)
{
  gint64 since_ms = (monotonic_us (host->pool) - host->started_us) / 1000;

  if (since_ms >= RECHECK_GAP_MS || since_ms < 0) {
    check_host (host);
    return;
  }
  host->urgent = TRUE;
  set_source (&host->timer, host->pool->context, RECHECK_GAP_MS - since_ms, on_check_due, host);
}

/* Making and freeing */

static Host *
find_host (LanePool *pool, const char *name)
{
  Host *host;

  for (guint i = 0; i < pool->hosts->len; i++) {
    host = g_ptr_array_index (pool->hosts, i);
    if (g_ascii_strcasecmp (host->name, name) == 0)
      return host;
  }

  host = g_new0 (Host, 1);
  host->pool = pool;
  host->name = g_strdup (name);
  host->entries = g_ptr_array_new ();
  g_ptr_array_add (pool->hosts, host);
  return host;
}

static void
read_literal (Host *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host->name);
  GList list = { .data = address };

  host->literal = address != NULL;
  if (host->literal)
    take_addresses (host, &list);
}

static void
on_credentials_changed (LaneCredentials *credentials, gpointer user_data)
{
  LanePool *pool = user_data;

  if (refresh_all (pool->entries))
    emit_changed (pool);
}

static void
add_entry (LanePool *pool, Section *section, const LaneUri *uri)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->section = section;
  entry->uri = uri;
  entry->host = find_host (pool, uri->host);
  entry->shown.name = section->config->name;
  entry->shown.kind = lane_uri_scheme_to_string (uri->scheme);
  entry->shown.uri = lane_uri_to_string (uri);
  entry->shown.rtt_ms = NAN;
  g_ptr_array_add (entry->host->entries, entry);
  g_ptr_array_add (pool->entries, entry);
}

static void
add_section (LanePool *pool, const LaneServerConfig *config)
{
  Section *section = g_new0 (Section, 1);

  section->pool = pool;
  section->config = config;
  g_ptr_array_add (pool->sections, section);
  for (guint i = 0; i < config->uris->len; i++) {
    const LaneUri *uri = g_ptr_array_index (config->uris, i);

    add_entry (pool, section, uri);
    if (is_turn (uri) && section->credentials == NULL)
      section->credentials = lane_credentials_new (pool->context, config, pool->timing.command_ms,
                                                   on_credentials_changed, pool);
  }
}

static gboolean
is_of_use (const Host *host)
{
  for (guint i = 0; i < host->entries->len; i++)
    if (!is_tls (((const Entry *)g_ptr_array_index (host->entries, i))->uri))
      return TRUE;
  return FALSE;
}

static void
free_section (gpointer data)
{
  Section *section = data;

  lane_credentials_free (section->credentials);
  g_free (section);
}

static void
free_host (gpointer data)
{
  Host *host = data;

  lane_lookup_free (host->lookup);
  clear_source (&host->timer);
  for (guint i = 0; i < N_FAMILIES; i++)
    g_clear_object (&host->addresses[i]);
  g_ptr_array_unref (host->entries);
  g_free (host->dns_error);
  g_free (host->name);
  g_free (host);
}

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  stop_probes (entry);
  clear_source (&entry->hold);
  forget_measurement (entry);
  g_free (entry->shown.uri);
  g_free (entry->shown.error);
  g_free (entry->verdict_error);
  g_free (entry->held_error);
  g_free (entry);
}

LanePool *
lane_pool_new_timed (GMainContext *context, const LaneConfig *config, const LanePoolTiming *timing,
                     const LanePoolEvents *events, gpointer user_data)
{
  LanePool *pool = g_new0 (LanePool, 1);

  pool->context = g_main_context_ref (context);
  pool->timing = *timing;
  pool->events = *events;
  pool->user_data = user_data;
  pool->sections = g_ptr_array_new_with_free_func (free_section);
  pool->hosts = g_ptr_array_new_with_free_func (free_host);
  pool->entries = g_ptr_array_new_with_free_func (free_entry);

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (config->servers, i);

    if (server->enabled)
      add_section (pool, server);
  }
  for (guint i = 0; i < pool->hosts->len; i++) {
    Host *host = g_ptr_array_index (pool->hosts, i);

    read_literal (host);
    if (is_of_use (host))
      check_host (host);
  }
  refresh_all (pool->entries);
  return pool;
}

LanePool *
lane_pool_new (GMainContext *context, const LaneConfig *config, const LanePoolEvents *events,
               gpointer user_data)
{
  return lane_pool_new_timed (context, config, &LANE_POOL_TIMING, events, user_data);
}

void
lane_pool_free (LanePool *pool)
{
  if (pool == NULL)
    return;
  g_ptr_array_unref (pool->entries);
  g_ptr_array_unref (pool->hosts);
  g_ptr_array_unref (pool->sections);
  g_main_context_unref (pool->context);
  g_free (pool);
}

/* What links tell */

static void
release (Entry *entry)
{
  entry->held_until_us = 0;
  clear_source (&entry->hold);
  g_clear_pointer (&entry->held_error, g_free);
}

static gboolean
on_hold_over (gpointer user_data)
{
  Entry *entry = user_data;
  LanePool *pool = entry->section->pool;

  release (entry);
  if (refresh (entry))
    emit_changed (pool);
  return G_SOURCE_REMOVE;
}

static void
hold (Entry *entry, const char *error)
{
  LanePool *pool = entry->section->pool;

  release (entry);
  entry->held_until_us = monotonic_us (pool) + pool->timing.hold_ms * G_GINT64_CONSTANT (1000);
  entry->held_error = g_strdup (error != NULL ? error : "a link could not use it");
  entry->shown.checked_us = wall_us (pool);
  set_source (&entry->hold, pool->context, pool->timing.hold_ms, on_hold_over, entry);
}

void
lane_pool_network_changed (LanePool *pool)
{
  gboolean changed;

  for (guint i = 0; i < pool->entries->len; i++)
    release (g_ptr_array_index (pool->entries, i));
  for (guint i = 0; i < pool->sections->len; i++) {
    Section *section = g_ptr_array_index (pool->sections, i);

    if (section->credentials != NULL)
      lane_credentials_retry (section->credentials);
  }
  for (guint i = 0; i < pool->hosts->len; i++)
    if (is_of_use (g_ptr_array_index (pool->hosts, i)))
      check_host_soon (g_ptr_array_index (pool->hosts, i));

  changed = refresh_all (pool->entries);
  if (changed)
    emit_changed (pool);
}

static GPtrArray *
find_meant (LanePool *pool, const char *name, gboolean turn)
{
  GPtrArray *meant = g_ptr_array_new ();

  for (guint i = 0; i < pool->entries->len; i++) {
    Entry *entry = g_ptr_array_index (pool->entries, i);

    if (!is_tls (entry->uri) && is_turn (entry->uri) == turn
        && strcmp (entry->shown.name, name) == 0)
      g_ptr_array_add (meant, entry);
  }
  return meant;
}

/* The one that a success proves: only one is meant, or all others are known to be dead. */
static Entry *
find_proven (GPtrArray *meant)
{
  Entry *proven = NULL;

  for (guint i = 0; i < meant->len; i++) {
    Entry *entry = g_ptr_array_index (meant, i);

    if (meant->len > 1 && entry->verdict == VERDICT_FAILED)
      continue;
    if (proven != NULL)
      return NULL;
    proven = entry;
  }
  return proven;
}

void
lane_pool_report (LanePool *pool, const char *name, LaneCandidateType type, gboolean ok,
                  const char *error)
{
  g_autoptr (GPtrArray) meant = NULL;
  Entry *proven;

  if (type != LANE_CANDIDATE_RELAY && type != LANE_CANDIDATE_SRFLX)
    return;
  meant = find_meant (pool, name, type == LANE_CANDIDATE_RELAY);
  for (guint i = 0; i < meant->len; i++)
    if (ok)
      release (g_ptr_array_index (meant, i));
    else
      hold (g_ptr_array_index (meant, i), error);

  proven = ok ? find_proven (meant) : NULL;
  if (proven != NULL)
    set_verdict (proven, VERDICT_OK, NULL);
  if (refresh_all (meant))
    emit_changed (pool);
}

/* What links get */

static gboolean
is_wanted (const Entry *entry, const char *const *names)
{
  return names == NULL || names[0] == NULL || g_strv_contains (names, entry->shown.name);
}

static GInetAddress *
pick_address (const Host *host, gboolean ipv4, gboolean ipv6)
{
  if (ipv4 && host->addresses[IPV4] != NULL)
    return host->addresses[IPV4];
  return ipv6 ? host->addresses[IPV6] : NULL;
}

static LaneIceServer *
make_server (const Entry *entry, GInetAddress *address)
{
  LaneIceServer *server = g_new0 (LaneIceServer, 1);

  server->name = g_strdup (entry->shown.name);
  server->turn = is_turn (entry->uri);
  server->protocol = entry->uri->protocol;
  server->address = g_inet_address_to_string (address);
  server->port = entry->uri->port;
  return server;
}

static gboolean
is_failed (const Entry *entry)
{
  return is_held (entry) || entry->verdict == VERDICT_FAILED;
}

static void
add_stun (LanePool *pool, const char *const *names, gboolean ipv4, gboolean ipv6,
          GPtrArray *servers)
{
  const Entry *best = NULL;

  for (guint i = 0; i < pool->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (pool->entries, i);

    if (entry->uri->scheme == LANE_URI_STUN && is_wanted (entry, names)
        && pick_address (entry->host, ipv4, ipv6) != NULL
        && (best == NULL || (is_failed (best) && !is_failed (entry))))
      best = entry;
  }
  if (best != NULL)
    g_ptr_array_add (servers, make_server (best, pick_address (best->host, ipv4, ipv6)));
}

static gboolean
is_relay_of (const Entry *entry, const Host *host, const char *const *names)
{
  return entry->host == host && entry->uri->scheme == LANE_URI_TURN && is_wanted (entry, names);
}

static void
add_relays (const Host *host, GInetAddress *address, LaneProtocol protocol,
            const char *const *names, GPtrArray *servers)
{
  for (guint i = 0; i < host->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (host->entries, i);
    LaneIceServer *server;

    if (!is_relay_of (entry, host, names) || entry->uri->protocol != protocol
        || servers->len >= SERVERS_MAX)
      continue;
    server = make_server (entry, address);
    if (lane_credentials_make (entry->section->credentials, wall_us (host->pool), &server->username,
                               &server->password))
      g_ptr_array_add (servers, server);
    else
      lane_ice_server_free (server);
  }
}

static gboolean
has_live_relay (const Host *host, const char *const *names)
{
  for (guint i = 0; i < host->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (host->entries, i);

    if (is_relay_of (entry, host, names) && !is_failed (entry))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_address_among (GPtrArray *addresses, GInetAddress *address)
{
  for (guint i = 0; i < addresses->len; i++)
    if (g_inet_address_equal (g_ptr_array_index (addresses, i), address))
      return TRUE;
  return FALSE;
}

/* Two names may lead to one host: @chosen (of GInetAddress) tells. */
static void
add_relay_hosts (LanePool *pool, const char *const *names, gboolean ipv4, gboolean ipv6,
                 gboolean live, GPtrArray *chosen, GPtrArray *servers)
{
  for (guint i = 0; i < pool->hosts->len && chosen->len < TURN_HOSTS_MAX; i++) {
    const Host *host = g_ptr_array_index (pool->hosts, i);
    GInetAddress *address = pick_address (host, ipv4, ipv6);
    guint before = servers->len;

    if (address == NULL || is_address_among (chosen, address)
        || has_live_relay (host, names) != live)
      continue;
    add_relays (host, address, LANE_PROTOCOL_UDP, names, servers);
    add_relays (host, address, LANE_PROTOCOL_TCP, names, servers);
    if (servers->len > before)
      g_ptr_array_add (chosen, address);
  }
}

GPtrArray *
lane_pool_select (LanePool *pool, const char *const *names, gboolean ipv4, gboolean ipv6)
{
  GPtrArray *servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_ice_server_free);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();

  add_stun (pool, names, ipv4, ipv6, servers);
  add_relay_hosts (pool, names, ipv4, ipv6, TRUE, chosen, servers);
  add_relay_hosts (pool, names, ipv4, ipv6, FALSE, chosen, servers);
  return servers;
}

/* What the screen gets */

const GPtrArray *
lane_pool_get_servers (LanePool *pool)
{
  refresh_all (pool->entries);
  return pool->entries;
}

void
lane_pool_count_turn (LanePool *pool, const char *const *names, guint *count, guint *failed)
{
  *count = 0;
  *failed = 0;
  refresh_all (pool->entries);
  for (guint i = 0; i < pool->entries->len; i++) {
    const Entry *entry = g_ptr_array_index (pool->entries, i);

    if (!is_turn (entry->uri) || !is_wanted (entry, names))
      continue;
    *count += 1;
    *failed += entry->shown.state == LANE_SERVER_FAILED;
  }
}

char **
lane_pool_dup_mapped_addresses (LanePool *pool)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint family = 0; family < N_FAMILIES; family++)
    for (guint i = 0; i < pool->entries->len; i++) {
      const Entry *entry = g_ptr_array_index (pool->entries, i);

      if (entry->mapped[family] != NULL && g_hash_table_add (seen, entry->mapped[family]))
        g_strv_builder_add (builder, entry->mapped[family]);
    }
  return g_strv_builder_end (builder);
}

const char *
lane_server_state_to_string (LaneServerState state)
{
  static const char *const words[] = {
    [LANE_SERVER_UNKNOWN] = "unknown",
    [LANE_SERVER_OK] = "ok",
    [LANE_SERVER_FAILED] = "failed",
  };

  g_return_val_if_fail (state < G_N_ELEMENTS (words), "unknown");

  return words[state];
}
