#include "network-line.h"

#include <string.h>

#include "words.h"

#define WIDE 110 /* columns from which addresses and what ails a server are worth their room */

typedef enum { NET_ADDRESSES, NET_FAMILIES, NET_NOTHING } Net;

typedef struct {
  gboolean brief; /* `ok` for a rendezvous that is connected */
  gboolean why;   /* of a server that fails */
  Net net;
  LaneNatLength nat;
} Form;

/* From the one that tells the most. */
static const Form forms[] = {
  { FALSE, TRUE, NET_ADDRESSES, LANE_NAT_SENTENCE },
  { FALSE, TRUE, NET_ADDRESSES, LANE_NAT_PHRASE },
  { TRUE, TRUE, NET_ADDRESSES, LANE_NAT_PHRASE },
  { TRUE, TRUE, NET_FAMILIES, LANE_NAT_SENTENCE },
  { FALSE, FALSE, NET_FAMILIES, LANE_NAT_SENTENCE },
  { TRUE, FALSE, NET_FAMILIES, LANE_NAT_SENTENCE },
  { TRUE, FALSE, NET_FAMILIES, LANE_NAT_PHRASE },
  { TRUE, FALSE, NET_NOTHING, LANE_NAT_PHRASE },
  { TRUE, FALSE, NET_FAMILIES, LANE_NAT_WORD },
  { TRUE, FALSE, NET_NOTHING, LANE_NAT_WORD },
};

static const char *
address_families (const LaneSnapshot *snapshot)
{
  gboolean v4 = FALSE;
  gboolean v6 = FALSE;

  for (guint i = 0; snapshot->addresses != NULL && snapshot->addresses[i] != NULL; i++)
    *(strchr (snapshot->addresses[i], ':') != NULL ? &v6 : &v4) = TRUE;
  return v4 && v6 ? "v4+v6" : v4 ? "v4" : v6 ? "v6" : "no address";
}

static char *
describe_net (const LaneSnapshot *snapshot, Net net)
{
  g_autofree char *addresses = NULL;

  if (net == NET_NOTHING)
    return g_strdup ("");
  if (net == NET_ADDRESSES && snapshot->addresses != NULL && snapshot->addresses[0] != NULL)
    addresses = g_strjoinv (", ", snapshot->addresses);
  return g_strdup_printf (" | Net: %s",
                          addresses != NULL ? addresses : address_families (snapshot));
}

static char *
describe_rest (const LaneSnapshot *snapshot, const Form *form)
{
  g_autofree char *servers = lane_words_servers (snapshot, form->why);
  g_autofree char *net = describe_net (snapshot, form->net);

  return g_strdup_printf (" | Servers: %s%s | NAT: %s", servers, net,
                          lane_words_nat (snapshot->nat_mapping, form->nat));
}

void
lane_network_line_draw (LaneCanvas *canvas, const LaneModel *model, int y, int width)
{
  const LaneSnapshot *snapshot = model->snapshot;
  const char *state = snapshot->signaling_state != NULL ? snapshot->signaling_state : "none";
  gboolean well = strcmp (state, "connected") == 0;
  g_autofree char *rest = NULL;
  const char *shown = state;
  int x = 1;

  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    const Form *form = &forms[i];

    if (width < WIDE && (form->why || form->net == NET_ADDRESSES))
      continue;
    g_free (rest);
    rest = describe_rest (snapshot, form);
    shown = form->brief && well ? "ok" : state;
    if (1 + (int)strlen ("Rendezvous: ") + lane_canvas_measure (canvas, shown)
            + lane_canvas_measure (canvas, rest)
        <= width)
      break;
  }
  x += lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_DEFAULT, "Rendezvous: ");
  x += lane_canvas_put (canvas, y, x, width - x, well ? LANE_ROLE_DEFAULT : LANE_ROLE_LOG_WARNING,
                        shown);
  lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_DEFAULT, rest);
}
