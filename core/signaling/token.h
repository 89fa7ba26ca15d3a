/* The token for a rendezvous that asks for one, as [signaling] token-command prints it. */
#pragma once

#include <glib.h>

typedef struct _LaneToken LaneToken;

typedef struct {
  /* Once. May free the token; @text is wiped afterwards. */
  void (*known) (LaneToken *token, const char *text, gpointer user_data);
  /* It is asked for again by itself, after 2 s doubled to 5 min. @why is for the operator. */
  void (*failed) (LaneToken *token, const char *why, gpointer user_data);
} LaneTokenEvents;

/* Callbacks come in @context, later. @events must outlive the token. */
LaneToken *lane_token_new (GMainContext *context, const char *command,
                           const LaneTokenEvents *events, gpointer user_data);
void lane_token_free (LaneToken *token); /* no callback follows */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneToken, lane_token_free)
