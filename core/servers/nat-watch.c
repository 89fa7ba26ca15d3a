#include "servers/nat-watch.h"

#include <string.h>

#include "diagnosis/event.h"
#include "servers/nat-behavior.h"
#include "timer.h"
#include "token-bucket.h"

enum { IPV4, IPV6, FAMILIES };

typedef struct {
  GInetAddress *own;         /* NULL: none */
  LaneNatBehavior *behavior; /* NULL: it does not run */
  LaneNatReport *report;     /* NULL: none */
  LaneNatTraits told;
  gboolean has_told;
} Family;

struct _LaneNatWatch {
  GMainContext *context;
  const LaneAddressPolicy *policy;
  LaneNatWatchTuning tuning;
  LaneNatWatchEvents events;
  gpointer user_data;
  GPtrArray *servers; /* of LaneNatServer */
  Family families[FAMILIES];
  LaneTokenBucket runs;
  guint unknown_ms;
  gboolean hurried; /* the next run is not just a recheck */
  GSource *due;
};

const LaneNatWatchTuning LANE_NAT_WATCH_TUNING = {
  .try_ms = 250,
  .settle_ms = 300,
  .recheck_ms = 10 * 60 * 1000,
  .recheck_unknown_ms = 60 * 1000,
};

static gboolean on_due (gpointer user_data);

static GSocketFamily
socket_family (guint family)
{
  return family == IPV6 ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4;
}

/* Verdicts */

static void
judge (LaneNatWatch *watch, Family *family)
{
  lane_nat_report_judge (family->report, watch->servers);
  if (family->has_told && lane_nat_traits_equal (&family->told, &family->report->traits))
    return;
  family->told = family->report->traits;
  family->has_told = TRUE;
  watch->events.judged (watch, family->report, watch->user_data);
}

static void
forget (Family *family)
{
  g_clear_pointer (&family->behavior, lane_nat_behavior_free);
  g_clear_pointer (&family->report, lane_nat_report_free);
  family->has_told = FALSE;
}

/* Runs */

static gboolean
is_running (const LaneNatWatch *watch)
{
  return watch->families[IPV4].behavior != NULL || watch->families[IPV6].behavior != NULL;
}

static gboolean
is_known (const LaneNatWatch *watch)
{
  for (guint i = 0; i < FAMILIES; i++) {
    const LaneNatReport *report = watch->families[i].report;

    if (report != NULL && report->traits.mapping == LANE_NAT_UNKNOWN)
      return FALSE;
  }
  return TRUE;
}

static void
plan_recheck (LaneNatWatch *watch)
{
  guint wait_ms = watch->tuning.recheck_ms;

  if (is_known (watch)) {
    watch->unknown_ms = watch->tuning.recheck_unknown_ms;
  } else {
    wait_ms = MIN (watch->unknown_ms, wait_ms);
    watch->unknown_ms = wait_ms * 2;
  }
  lane_timer_set (&watch->due, watch->context, lane_timer_jitter (wait_ms), on_due, watch);
}

static void
on_run_done (LaneNatBehavior *behavior, gpointer user_data)
{
  LaneNatWatch *watch = user_data;

  for (guint i = 0; i < FAMILIES; i++) {
    Family *family = &watch->families[i];

    if (family->behavior != behavior)
      continue;
    lane_nat_report_free (family->report);
    family->report = lane_nat_behavior_steal_report (behavior);
    g_clear_pointer (&family->behavior, lane_nat_behavior_free);
    judge (watch, family);
  }
  if (is_running (watch))
    return;
  if (watch->due == NULL)
    plan_recheck (watch);
  watch->events.changed (watch, watch->user_data);
}

static gboolean
has_server (const LaneNatWatch *watch, guint family)
{
  for (guint i = 0; i < watch->servers->len; i++) {
    const LaneNatServer *server = g_ptr_array_index (watch->servers, i);

    if (g_socket_address_get_family (G_SOCKET_ADDRESS (server->address)) == socket_family (family))
      return TRUE;
  }
  return FALSE;
}

static void
run (LaneNatWatch *watch)
{
  for (guint i = 0; i < FAMILIES; i++) {
    Family *family = &watch->families[i];
    const LaneNatBehaviorOptions options = { .address = family->own,
                                             .servers = watch->servers,
                                             .policy = watch->policy,
                                             .try_ms = watch->tuning.try_ms };

    g_clear_pointer (&family->behavior, lane_nat_behavior_free);
    if (family->own != NULL && has_server (watch, i))
      family->behavior = lane_nat_behavior_new (watch->context, &options, on_run_done, watch);
    else
      forget (family);
  }
}

static gboolean
on_due (gpointer user_data)
{
  LaneNatWatch *watch = user_data;
  gint64 now_us = g_get_monotonic_time ();

  lane_timer_clear (&watch->due);
  if (!lane_token_bucket_take (&watch->runs, now_us)) {
    gint64 wait_us = lane_token_bucket_wait_us (&watch->runs, now_us);

    lane_timer_set (&watch->due, watch->context, (guint)(wait_us / 1000) + 1, on_due, watch);
    return G_SOURCE_REMOVE;
  }
  watch->hurried = FALSE;
  run (watch);
  return G_SOURCE_REMOVE;
}

static gboolean
has_work (const LaneNatWatch *watch)
{
  for (guint i = 0; i < FAMILIES; i++)
    if (watch->families[i].own != NULL && has_server (watch, i))
      return TRUE;
  return FALSE;
}

void
lane_nat_watch_check (LaneNatWatch *watch)
{
  watch->unknown_ms = watch->tuning.recheck_unknown_ms;
  if (watch->hurried || !has_work (watch))
    return;
  watch->hurried = TRUE;
  lane_timer_set (&watch->due, watch->context, watch->tuning.settle_ms, on_due, watch);
}

gboolean
lane_nat_watch_is_checking (const LaneNatWatch *watch)
{
  return is_running (watch) || watch->hurried;
}

/* What there is */

static GInetAddress *
pick_address (const char *const *addresses, guint family)
{
  for (guint i = 0; addresses[i] != NULL; i++) {
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (addresses[i]);

    if (address != NULL && g_inet_address_get_family (address) == socket_family (family)
        && !g_inet_address_get_is_link_local (address))
      return g_steal_pointer (&address);
  }
  return NULL;
}

static gboolean
is_same_address (GInetAddress *a, GInetAddress *b)
{
  return a == b || (a != NULL && b != NULL && g_inet_address_equal (a, b));
}

void
lane_nat_watch_set_addresses (LaneNatWatch *watch, const char *const *addresses)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < FAMILIES; i++) {
    Family *family = &watch->families[i];
    g_autoptr (GInetAddress) own = pick_address (addresses, i);

    if (is_same_address (own, family->own))
      continue;
    g_set_object (&family->own, own);
    forget (family); /* it was about another way out */
    changed = TRUE;
  }
  if (!changed)
    return;
  lane_nat_watch_check (watch);
  watch->events.changed (watch, watch->user_data);
}

static gboolean
are_same_servers (const GPtrArray *a, const GPtrArray *b)
{
  gboolean same = a->len == b->len;

  for (guint i = 0; same && i < a->len; i++) {
    const LaneNatServer *one = g_ptr_array_index (a, i), *other = g_ptr_array_index (b, i);

    same = strcmp (one->name, other->name) == 0
           && lane_nat_address_equal (one->address, other->address);
  }
  return same;
}

static gboolean
are_same_works (const GPtrArray *a, const GPtrArray *b)
{
  for (guint i = 0; i < a->len; i++)
    if (((LaneNatServer *)g_ptr_array_index (a, i))->stream_works
        != ((LaneNatServer *)g_ptr_array_index (b, i))->stream_works)
      return FALSE;
  return TRUE;
}

void
lane_nat_watch_take_servers (LaneNatWatch *watch, GPtrArray *servers)
{
  g_autoptr (GPtrArray) old = watch->servers;
  gboolean same = are_same_servers (old, servers);

  watch->servers = servers;
  if (!same && has_work (watch)) {
    lane_nat_watch_check (watch);
    return;
  }
  if (!same) {
    forget (&watch->families[IPV4]);
    forget (&watch->families[IPV6]);
  }
  if (same && are_same_works (old, servers))
    return;
  for (guint i = 0; i < FAMILIES; i++)
    if (watch->families[i].report != NULL)
      judge (watch, &watch->families[i]);
  watch->events.changed (watch, watch->user_data);
}

void
lane_nat_watch_set_lifetime (LaneNatWatch *watch, int family, guint min_s, guint max_s)
{
  LaneNatReport *report = watch->families[family == 6 ? IPV6 : IPV4].report;

  if (report == NULL)
    return;
  report->lifetime_min_s = min_s;
  report->lifetime_max_s = max_s;
  watch->events.changed (watch, watch->user_data);
}

/* Life */

LaneNatWatch *
lane_nat_watch_new (GMainContext *context, const LaneAddressPolicy *policy,
                    const LaneNatWatchTuning *tuning, const LaneNatWatchEvents *events,
                    gpointer user_data)
{
  LaneNatWatch *watch = g_new0 (LaneNatWatch, 1);

  watch->context = g_main_context_ref (context);
  watch->policy = policy;
  watch->tuning = *tuning;
  watch->events = *events;
  watch->user_data = user_data;
  watch->servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_nat_server_free);
  watch->runs = (LaneTokenBucket)LANE_TOKEN_BUCKET (1 / 30.0, 4);
  watch->unknown_ms = tuning->recheck_unknown_ms;
  return watch;
}

void
lane_nat_watch_free (LaneNatWatch *watch)
{
  if (watch == NULL)
    return;
  lane_timer_clear (&watch->due);
  for (guint i = 0; i < FAMILIES; i++) {
    forget (&watch->families[i]);
    g_clear_object (&watch->families[i].own);
  }
  g_ptr_array_unref (watch->servers);
  g_main_context_unref (watch->context);
  g_free (watch);
}

/* Telling */

const LaneNatReport *
lane_nat_watch_get_report (const LaneNatWatch *watch, int family)
{
  return watch->families[family == 6 ? IPV6 : IPV4].report;
}

LaneNatBrief
lane_nat_watch_get_brief (const LaneNatWatch *watch)
{
  LaneNatBrief brief = { 0 };

  if (watch == NULL)
    return brief;
  if (watch->families[IPV4].report != NULL)
    brief.ipv4 = watch->families[IPV4].report->traits;
  if (watch->families[IPV6].report != NULL)
    brief.ipv6 = watch->families[IPV6].report->traits;
  return brief;
}

/* What is told first. */
static const LaneNatReport *
find_main (const LaneNatWatch *watch)
{
  const LaneNatReport *ipv4 = watch->families[IPV4].report, *ipv6 = watch->families[IPV6].report;

  if (ipv6 != NULL && (ipv4 == NULL || ipv4->traits.mapping == LANE_NAT_UNKNOWN)
      && (ipv4 == NULL || ipv6->traits.mapping != LANE_NAT_UNKNOWN))
    return ipv6;
  return ipv4;
}

static void
add_public (const LaneNatWatch *watch, const char *const *public, JsonBuilder *builder)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; public[i] != NULL; i++)
    g_ptr_array_add (all, g_strdup (public[i]));
  for (guint i = 0; watch != NULL && i < FAMILIES; i++) {
    const LaneNatReport *report = watch->families[i].report;
    GInetSocketAddress *mapped = report != NULL ? lane_nat_report_get_mapped (report) : NULL;
    char *text;

    if (mapped == NULL || report->contradicted)
      continue;
    text = g_inet_address_to_string (g_inet_socket_address_get_address (mapped));
    if (g_ptr_array_find_with_equal_func (all, text, g_str_equal, NULL))
      g_free (text);
    else
      g_ptr_array_add (all, text);
  }
  json_builder_set_member_name (builder, "public");
  json_builder_begin_array (builder);
  for (guint i = 0; i < all->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (all, i));
  json_builder_end_array (builder);
}

static void
add_lists (const LaneNatWatch *watch, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "families");
  json_builder_begin_array (builder);
  for (guint i = 0; watch != NULL && i < FAMILIES; i++)
    if (watch->families[i].report != NULL) {
      json_builder_begin_object (builder);
      lane_nat_report_add_json (watch->families[i].report, builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "evidence");
  json_builder_begin_array (builder);
  for (guint i = 0; watch != NULL && i < FAMILIES; i++)
    if (watch->families[i].report != NULL)
      lane_nat_report_add_evidence_json (watch->families[i].report, builder);
  json_builder_end_array (builder);
}

void
lane_nat_watch_add_json (const LaneNatWatch *watch, const char *const *public, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  lane_nat_report_add_json (watch != NULL ? find_main (watch) : NULL, builder);
  add_public (watch, public, builder);
  add_lists (watch, builder);
  json_builder_end_object (builder);
}
