/* A STUN server for tests: one UDP socket on loopback that answers as told. */
#pragma once

#include <check.h>
#include <gio/gio.h>
#include <string.h>

#include "core/servers/until.h"

typedef enum {
  STUN_STUB_ANSWER,   /* with the address 203.0.113.7:41641 */
  STUN_STUB_SILENT,   /* nothing */
  STUN_STUB_LATE,     /* from the second request on */
  STUN_STUB_ERROR,    /* 420 */
  STUN_STUB_STRANGER, /* an answer to somebody else's transaction, then nothing */
  STUN_STUB_EMPTY,    /* success without an address */
  STUN_STUB_RUBBISH   /* bytes */
} StunStubMode;

typedef struct {
  GSocket *socket;
  GSource *source;
  StunStubMode mode;
  guint requests;
} StunStub;

static inline gsize
stun_stub_fill (const StunStub *stub, const guint8 *request, guint8 answer[64])
{
  /* XOR-MAPPED-ADDRESS of 203.0.113.7:41641, RFC 8489 section 14.2 */
  static const guint8 mapped[] = { 0,          0x20,     0,           8,
                                   0,          1,        0xa2 ^ 0x21, 0xa9 ^ 0x12,
                                   203 ^ 0x21, 0 ^ 0x12, 113 ^ 0xa4,  7 ^ 0x42 };
  static const guint8 error[] = { 0, 9, 0, 4, 0, 0, 4, 20 };
  const guint8 *attribute = stub->mode == STUN_STUB_ERROR ? error : mapped;
  gsize size = stub->mode == STUN_STUB_ERROR ? sizeof error : sizeof mapped;

  if (stub->mode == STUN_STUB_EMPTY)
    size = 0;
  memcpy (answer, request, 20);
  answer[0] = 1;
  answer[1] = stub->mode == STUN_STUB_ERROR ? 0x11 : 0x01;
  answer[2] = 0;
  answer[3] = size;
  if (stub->mode == STUN_STUB_STRANGER)
    answer[19] ^= 1;
  memcpy (answer + 20, attribute, size);
  return 20 + size;
}

static inline gboolean
stun_stub_on_input (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  StunStub *stub = user_data;
  g_autoptr (GSocketAddress) from = NULL;
  guint8 request[1500], answer[64];
  gssize length =
      g_socket_receive_from (socket, &from, (char *)request, sizeof request, NULL, NULL);

  if (length < 20)
    return G_SOURCE_CONTINUE;
  stub->requests++;
  if (stub->mode == STUN_STUB_SILENT || (stub->mode == STUN_STUB_LATE && stub->requests == 1))
    return G_SOURCE_CONTINUE;
  if (stub->mode == STUN_STUB_RUBBISH)
    g_socket_send_to (socket, from, "\x01\x01garbage", 9, NULL, NULL);
  else
    g_socket_send_to (socket, from, (const char *)answer, stun_stub_fill (stub, request, answer),
                      NULL, NULL);
  return G_SOURCE_CONTINUE;
}

static inline void
stun_stub_start (StunStub *stub, GMainContext *context, StunStubMode mode)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);

  stub->mode = mode;
  stub->requests = 0;
  stub->socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  ck_assert (g_socket_bind (stub->socket, address, FALSE, NULL));
  g_socket_set_blocking (stub->socket, FALSE);
  stub->source = g_socket_create_source (stub->socket, G_IO_IN, NULL);
  g_source_set_callback (stub->source, G_SOURCE_FUNC (stun_stub_on_input), stub, NULL);
  g_source_attach (stub->source, context);
}

static inline guint16
stun_stub_get_port (const StunStub *stub)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (stub->socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static inline void
stun_stub_stop (StunStub *stub)
{
  g_source_destroy (stub->source);
  g_source_unref (stub->source);
  g_object_unref (stub->socket);
}
