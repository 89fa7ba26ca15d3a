#include "signaling/token.h"

#include "secret-command.h"
#include "timer.h"

#define COMMAND_MS   10000
#define RETRY_MIN_MS 2000
#define RETRY_MAX_MS (5 * 60 * 1000)

struct _LaneToken {
  GMainContext *context;
  char *command;
  LaneSecretCommand *run; /* NULL: none runs */
  GSource *retry;
  guint retry_ms;
  const LaneTokenEvents *events;
  gpointer user_data;
};

static gboolean on_ask (gpointer user_data);

static void
fail (LaneToken *token, const char *why)
{
  lane_timer_set (&token->retry, token->context, lane_timer_jitter (token->retry_ms), on_ask,
                  token);
  token->retry_ms = MIN (token->retry_ms * 2, RETRY_MAX_MS);
  token->events->failed (token, why, token->user_data);
}

static void
on_done (LaneSecretCommand *run, const char *line, const char *why, gpointer user_data)
{
  LaneToken *token = user_data;

  g_clear_pointer (&token->run, lane_secret_command_free);
  if (line != NULL)
    token->events->known (token, line, token->user_data);
  else
    fail (token, why);
}

static gboolean
on_ask (gpointer user_data)
{
  LaneToken *token = user_data;
  g_autoptr (GError) error = NULL;

  lane_timer_clear (&token->retry);
  token->run =
      lane_secret_command_run (token->context, token->command, COMMAND_MS, on_done, token, &error);
  if (token->run == NULL)
    fail (token, error->message);
  return G_SOURCE_REMOVE;
}

LaneToken *
lane_token_new (GMainContext *context, const char *command, const LaneTokenEvents *events,
                gpointer user_data)
{
  LaneToken *token = g_new0 (LaneToken, 1);

  token->context = g_main_context_ref (context);
  token->command = g_strdup (command);
  token->retry_ms = RETRY_MIN_MS;
  token->events = events;
  token->user_data = user_data;
  lane_timer_set (&token->retry, context, 0, on_ask, token);
  return token;
}

void
lane_token_free (LaneToken *token)
{
  if (token == NULL)
    return;
  lane_secret_command_free (token->run);
  lane_timer_clear (&token->retry);
  g_main_context_unref (token->context);
  g_free (token->command);
  g_free (token);
}
