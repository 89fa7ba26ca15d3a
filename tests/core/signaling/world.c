#include "world.h"

#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "signaling/bounded-json.h"
#include "signaling/challenge.h"
#include "signaling/http-call.h"

World *
world_new (void)
{
  World *world = g_new0 (World, 1);

  world->context = g_main_context_new ();
  g_main_context_push_thread_default (world->context);
  world->options.listen = "127.0.0.1:0";
  world->scheme = g_strdup ("http");
  return world;
}

void
world_serve (World *world)
{
  g_autofree char *listen = NULL;
  g_autoptr (GError) error = NULL;

  if (world->port != 0) {
    listen = g_strdup_printf ("127.0.0.1:%u", world->port);
    world->options.listen = listen;
  }
  world->rendezvous = lane_rendezvous_new (world->context, &world->options, &error);
  ck_assert_msg (world->rendezvous != NULL, "%s", error != NULL ? error->message : "?");
  world->options.listen = NULL;
  world->port = lane_rendezvous_get_port (world->rendezvous);
}

void
world_silence (World *world)
{
  g_clear_pointer (&world->rendezvous, lane_rendezvous_free);
}

void
world_free (World *world)
{
  world_run_for (world, 20); /* lets goodbyes and aborted requests end */
  g_clear_pointer (&world->rendezvous, lane_rendezvous_free);
  world_run_for (world, 20);
  g_main_context_pop_thread_default (world->context);
  g_main_context_unref (world->context);
  if (world->directory != NULL) {
    g_autoptr (GDir) directory = g_dir_open (world->directory, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name (directory)) != NULL) {
      g_autofree char *path = g_build_filename (world->directory, name, NULL);

      g_unlink (path);
    }
    g_rmdir (world->directory);
  }
  g_free (world->directory);
  g_free (world->scheme);
  g_free (world);
}

char *
world_path (World *world, const char *name)
{
  if (world->directory == NULL)
    world->directory = g_dir_make_tmp ("icelane-test-XXXXXX", NULL);
  return g_build_filename (world->directory, name, NULL);
}

static gboolean
on_time (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean
world_run_until (World *world, Condition condition, gpointer data, double seconds)
{
  gboolean late = FALSE;
  GSource *timer = g_timeout_source_new ((guint)(seconds * 1000));
  gboolean holds;

  g_source_set_callback (timer, on_time, &late, NULL);
  g_source_attach (timer, world->context);
  while (!(holds = condition (data)) && !late)
    g_main_context_iteration (world->context, TRUE);
  g_source_destroy (timer);
  g_source_unref (timer);
  return holds;
}

static gboolean
never (gpointer data)
{
  return FALSE;
}

void
world_run_for (World *world, guint ms)
{
  world_run_until (world, never, NULL, ms / 1000.0);
}

static void
on_state (LaneSignaling *signaling, LaneSignalingState state, const char *detail, gpointer data)
{
  Client *client = data;

  client->connects += state == LANE_SIGNALING_CONNECTED;
  client->downs += state == LANE_SIGNALING_DOWN;
  ck_assert_int_eq (state == LANE_SIGNALING_DOWN, detail != NULL);
  if (detail != NULL) {
    g_free (client->detail);
    client->detail = g_strdup (detail);
  }
}

static void
on_presence (LaneSignaling *signaling, const char *peer_id, const char *boot, gpointer data)
{
  Client *client = data;

  g_hash_table_replace (client->presence, g_strdup (peer_id), g_strdup (boot ? boot : "-"));
  g_ptr_array_add (client->presences, g_strdup_printf ("%s %s", peer_id, boot ? boot : "-"));
}

static void
on_received (LaneSignaling *signaling, const char *text, gsize length, gpointer data)
{
  Client *client = data;

  ck_assert_uint_eq (strlen (text), length);
  g_ptr_array_add (client->received, g_strdup (text));
  if (client->free_at_event)
    g_clear_pointer (&client->signaling, lane_signaling_free);
}

static void
on_undelivered (LaneSignaling *signaling, const char *to, gpointer data)
{
  Client *client = data;

  g_ptr_array_add (client->undelivered, g_strdup (to));
}

void
client_options (Client *client, const char *url, const char *token, const char *ca_file)
{
  static const LaneSignalingEvents events = { .state_changed = on_state,
                                              .presence = on_presence,
                                              .received = on_received,
                                              .undelivered = on_undelivered };
  g_autofree char *own_url =
      g_strdup_printf ("%s://127.0.0.1:%u", client->world->scheme, client->world->port);
  const LaneSignalingHttpOptions options = {
    .url = url == NULL ? own_url : url,
    .boot = client->boot,
    .token = token,
    .ca_file = ca_file,
    .silence_ms = client->silence_ms,
  };
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&client->signaling, lane_signaling_free);
  client->signaling = lane_signaling_http_new (client->world->context, client->identity, &options,
                                               &events, client, &error);
  ck_assert_msg (client->signaling != NULL, "%s", error != NULL ? error->message : "?");
}

Client *
client_new (World *world, LaneIdentity *identity)
{
  Client *client = g_new0 (Client, 1);

  client->world = world;
  client->identity = identity != NULL ? lane_identity_ref (identity) : lane_identity_generate ();
  for (int i = 0; i < 32; i++)
    client->boot[i] = "0123456789abcdef"[g_random_int_range (0, 16)];
  client->received = g_ptr_array_new_with_free_func (g_free);
  client->presences = g_ptr_array_new_with_free_func (g_free);
  client->undelivered = g_ptr_array_new_with_free_func (g_free);
  client->presence = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  client_options (client, NULL, NULL, NULL);
  return client;
}

void
client_watch (Client *client, const Client *peer)
{
  const char *ids[] = { client_id (peer), NULL };

  lane_signaling_watch (client->signaling, ids);
}

void
client_connect (Client *client)
{
  lane_signaling_start (client->signaling);
  ck_assert_msg (world_run_until (client->world, client_is_connected, client, 5), "down: %s",
                 client->detail);
}

void
client_send (Client *client, const Client *to, const char *payload)
{
  g_autofree char *envelope = g_strdup_printf ("{\"from\":\"%s\",\"to\":\"%s\",\"payload\":\"%s\"}",
                                               client_id (client), client_id (to), payload);

  lane_signaling_send (client->signaling, client_id (to), envelope);
}

void
client_free (Client *client)
{
  lane_signaling_free (client->signaling);
  lane_identity_unref (client->identity);
  g_ptr_array_unref (client->received);
  g_ptr_array_unref (client->presences);
  g_ptr_array_unref (client->undelivered);
  g_hash_table_unref (client->presence);
  g_free (client->detail);
  g_free (client);
}

gboolean
client_is_connected (gpointer client)
{
  return lane_signaling_get_state (((Client *)client)->signaling) == LANE_SIGNALING_CONNECTED;
}

gboolean
client_is_down (gpointer client)
{
  return lane_signaling_get_state (((Client *)client)->signaling) == LANE_SIGNALING_DOWN;
}

const char *
client_id (const Client *client)
{
  return lane_identity_get_id (client->identity);
}

const char *
client_sees (const Client *client, const Client *peer)
{
  return g_hash_table_lookup (client->presence, client_id (peer));
}

void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->body, g_free);
}

static void
on_answer (guint status, const char *body, gsize length, const GError *error, gpointer data)
{
  Answer *answer = data;

  answer->status = status;
  answer->body = g_strdup (error != NULL ? error->message : body);
  answer->done = TRUE;
}

static gboolean
is_answered (gpointer data)
{
  return ((Answer *)data)->done;
}

Answer
world_ask (World *world, const char *method, const char *path, const char *bearer, const char *body)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", world->port);
  g_autoptr (GUri) base = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  Answer answer = { 0 };

  soup_session_set_proxy_resolver (session, NULL);
  lane_http_call (session, lane_http_call_message (method, base, path, bearer, body), NULL,
                  on_answer, &answer, NULL);
  ck_assert (world_run_until (world, is_answered, &answer, 5));
  soup_session_abort (session);
  return answer;
}

char *
answer_string (const Answer *answer, const char *name)
{
  g_autoptr (JsonNode) node =
      lane_bounded_json_parse (answer->body, strlen (answer->body), 65536, 65536, NULL);

  ck_assert_ptr_nonnull (node);
  return g_strdup (lane_bounded_json_get_string (json_node_get_object (node), name, NULL));
}

char *
world_challenge (World *world, LaneIdentity *identity)
{
  g_autofree char *body = g_strdup_printf ("{\"id\":\"%s\"}", lane_identity_get_id (identity));
  g_auto (Answer) answer = world_ask (world, "POST", "/v1/challenge", NULL, body);

  ck_assert_uint_eq (answer.status, 200);
  return answer_string (&answer, "challenge");
}

static char *
base64 (GBytes *bytes)
{
  return g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

char *
world_session_body (LaneIdentity *identity, LaneIdentity *signer, const char *challenge,
                    const char *boot, const char *signed_boot, const char *extra)
{
  g_autoptr (GBytes) statement = lane_challenge_statement (challenge, signed_boot);
  g_autoptr (GBytes) signature = lane_identity_sign (signer, statement, NULL);
  g_autofree char *key = base64 (lane_identity_get_public_key (identity));
  g_autofree char *text = base64 (signature);

  return g_strdup_printf ("{\"id\":\"%s\",\"key\":\"%s\",\"challenge\":\"%s\",\"signature\":\"%s\","
                          "\"boot\":\"%s\"%s}",
                          lane_identity_get_id (identity), key, challenge, text, boot,
                          extra == NULL ? "" : extra);
}

char *
world_session (World *world, LaneIdentity *identity, const char *boot, const char *extra)
{
  g_autofree char *challenge = world_challenge (world, identity);
  g_autofree char *body = world_session_body (identity, identity, challenge, boot, boot, extra);
  g_auto (Answer) answer = world_ask (world, "POST", "/v1/session", NULL, body);

  ck_assert_msg (answer.status == 200, "%s", answer.body);
  return answer_string (&answer, "session");
}
