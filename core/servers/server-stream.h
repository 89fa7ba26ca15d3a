/* Opening a TCP connection to a server, and TLS in it, step by step.
 *
 * The certificate is always checked: chain (system trust or a ca-file), name, dates. There is no
 * way to go on without, and none to plain TCP. Belongs to one GMainContext; GIO shakes hands on a
 * thread of its own. */
#pragma once

#include <gio/gio.h>

#include "servers/probe-code.h"

typedef struct _LaneServerStream LaneServerStream;

typedef struct {
  LaneProbeCode code;
  LaneProbeStepKind step; /* connect or tls */
  char *detail;           /* as LaneProbeFault's; NULL: nothing */
} LaneServerStreamFault;

typedef struct {
  void (*connected) (LaneServerStream *stream, gpointer user_data); /* by TCP; may be NULL */
  /* The last step; exactly one of these two, and it may free the stream. */
  void (*opened) (LaneServerStream *stream, GIOStream *io, gpointer user_data);
  void (*failed) (LaneServerStream *stream, const LaneServerStreamFault *fault, gpointer user_data);
} LaneServerStreamEvents;

typedef struct {
  GInetAddress *address;
  guint16 port;
  const char *tls_host; /* name or IP literal the certificate must have; NULL: no TLS */
  const char *ca_file;  /* NULL: the system's trust */
  guint step_ms;        /* for each of the two */
} LaneServerStreamOptions;

/* Copies all; no callback from within. */
LaneServerStream *
lane_server_stream_new (GMainContext *context, const LaneServerStreamOptions *options,
                        const LaneServerStreamEvents *events, gpointer user_data);
/* Where the connection comes from, once connected; NULL when unknown. The caller frees it. */
char *lane_server_stream_dup_local (const LaneServerStream *stream);
/* `TLS 1.3, home.example.net, until 2026-12-24`, once there is a certificate, accepted or not; else
 * NULL. */
char *lane_server_stream_dup_tls (const LaneServerStream *stream);
gint64 lane_server_stream_get_expiry_us (const LaneServerStream *stream); /* 0: no certificate */
/* Closes what nobody has taken over. */
void lane_server_stream_free (LaneServerStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneServerStream, lane_server_stream_free)
