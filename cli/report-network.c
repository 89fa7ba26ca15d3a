/* What a report says of network and servers. */
#include "json-read.h"
#include "report-page.h"
#include "words.h"

#define EVIDENCE_SHOWN 16

/* One address of an interface. */
static void
say_address (const LaneReportPage *page, const char *interface, JsonObject *object)
{
  g_autofree char *address = lane_json_word (object, "address", "unknown");
  g_autofree char *scope = lane_json_word (object, "scope", "unknown");
  g_autofree char *why = lane_json_string (object, "why");

  lane_report_say (page, "  %s  %s, %s%s%s", interface, address, scope,
                   lane_json_boolean (object, "temporary") ? ", temporary" : "",
                   lane_json_boolean (object, "used") ? ", used" : ", not used");
  if (why != NULL)
    lane_report_say (page, "      because: %s", why);
}

static void
say_interfaces (const LaneReportPage *page, JsonArray *interfaces)
{
  for (guint i = 0; interfaces != NULL && i < json_array_get_length (interfaces); i++) {
    JsonNode *node = json_array_get_element (interfaces, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    g_autofree char *name = lane_json_word (object, "name", "unknown");
    g_autofree char *state = lane_json_word (object, "state", "unknown");
    JsonArray *addresses = lane_json_array (object, "addresses");
    guint n = addresses != NULL ? json_array_get_length (addresses) : 0;

    if (lane_json_boolean (object, "loopback"))
      continue;
    if (n == 0)
      lane_report_say (page, "  %s  %s, no address", name, state);
    for (guint j = 0; j < n; j++) {
      JsonNode *address = json_array_get_element (addresses, j);

      if (JSON_NODE_HOLDS_OBJECT (address))
        say_address (page, name, json_node_get_object (address));
    }
  }
}

static void
say_nat_family (const LaneReportPage *page, JsonObject *object)
{
  g_autofree char *summary = lane_json_word (object, "summary", "not known");
  g_autofree char *meaning = lane_json_string (object, "meaning");
  g_autofree char *next = lane_json_string (object, "next");
  g_autofree char *mapping = lane_json_word (object, "mapping", "unknown");
  g_autofree char *filtering = lane_json_word (object, "filtering", "unknown");
  g_autofree char *confidence = lane_json_word (object, "confidence", "unknown");

  lane_report_say (page, "  NAT for IPv%u: %s", lane_json_uint (object, "family"), summary);
  lane_report_say (page, "      mapping %s, filtering %s (%s)", mapping, filtering, confidence);
  if (meaning != NULL)
    lane_report_say (page, "      %s", meaning);
  if (next != NULL)
    lane_report_say (page, "      Next: %s", next);
}

static void
say_evidence (const LaneReportPage *page, JsonArray *evidence)
{
  guint n = evidence != NULL ? json_array_get_length (evidence) : 0;
  g_autoptr (LaneTable) table = lane_table_new (7);

  if (n == 0)
    return;
  lane_report_say (page, "  What that rests on:");
  lane_table_add (table, g_strdup ("TEST"), g_strdup ("SERVER"), g_strdup ("FROM OUR"),
                  g_strdup ("ASKED"), g_strdup ("RESULT"), g_strdup ("SAW US AT"),
                  g_strdup ("RTT"));
  for (guint i = 0; i < MIN (n, EVIDENCE_SHOWN); i++) {
    JsonNode *node = json_array_get_element (evidence, i);
    JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
    g_autofree char *test = lane_json_string (object, "test");
    g_autofree char *server = lane_json_string (object, "server");
    g_autofree char *local = lane_json_string (object, "local");
    g_autofree char *asked = lane_json_string (object, "asked");
    g_autofree char *result = lane_json_string (object, "result");
    g_autofree char *mapped = lane_json_string (object, "mapped");

    lane_table_add (table, lane_report_cell (page, test), lane_report_cell (page, server),
                    lane_report_cell (page, local), lane_report_cell (page, asked),
                    lane_report_cell (page, result), lane_report_cell (page, mapped),
                    lane_words_ms (lane_json_number (object, "ms")));
  }
  lane_report_append_table (page, table);
}

void
lane_report_say_network (const LaneReportPage *page)
{
  const LaneSnapshot *snapshot = page->report->snapshot;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object = NULL, *nat;
  JsonArray *families;

  lane_report_head (page, "NETWORK");
  if (page->report->network_json != NULL)
    root = lane_json_parse (page->report->network_json, JSON_NODE_OBJECT, NULL);
  if (root == NULL) {
    g_autofree char *addresses =
        snapshot->addresses != NULL ? g_strjoinv (", ", snapshot->addresses) : g_strdup ("");

    lane_report_say (page, "  addresses: %s", addresses[0] != '\0' ? addresses : "not known");
    lane_report_say (page, "  NAT: %s", lane_words_nat (snapshot->nat_mapping, LANE_NAT_SENTENCE));
    return;
  }
  object = json_node_get_object (root);
  say_interfaces (page, lane_json_array (object, "interfaces"));
  nat = lane_json_object (object, "nat");
  families = lane_json_array (nat, "families");
  for (guint i = 0; families != NULL && i < json_array_get_length (families); i++) {
    JsonNode *node = json_array_get_element (families, i);

    if (JSON_NODE_HOLDS_OBJECT (node))
      say_nat_family (page, json_node_get_object (node));
  }
  say_evidence (page, lane_json_array (nat, "evidence"));
}

static void
say_steps (const LaneReportPage *page, const LaneServerView *server)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < server->steps->len; i++) {
    const LaneServerStepView *step = server->steps->pdata[i];
    g_autofree char *ms = lane_words_ms (step->ms);

    g_string_append_printf (line, "%s%s %s %s%s%s%s", i > 0 ? ", " : "", step->step,
                            step->ok ? "ok" : "FAILED", ms, step->evidence != NULL ? " (" : "",
                            step->evidence != NULL ? step->evidence : "",
                            step->evidence != NULL ? ")" : "");
  }
  if (line->len > 0)
    lane_report_say (page, "      %s", line->str);
}

void
lane_report_say_servers (const LaneReportPage *page)
{
  const GPtrArray *servers = page->report->snapshot->servers;

  lane_report_head (page, "SERVERS");
  if (servers->len == 0)
    lane_report_say (page, "  none known");
  for (guint i = 0; i < servers->len; i++) {
    const LaneServerView *server = servers->pdata[i];
    g_autofree char *rtt = lane_words_ms (server->rtt_ms);
    g_autofree char *checked = lane_report_time (server->checked_us);
    gboolean failed = g_strcmp0 (server->state, "failed") == 0;

    lane_report_say (page, "  %s  %s  %s%s%s  %s%s  tested %s", server->name,
                     server->uri != NULL ? server->uri : "", server->state, failed ? " " : "",
                     failed && server->code != NULL ? server->code : "", rtt,
                     server->in_use ? "  in use" : "", checked);
    if (server->mapped != NULL)
      lane_report_say (page, "      sees us at %s", server->mapped);
    say_steps (page, server);
  }
}
