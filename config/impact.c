#include "impact.h"

#include <string.h>

#include "compare.h"

#define NAMES_SHOWN 4

typedef struct {
  const LaneConfig *old, *new;
  const LaneRunningPeer *running;
  guint n_running;
  GPtrArray *changes;
  char *gathering; /* `[network] ports changed`: candidates are others now; NULL: they are not */
} Question;

typedef struct {
  const char *section, *key;
} Setting;

/* What is taken up once, when the node begins. */
static const Setting later[] = { { "node", "state-dir" }, { "node", "control" } };

/* What decides which candidates there are. The rest of [ice] counts from the next try on. */
static const Setting gathering[] = {
  { "network", "interfaces" }, { "network", "families" },     { "network", "ports" },
  { "ice", "allow-loopback" }, { "ice", "allow-link-local" },
};

const char *
lane_peer_effect_to_string (LanePeerEffect effect)
{
  static const char *const words[] = { "removed", "added", "restart", "retry" };

  return words[effect];
}

static void
peer_impact_free (gpointer data)
{
  LanePeerImpact *impact = data;

  g_free (impact->peer);
  g_free (impact->reason);
  g_free (impact);
}

/* Takes @reason. */
static void
add (LaneImpact *impact, LanePeerEffect effect, const char *peer, char *reason)
{
  LanePeerImpact *one = g_new0 (LanePeerImpact, 1);

  one->effect = effect;
  one->peer = g_strdup (peer);
  one->reason = reason;
  g_ptr_array_add (impact->peers, one);
}

static const LaneRunningPeer *
find_running (const Question *question, const char *name)
{
  for (guint i = 0; i < question->n_running; i++)
    if (strcmp (question->running[i].name, name) == 0)
      return &question->running[i];
  return NULL;
}

static gboolean
is_in (const LaneRunningPeer *peer, const char *state)
{
  return peer != NULL && g_strcmp0 (peer->state, state) == 0;
}

/* It carries data, and no other way for it is being looked for. */
static gboolean
is_up (const LaneRunningPeer *peer)
{
  return is_in (peer, "connected") || is_in (peer, "suspect");
}

/* A section that is off in both files may change as it likes. */
static gboolean
is_felt (const Question *question, const LaneChange *change, const char *server)
{
  const LaneServerConfig *old = lane_config_find_server (question->old, server);
  const LaneServerConfig *new = lane_config_find_server (question->new, server);

  return (old != NULL && old->enabled) || (new != NULL &&new->enabled);
}

/* The change by which @server is no longer what its allocations were made on. */
static const char *
find_loss_of_server (const Question *question, const char *server)
{
  g_autofree char *section = g_strdup_printf ("server %s", server);
  const LaneChange *change = lane_changes_find (question->changes, section);
  const LaneServerConfig *now = lane_config_find_server (question->new, server);

  if (change == NULL)
    return NULL;
  if (change->kind == LANE_CHANGE_REMOVED)
    return "which is removed";
  return now != NULL && !now->enabled ? "which is disabled" : "which changed";
}

/* Why a peer without a link may have better luck now; NULL: it may not. */
static char *
find_hope (const Question *question, const LanePeerConfig *peer)
{
  for (guint i = 0; i < question->changes->len; i++) {
    const LaneChange *change = g_ptr_array_index (question->changes, i);
    const char *server = change->section + strlen ("server ");

    if (strcmp (change->section, "server") == 0)
      return g_strdup ("the order of its servers changed");
    if (g_str_has_prefix (change->section, "server ") && lane_peer_uses_server (peer, server)
        && is_felt (question, change, server))
      return g_strdup_printf ("its server %s %s", server,
                              change->kind == LANE_CHANGE_ADDED     ? "is new"
                              : change->kind == LANE_CHANGE_REMOVED ? "is removed"
                                                                    : "changed");
  }
  return NULL;
}

/* Reasons that count whether there is a link or not. */
static char *
find_own_reason (const Question *question, const LanePeerConfig *peer)
{
  g_autofree char *section = g_strdup_printf ("peer %s", peer->name);

  if (question->gathering != NULL)
    return g_strdup (question->gathering);
  if (lane_changes_touch (question->changes, section, "policy"))
    return g_strdup ("its policy changed");
  if (lane_changes_touch (question->changes, section, "servers"))
    return g_strdup ("its list of servers changed");
  return NULL;
}

static char *
find_relay_reason (const Question *question, const LaneRunningPeer *running)
{
  const char *what;

  if (running == NULL || running->relay == NULL)
    return NULL;
  what = find_loss_of_server (question, running->relay);
  return what != NULL ? g_strdup_printf ("relayed by %s, %s", running->relay, what) : NULL;
}

static void
judge_off (const Question *question, const LanePeerConfig *peer, LaneImpact *impact)
{
  g_autofree char *section = g_strdup_printf ("peer %s", peer->name);

  if (peer->autoconnect && lane_changes_touch (question->changes, section, "autoconnect"))
    add (impact, LANE_EFFECT_RETRY, peer->name, g_strdup ("it connects by itself now"));
}

static void
judge_kept (const Question *question, const LanePeerConfig *peer, LaneImpact *impact)
{
  const LaneRunningPeer *running = find_running (question, peer->name);
  char *reason;

  if (is_in (running, "off")) {
    judge_off (question, peer, impact);
    return;
  }
  reason = find_own_reason (question, peer);
  if (reason == NULL)
    reason = find_relay_reason (question, running);
  if (reason == NULL && !is_up (running))
    reason = find_hope (question, peer);
  if (reason != NULL)
    add (impact, is_up (running) ? LANE_EFFECT_RESTART : LANE_EFFECT_RETRY, peer->name, reason);
  else if (is_up (running))
    impact->untouched++;
}

static gboolean
has_other_id (const LanePeerConfig *old, const LanePeerConfig *new)
{
  return strcmp (old->id, new->id) != 0;
}

static void
judge_peers (const Question *question, LaneImpact *impact)
{
  const GPtrArray *old = question->old->peers, *new = question->new->peers;

  for (guint i = 0; i < old->len; i++) {
    const LanePeerConfig *peer = old->pdata[i];
    const LanePeerConfig *now = lane_config_find_peer (question->new, peer->name);

    if (now == NULL)
      add (impact, LANE_EFFECT_REMOVED, peer->name, g_strdup ("no longer in the file"));
    else if (has_other_id (peer, now))
      add (impact, LANE_EFFECT_REMOVED, peer->name, g_strdup ("its id is another one"));
  }
  for (guint i = 0; i < new->len; i++) {
    const LanePeerConfig *peer = new->pdata[i];
    const LanePeerConfig *before = lane_config_find_peer (question->old, peer->name);

    if (before == NULL)
      add (impact, LANE_EFFECT_ADDED, peer->name, g_strdup ("new in the file"));
    else if (has_other_id (before, peer))
      add (impact, LANE_EFFECT_ADDED, peer->name, g_strdup ("its id is another one"));
    else
      judge_kept (question, peer, impact);
  }
}

static char **
find_later (const GPtrArray *changes)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (later); i++)
    if (lane_changes_touch (changes, later[i].section, later[i].key)) {
      g_autofree char *name = g_strdup_printf ("%s.%s", later[i].section, later[i].key);

      g_strv_builder_add (builder, name);
    }
  return g_strv_builder_end (builder);
}

static char *
find_gathering_reason (const GPtrArray *changes)
{
  for (gsize i = 0; i < G_N_ELEMENTS (gathering); i++)
    if (lane_changes_touch (changes, gathering[i].section, gathering[i].key))
      return g_strdup_printf ("[%s] %s changed", gathering[i].section, gathering[i].key);
  return NULL;
}

LaneImpact *
lane_impact_new (const LaneConfig *old_config, const LaneConfig *new_config,
                 const LaneRunningPeer *running, guint n_running)
{
  g_autoptr (GPtrArray) changes = lane_config_compare (old_config, new_config);
  g_autofree char *reason = find_gathering_reason (changes);
  const Question question = { .old = old_config,
                              .new = new_config,
                              .running = running,
                              .n_running = n_running,
                              .changes = changes,
                              .gathering = reason };
  LaneImpact *impact = g_new0 (LaneImpact, 1);

  impact->peers = g_ptr_array_new_with_free_func (peer_impact_free);
  impact->changes = changes->len;
  impact->signaling = lane_changes_find (changes, "signaling") != NULL;
  impact->later = find_later (changes);
  judge_peers (&question, impact);
  return impact;
}

void
lane_impact_free (LaneImpact *impact)
{
  if (impact == NULL)
    return;
  g_ptr_array_unref (impact->peers);
  g_strfreev (impact->later);
  g_free (impact);
}

const LanePeerImpact *
lane_impact_find (const LaneImpact *impact, const char *peer)
{
  for (guint i = impact->peers->len; i > 0; i--) {
    const LanePeerImpact *one = impact->peers->pdata[i - 1];

    if (strcmp (one->peer, peer) == 0)
      return one;
  }
  return NULL;
}

/* In words */

static void
begin_clause (GString *text)
{
  if (text->len > 0)
    g_string_append (text, "; ");
}

/* `VERB a, b and c`, or `VERB a, b, c and 9 more`. */
static void
describe_effect (const LaneImpact *impact, LanePeerEffect effect, const char *verb, GString *text)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint shown;

  for (guint i = 0; i < impact->peers->len; i++) {
    const LanePeerImpact *one = impact->peers->pdata[i];

    if (one->effect == effect)
      g_ptr_array_add (names, one->peer);
  }
  if (names->len == 0)
    return;
  begin_clause (text);
  shown = names->len <= NAMES_SHOWN ? names->len : NAMES_SHOWN - 1;
  g_string_append (text, verb);
  for (guint i = 0; i < shown; i++) {
    const char *separator = i == 0 ? " " : i + 1 == names->len ? " and " : ", ";

    g_string_append_printf (text, "%s%s", separator, (const char *)names->pdata[i]);
  }
  if (shown < names->len)
    g_string_append_printf (text, " and %u more", names->len - shown);
}

char *
lane_impact_describe (const LaneImpact *impact)
{
  GString *text = g_string_new (NULL);

  describe_effect (impact, LANE_EFFECT_REMOVED, "removes", text);
  describe_effect (impact, LANE_EFFECT_ADDED, "adds", text);
  describe_effect (impact, LANE_EFFECT_RESTART, "restarts", text);
  describe_effect (impact, LANE_EFFECT_RETRY, "tries again", text);
  if (impact->untouched > 0) {
    begin_clause (text);
    g_string_append_printf (text, "%u %slink%s on", impact->untouched,
                            impact->peers->len > 0 ? "other " : "",
                            impact->untouched == 1 ? " runs" : "s run");
  }
  if (impact->untouched == 0 && impact->peers->len == 0)
    g_string_append (text, "no link is touched");
  if (impact->signaling) {
    begin_clause (text);
    g_string_append (text, "joins the rendezvous anew");
  }
  if (impact->later[0] != NULL) {
    g_autofree char *names = g_strjoinv (", ", impact->later);

    begin_clause (text);
    g_string_append_printf (text, "%s count%s after the node is restarted", names,
                            impact->later[1] == NULL ? "s" : "");
  }
  return g_string_free (text, FALSE);
}
