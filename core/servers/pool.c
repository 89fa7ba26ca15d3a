#include "servers/pool.h"

#include <math.h>
#include <string.h>

#include "servers/name-resolver.h"
#include "servers/pool-entry.h"
#include "servers/tls-bridge.h"
#include "timer.h"

#define TURN_HOSTS_MAX 2 /* so that a fleet does not hold idle allocations: DESIGN section 6 */
#define SERVERS_MAX    8 /* libnice takes no more TURN servers */
#define RECHECK_GAP_MS 1000
#define TLS_CHECKS_MAX 4 /* at a time: each may hold one of the threads that GIO has for all */

typedef struct {
  LanePool *pool;
  const LaneServerConfig *config;
  LaneCredentials *credentials; /* NULL: no TURN */
} Section;

/* One host name with all URIs that have it: looked up once, in one rhythm. */
typedef struct {
  LanePool *pool;
  LaneServerHost *host;
  GSource *timer;  /* the next check */
  gboolean urgent; /* which was asked for and may not be put off */
  gint64 started_us;
  GPtrArray *members; /* of Member, borrowed */
} Place;

/* One URI. */
typedef struct {
  LanePoolEntry *entry;
  Section *section;
  Place *place;
  const LaneUri *uri;
  gboolean queued;       /* for its turn among the TLS checks */
  LaneTlsBridge *bridge; /* of TCP and TLS, from the first time a link wants it on */
} Member;

struct _LanePool {
  GMainContext *context;
  LanePoolTuning tuning;
  LanePoolEvents events;
  gpointer user_data;
  LaneAddressPolicy policy;
  GResolver *resolver;
  gint64 started_us;
  gboolean ready;      /* events may be told */
  GPtrArray *sections; /* of Section */
  GPtrArray *places;   /* of Place */
  GPtrArray *members;  /* of Member, in file order */
  GPtrArray *shown;    /* of LanePoolServer, theirs */
  GPtrArray *retired;  /* of LaneTlsBridge: links still run over them */
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

const LanePoolTuning LANE_POOL_TUNING = {
  .monotonic_us = system_monotonic_us,
  .wall_us = system_wall_us,
  .recheck_ms = 5 * 60 * 1000,
  .recheck_failed_ms = 30 * 1000,
  .lookup_ms = 3000,
  .try_ms = 300,
  .step_ms = 3000,
  .probe_ms = 10 * 1000,
  .command_ms = 10 * 1000,
  .hold_ms = 60 * 1000,
  .settle_ms = 250,
};

static gint64
monotonic_us (const LanePool *pool)
{
  return pool->tuning.monotonic_us (pool->tuning.clock_data);
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

/* Telling */

/* The handler may free the pool: nothing may follow. */
static void
emit_changed (LanePool *pool)
{
  if (pool->ready && pool->events.changed != NULL)
    pool->events.changed (pool, pool->user_data);
}

/* TRUE when something else is shown now. */
static gboolean
refresh (Member *member)
{
  LanePool *pool = member->section->pool;
  gboolean changed = lane_pool_entry_refresh (member->entry);

  if (changed && pool->ready && pool->events.server_changed != NULL)
    pool->events.server_changed (pool, lane_pool_entry_get_shown (member->entry), pool->user_data);
  return changed;
}

static gboolean
refresh_all (GPtrArray *members)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < members->len; i++)
    changed |= refresh (g_ptr_array_index (members, i));
  return changed;
}

static void
emit_stepped (Member *member, const LaneProbeResult *result)
{
  LanePool *pool = member->section->pool;

  if (pool->ready && pool->events.stepped != NULL)
    pool->events.stepped (pool, lane_pool_entry_get_shown (member->entry), result, pool->user_data);
}

/* Checking a host: lookup, then probes, then a pause. */

static gboolean on_check_due (gpointer user_data);

static guint
count_tls_checks (const LanePool *pool)
{
  guint count = 0;

  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    count += is_tls (member->uri) && lane_pool_entry_is_checking (member->entry);
  }
  return count;
}

static void
begin_check (Member *member)
{
  member->queued = is_tls (member->uri) && !lane_pool_entry_is_checking (member->entry)
                   && count_tls_checks (member->section->pool) >= TLS_CHECKS_MAX;
  if (!member->queued)
    lane_pool_entry_check (member->entry);
}

static void
begin_queued_checks (LanePool *pool)
{
  guint running = count_tls_checks (pool);

  for (guint i = 0; i < pool->members->len && running < TLS_CHECKS_MAX; i++) {
    Member *member = g_ptr_array_index (pool->members, i);

    if (!member->queued)
      continue;
    begin_check (member);
    running++;
  }
}

/* The last step of every check. */
static void
pause_place (Place *place)
{
  const LanePoolTuning *tuning = &place->pool->tuning;
  gboolean failing = lane_server_host_get_fault (place->host) != LANE_PROBE_OK;

  if (place->urgent || lane_server_host_is_looking (place->host))
    return;
  for (guint i = 0; i < place->members->len; i++) {
    const Member *member = g_ptr_array_index (place->members, i);

    if (member->queued || lane_pool_entry_is_checking (member->entry))
      return;
    failing |= lane_pool_entry_is_failing (member->entry);
  }
  lane_timer_set (&place->timer, place->pool->context,
                  lane_timer_jitter (failing ? tuning->recheck_failed_ms : tuning->recheck_ms),
                  on_check_due, place);
}

static void
on_entry_stepped (LanePoolEntry *entry, const LaneProbeResult *result, gpointer user_data)
{
  emit_stepped (user_data, result);
}

/* They may have been changed on the server and, by now, where ours come from. */
static gboolean
blames_credentials (LaneProbeCode code)
{
  return code == LANE_PROBE_UNAUTHORIZED || code == LANE_PROBE_WRONG_REALM
         || code == LANE_PROBE_WRONG_CREDENTIALS || code == LANE_PROBE_BAD_SIGNATURE;
}

static void
on_entry_changed (LanePoolEntry *entry, gpointer user_data)
{
  Member *member = user_data;
  LanePool *pool = member->section->pool;

  refresh (member);
  if (is_turn (member->uri) && blames_credentials (lane_pool_entry_get_shown (entry)->code))
    lane_credentials_reload (member->section->credentials);
  begin_queued_checks (pool);
  pause_place (member->place);
  emit_changed (pool);
}

static const LanePoolEntryEvents entry_events = { .stepped = on_entry_stepped,
                                                  .changed = on_entry_changed };

static void
on_host_found (LaneServerHost *host, gpointer user_data)
{
  Place *place = user_data;
  LanePool *pool = place->pool;

  for (guint i = 0; i < place->members->len; i++) {
    Member *member = g_ptr_array_index (place->members, i);

    begin_check (member);
    if (!lane_server_host_has_address (host))
      emit_stepped (member, lane_pool_entry_get_shown (member->entry)->result);
  }
  pause_place (place);
  if (refresh_all (place->members))
    emit_changed (pool);
}

static void
check_place (Place *place)
{
  gboolean anew = place->urgent;

  lane_timer_clear (&place->timer);
  place->urgent = FALSE;
  place->started_us = monotonic_us (place->pool);
  lane_server_host_look_up (place->host, anew);
}

static gboolean
on_check_due (gpointer user_data)
{
  check_place (user_data);
  return G_SOURCE_REMOVE;
}

/* A flapping interface must not become a storm of queries. */
static void
check_place_soon (Place *place)
{
  gint64 since_ms = (monotonic_us (place->pool) - place->started_us) / 1000;

  place->urgent = TRUE;
  lane_timer_set (&place->timer, place->pool->context,
                  since_ms >= RECHECK_GAP_MS || since_ms < 0 ? 0 : RECHECK_GAP_MS - since_ms,
                  on_check_due, place);
}

/* Making and freeing */

static Place *
find_place (LanePool *pool, const char *name)
{
  Place *place;

  for (guint i = 0; i < pool->places->len; i++) {
    place = g_ptr_array_index (pool->places, i);
    if (g_ascii_strcasecmp (lane_server_host_get_name (place->host), name) == 0)
      return place;
  }

  place = g_new0 (Place, 1);
  place->pool = pool;
  place->host = lane_server_host_new (pool->context, pool->resolver, name, pool->tuning.lookup_ms,
                                      on_host_found, place);
  place->members = g_ptr_array_new ();
  g_ptr_array_add (pool->places, place);
  return place;
}

static void
check_section (LanePool *pool, const LaneCredentials *credentials)
{
  for (guint i = 0; i < pool->members->len; i++) {
    Member *member = g_ptr_array_index (pool->members, i);

    if (member->section->credentials != credentials || !is_turn (member->uri)
        || !lane_server_host_has_address (member->place->host))
      continue;
    begin_check (member);
    pause_place (member->place);
  }
}

static void
on_credentials_changed (LaneCredentials *credentials, gpointer user_data)
{
  LanePool *pool = user_data;

  check_section (pool, credentials);
  if (refresh_all (pool->members))
    emit_changed (pool);
}

static Member *
add_member (LanePool *pool, Section *section, const LaneUri *uri)
{
  Member *member = g_new0 (Member, 1);
  LanePoolEntrySetup setup = {
    .context = pool->context,
    .tuning = &pool->tuning,
    .config = section->config,
    .uri = uri,
    .credentials = section->credentials,
    .policy = &pool->policy,
  };

  member->section = section;
  member->uri = uri;
  member->place = find_place (pool, uri->host);
  setup.host = member->place->host;
  member->entry = lane_pool_entry_new (&setup, &entry_events, member);
  g_ptr_array_add (member->place->members, member);
  g_ptr_array_add (pool->members, member);
  g_ptr_array_add (pool->shown, (gpointer)lane_pool_entry_get_shown (member->entry));
  return member;
}

static gboolean
has_turn (const LaneServerConfig *config)
{
  for (guint i = 0; i < config->uris->len; i++)
    if (is_turn (g_ptr_array_index (config->uris, i)))
      return TRUE;
  return FALSE;
}

static Section *
make_section (LanePool *pool, const LaneServerConfig *config)
{
  Section *section = g_new0 (Section, 1);

  section->pool = pool;
  section->config = config;
  if (has_turn (config))
    section->credentials = lane_credentials_new (pool->context, config, pool->tuning.command_ms,
                                                 on_credentials_changed, pool);
  return section;
}

static void
add_section (LanePool *pool, const LaneServerConfig *config)
{
  Section *section = make_section (pool, config);

  g_ptr_array_add (pool->sections, section);
  for (guint i = 0; i < config->uris->len; i++)
    add_member (pool, section, g_ptr_array_index (config->uris, i));
}

static void
free_section (gpointer data)
{
  Section *section = data;

  lane_credentials_free (section->credentials);
  g_free (section);
}

static void
free_place (gpointer data)
{
  Place *place = data;

  lane_timer_clear (&place->timer);
  lane_server_host_free (place->host);
  g_ptr_array_unref (place->members);
  g_free (place);
}

static void
free_member (gpointer data)
{
  Member *member = data;

  lane_tls_bridge_free (member->bridge);
  lane_pool_entry_free (member->entry);
  g_free (member);
}

LanePool *
lane_pool_new_tuned (GMainContext *context, const LaneConfig *config, const LanePoolTuning *tuning,
                     const LanePoolEvents *events, gpointer user_data)
{
  LanePool *pool = g_new0 (LanePool, 1);

  pool->context = g_main_context_ref (context);
  pool->tuning = *tuning;
  pool->events = *events;
  pool->user_data = user_data;
  pool->policy.allow_loopback = config->ice.allow_loopback;
  pool->policy.allow_link_local = config->ice.allow_link_local;
  pool->resolver =
      tuning->resolver != NULL ? g_object_ref (tuning->resolver) : lane_name_resolver_new ();
  pool->started_us = monotonic_us (pool);
  pool->sections = g_ptr_array_new_with_free_func (free_section);
  pool->places = g_ptr_array_new_with_free_func (free_place);
  pool->members = g_ptr_array_new_with_free_func (free_member);
  pool->shown = g_ptr_array_new ();
  pool->retired = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_tls_bridge_free);

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (config->servers, i);

    if (server->enabled)
      add_section (pool, server);
  }
  for (guint i = 0; i < pool->places->len; i++)
    check_place (g_ptr_array_index (pool->places, i));
  refresh_all (pool->members);
  pool->ready = TRUE;
  return pool;
}

LanePool *
lane_pool_new (GMainContext *context, const LaneConfig *config, const LanePoolEvents *events,
               gpointer user_data)
{
  return lane_pool_new_tuned (context, config, &LANE_POOL_TUNING, events, user_data);
}

void
lane_pool_free (LanePool *pool)
{
  if (pool == NULL)
    return;
  g_ptr_array_unref (pool->shown);
  g_ptr_array_unref (pool->retired);
  g_ptr_array_unref (pool->members);
  g_ptr_array_unref (pool->places);
  g_ptr_array_unref (pool->sections);
  g_object_unref (pool->resolver);
  g_main_context_unref (pool->context);
  g_free (pool);
}

/* Other settings */

static void
sweep_retired (LanePool *pool)
{
  for (guint i = pool->retired->len; i > 0; i--)
    if (lane_tls_bridge_count (g_ptr_array_index (pool->retired, i - 1)) == 0)
      g_ptr_array_remove_index (pool->retired, i - 1);
}

static void
retire_bridge (LanePool *pool, Member *member)
{
  if (member->bridge == NULL)
    return;
  lane_tls_bridge_retire (member->bridge);
  g_ptr_array_add (pool->retired, g_steal_pointer (&member->bridge));
}

static gboolean
says_the_same (const LaneServerConfig *a, const LaneServerConfig *b)
{
  return strcmp (a->name, b->name) == 0 && g_strcmp0 (a->ca_file, b->ca_file) == 0
         && has_turn (a) == has_turn (b) && lane_credentials_equal (a, b);
}

/* Takes it out of @old; NULL: there is none like it. */
static Section *
take_section (GPtrArray *old, const LaneServerConfig *config)
{
  for (guint i = 0; i < old->len; i++) {
    Section *section = g_ptr_array_index (old, i);

    if (says_the_same (section->config, config))
      return g_ptr_array_steal_index (old, i);
  }
  return NULL;
}

static gboolean
is_same_uri (const LaneUri *a, const LaneUri *b)
{
  return a->scheme == b->scheme && a->port == b->port && a->protocol == b->protocol
         && strcmp (a->host, b->host) == 0;
}

static Member *
take_member (GPtrArray *old, const Section *section, const LaneUri *uri)
{
  for (guint i = 0; i < old->len; i++) {
    Member *member = g_ptr_array_index (old, i);

    if (member->section == section && is_same_uri (member->uri, uri))
      return g_ptr_array_steal_index (old, i);
  }
  return NULL;
}

static void
keep_member (LanePool *pool, Member *member, const LaneServerConfig *config, const LaneUri *uri)
{
  member->uri = uri;
  lane_pool_entry_move (member->entry, config, uri);
  g_ptr_array_add (member->place->members, member);
  g_ptr_array_add (pool->members, member);
  g_ptr_array_add (pool->shown, (gpointer)lane_pool_entry_get_shown (member->entry));
}

/* @old_members are those that have found no place yet; @fresh gets the places to look at. */
static void
merge_section (LanePool *pool, Section *section, const LaneServerConfig *config,
               GPtrArray *old_members, GPtrArray *fresh)
{
  section->config = config;
  if (section->credentials != NULL)
    lane_credentials_move (section->credentials, config);
  g_ptr_array_add (pool->sections, section);
  for (guint i = 0; i < config->uris->len; i++) {
    const LaneUri *uri = g_ptr_array_index (config->uris, i);
    Member *member = take_member (old_members, section, uri);

    if (member != NULL)
      keep_member (pool, member, config, uri);
    else
      g_ptr_array_add (fresh, add_member (pool, section, uri)->place);
  }
}

static void
drop_empty_places (LanePool *pool)
{
  for (guint i = pool->places->len; i > 0; i--)
    if (((Place *)g_ptr_array_index (pool->places, i - 1))->members->len == 0)
      g_ptr_array_remove_index (pool->places, i - 1);
}

/* The order of places is the operator's order of hosts. */
static int
compare_places (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const LanePool *pool = user_data;
  const Place *left = *(Place *const *)a, *right = *(Place *const *)b;

  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (member->place == left || member->place == right)
      return left == right ? 0 : member->place == left ? -1 : 1;
  }
  return 0;
}

void
lane_pool_set_config (LanePool *pool, const LaneConfig *config)
{
  g_autoptr (GPtrArray) old_sections = pool->sections;
  g_autoptr (GPtrArray) old_members = pool->members;
  g_autoptr (GPtrArray) fresh = g_ptr_array_new ();

  pool->started_us = monotonic_us (pool); /* links may wait for what is new as after a start */
  pool->policy.allow_loopback = config->ice.allow_loopback;
  pool->policy.allow_link_local = config->ice.allow_link_local;
  pool->sections = g_ptr_array_new_with_free_func (free_section);
  pool->members = g_ptr_array_new_with_free_func (free_member);
  g_ptr_array_set_size (pool->shown, 0);
  for (guint i = 0; i < pool->places->len; i++)
    g_ptr_array_set_size (((Place *)g_ptr_array_index (pool->places, i))->members, 0);

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (config->servers, i);
    Section *section = server->enabled ? take_section (old_sections, server) : NULL;

    if (section == NULL && server->enabled)
      section = make_section (pool, server);
    if (section != NULL)
      merge_section (pool, section, server, old_members, fresh);
  }

  for (guint i = 0; i < old_members->len; i++)
    retire_bridge (pool, g_ptr_array_index (old_members, i));
  g_ptr_array_set_size (old_members, 0); /* entries before the hosts they look at */
  sweep_retired (pool);
  drop_empty_places (pool);
  g_ptr_array_sort_with_data (pool->places, compare_places, pool);
  for (guint i = 0; i < fresh->len; i++)
    check_place_soon (g_ptr_array_index (fresh, i));
  begin_queued_checks (pool);
  refresh_all (pool->members);
  emit_changed (pool);
}

void
lane_pool_check (LanePool *pool, const char *name)
{
  for (guint i = 0; i < pool->members->len; i++) {
    Member *member = g_ptr_array_index (pool->members, i);

    if (name == NULL || strcmp (member->section->config->name, name) == 0)
      check_place_soon (member->place);
  }
}

/* What links tell */

void
lane_pool_network_changed (LanePool *pool)
{
  for (guint i = 0; i < pool->members->len; i++)
    lane_pool_entry_release (((Member *)g_ptr_array_index (pool->members, i))->entry);
  for (guint i = 0; i < pool->sections->len; i++) {
    Section *section = g_ptr_array_index (pool->sections, i);

    if (section->credentials != NULL)
      lane_credentials_retry (section->credentials);
  }
  for (guint i = 0; i < pool->places->len; i++)
    check_place_soon (g_ptr_array_index (pool->places, i));
  if (refresh_all (pool->members))
    emit_changed (pool);
}

static GPtrArray *
find_meant (LanePool *pool, const char *name, gboolean turn)
{
  GPtrArray *meant = g_ptr_array_new ();

  for (guint i = 0; i < pool->members->len; i++) {
    Member *member = g_ptr_array_index (pool->members, i);

    if (member->uri->scheme != LANE_URI_STUNS && is_turn (member->uri) == turn
        && strcmp (member->section->config->name, name) == 0)
      g_ptr_array_add (meant, member);
  }
  return meant;
}

/* The one that a success proves: only one is meant, or all others are known to be dead. */
static Member *
find_proven (GPtrArray *meant)
{
  Member *proven = NULL;

  for (guint i = 0; i < meant->len; i++) {
    Member *member = g_ptr_array_index (meant, i);

    if (meant->len > 1 && lane_pool_entry_is_failing (member->entry))
      continue;
    if (proven != NULL)
      return NULL;
    proven = member;
  }
  return proven;
}

/* What a probe has found wrong, or is about to find, is looked at again soon enough; but a password
 * may be right by now, and every try of a link is worth a look. */
static gboolean
is_news (const Member *member)
{
  if (lane_pool_entry_is_checking (member->entry))
    return FALSE;
  return !lane_pool_entry_is_failing (member->entry)
         || blames_credentials (lane_pool_entry_get_shown (member->entry)->code);
}

void
lane_pool_report (LanePool *pool, const char *name, LaneCandidateType type, gboolean ok,
                  const char *error)
{
  const LaneProbeFault fault = { .code = LANE_PROBE_LINK_FAILED,
                                 .step = LANE_PROBE_STEP_ALLOCATE,
                                 .detail = error };
  g_autoptr (GPtrArray) meant = NULL;
  Member *proven;

  if (type != LANE_CANDIDATE_RELAY && type != LANE_CANDIDATE_SRFLX)
    return;
  meant = find_meant (pool, name, type == LANE_CANDIDATE_RELAY);
  for (guint i = 0; i < meant->len; i++) {
    Member *member = g_ptr_array_index (meant, i);

    if (ok)
      lane_pool_entry_release (member->entry);
    else {
      lane_pool_entry_hold (member->entry, &fault);
      if (is_news (member))
        check_place_soon (member->place);
    }
  }

  proven = ok ? find_proven (meant) : NULL;
  if (proven != NULL)
    lane_pool_entry_prove (proven->entry);
  if (refresh_all (meant))
    emit_changed (pool);
}

/* What links get */

static gboolean
is_wanted (const Member *member, const char *const *names)
{
  return names == NULL || names[0] == NULL
         || g_strv_contains (names, member->section->config->name);
}

static GInetAddress *
pick_address (const Place *place, gboolean ipv4, gboolean ipv6)
{
  if (ipv4 && lane_server_host_get_address (place->host, LANE_IPV4) != NULL)
    return lane_server_host_get_address (place->host, LANE_IPV4);
  return ipv6 ? lane_server_host_get_address (place->host, LANE_IPV6) : NULL;
}

/* The link closes its end by itself; here it counts like a link's bad report. */
static void
on_bridge_failed (LaneTlsBridge *bridge, const LaneServerStreamFault *fault, gpointer user_data)
{
  Member *member = user_data;
  const LaneProbeFault held = { .code = fault->code, .step = fault->step, .detail = fault->detail };

  lane_pool_entry_hold (member->entry, &held);
  check_place_soon (member->place);
  if (refresh (member))
    emit_changed (member->section->pool);
}

static LaneProtocol
protocol_of (const LaneUri *uri)
{
  return is_tls (uri) ? LANE_PROTOCOL_TLS : uri->protocol;
}

/* FALSE: there is no port to listen on. */
static gboolean
open_bridge (Member *member, GInetAddress *address, gboolean ipv4, LaneIceServer *server)
{
  static const LaneTlsBridgeEvents events = { .failed = on_bridge_failed };
  LanePool *pool = member->section->pool;
  GSocketFamily family = ipv4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6;

  if (member->bridge == NULL)
    member->bridge = lane_tls_bridge_new (
        pool->context, is_tls (member->uri) ? member->uri->host : NULL, member->uri->port,
        member->section->config->ca_file, pool->tuning.step_ms, &events, member);
  server->protocol = protocol_of (member->uri);
  server->address = g_strdup (ipv4 ? "127.0.0.1" : "::1");
  server->port = lane_tls_bridge_open (member->bridge, family, address, &server->lease);
  return server->port != 0;
}

static LaneIceServer *
make_server (const Member *member)
{
  LaneIceServer *server = g_new0 (LaneIceServer, 1);

  server->name = g_strdup (member->section->config->name);
  server->turn = is_turn (member->uri);
  server->protocol = member->uri->protocol;
  return server;
}

static void
set_address (LaneIceServer *server, const Member *member, GInetAddress *address)
{
  server->address = g_inet_address_to_string (address);
  server->port = member->uri->port;
}

static void
add_stun (LanePool *pool, const char *const *names, gboolean ipv4, gboolean ipv6,
          GPtrArray *servers)
{
  const Member *best = NULL;
  LaneIceServer *server;

  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (member->uri->scheme == LANE_URI_STUN && is_wanted (member, names)
        && pick_address (member->place, ipv4, ipv6) != NULL
        && (best == NULL
            || lane_pool_entry_get_rank (member->entry) < lane_pool_entry_get_rank (best->entry)))
      best = member;
  }
  if (best == NULL)
    return;
  server = make_server (best);
  set_address (server, best, pick_address (best->place, ipv4, ipv6));
  g_ptr_array_add (servers, server);
}

static gboolean
is_relay (const Member *member, const char *const *names)
{
  return is_turn (member->uri) && is_wanted (member, names)
         && !lane_pool_entry_is_harmful (member->entry);
}

typedef struct {
  const char *const *names;
  gboolean ipv4, ipv6;
} Wish;

/* FALSE while there are none. */
static gboolean
add_credentials (LanePool *pool, LaneCredentials *credentials, LaneIceServer *server)
{
  const LanePoolTuning *tuning = &pool->tuning;
  gint64 ttl_us = (gint64)lane_credentials_get_ttl_s (credentials) * G_USEC_PER_SEC;

  server->expires_us = ttl_us != 0 ? monotonic_us (pool) + ttl_us : 0;
  return lane_credentials_make (credentials, tuning->wall_us (tuning->clock_data),
                                &server->username, &server->password);
}

static void
add_relay (Member *member, GInetAddress *address, const Wish *wish, GPtrArray *servers)
{
  LaneIceServer *server = make_server (member);
  gboolean usable = add_credentials (member->section->pool, member->section->credentials, server);

  if (usable && protocol_of (member->uri) != LANE_PROTOCOL_UDP)
    usable = open_bridge (member, address, wish->ipv4, server);
  else
    set_address (server, member, address);
  if (usable)
    g_ptr_array_add (servers, server);
  else
    lane_ice_server_free (server);
}

/* Two sections may be one server with different passwords: only the first one given counts. */
static void
add_relays (const Place *place, GInetAddress *address, LaneProtocol protocol, const Wish *wish,
            GPtrArray *servers)
{
  for (LanePoolRank rank = 0; rank < LANE_RANKS; rank++)
    for (guint i = 0; i < place->members->len && servers->len < SERVERS_MAX; i++) {
      Member *member = g_ptr_array_index (place->members, i);

      if (is_relay (member, wish->names) && protocol_of (member->uri) == protocol
          && lane_pool_entry_get_rank (member->entry) == rank)
        add_relay (member, address, wish, servers);
    }
}

/* LANE_RANKS: no relay at all. */
static LanePoolRank
rank_of (const Place *place, const char *const *names)
{
  LanePoolRank best = LANE_RANKS;

  for (guint i = 0; i < place->members->len; i++) {
    const Member *member = g_ptr_array_index (place->members, i);

    if (is_relay (member, names))
      best = MIN (best, lane_pool_entry_get_rank (member->entry));
  }
  return best;
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
add_relay_hosts (LanePool *pool, const Wish *wish, LanePoolRank rank, GPtrArray *chosen,
                 GPtrArray *servers)
{
  for (guint i = 0; i < pool->places->len && chosen->len < TURN_HOSTS_MAX; i++) {
    const Place *place = g_ptr_array_index (pool->places, i);
    GInetAddress *address = pick_address (place, wish->ipv4, wish->ipv6);
    guint before = servers->len;

    if (address == NULL || is_address_among (chosen, address)
        || rank_of (place, wish->names) != rank)
      continue;
    for (LaneProtocol protocol = LANE_PROTOCOL_UDP; protocol <= LANE_PROTOCOL_TLS; protocol++)
      add_relays (place, address, protocol, wish, servers);
    if (servers->len > before)
      g_ptr_array_add (chosen, address);
  }
}

GPtrArray *
lane_pool_select (LanePool *pool, const char *const *names, gboolean ipv4, gboolean ipv6)
{
  GPtrArray *servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_ice_server_free);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new ();
  const Wish wish = { names, ipv4, ipv6 };

  add_stun (pool, names, ipv4, ipv6, servers);
  for (LanePoolRank rank = 0; rank < LANE_RANKS; rank++)
    add_relay_hosts (pool, &wish, rank, chosen, servers);
  return servers;
}

gboolean
lane_pool_is_proven (LanePool *pool, const char *const *names, gboolean turn)
{
  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (is_turn (member->uri) == turn && is_wanted (member, names)
        && lane_pool_entry_get_rank (member->entry) == LANE_RANK_PROVEN)
      return TRUE;
  }
  return FALSE;
}

/* Some of a kind are still open, and none has answered. */
static gboolean
is_kind_open (LanePool *pool, const char *const *names, gboolean turn)
{
  gboolean open = FALSE;

  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (!is_wanted (member, names) || is_turn (member->uri) != turn
        || member->uri->scheme == LANE_URI_STUNS)
      continue;
    if (lane_pool_entry_get_rank (member->entry) == LANE_RANK_PROVEN)
      return FALSE;
    open |= member->queued || lane_pool_entry_is_open (member->entry)
            || (lane_server_host_is_looking (member->place->host)
                && !lane_server_host_has_address (member->place->host));
  }
  return open;
}

guint
lane_pool_get_wait_ms (LanePool *pool, const char *const *names)
{
  gint64 since_ms = (monotonic_us (pool) - pool->started_us) / 1000;

  if (since_ms < 0 || since_ms >= pool->tuning.settle_ms
      || !(is_kind_open (pool, names, FALSE) || is_kind_open (pool, names, TRUE)))
    return 0;
  return (guint)(pool->tuning.settle_ms - since_ms);
}

/* What the screen gets */

/* A command is still running. */
static gboolean
awaits_credentials (const Member *member)
{
  const LaneCredentials *credentials = member->section->credentials;

  return is_turn (member->uri) && !lane_credentials_are_known (credentials)
         && lane_credentials_get_error (credentials) == NULL;
}

gboolean
lane_pool_is_checking (LanePool *pool)
{
  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (member->queued || lane_pool_entry_is_checking (member->entry)
        || lane_server_host_is_looking (member->place->host) || awaits_credentials (member))
      return TRUE;
  }
  return FALSE;
}

const GPtrArray *
lane_pool_get_servers (LanePool *pool)
{
  refresh_all (pool->members);
  return pool->shown;
}

void
lane_pool_count_turn (LanePool *pool, const char *const *names, guint *count, guint *failed)
{
  *count = 0;
  *failed = 0;
  refresh_all (pool->members);
  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (!is_turn (member->uri) || !is_wanted (member, names))
      continue;
    *count += 1;
    *failed += lane_pool_entry_get_shown (member->entry)->state == LANE_SERVER_FAILED;
  }
}

static gboolean
has_answered (const Member *member)
{
  const LaneProbeResult *result = lane_pool_entry_get_shown (member->entry)->result;
  const LaneProbeStep *stun =
      result != NULL ? lane_probe_result_find (result, LANE_PROBE_STEP_STUN) : NULL;

  return stun != NULL && stun->ok;
}

static guint
urgency (LaneProbeCode code)
{
  switch (code) {
  case LANE_PROBE_OK:
    return 0;
  case LANE_PROBE_CREDENTIALS_EXPIRED:
    return 3;
  case LANE_PROBE_UNAUTHORIZED:
  case LANE_PROBE_WRONG_CREDENTIALS:
  case LANE_PROBE_WRONG_REALM:
  case LANE_PROBE_CREDENTIALS_UNKNOWN:
    return 2;
  default:
    return 1;
  }
}

LaneProbeCode
lane_pool_get_turn_fault (LanePool *pool, const char *const *names)
{
  LaneProbeCode fault = LANE_PROBE_OK;

  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);
    LaneProbeCode code = lane_pool_entry_get_shown (member->entry)->code;

    if (is_turn (member->uri) && is_wanted (member, names) && urgency (code) > urgency (fault))
      fault = code;
  }
  return fault;
}

void
lane_pool_count_stun (LanePool *pool, const char *const *names, guint *count, guint *silent)
{
  *count = 0;
  *silent = 0;
  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (member->uri->protocol != LANE_PROTOCOL_UDP || is_tls (member->uri)
        || !is_wanted (member, names))
      continue;
    *count += 1;
    *silent += lane_pool_entry_get_shown (member->entry)->state == LANE_SERVER_FAILED
               && !has_answered (member);
  }
}

char **
lane_pool_dup_mapped_addresses (LanePool *pool)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint family = 0; family < LANE_FAMILIES; family++)
    for (guint i = 0; i < pool->members->len; i++) {
      const Member *member = g_ptr_array_index (pool->members, i);
      const char *mapped = lane_pool_entry_get_mapped (member->entry, family);

      if (mapped != NULL && g_hash_table_add (seen, (char *)mapped))
        g_strv_builder_add (builder, mapped);
    }
  return g_strv_builder_end (builder);
}

/* The server has been heard there, whatever becomes of UDP. */
static gboolean
answers_over_a_stream (LanePool *pool, const Place *place)
{
  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (member->place == place && member->uri->protocol != LANE_PROTOCOL_UDP
        && has_answered (member))
      return TRUE;
  }
  return FALSE;
}

GPtrArray *
lane_pool_list_udp (LanePool *pool)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_nat_server_free);

  for (guint i = 0; i < pool->members->len; i++) {
    const Member *member = g_ptr_array_index (pool->members, i);

    if (member->uri->protocol != LANE_PROTOCOL_UDP || is_tls (member->uri))
      continue;
    for (guint family = 0; family < LANE_FAMILIES; family++) {
      GInetAddress *address = lane_server_host_get_address (member->place->host, family);
      g_autoptr (GSocketAddress) at = NULL;

      if (address == NULL)
        continue;
      at = g_inet_socket_address_new (address, member->uri->port);
      g_ptr_array_add (list, lane_nat_server_new (lane_pool_entry_get_shown (member->entry)->name,
                                                  G_INET_SOCKET_ADDRESS (at),
                                                  answers_over_a_stream (pool, member->place)));
    }
  }
  return list;
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
