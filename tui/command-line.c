#include "command-line.h"

#include "action.h"
#include "theme-picker.h"

#include <string.h>

static const LaneAction *
find_by_name (const char *name)
{
  const LaneAction *action;

  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (strcmp (action->name, name) == 0)
      return action;
  return NULL;
}

void
lane_command_line_run (LaneModel *model, const char *line)
{
  g_autofree char *copy = g_strstrip (g_strdup (line));
  const LaneAction *action = NULL;
  char *argument = strchr (copy, ' ');

  if (copy[0] == '\0')
    return;
  if (argument != NULL) {
    *argument = '\0';
    argument = g_strchug (argument + 1);
  }
  action = find_by_name (copy);
  if (action == NULL)
    lane_model_complain (model, "no command '%s', ? for help", copy);
  else if (lane_action_refuse (action, model))
    return;
  else if (!lane_action_is_possible (action, model))
    lane_model_complain (model, "%s is for recordings: `icelane replay FILE`", copy);
  else if (!lane_action_is_available (action, model))
    lane_model_complain (model, "%s works in %s, not here", copy,
                         lane_where_to_string (action->where));
  else if (argument != NULL && action->argument == LANE_ARGUMENT_NONE)
    lane_model_complain (model, "%s takes no argument", copy);
  else
    action->run (model, argument);
}

static void
add_completion (GStrvBuilder *builder, const char *head, const char *tail, const char *word)
{
  g_autofree char *line = g_strconcat (head, word, NULL);

  if (g_str_has_prefix (word, tail))
    g_strv_builder_add (builder, line);
}

static void
complete_argument (const LaneModel *model, GStrvBuilder *builder, LaneArgument argument,
                   const char *head, const char *tail)
{
  switch (argument) {
  case LANE_ARGUMENT_PEERS:
    for (guint i = 0; i < model->snapshot->peers->len; i++)
      add_completion (builder, head, tail,
                      ((LanePeerView *)g_ptr_array_index (model->snapshot->peers, i))->name);
    return;
  case LANE_ARGUMENT_SORT:
    for (LaneSort i = 0; i < LANE_N_SORTS; i++)
      add_completion (builder, head, tail, lane_sort_to_string (i));
    return;
  case LANE_ARGUMENT_THEME: {
    g_auto (GStrv) choices = lane_theme_choices (model);

    for (guint i = 0; choices[i] != NULL; i++)
      add_completion (builder, head, tail, choices[i]);
    return;
  }
  case LANE_ARGUMENT_LEVEL:
    for (LaneLogLevel i = 0; i <= LANE_LOG_LEVEL_DEBUG; i++)
      add_completion (builder, head, tail, lane_log_level_to_string (i));
    return;
  case LANE_ARGUMENT_TEXT:
  case LANE_ARGUMENT_NONE:
  default:
    return;
  }
}

char **
lane_command_line_complete (const LaneModel *model, const char *line)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *space = strrchr (line, ' ');
  g_autofree char *head = space != NULL ? g_strndup (line, space + 1 - line) : g_strdup ("");
  g_autofree char *name = g_strndup (line, strcspn (line, " "));
  const LaneAction *action = find_by_name (name);

  if (space != NULL) {
    if (action != NULL)
      complete_argument (model, builder, action->argument, head, space + 1);
    return g_strv_builder_end (builder);
  }
  for (guint i = 0; (action = lane_actions_nth (i)) != NULL; i++)
    if (lane_action_is_available (action, model))
      add_completion (builder, "", line, action->name);
  return g_strv_builder_end (builder);
}
