#include "check-nat.h"

#include "network.h"
#include "servers/nat-lifetime.h"
#include "servers/nat-watch.h"

#define SHORTEST_S 15 /* what the strictest NATs give: RFC 4787 section 4.3 saw some at 20 s */

struct _LaneCheckNat {
  GMainContext *context;
  LanePool *pool;
  LaneAddressPolicy policy;
  LaneNetwork *network;
  LaneNatWatch *watch;
  guint lifetime_s; /* still to be measured; 0: not */
  int family;       /* that it is about */
  LaneNatLifetime *lifetime;
};

static void
on_network_changed (LaneNetwork *network, LaneNetworkChange change, gpointer user_data)
{
  LaneCheckNat *nat = user_data;

  lane_nat_watch_set_addresses (nat->watch, lane_network_get_addresses (network));
}

static void
on_lifetime_done (LaneNatLifetime *lifetime, gpointer user_data)
{
  LaneCheckNat *nat = user_data;
  LaneNatLifetimeResult result = lane_nat_lifetime_get_result (lifetime);

  g_clear_pointer (&nat->lifetime, lane_nat_lifetime_free);
  lane_nat_watch_set_lifetime (nat->watch, nat->family, result.min_ms / 1000, result.max_ms / 1000);
}

static void
begin_lifetime (LaneCheckNat *nat)
{
  const LaneNatReport *report = lane_nat_watch_get_report (nat->watch, 4);
  LaneNatLifetimeOptions options = { .shortest_ms = MIN (SHORTEST_S, nat->lifetime_s) * 1000,
                                     .longest_ms = nat->lifetime_s * 1000,
                                     .try_ms = LANE_NAT_WATCH_TUNING.try_ms };

  nat->family = report != NULL ? 4 : 6;
  if (report == NULL)
    report = lane_nat_watch_get_report (nat->watch, 6);
  if (report == NULL || lane_nat_report_get_server (report) == NULL)
    return;
  nat->lifetime_s = 0;
  options.address = report->own;
  options.server = lane_nat_report_get_server (report);
  nat->lifetime = lane_nat_lifetime_new (nat->context, &options, on_lifetime_done, nat);
}

static void
on_judged (LaneNatWatch *watch, const LaneNatReport *report, gpointer user_data)
{
}

static void
on_changed (LaneNatWatch *watch, gpointer user_data)
{
  LaneCheckNat *nat = user_data;

  if (nat->lifetime_s != 0 && !lane_nat_watch_is_checking (watch))
    begin_lifetime (nat);
}

LaneCheckNat *
lane_check_nat_new (GMainContext *context, const LaneConfig *config, LanePool *pool,
                    guint lifetime_s, GError **error)
{
  static const LaneNatWatchEvents watch_events = { .judged = on_judged, .changed = on_changed };
  static const LaneNetworkEvents network_events = { .changed = on_network_changed };
  LaneNatWatchTuning tuning = LANE_NAT_WATCH_TUNING;
  g_autoptr (LaneCheckNat) nat = g_new0 (LaneCheckNat, 1);

  tuning.settle_ms = 0;
  nat->context = context;
  nat->pool = pool;
  nat->lifetime_s = lifetime_s;
  nat->policy.allow_loopback = config->ice.allow_loopback;
  nat->policy.allow_link_local = config->ice.allow_link_local;
  nat->network = lane_network_new (context, config, &network_events, nat, error);
  if (nat->network == NULL)
    return NULL;
  nat->watch = lane_nat_watch_new (context, &nat->policy, &tuning, &watch_events, nat);
  lane_nat_watch_set_addresses (nat->watch, lane_network_get_addresses (nat->network));
  lane_nat_watch_take_servers (nat->watch, lane_pool_list_udp (pool));
  return g_steal_pointer (&nat);
}

void
lane_check_nat_free (LaneCheckNat *nat)
{
  if (nat == NULL)
    return;
  lane_nat_lifetime_free (nat->lifetime);
  lane_nat_watch_free (nat->watch);
  lane_network_free (nat->network);
  g_free (nat);
}

gboolean
lane_check_nat_is_running (const LaneCheckNat *nat)
{
  return lane_nat_watch_is_checking (nat->watch) || nat->lifetime != NULL;
}

/* Text */

static void
print_sight (const LaneNatSight *sight)
{
  g_autofree char *asked = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (sight->asked));
  g_autofree char *seen = NULL;

  if (sight->mapped != NULL) {
    g_autofree char *mapped = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (sight->mapped));

    seen = g_strdup_printf ("saw %s, %.1f ms", mapped, sight->ms);
  }
  g_print ("  %-34s  %s %s: %s\n", lane_nat_test_to_string (sight->test), sight->server, asked,
           seen != NULL ? seen : lane_nat_outcome_to_string (sight->outcome));
}

static const char *
hairpinning_text (LaneNatTruth truth)
{
  return truth == LANE_NAT_YES ? "yes" : truth == LANE_NAT_NO ? "no" : "not known";
}

static void
print_lifetime (const LaneNatReport *report)
{
  if (report->lifetime_min_s != 0 && report->lifetime_max_s != 0)
    g_print ("  an idle mapping lives for at least %u s, and for less than %u s\n",
             report->lifetime_min_s, report->lifetime_max_s);
  else if (report->lifetime_min_s != 0)
    g_print ("  an idle mapping lives for at least %u s\n", report->lifetime_min_s);
  else if (report->lifetime_max_s != 0)
    g_print ("  an idle mapping lives for less than %u s\n", report->lifetime_max_s);
}

static void
print_report (const LaneNatReport *report)
{
  g_autofree char *text = lane_nat_report_to_text (report);
  g_autofree char *own = g_inet_address_to_string (report->own);
  g_auto (GStrv) hints = lane_nat_report_dup_hints (report);

  g_print ("NAT of %s: %s\n", own, text);
  g_print ("  mapping %s, filtering %s, hairpinning %s\n",
           lane_nat_word_to_string (report->traits.mapping),
           lane_nat_word_to_string (report->traits.filtering),
           hairpinning_text (report->hairpinning));
  print_lifetime (report);
  for (guint i = 0; hints[i] != NULL; i++)
    g_print ("  %s\n", hints[i]);
  for (guint i = 0; i < report->sights->len; i++)
    print_sight (g_ptr_array_index (report->sights, i));
}

void
lane_check_nat_print (const LaneCheckNat *nat)
{
  static const int families[] = { 4, 6 };
  gboolean any = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
    const LaneNatReport *report = lane_nat_watch_get_report (nat->watch, families[i]);

    if (report != NULL)
      print_report (report);
    any |= report != NULL;
  }
  if (!any)
    g_print ("NAT: not known, as no address of ours and STUN server over UDP fit together\n");
}

/* JSON */

void
lane_check_nat_add_json (const LaneCheckNat *nat, JsonBuilder *builder)
{
  g_auto (GStrv) mapped = lane_pool_dup_mapped_addresses (nat->pool);

  json_builder_set_member_name (builder, "nat");
  lane_nat_watch_add_json (nat->watch, (const char *const *)mapped, builder);
}
