#include "servers/nat-lifetime.h"

#include "timer.h"

typedef enum { UNKNOWN, ALIVE, DEAD } Verdict;

typedef struct {
  LaneNatLifetime *lifetime;
  guint ms;
  LaneNatSocket *quiet;  /* whose mapping it is about */
  LaneNatSocket *asking; /* NULL: not its time yet */
  guint16 port;          /* of the mapping; 0: unknown */
  Verdict verdict;
  gboolean over;
  GSource *timer;
} Step;

struct _LaneNatLifetime {
  GMainContext *context;
  GInetAddress *address;
  GInetSocketAddress *server;
  guint try_ms;
  void (*done) (LaneNatLifetime *lifetime, gpointer user_data);
  gpointer user_data;
  Step steps[LANE_NAT_LIFETIME_STEPS_MAX];
  guint n_steps;
  LaneNatSocket *control; /* shows in the end that the server is still there */
  gboolean trustworthy;
  GSource *end;
};

static gboolean
on_end (gpointer user_data)
{
  LaneNatLifetime *lifetime = user_data;

  lane_timer_clear (&lifetime->end);
  lifetime->done (lifetime, lifetime->user_data);
  return G_SOURCE_REMOVE;
}

static void
end_soon (LaneNatLifetime *lifetime)
{
  lane_timer_set (&lifetime->end, lifetime->context, 0, on_end, lifetime);
}

static void
on_control_answered (LaneNatSocket *socket, const LaneNatAnswer *answer, gpointer user_data)
{
  LaneNatLifetime *lifetime = user_data;

  lifetime->trustworthy = answer->outcome == LANE_NAT_ANSWERED;
  end_soon (lifetime);
}

static void
finish_step (Step *step, Verdict verdict)
{
  LaneNatLifetime *lifetime = step->lifetime;

  if (step->over)
    return;
  step->over = TRUE;
  step->verdict = verdict;
  for (guint i = 0; i < lifetime->n_steps; i++)
    if (!lifetime->steps[i].over)
      return;
  lifetime->control = lane_nat_socket_new (lifetime->context, lifetime->address, NULL);
  if (lifetime->control == NULL)
    end_soon (lifetime);
  else
    lane_nat_socket_ask (lifetime->control, lifetime->server, LANE_NAT_CHANGE_NOTHING, 0,
                         lifetime->try_ms, on_control_answered, lifetime);
}

static void
on_alive (LaneNatSocket *socket, gpointer user_data)
{
  finish_step (user_data, ALIVE);
}

/* What comes to the socket that asked is a refusal, or an answer from a server that knows nothing
 * of RESPONSE-PORT; the right one goes elsewhere. */
static void
on_asking_answered (LaneNatSocket *socket, const LaneNatAnswer *answer, gpointer user_data)
{
  finish_step (user_data, answer->outcome == LANE_NAT_SILENT ? DEAD : UNKNOWN);
}

static gboolean
on_time (gpointer user_data)
{
  Step *step = user_data;
  LaneNatLifetime *lifetime = step->lifetime;
  const guint8 *id;

  lane_timer_clear (&step->timer);
  step->asking = lane_nat_socket_new (lifetime->context, lifetime->address, NULL);
  if (step->port == 0 || step->asking == NULL) {
    finish_step (step, UNKNOWN);
    return G_SOURCE_REMOVE;
  }
  id = lane_nat_socket_ask (step->asking, lifetime->server, LANE_NAT_CHANGE_NOTHING, step->port,
                            lifetime->try_ms, on_asking_answered, step);
  lane_nat_socket_expect_mark (step->quiet, id, on_alive, step);
  return G_SOURCE_REMOVE;
}

/* The time runs from the last packet, which this is the answer to. */
static void
on_mapped (LaneNatSocket *socket, const LaneNatAnswer *answer, gpointer user_data)
{
  Step *step = user_data;

  if (answer->outcome == LANE_NAT_ANSWERED)
    step->port = g_inet_socket_address_get_port (answer->mapped);
  lane_timer_set (&step->timer, step->lifetime->context, step->port != 0 ? step->ms : 0, on_time,
                  step);
}

static void
begin_step (LaneNatLifetime *lifetime, guint ms)
{
  Step *step = &lifetime->steps[lifetime->n_steps++];

  step->lifetime = lifetime;
  step->ms = ms;
  step->quiet = lane_nat_socket_new (lifetime->context, lifetime->address, NULL);
  if (step->quiet == NULL)
    lane_timer_set (&step->timer, lifetime->context, 0, on_time, step);
  else
    lane_nat_socket_ask (step->quiet, lifetime->server, LANE_NAT_CHANGE_NOTHING, 0,
                         lifetime->try_ms, on_mapped, step);
}

LaneNatLifetime *
lane_nat_lifetime_new (GMainContext *context, const LaneNatLifetimeOptions *options,
                       void (*done) (LaneNatLifetime *lifetime, gpointer user_data),
                       gpointer user_data)
{
  LaneNatLifetime *lifetime = g_new0 (LaneNatLifetime, 1);

  lifetime->context = g_main_context_ref (context);
  lifetime->address = g_object_ref (options->address);
  lifetime->server = g_object_ref (options->server);
  lifetime->try_ms = options->try_ms;
  lifetime->done = done;
  lifetime->user_data = user_data;
  for (guint ms = options->shortest_ms;
       lifetime->n_steps < LANE_NAT_LIFETIME_STEPS_MAX && ms <= options->longest_ms; ms *= 2)
    begin_step (lifetime, ms);
  if (lifetime->n_steps == 0)
    end_soon (lifetime);
  return lifetime;
}

void
lane_nat_lifetime_free (LaneNatLifetime *lifetime)
{
  if (lifetime == NULL)
    return;
  for (guint i = 0; i < lifetime->n_steps; i++) {
    lane_timer_clear (&lifetime->steps[i].timer);
    lane_nat_socket_free (lifetime->steps[i].quiet);
    lane_nat_socket_free (lifetime->steps[i].asking);
  }
  lane_timer_clear (&lifetime->end);
  lane_nat_socket_free (lifetime->control);
  g_object_unref (lifetime->address);
  g_object_unref (lifetime->server);
  g_main_context_unref (lifetime->context);
  g_free (lifetime);
}

/* A mapping that lived longer than one that had died first shows that packets were lost. */
LaneNatLifetimeResult
lane_nat_lifetime_get_result (const LaneNatLifetime *lifetime)
{
  LaneNatLifetimeResult result = { 0 };

  for (guint i = 0; i < lifetime->n_steps; i++) {
    const Step *step = &lifetime->steps[i];

    if (step->verdict == UNKNOWN || (step->verdict == ALIVE && result.max_ms != 0)
        || (step->verdict == DEAD && !lifetime->trustworthy))
      return (LaneNatLifetimeResult){ 0 };
    if (step->verdict == ALIVE)
      result.min_ms = step->ms;
    else if (result.max_ms == 0)
      result.max_ms = step->ms;
  }
  return result;
}
