#include "servers/nat-report.h"

#include <math.h>

#include "diagnosis/event.h"
#include "ice/address-scope.h"

LaneNatServer *
lane_nat_server_new (const char *name, GInetSocketAddress *address, gboolean stream_works)
{
  LaneNatServer *server = g_new0 (LaneNatServer, 1);

  server->name = g_strdup (name);
  server->address = g_object_ref (address);
  server->stream_works = stream_works;
  return server;
}

void
lane_nat_server_free (LaneNatServer *server)
{
  if (server == NULL)
    return;
  g_free (server->name);
  g_object_unref (server->address);
  g_free (server);
}

const char *
lane_nat_test_to_string (LaneNatTest test)
{
  static const char *const names[] = {
    [LANE_NAT_TEST_PRIMARY] = "primary",
    [LANE_NAT_TEST_OTHER_ADDRESS] = "other-address",
    [LANE_NAT_TEST_OTHER_PORT] = "other-address-and-port",
    [LANE_NAT_TEST_OPEN] = "fresh-socket",
    [LANE_NAT_TEST_CHANGE_BOTH] = "answer-from-other-address-and-port",
    [LANE_NAT_TEST_CHANGE_PORT] = "answer-from-other-port",
  };

  return names[test];
}

/* Sights */

static void
sight_free (gpointer data)
{
  LaneNatSight *sight = data;

  g_free (sight->server);
  g_object_unref (sight->asked);
  g_object_unref (sight->local);
  g_clear_object (&sight->from);
  g_clear_object (&sight->mapped);
  g_clear_object (&sight->plain);
  g_clear_object (&sight->other);
  g_free (sight);
}

LaneNatReport *
lane_nat_report_new (GInetAddress *own)
{
  LaneNatReport *report = g_new0 (LaneNatReport, 1);

  report->own = g_object_ref (own);
  report->sights = g_ptr_array_new_with_free_func (sight_free);
  report->time_us = g_get_real_time ();
  return report;
}

void
lane_nat_report_free (LaneNatReport *report)
{
  if (report == NULL)
    return;
  g_object_unref (report->own);
  g_ptr_array_unref (report->sights);
  g_free (report);
}

LaneNatSight *
lane_nat_report_add (LaneNatReport *report, LaneNatTest test, const char *server,
                     GInetSocketAddress *asked, GInetSocketAddress *local)
{
  LaneNatSight *sight = g_new0 (LaneNatSight, 1);

  sight->test = test;
  sight->server = g_strdup (server);
  sight->asked = g_object_ref (asked);
  sight->local = g_object_ref (local);
  sight->outcome = LANE_NAT_SILENT;
  sight->ms = NAN;
  g_ptr_array_add (report->sights, sight);
  return sight;
}

static void
take_reference (GInetSocketAddress **slot, GInetSocketAddress *address)
{
  g_set_object (slot, address);
}

void
lane_nat_sight_take (LaneNatSight *sight, const LaneNatAnswer *answer)
{
  sight->outcome = answer->outcome;
  sight->code = answer->code;
  sight->ms = answer->ms;
  take_reference (&sight->from, answer->from);
  take_reference (&sight->mapped, answer->mapped);
  take_reference (&sight->plain, answer->plain);
  take_reference (&sight->other, answer->other);
}

static const LaneNatSight *
find_test (const LaneNatReport *report, LaneNatTest test)
{
  for (guint i = 0; i < report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (report->sights, i);

    if (sight->test == test)
      return sight;
  }
  return NULL;
}

/* An answer from somewhere else than we asked went another way, and shows nothing. */
static gboolean
is_straight (const LaneNatSight *sight)
{
  return sight != NULL && sight->outcome == LANE_NAT_ANSWERED
         && lane_nat_address_equal (sight->from, sight->asked);
}

static gboolean
is_local_server (const LaneNatSight *sight)
{
  return lane_address_is_local (g_inet_socket_address_get_address (sight->asked));
}

/* What servers saw of the first socket. One in our own network sees less of us than those outside:
 * where there are both, only the latter count. */
static GPtrArray *
list_primary (const LaneNatReport *report)
{
  GPtrArray *all = g_ptr_array_new (), *outside = g_ptr_array_new ();

  for (guint i = 0; i < report->sights->len; i++) {
    LaneNatSight *sight = g_ptr_array_index (report->sights, i);

    if (sight->test != LANE_NAT_TEST_PRIMARY || !is_straight (sight))
      continue;
    g_ptr_array_add (all, sight);
    if (!is_local_server (sight))
      g_ptr_array_add (outside, sight);
  }
  if (outside->len == 0) {
    g_ptr_array_unref (outside);
    return all;
  }
  g_ptr_array_unref (all);
  return outside;
}

GInetSocketAddress *
lane_nat_report_get_mapped (const LaneNatReport *report)
{
  g_autoptr (GPtrArray) seen = list_primary (report);

  return seen->len > 0 ? ((LaneNatSight *)g_ptr_array_index (seen, 0))->mapped : NULL;
}

GInetSocketAddress *
lane_nat_report_get_server (const LaneNatReport *report)
{
  g_autoptr (GPtrArray) seen = list_primary (report);

  return seen->len > 0 ? ((LaneNatSight *)g_ptr_array_index (seen, 0))->asked : NULL;
}

/* Verdicts: mapping */

/* RFC 4787 requires NATs to give one socket one address (REQ-2). Where servers see several, one of
 * them lies, or we have two ways out: both times there is no one behaviour to name. */
static gboolean
agree_on_host (const GPtrArray *seen)
{
  const LaneNatSight *first = g_ptr_array_index (seen, 0);

  for (guint i = 1; i < seen->len; i++)
    if (!lane_nat_host_equal (first->mapped, ((LaneNatSight *)g_ptr_array_index (seen, i))->mapped))
      return FALSE;
  return TRUE;
}

static gboolean
is_unmapped (const LaneNatSight *sight)
{
  return lane_nat_address_equal (sight->mapped, sight->local);
}

/* How many pairs of servers saw the same and how many did not, by whether they share an address. */
typedef struct {
  guint same_near, differ_near; /* one address, two ports */
  guint same_far, differ_far;   /* two addresses */
} Comparison;

static Comparison
compare (const GPtrArray *seen)
{
  Comparison result = { 0 };

  for (guint i = 0; i < seen->len; i++)
    for (guint j = i + 1; j < seen->len; j++) {
      const LaneNatSight *a = g_ptr_array_index (seen, i), *b = g_ptr_array_index (seen, j);
      gboolean same = lane_nat_address_equal (a->mapped, b->mapped);

      if (lane_nat_host_equal (a->asked, b->asked))
        *(same ? &result.same_near : &result.differ_near) += 1;
      else
        *(same ? &result.same_far : &result.differ_far) += 1;
    }
  return result;
}

/* Several plain servers. Different ports at two addresses show that the address matters; whether
 * the port does too only another port there can show. */
static LaneNatWord
map_by_servers (const GPtrArray *seen, gboolean *contradicted)
{
  Comparison c = compare (seen);

  if ((c.same_far > 0 && c.differ_far > 0) || (c.same_near > 0 && c.differ_near > 0)
      || (c.same_far > 0 && c.differ_near > 0)) {
    *contradicted = TRUE;
    return LANE_NAT_UNKNOWN;
  }
  if (c.same_far > 0)
    return LANE_NAT_ENDPOINT_INDEPENDENT;
  if (c.differ_near > 0)
    return LANE_NAT_ADDRESS_AND_PORT_DEPENDENT;
  return c.differ_far > 0 ? LANE_NAT_ADDRESS_DEPENDENT : LANE_NAT_UNKNOWN;
}

/* The tests of RFC 5780 section 4.3: one server, asked at two addresses and two ports. */
static LaneNatWord
map_by_tests (const LaneNatSight *first, const LaneNatSight *second, const LaneNatSight *third)
{
  gboolean second_same = lane_nat_address_equal (first->mapped, second->mapped);
  gboolean third_same = lane_nat_address_equal (second->mapped, third->mapped);

  if (second_same)
    return third_same ? LANE_NAT_ENDPOINT_INDEPENDENT : LANE_NAT_UNKNOWN;
  return third_same ? LANE_NAT_ADDRESS_DEPENDENT : LANE_NAT_ADDRESS_AND_PORT_DEPENDENT;
}

/* Test I at the server whose other address was asked. */
static const LaneNatSight *
find_first (const LaneNatReport *report, const LaneNatSight *second)
{
  for (guint i = 0; i < report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (report->sights, i);

    if (sight->test == LANE_NAT_TEST_PRIMARY && is_straight (sight)
        && lane_nat_host_equal (sight->other, second->asked)
        && g_inet_socket_address_get_port (sight->asked)
               == g_inet_socket_address_get_port (second->asked))
      return sight;
  }
  return NULL;
}

static void
judge_mapping (LaneNatReport *report, const GPtrArray *seen, gboolean *tested)
{
  const LaneNatSight *second = find_test (report, LANE_NAT_TEST_OTHER_ADDRESS);
  const LaneNatSight *third = find_test (report, LANE_NAT_TEST_OTHER_PORT);
  const LaneNatSight *first = is_straight (second) ? find_first (report, second) : NULL;
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  LaneNatWord by_servers;

  *tested =
      first != NULL && is_straight (third) && g_ptr_array_find ((GPtrArray *)seen, first, NULL);
  g_ptr_array_extend (all, (GPtrArray *)seen, NULL, NULL);
  if (*tested) {
    g_ptr_array_add (all, (gpointer)second);
    g_ptr_array_add (all, (gpointer)third);
  }
  report->contradicted = !agree_on_host (all);
  by_servers = map_by_servers (all, &report->contradicted);
  if (report->contradicted)
    return;
  if (is_unmapped (g_ptr_array_index (seen, 0)) && by_servers <= LANE_NAT_ENDPOINT_INDEPENDENT)
    report->traits.mapping = LANE_NAT_NONE;
  else if (*tested)
    report->traits.mapping = map_by_tests (first, second, third);
  else
    report->traits.mapping = by_servers;
}

/* Verdicts: filtering (section 4.4) */

static gboolean
is_changed (const LaneNatSight *sight, gboolean host)
{
  if (sight == NULL || sight->outcome != LANE_NAT_ANSWERED)
    return FALSE;
  return lane_nat_host_equal (sight->from, sight->asked) != host
         && g_inet_socket_address_get_port (sight->from)
                != g_inet_socket_address_get_port (sight->asked);
}

static gboolean
is_silent (const LaneNatSight *sight)
{
  return sight != NULL && sight->outcome == LANE_NAT_SILENT;
}

static LaneNatWord
find_filtering (const LaneNatReport *report, gboolean tested)
{
  const LaneNatSight *both = find_test (report, LANE_NAT_TEST_CHANGE_BOTH);
  const LaneNatSight *port = find_test (report, LANE_NAT_TEST_CHANGE_PORT);
  /* Silence only says something when the server can be heard otherwise, at each address. */
  gboolean reachable = tested && is_straight (find_test (report, LANE_NAT_TEST_OPEN));

  if (is_changed (both, TRUE))
    return LANE_NAT_ENDPOINT_INDEPENDENT;
  if (!reachable || !is_silent (both))
    return LANE_NAT_UNKNOWN;
  if (is_changed (port, FALSE))
    return LANE_NAT_ADDRESS_DEPENDENT;
  return is_silent (port) ? LANE_NAT_ADDRESS_AND_PORT_DEPENDENT : LANE_NAT_UNKNOWN;
}

/* Verdicts: the rest */

/* Every server is silent over UDP, one of them on a host that answers otherwise. */
static gboolean
is_blocked (const LaneNatReport *report, const GPtrArray *servers)
{
  gboolean proven = FALSE;

  for (guint i = 0; i < report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (report->sights, i);

    if (!is_silent (sight))
      return FALSE;
    for (guint j = 0; j < servers->len; j++) {
      const LaneNatServer *server = g_ptr_array_index (servers, j);

      proven |= server->stream_works && lane_nat_host_equal (server->address, sight->asked);
    }
  }
  return proven;
}

static LaneNatTruth
find_tampering (const LaneNatReport *report)
{
  LaneNatTruth truth = LANE_NAT_MAYBE;

  for (guint i = 0; i < report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (report->sights, i);

    if (sight->plain == NULL || sight->mapped == NULL)
      continue;
    if (!lane_nat_address_equal (sight->plain, sight->mapped))
      return LANE_NAT_YES;
    truth = LANE_NAT_NO;
  }
  return truth;
}

static gboolean
find_carrier (const LaneNatReport *report)
{
  if (lane_address_is_of_carrier (report->own))
    return TRUE;
  for (guint i = 0; i < report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (report->sights, i);

    if (sight->mapped != NULL
        && lane_address_is_of_carrier (g_inet_socket_address_get_address (sight->mapped)))
      return TRUE;
  }
  return FALSE;
}

void
lane_nat_report_judge (LaneNatReport *report, const GPtrArray *servers)
{
  g_autoptr (GPtrArray) seen = list_primary (report);
  LaneNatTraits *traits = &report->traits;
  gboolean tested = FALSE;

  *traits = (LaneNatTraits){ 0 };
  report->contradicted = FALSE;
  report->tampered = find_tampering (report);
  report->carrier = find_carrier (report);
  if (seen->len > 0)
    judge_mapping (report, seen, &tested);
  else if (is_blocked (report, servers))
    *traits = (LaneNatTraits){ LANE_NAT_BLOCKED, LANE_NAT_BLOCKED, LANE_NAT_MEASURED };
  if (traits->mapping == LANE_NAT_UNKNOWN || traits->mapping == LANE_NAT_BLOCKED)
    return;
  traits->filtering = find_filtering (report, tested);
  traits->confidence =
      tested && traits->filtering != LANE_NAT_UNKNOWN ? LANE_NAT_MEASURED : LANE_NAT_PARTIAL;
}

/* Words */

static char *
to_string (GInetSocketAddress *address)
{
  return address != NULL ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address)) : NULL;
}

static void
add_hint (GStrvBuilder *builder, gboolean applies, const char *text)
{
  if (applies)
    g_strv_builder_add (builder, text);
}

static gboolean
is_mapped_inside (const LaneNatReport *report)
{
  GInetSocketAddress *mapped = lane_nat_report_get_mapped (report);
  g_autoptr (GPtrArray) seen = list_primary (report);

  return mapped != NULL && report->traits.mapping != LANE_NAT_NONE
         && !is_local_server (g_ptr_array_index (seen, 0))
         && lane_address_is_local (g_inet_socket_address_get_address (mapped));
}

char **
lane_nat_report_dup_hints (const LaneNatReport *report)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  add_hint (builder, report->contradicted,
            "Servers contradict each other about our address or port: one of them lies, or packets "
            "leave by two ways.");
  add_hint (builder, report->carrier,
            "A carrier's NAT is in the way (100.64.0.0/10): ports cannot be forwarded there.");
  add_hint (builder, is_mapped_inside (report) && !report->carrier,
            "Even the servers see a private address: there are two NATs in a row.");
  add_hint (
      builder, report->tampered == LANE_NAT_YES,
      "Something on the way rewrites addresses inside of packets (an ALG): turn it off in the "
      "router.");
  add_hint (builder, report->traits.mapping == LANE_NAT_BLOCKED,
            "No server answers over UDP, but one does over TCP: UDP is blocked.");
  return g_strv_builder_end (builder);
}

char *
lane_nat_report_to_text (const LaneNatReport *report)
{
  g_autofree char *traits = lane_nat_traits_to_text (&report->traits);
  g_autoptr (GPtrArray) seen = list_primary (report);
  GString *text = g_string_new (traits);

  for (guint i = 0; i < seen->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (seen, i);
    g_autofree char *mapped = to_string (sight->mapped);

    g_string_append_printf (text, "%s%s saw %s", i == 0 ? "; " : ", ", sight->server, mapped);
  }
  if (report->sights->len == 0)
    g_string_append (text, ": no server to ask");
  else if (seen->len == 0 && report->traits.mapping == LANE_NAT_UNKNOWN)
    g_string_append (text, ": no server answered");
  return g_string_free (text, FALSE);
}

/* JSON */

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_truth (JsonBuilder *builder, const char *name, LaneNatTruth truth)
{
  json_builder_set_member_name (builder, name);
  if (truth == LANE_NAT_MAYBE)
    json_builder_add_null_value (builder);
  else
    json_builder_add_boolean_value (builder, truth == LANE_NAT_YES);
}

static void
add_seconds (JsonBuilder *builder, const char *name, guint seconds)
{
  json_builder_set_member_name (builder, name);
  if (seconds == 0)
    json_builder_add_null_value (builder);
  else
    json_builder_add_int_value (builder, seconds);
}

static int
family_of (const LaneNatReport *report)
{
  return g_inet_address_get_family (report->own) == G_SOCKET_FAMILY_IPV6 ? 6 : 4;
}

static const char *
udp_word (const LaneNatReport *report)
{
  if (report->traits.mapping == LANE_NAT_BLOCKED)
    return "blocked";
  return lane_nat_report_get_mapped (report) != NULL ? "ok" : "unknown";
}

static void
add_hints (const LaneNatReport *report, JsonBuilder *builder)
{
  g_auto (GStrv) hints = report != NULL ? lane_nat_report_dup_hints (report) : NULL;

  json_builder_set_member_name (builder, "hints");
  json_builder_begin_array (builder);
  for (guint i = 0; hints != NULL && hints[i] != NULL; i++)
    json_builder_add_string_value (builder, hints[i]);
  json_builder_end_array (builder);
}

static void
add_family (const LaneNatReport *report, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "family");
  if (report != NULL)
    json_builder_add_int_value (builder, family_of (report));
  else
    json_builder_add_null_value (builder);
}

void
lane_nat_report_add_json (const LaneNatReport *report, JsonBuilder *builder)
{
  const LaneNatTraits traits = report != NULL ? report->traits : (LaneNatTraits){ 0 };
  g_autofree char *own = report != NULL ? g_inet_address_to_string (report->own) : NULL;
  g_autofree char *mapped = report != NULL ? to_string (lane_nat_report_get_mapped (report)) : NULL;
  g_autofree char *time = report != NULL ? lane_time_to_rfc3339 (report->time_us) : NULL;

  add_string (builder, "mapping", lane_nat_word_to_string (traits.mapping));
  add_string (builder, "filtering", lane_nat_word_to_string (traits.filtering));
  add_string (builder, "confidence", lane_nat_confidence_to_string (traits.confidence));
  add_family (report, builder);
  add_string (builder, "address", own);
  add_string (builder, "mapped", mapped);
  add_string (builder, "udp", report != NULL ? udp_word (report) : "unknown");
  add_truth (builder, "hairpinning", report != NULL ? report->hairpinning : LANE_NAT_MAYBE);
  add_truth (builder, "cgnat", report != NULL && report->carrier ? LANE_NAT_YES : LANE_NAT_MAYBE);
  add_truth (builder, "tampered", report != NULL ? report->tampered : LANE_NAT_MAYBE);
  add_seconds (builder, "lifetime_min_s", report != NULL ? report->lifetime_min_s : 0);
  add_seconds (builder, "lifetime_max_s", report != NULL ? report->lifetime_max_s : 0);
  add_string (builder, "checked_at", time);
  add_hints (report, builder);
}

static void
add_sight (const LaneNatReport *report, JsonBuilder *builder, const LaneNatSight *sight)
{
  g_autofree char *asked = to_string (sight->asked), *local = to_string (sight->local);
  g_autofree char *from = to_string (sight->from), *mapped = to_string (sight->mapped);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "family");
  json_builder_add_int_value (builder, family_of (report));
  add_string (builder, "test", lane_nat_test_to_string (sight->test));
  add_string (builder, "server", sight->server);
  add_string (builder, "asked", asked);
  add_string (builder, "local", local);
  add_string (builder, "result", lane_nat_outcome_to_string (sight->outcome));
  add_string (builder, "from", from);
  add_string (builder, "mapped", mapped);
  json_builder_set_member_name (builder, "ms");
  if (isnan (sight->ms))
    json_builder_add_null_value (builder);
  else
    json_builder_add_double_value (builder, round (sight->ms * 1000) / 1000);
  json_builder_end_object (builder);
}

void
lane_nat_report_add_evidence_json (const LaneNatReport *report, JsonBuilder *builder)
{
  for (guint i = 0; i < report->sights->len; i++)
    add_sight (report, builder, g_ptr_array_index (report->sights, i));
}
