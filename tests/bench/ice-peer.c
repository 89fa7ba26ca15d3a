/* libnice alone, tuned as well as we know (LIBNICE notes): the yardstick of script/bench.
 *
 *   ice-peer offer|answer SIGNAL-HOST SIGNAL-PORT LOCAL-ADDRESS SERVER USER PASSWORD udp|tcp|none
 *
 * Two of them meet at a TCP relay that passes lines on. The offerer's clock starts when both are
 * there: it gathers, trickles, checks, and at its first nominated pair prints
 * {"connected_ms": N, "local": "host", "remote": "srflx"}. No DTLS, no SCTP. Both end with the
 * relay. */
#include <agent.h>
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  GMainLoop *loop;
  NiceAgent *agent;
  guint stream;
  GDataInputStream *in;
  GOutputStream *out;
  gint64 start_us;
  gboolean offers, printed, relays_added;
  const char *local, *server, *user, *password, *relay;
} Peer;

static void
send_line (Peer *peer, const char *line)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);

  if (!g_output_stream_write_all (peer->out, text, strlen (text), NULL, NULL, NULL))
    g_main_loop_quit (peer->loop);
}

static gboolean
add_relays (gpointer user_data)
{
  Peer *peer = user_data;
  gboolean tcp = strcmp (peer->relay, "tcp") == 0;

  if (strcmp (peer->relay, "none") != 0)
    nice_agent_set_relay_info (peer->agent, peer->stream, 1, peer->server, 3478, peer->user,
                               peer->password,
                               tcp ? NICE_RELAY_TYPE_TURN_TCP : NICE_RELAY_TYPE_TURN_UDP);
  return G_SOURCE_REMOVE;
}

static void
start_ice (Peer *peer)
{
  g_autofree char *ufrag = NULL, *pwd = NULL, *line = NULL;

  nice_agent_get_local_credentials (peer->agent, peer->stream, &ufrag, &pwd);
  line = g_strdup_printf ("credentials %s %s", ufrag, pwd);
  send_line (peer, line);
  nice_agent_gather_candidates (peer->agent, peer->stream);
  /* libnice 0.1.21 drops the STUN answer when a TURN discovery was queued before it. */
  g_idle_add_full (G_PRIORITY_LOW, add_relays, peer, NULL);
}

static void
on_candidate (NiceAgent *agent, NiceCandidate *candidate, gpointer user_data)
{
  g_autofree char *line = nice_agent_generate_local_candidate_sdp (agent, candidate);

  send_line (user_data, line);
}

static const char *
type_name (const NiceCandidate *candidate)
{
  static const char *const names[] = { "host", "srflx", "prflx", "relay" };

  return names[candidate->type];
}

static void
on_state (NiceAgent *agent, guint stream, guint component, guint state, gpointer user_data)
{
  Peer *peer = user_data;
  NiceCandidate *local, *remote;
  double ms;

  if (peer->printed || !peer->offers || state != NICE_COMPONENT_STATE_CONNECTED
      || !nice_agent_get_selected_pair (agent, stream, component, &local, &remote))
    return;
  ms = (double)(g_get_monotonic_time () - peer->start_us) / 1000;
  peer->printed = TRUE;
  printf ("{\"connected_ms\": %.2f, \"local\": \"%s\", \"remote\": \"%s\"}\n", ms,
          type_name (local), type_name (remote));
  fflush (stdout);
}

static void
take_candidate (Peer *peer, const char *line)
{
  NiceCandidate *candidate =
      nice_agent_parse_remote_candidate_sdp (peer->agent, peer->stream, line);
  GSList *list;

  if (candidate == NULL)
    return;
  list = g_slist_append (NULL, candidate);
  nice_agent_set_remote_candidates (peer->agent, peer->stream, 1, list);
  g_slist_free_full (list, (GDestroyNotify)nice_candidate_free);
}

static void read_next (Peer *peer);

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Peer *peer = user_data;
  g_autofree char *line =
      g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);
  g_auto (GStrv) words = NULL;

  if (line == NULL) { /* the relay has ended the run */
    g_main_loop_quit (peer->loop);
    return;
  }
  words = g_strsplit (line, " ", 3);
  if (strcmp (line, "go") == 0 && peer->offers) {
    peer->start_us = g_get_monotonic_time ();
    start_ice (peer);
  } else if (strcmp (words[0], "credentials") == 0 && g_strv_length (words) == 3) {
    if (!peer->offers)
      start_ice (peer);
    nice_agent_set_remote_credentials (peer->agent, peer->stream, words[1], words[2]);
  } else if (g_str_has_prefix (line, "a=candidate:")) {
    take_candidate (peer, line);
  }
  read_next (peer);
}

static void
read_next (Peer *peer)
{
  g_data_input_stream_read_line_async (peer->in, G_PRIORITY_DEFAULT, NULL, on_line, peer);
}

static void
on_data (NiceAgent *agent, guint stream, guint component, guint length, char *bytes,
         gpointer user_data)
{
}

static void
make_agent (Peer *peer)
{
  NiceAddress *address = nice_address_new ();

  peer->agent =
      nice_agent_new_full (NULL, NICE_COMPATIBILITY_RFC5245, NICE_AGENT_OPTION_ICE_TRICKLE);
  g_object_set (peer->agent, "controlling-mode", peer->offers, "upnp", FALSE, "ice-tcp", FALSE,
                "stun-pacing-timer", 5, "keepalive-conncheck", TRUE, "stun-server", peer->server,
                "stun-server-port", 3478, NULL);
  if (!nice_address_set_from_string (address, peer->local))
    g_error ("'%s' is no address", peer->local);
  nice_agent_add_local_address (peer->agent, address);
  nice_address_free (address);
  g_signal_connect (peer->agent, "new-candidate-full", G_CALLBACK (on_candidate), peer);
  g_signal_connect (peer->agent, "component-state-changed", G_CALLBACK (on_state), peer);
  peer->stream = nice_agent_add_stream (peer->agent, 1);
  nice_agent_attach_recv (peer->agent, peer->stream, 1, NULL, on_data, NULL);
}

int
main (int argc, char **argv)
{
  Peer peer = { 0 };
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  if (argc != 9) {
    fprintf (stderr,
             "usage: ice-peer offer|answer SIGNAL-HOST SIGNAL-PORT LOCAL-ADDRESS SERVER USER "
             "PASSWORD udp|tcp|none\n");
    return 2;
  }
  peer.offers = strcmp (argv[1], "offer") == 0;
  peer.local = argv[4];
  peer.server = argv[5];
  peer.user = argv[6];
  peer.password = argv[7];
  peer.relay = argv[8];
  connection =
      g_socket_client_connect_to_host (client, argv[2], (guint16)atoi (argv[3]), NULL, &error);
  if (connection == NULL) {
    fprintf (stderr, "ice-peer: %s\n", error->message);
    return 1;
  }
  g_socket_set_option (g_socket_connection_get_socket (connection), 6 /* TCP */, 1 /* NODELAY */, 1,
                       NULL);
  peer.loop = g_main_loop_new (NULL, FALSE);
  peer.in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  peer.out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  make_agent (&peer);
  read_next (&peer);
  g_main_loop_run (peer.loop);

  g_object_unref (peer.in);
  g_main_loop_unref (peer.loop);
  return 0; /* the agent goes with the process: its allocations are the lab's */
}
