/* A TURN server for tests, over UDP, TCP or TLS on loopback, that answers as told and checks what
 * it is asked by its own means. */
#pragma once

#include <gio/gio.h>

#define TURN_STUB_USER     "icelane"
#define TURN_STUB_PASSWORD "p4ss"
#define TURN_STUB_REALM    "stub.example"
#define TURN_STUB_SILENT   -1 /* instead of a code */

typedef enum { TURN_STUB_UDP, TURN_STUB_TCP, TURN_STUB_TLS } TurnStubCarrier;

/* Codes: 0 is success, TURN_STUB_SILENT no answer. */
typedef struct {
  int binding;
  int unsigned_allocate; /* 401, unless told otherwise */
  int allocate[8];       /* of the first, second.. signed one */
  gboolean stubborn;     /* allocate[0] for ever */
  int permission[4];     /* likewise */
  int refresh;
  const char *reason;        /* of errors */
  const char *realm_later;   /* of the second challenge and those after it */
  const char *sign_with;     /* another password than TURN_STUB_PASSWORD */
  gboolean unsigned_success; /* answers without MESSAGE-INTEGRITY */
  gboolean no_realm;         /* in challenges */
  gboolean no_mapped;        /* in Binding responses */
  gboolean ipv6_relay;
  guint16 alternate_port; /* of ALTERNATE-SERVER on alternate_address, with 300 */
  const char *alternate_address;
  gboolean stranger; /* answers another transaction; over UDP */
  guint lose;        /* the first so many requests */
  GBytes *says;      /* instead of STUN, to whatever comes; or at once over a stream */
  gboolean mute;     /* accepts, and neither reads nor writes */
  gboolean hangs_up; /* on the first byte */
} TurnStubScript;

typedef struct _TurnStub TurnStub;

/* On a port of its own on 127.0.0.1. @certificate is for TLS only. The script starts out as a
 * server without faults. */
TurnStub *
turn_stub_new (GMainContext *context, TurnStubCarrier carrier, GTlsCertificate *certificate);
TurnStub *turn_stub_new_at (GMainContext *context, const char *address, TurnStubCarrier carrier,
                            GTlsCertificate *certificate);
TurnStubScript *turn_stub_get_script (TurnStub *stub);
guint16 turn_stub_get_port (const TurnStub *stub);
/* `binding allocate allocate+ permission+ refresh+`: what came, + being signed rightly, ! wrongly.
 */
const char *turn_stub_get_requests (const TurnStub *stub);
guint turn_stub_get_connections (const TurnStub *stub);
int turn_stub_get_allocations (const TurnStub *stub); /* given and not yet given back */
void turn_stub_free (TurnStub *stub);
