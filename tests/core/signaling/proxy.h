/* A way to a server on 127.0.0.1 that goes wrong as a NAT does that forgot its flows. */
#pragma once

#include <gio/gio.h>

typedef struct _Proxy Proxy;

typedef enum {
  PROXY_CARRIES,
  PROXY_DROPS,  /* nothing passes and nobody is told */
  PROXY_RESETS, /* the same, until the client sends: that is answered with a reset */
  PROXY_CLOSES
} ProxyMood;

Proxy *proxy_new (GMainContext *context, guint16 target_port);
guint16 proxy_get_port (const Proxy *proxy);
guint proxy_count (const Proxy *proxy); /* connections so far */
/* For those that are open and on which @text went up (NULL: all of them). */
void proxy_set_mood (Proxy *proxy, const char *text, ProxyMood mood);
void proxy_set_new_mood (Proxy *proxy, ProxyMood mood); /* for those to come */
void proxy_free (Proxy *proxy);
