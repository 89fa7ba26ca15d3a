#include "servers/nat-behavior.h"

#include <string.h>

#include "ice/address-scope.h"
#include "timer.h"

#define MARKS 3

struct _LaneNatBehavior {
  GMainContext *context;
  const LaneAddressPolicy *policy;
  guint try_ms;
  LaneNatBehaviorDone done;
  gpointer user_data;
  GPtrArray *servers; /* of LaneNatServer: the ones to ask */
  LaneNatReport *report;

  /* The one whose ports are compared, the one on which nothing but the first server has been asked,
   * and the one that calls the first from inside. */
  LaneNatSocket *mapping, *filtering, *inside;
  guint open;       /* questions, and hairpinning */
  GPtrArray *asked; /* of Asked */
  GSource *step;

  guint8 mark[LANE_NAT_MARK_BYTES];
  GInetSocketAddress *mapped, *inside_mapped;
  guint marks;
  GSource *hairpin;
};

typedef struct {
  LaneNatBehavior *behavior;
  LaneNatSight *sight;
} Asked;

static gboolean begin_comparing (LaneNatBehavior *behavior);

static gboolean
on_done (gpointer user_data)
{
  LaneNatBehavior *behavior = user_data;

  lane_timer_clear (&behavior->step);
  behavior->done (behavior, behavior->user_data);
  return G_SOURCE_REMOVE;
}

static void
end_soon (LaneNatBehavior *behavior)
{
  lane_timer_set (&behavior->step, behavior->context, 0, on_done, behavior);
}

/* The first answers are in, or all of them. */
static gboolean
on_settled (gpointer user_data)
{
  LaneNatBehavior *behavior = user_data;

  lane_timer_clear (&behavior->step);
  if (behavior->filtering != NULL || !begin_comparing (behavior))
    end_soon (behavior);
  return G_SOURCE_REMOVE;
}

static void
close_one (LaneNatBehavior *behavior)
{
  behavior->open--;
  if (behavior->open == 0)
    lane_timer_set (&behavior->step, behavior->context, 0, on_settled, behavior);
}

/* Questions */

static void
on_answered (LaneNatSocket *socket, const LaneNatAnswer *answer, gpointer user_data)
{
  Asked *asked = user_data;
  LaneNatBehavior *behavior = asked->behavior;

  lane_nat_sight_take (asked->sight, answer);
  close_one (behavior);
}

static void
ask (LaneNatBehavior *behavior, LaneNatSocket *socket, LaneNatTest test, const char *server,
     GInetSocketAddress *to)
{
  static const LaneNatChange changes[] = {
    [LANE_NAT_TEST_CHANGE_BOTH] = LANE_NAT_CHANGE_BOTH,
    [LANE_NAT_TEST_CHANGE_PORT] = LANE_NAT_CHANGE_PORT,
  };
  Asked *asked = g_new0 (Asked, 1);

  asked->behavior = behavior;
  asked->sight =
      lane_nat_report_add (behavior->report, test, server, to, lane_nat_socket_get_local (socket));
  g_ptr_array_add (behavior->asked, asked);
  behavior->open++;
  lane_nat_socket_ask (socket, to, changes[test], 0, behavior->try_ms, on_answered, asked);
}

/* Hairpinning: RFC 5780 section 4.5. Each of two sockets calls the other one's address outside, and
 * so lets it in; one that is heard is enough. */

static void
end_hairpin (LaneNatBehavior *behavior, LaneNatTruth truth)
{
  lane_timer_clear (&behavior->hairpin);
  behavior->report->hairpinning = truth;
  close_one (behavior);
}

static void
on_marked (LaneNatSocket *socket, gpointer user_data)
{
  LaneNatBehavior *behavior = user_data;

  if (behavior->hairpin != NULL)
    end_hairpin (behavior, LANE_NAT_YES);
}

static gboolean
on_mark_due (gpointer user_data)
{
  LaneNatBehavior *behavior = user_data;

  lane_timer_clear (&behavior->hairpin);
  if (behavior->marks == MARKS) {
    end_hairpin (behavior, LANE_NAT_NO);
    return G_SOURCE_REMOVE;
  }
  behavior->marks++;
  lane_nat_socket_send_mark (behavior->mapping, behavior->inside_mapped, behavior->mark);
  lane_nat_socket_send_mark (behavior->inside, behavior->mapped, behavior->mark);
  lane_timer_set (&behavior->hairpin, behavior->context, behavior->try_ms, on_mark_due, behavior);
  return G_SOURCE_REMOVE;
}

static void
draw_mark (LaneNatBehavior *behavior)
{
  for (guint i = 0; i < LANE_NAT_MARK_BYTES / 4; i++) {
    guint32 word = g_random_int ();

    memcpy (behavior->mark + i * 4, &word, sizeof word);
  }
}

static void
on_inside_answered (LaneNatSocket *socket, const LaneNatAnswer *answer, gpointer user_data)
{
  LaneNatBehavior *behavior = user_data;

  if (answer->outcome != LANE_NAT_ANSWERED) {
    close_one (behavior);
    return;
  }
  behavior->inside_mapped = g_object_ref (answer->mapped);
  draw_mark (behavior);
  lane_nat_socket_expect_mark (behavior->mapping, behavior->mark, on_marked, behavior);
  lane_nat_socket_expect_mark (behavior->inside, behavior->mark, on_marked, behavior);
  lane_timer_set (&behavior->hairpin, behavior->context, 0, on_mark_due, behavior);
}

static gboolean
may_send_to (const LaneNatBehavior *behavior, GInetSocketAddress *address)
{
  g_autofree char *host = g_inet_address_to_string (g_inet_socket_address_get_address (address));

  return lane_address_policy_check (behavior->policy, host,
                                    g_inet_socket_address_get_port (address), NULL);
}

static void
begin_hairpin (LaneNatBehavior *behavior, const LaneNatSight *first)
{
  if (lane_nat_address_equal (first->mapped, first->local)
      || !may_send_to (behavior, first->mapped))
    return;
  behavior->inside = lane_nat_socket_new (behavior->context, behavior->report->own, NULL);
  if (behavior->inside == NULL)
    return;
  behavior->mapped = g_object_ref (first->mapped);
  behavior->open++;
  lane_nat_socket_ask (behavior->inside, first->asked, LANE_NAT_CHANGE_NOTHING, 0, behavior->try_ms,
                       on_inside_answered, behavior);
}

/* Steps */

/* A server of RFC 5780 has another address with another port, of the same family. */
static gboolean
has_other_address (const LaneNatBehavior *behavior, const LaneNatSight *sight)
{
  GInetSocketAddress *other = sight->other;

  return other != NULL
         && g_socket_address_get_family (G_SOCKET_ADDRESS (other))
                == g_socket_address_get_family (G_SOCKET_ADDRESS (sight->asked))
         && !lane_nat_host_equal (other, sight->asked)
         && g_inet_socket_address_get_port (other) != g_inet_socket_address_get_port (sight->asked)
         && may_send_to (behavior, other);
}

/* Better one outside than one in our own network, better one with two addresses than without. */
static guint
score (const LaneNatBehavior *behavior, const LaneNatSight *sight)
{
  gboolean outside = !lane_address_is_local (g_inet_socket_address_get_address (sight->asked));

  return 1 + outside * 2 + has_other_address (behavior, sight);
}

static const LaneNatSight *
pick_first (const LaneNatBehavior *behavior)
{
  const LaneNatSight *best = NULL;

  for (guint i = 0; i < behavior->report->sights->len; i++) {
    const LaneNatSight *sight = g_ptr_array_index (behavior->report->sights, i);

    if (sight->outcome == LANE_NAT_ANSWERED && lane_nat_address_equal (sight->from, sight->asked)
        && (best == NULL || score (behavior, sight) > score (behavior, best)))
      best = sight;
  }
  return best;
}

static void
ask_other_address (LaneNatBehavior *behavior, const LaneNatSight *first)
{
  g_autoptr (GSocketAddress) second =
      g_inet_socket_address_new (g_inet_socket_address_get_address (first->other),
                                 g_inet_socket_address_get_port (first->asked));
  const char *name = first->server;

  ask (behavior, behavior->mapping, LANE_NAT_TEST_OTHER_ADDRESS, name,
       G_INET_SOCKET_ADDRESS (second));
  ask (behavior, behavior->mapping, LANE_NAT_TEST_OTHER_PORT, name, first->other);
  ask (behavior, behavior->filtering, LANE_NAT_TEST_OPEN, name, first->asked);
  ask (behavior, behavior->filtering, LANE_NAT_TEST_CHANGE_BOTH, name, first->asked);
  ask (behavior, behavior->filtering, LANE_NAT_TEST_CHANGE_PORT, name, first->asked);
}

/* FALSE: there is nothing more to ask. */
static gboolean
begin_comparing (LaneNatBehavior *behavior)
{
  const LaneNatSight *first = pick_first (behavior);

  if (first == NULL)
    return FALSE;
  behavior->filtering = lane_nat_socket_new (behavior->context, behavior->report->own, NULL);
  if (behavior->filtering == NULL)
    return FALSE;
  begin_hairpin (behavior, first);
  if (has_other_address (behavior, first))
    ask_other_address (behavior, first);
  return behavior->open > 0;
}

static void
begin (LaneNatBehavior *behavior)
{
  behavior->mapping = lane_nat_socket_new (behavior->context, behavior->report->own, NULL);
  for (guint i = 0; behavior->mapping != NULL && i < behavior->servers->len; i++) {
    const LaneNatServer *server = g_ptr_array_index (behavior->servers, i);

    ask (behavior, behavior->mapping, LANE_NAT_TEST_PRIMARY, server->name, server->address);
  }
  if (behavior->open == 0)
    end_soon (behavior);
}

/* Life */

static gboolean
is_chosen (const LaneNatBehavior *behavior, const LaneNatServer *server, gboolean whole)
{
  for (guint i = 0; i < behavior->servers->len; i++) {
    const LaneNatServer *chosen = g_ptr_array_index (behavior->servers, i);

    if (whole ? lane_nat_address_equal (chosen->address, server->address)
              : lane_nat_host_equal (chosen->address, server->address))
      return TRUE;
  }
  return FALSE;
}

/* Hosts first, since it takes different ones to compare; then other ports of theirs. */
static void
choose_servers (LaneNatBehavior *behavior, const LaneNatBehaviorOptions *options)
{
  GSocketFamily family = g_inet_address_get_family (options->address);

  for (guint whole = 0; whole < 2; whole++)
    for (guint i = 0; i < options->servers->len; i++) {
      const LaneNatServer *server = g_ptr_array_index (options->servers, i);

      if (behavior->servers->len == LANE_NAT_SERVERS_MAX
          || g_socket_address_get_family (G_SOCKET_ADDRESS (server->address)) != family
          || is_chosen (behavior, server, whole != 0))
        continue;
      g_ptr_array_add (behavior->servers,
                       lane_nat_server_new (server->name, server->address, server->stream_works));
    }
}

LaneNatBehavior *
lane_nat_behavior_new (GMainContext *context, const LaneNatBehaviorOptions *options,
                       LaneNatBehaviorDone done, gpointer user_data)
{
  LaneNatBehavior *behavior = g_new0 (LaneNatBehavior, 1);

  behavior->context = g_main_context_ref (context);
  behavior->policy = options->policy;
  behavior->try_ms = options->try_ms;
  behavior->done = done;
  behavior->user_data = user_data;
  behavior->servers = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_nat_server_free);
  behavior->asked = g_ptr_array_new_with_free_func (g_free);
  behavior->report = lane_nat_report_new (options->address);
  choose_servers (behavior, options);
  begin (behavior);
  return behavior;
}

void
lane_nat_behavior_free (LaneNatBehavior *behavior)
{
  if (behavior == NULL)
    return;
  lane_timer_clear (&behavior->step);
  lane_timer_clear (&behavior->hairpin);
  lane_nat_socket_free (behavior->mapping);
  lane_nat_socket_free (behavior->filtering);
  lane_nat_socket_free (behavior->inside);
  g_clear_object (&behavior->mapped);
  g_clear_object (&behavior->inside_mapped);
  lane_nat_report_free (behavior->report);
  g_ptr_array_unref (behavior->servers);
  g_ptr_array_unref (behavior->asked);
  g_main_context_unref (behavior->context);
  g_free (behavior);
}

LaneNatReport *
lane_nat_behavior_steal_report (LaneNatBehavior *behavior)
{
  return g_steal_pointer (&behavior->report);
}
