/* A rendezvous on 127.0.0.1, clients of it, and a loop of their own. */
#pragma once

#include "secure/identity.h"
#include "signaling/http.h"
#include "signaling/rendezvous.h"

typedef struct {
  GMainContext *context;
  LaneRendezvous *rendezvous;
  LaneRendezvousOptions options;
  guint16 port;
  char *scheme;
  char *directory; /* for files of the test; made when needed */
} World;

/* What one client was told. */
typedef struct {
  World *world;
  LaneIdentity *identity;
  LaneSignaling *signaling;
  char boot[33];
  GPtrArray *received;  /* texts */
  GHashTable *presence; /* id -> boot, `-` when offline */
  GPtrArray *presences; /* `id boot`, as they came */
  GPtrArray *undelivered;
  guint connects, downs;
  char *detail;
  gboolean free_at_event;
  guint silence_ms; /* before client_options() */
} Client;

typedef gboolean (*Condition) (gpointer data);

World *world_new (void);
void world_serve (World *world); /* by its options; the same port again after world_silence() */
void world_silence (World *world);
void world_free (World *world);
char *world_path (World *world, const char *name);
/* Runs the loop until @condition holds; FALSE when it does not within @seconds. */
gboolean world_run_until (World *world, Condition condition, gpointer data, double seconds);
/* Runs the loop for @ms, to see that nothing comes. */
void world_run_for (World *world, guint ms);

Client *client_new (World *world, LaneIdentity *identity);
void client_options (Client *client, const char *url, const char *token, const char *ca_file);
void client_watch (Client *client, const Client *peer);
/* Starts it and waits until it is connected. */
void client_connect (Client *client);
void client_send (Client *client, const Client *to, const char *payload);
void client_free (Client *client);
gboolean client_is_connected (gpointer client);
gboolean client_is_down (gpointer client);
const char *client_id (const Client *client);
const char *client_sees (const Client *client, const Client *peer); /* boot, `-`, or NULL */

/* One request and its answer, without a client. */
typedef struct {
  guint status;
  char *body;
  gboolean done;
} Answer;

void answer_clear (Answer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

Answer world_ask (World *world, const char *method, const char *path, const char *bearer,
                  const char *body);
char *world_challenge (World *world, LaneIdentity *identity);
/* The body of `POST /v1/session`; @signer and @signed_boot may lie. */
char *world_session_body (LaneIdentity *identity, LaneIdentity *signer, const char *challenge,
                          const char *boot, const char *signed_boot, const char *extra);
/* A session, or the test fails. */
char *world_session (World *world, LaneIdentity *identity, const char *boot, const char *extra);
char *answer_string (const Answer *answer, const char *name);
