#include "errand.h"

#include "words.h"

typedef struct {
  LaneCommand command;
  char **names;
  gboolean all;
} Errand;

static void
errand_free (gpointer data)
{
  Errand *errand = data;

  g_strfreev (errand->names);
  g_free (errand);
}

static void
run_errand (LaneModel *model, const Errand *errand)
{
  if (errand->all)
    model->effects->command (errand->command, NULL, model->effects_data);
  else
    for (guint i = 0; errand->names[i] != NULL; i++)
      model->effects->command (errand->command, errand->names[i], model->effects_data);
}

static void
on_errand_answer (int answer, gpointer context, gpointer user_data)
{
  LaneModel *model = context;

  if (answer == 1)
    run_errand (model, user_data);
  else
    lane_model_say (model, "Nothing was changed.");
}

static gboolean
must_ask (const LaneModel *model, const Errand *errand)
{
  guint n_up = 0;

  if (model->confirm != LANE_CONFIRM_DISRUPTIVE)
    return model->confirm == LANE_CONFIRM_ALWAYS;
  if (errand->command == LANE_COMMAND_CONNECT || errand->command == LANE_COMMAND_COMPARE)
    return FALSE;
  if (errand->command == LANE_COMMAND_DISCONNECT || errand->names[1] != NULL)
    return TRUE;
  for (guint i = 0; errand->names[i] != NULL; i++) {
    const LanePeerView *peer = lane_snapshot_find_peer (model->snapshot, errand->names[i]);

    n_up += peer != NULL && lane_words_is_up (peer);
  }
  return n_up > 0;
}

static char *
errand_title (const Errand *errand)
{
  guint n = g_strv_length (errand->names);
  g_autofree char *whom = n == 1 ? g_strdup (errand->names[0]) : g_strdup_printf ("%u peers", n);

  switch (errand->command) {
  case LANE_COMMAND_RESTART:
    return g_strdup_printf ("Restart ICE with %s?", whom);
  case LANE_COMMAND_DISCONNECT:
    return g_strdup_printf ("Disconnect %s?", whom);
  case LANE_COMMAND_COMPARE:
    return g_strdup_printf ("Measure the other path to %s?", whom);
  case LANE_COMMAND_CONNECT:
  default:
    return g_strdup_printf ("Connect %s?", whom);
  }
}

static char *
errand_text (const Errand *errand)
{
  g_autofree char *names = g_strjoinv (", ", errand->names);
  const char *effect = "";

  if (errand->command == LANE_COMMAND_RESTART)
    effect = "Traffic may pause for a few seconds.";
  else if (errand->command == LANE_COMMAND_COMPARE)
    effect = "The link stays where it is.";
  else if (errand->command == LANE_COMMAND_DISCONNECT)
    effect = errand->names[1] != NULL ? "Their links end and stay off until c connects them again."
                                      : "The link ends and stays off until c connects it again.";
  return errand->names[1] != NULL ? g_strdup_printf ("%s. %s", names, effect) : g_strdup (effect);
}

void
lane_errand_start (LaneModel *model, LaneCommand command, char **names, gboolean all)
{
  static const LaneDialogButton buttons[] = { { "No", 'n' }, { "Yes", 'y' } };
  Errand *errand = NULL;

  if (names[0] == NULL) {
    lane_model_say (model, "No peer is selected.");
    g_strfreev (names);
    return;
  }
  errand = g_new0 (Errand, 1);
  errand->command = command;
  errand->names = names;
  errand->all = all;
  if (!model->attached) {
    lane_model_complain (model, "the node is not running: nothing can be changed");
    errand_free (errand);
  } else if (must_ask (model, errand))
    model->dialog = lane_dialog_new (errand_title (errand), errand_text (errand), buttons, 2,
                                     on_errand_answer, model, errand, errand_free);
  else {
    run_errand (model, errand);
    errand_free (errand);
  }
}
