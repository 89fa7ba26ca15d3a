/* icelane completion bash|zsh|fish: what a shell needs to complete our command line, made from the
 * tables that parse it. */
#include <string.h>

#include "commands.h"
#include "completion.h"

/* Words an option takes; the others take a file or what nobody can guess. */
static const struct {
  const char *option, *words;
} values[] = {
  { "color", "auto always never" },
  { "level", "error warning info debug" },
  { "theme", "$(icelane themes list 2>/dev/null | awk '{ print $1 }')" },
};

/* Names in the settings: a section has one line at least. */
#define NAMES                                                                                      \
  "$(icelane config list 2>/dev/null | sed -n 's/^%s\\.\\([^ ]*\\)\\.[a-z0-9-]* = .*/\\1/p' | "    \
  "sort -u)"

static const char *
find_values (const LaneCliOption *option)
{
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (strcmp (values[i].option, option->name) == 0)
      return values[i].words;
  return NULL;
}

/* What is written in capitals stands for something else: `check|get SECTION.KEY` has two words. */
static void
append_literal_words (GString *words, const char *arguments)
{
  g_auto (GStrv) parts = g_strsplit_set (arguments, "[]| ", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (g_ascii_islower (parts[i][0]))
      g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", parts[i]);
}

static void
append_command_names (GString *words, const LaneCliCommand *commands)
{
  for (const LaneCliCommand *command = commands; command->run != NULL; command++)
    if (command->name != NULL)
      g_string_append_printf (words, "%s%s", words->len > 0 ? " " : "", command->name);
}

/* The words that may follow @command, as the shells' own double quotes take them. */
static char *
argument_words (const LaneCliCommand *commands, const LaneCliCommand *command)
{
  GString *words = g_string_new (NULL);

  if (command->name == NULL || strstr (command->arguments, "COMMAND") != NULL)
    append_command_names (words, commands);
  append_literal_words (words, command->arguments);
  if (strstr (command->arguments, "POLICY") != NULL)
    g_string_append (words, "auto direct-only relay-only lowest-rtt settings");
  if (strstr (command->arguments, "PEER") != NULL)
    g_string_append_printf (words, "%s" NAMES, words->len > 0 ? " " : "", "peer");
  if (strstr (command->arguments, "SERVER") != NULL)
    g_string_append_printf (words, "%s" NAMES, words->len > 0 ? " " : "", "server");
  return g_string_free (words, FALSE);
}

static char *
option_words (const LaneCliCommand *command)
{
  g_autoptr (GArray) options = lane_cli_list_options (command);
  GString *words = g_string_new (NULL);

  for (guint i = 0; i < options->len; i++)
    g_string_append_printf (words, "%s--%s", i > 0 ? " " : "",
                            g_array_index (options, LaneCliOption, i).name);
  return g_string_free (words, FALSE);
}

/* `--config | --socket`: those that take the next word; of files only, or all. */
static char *
option_pattern (const LaneCliCommand *commands, gboolean only_files)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GString *pattern = g_string_new (NULL);

  for (const LaneCliCommand *command = commands; command->run != NULL; command++) {
    g_autoptr (GArray) options = lane_cli_list_options (command);

    for (guint i = 0; i < options->len; i++) {
      const LaneCliOption *option = &g_array_index (options, LaneCliOption, i);

      if (option->takes_next && (option->file || !only_files)
          && g_hash_table_add (seen, (gpointer)option->name))
        g_string_append_printf (pattern, "%s--%s", pattern->len > 0 ? " | " : "", option->name);
    }
  }
  return g_string_free (pattern, FALSE);
}

/* bash and zsh: one function whose parts are the same, but for how they get and give words. */

static void
append_cases (GString *out, const LaneCliCommand *commands, gboolean options)
{
  g_string_append (out, "    case $command in\n");
  for (const LaneCliCommand *command = commands; command->run != NULL; command++) {
    g_autofree char *words = options ? option_words (command) : argument_words (commands, command);

    g_string_append_printf (out, "      %s) choices=\"%s\" ;;\n",
                            command->name != NULL ? command->name : "''", words);
  }
  g_string_append (out, "    esac\n");
}

static void
append_values (GString *out)
{
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    g_string_append_printf (out, "    --%s) choices=\"%s\" ;;\n", values[i].option,
                            values[i].words);
}

static void
append_body (GString *out, const LaneCliCommand *commands)
{
  g_autofree char *with_value = option_pattern (commands, FALSE);

  g_string_append_printf (out,
                          "  for ((i = 1; i < at; i++)); do\n"
                          "    case ${line[i]} in\n"
                          "      %s) ((i++)) ;;\n"
                          "      -*) ;;\n"
                          "      *) command=${line[i]}; break ;;\n"
                          "    esac\n"
                          "  done\n",
                          with_value);
  g_string_append (out, "  case $previous in\n");
  append_values (out);
  g_string_append_printf (out, "    %s) return ;;\n  esac\n", with_value);
  g_string_append (out, "  if [[ -n $choices ]]; then :\n"
                        "  elif [[ $word == -* ]]; then\n");
  append_cases (out, commands, TRUE);
  g_string_append (out, "  else\n");
  append_cases (out, commands, FALSE);
  g_string_append (out, "  fi\n");
}

static char *
make_bash (const LaneCliCommand *commands)
{
  GString *out = g_string_new ("# bash completion of icelane: source <(icelane completion bash)\n"
                               "_icelane () {\n"
                               "  local word=${COMP_WORDS[COMP_CWORD]} "
                               "previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                               "  local command= choices= i at=$COMP_CWORD\n"
                               "  local -a line=(\"${COMP_WORDS[@]}\")\n"
                               "  COMPREPLY=()\n");
  g_autofree char *files = option_pattern (commands, TRUE);

  g_string_append_printf (out,
                          "  case $previous in\n"
                          "    %s) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n"
                          "  esac\n",
                          files);
  append_body (out, commands);
  g_string_append (out, "  mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$word\")\n"
                        "}\n"
                        "complete -o default -F _icelane icelane\n");
  return g_string_free (out, FALSE);
}

/* Arrays of zsh count from 1. */
static char *
make_zsh (const LaneCliCommand *commands)
{
  GString *out = g_string_new ("#compdef icelane\n"
                               "# zsh completion of icelane: source <(icelane completion zsh)\n"
                               "_icelane () {\n"
                               "  setopt localoptions ksharrays\n"
                               "  local -a line=(\"${words[@]}\")\n"
                               "  local at=$((CURRENT - 1))\n"
                               "  local word=${line[at]} previous=${line[at-1]} command= i\n"
                               "  local choices=\n");
  g_autofree char *files = option_pattern (commands, TRUE);

  g_string_append_printf (out, "  case $previous in\n    %s) _files; return ;;\n  esac\n", files);
  append_body (out, commands);
  g_string_append (out, "  unsetopt ksharrays\n"
                        "  if [[ -n $choices ]]; then compadd -- ${=choices}; else _files; fi\n"
                        "}\n"
                        "compdef _icelane icelane\n");
  return g_string_free (out, FALSE);
}

static char *
quote_fish (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "'", -1);
  g_autofree char *joined = g_strjoinv ("\\'", parts);

  return g_strdup_printf ("'%s'", joined);
}

static void
append_fish_options (GString *out, const LaneCliCommand *command, const char *condition)
{
  g_autoptr (GArray) options = lane_cli_list_options (command);

  for (guint i = 0; i < options->len; i++) {
    const LaneCliOption *option = &g_array_index (options, LaneCliOption, i);
    g_autofree char *help = quote_fish (option->help);
    const char *words = find_values (option);
    g_autofree char *quoted = words != NULL && words[0] != '$' ? quote_fish (words) : NULL;

    g_string_append_printf (out, "complete -c icelane -n '%s' -l %s -d %s", condition, option->name,
                            help);
    if (option->letter != 0)
      g_string_append_printf (out, " -s %c", option->letter);
    if (option->file)
      g_string_append (out, " -r -F");
    else if (quoted != NULL)
      g_string_append_printf (out, " -x -a %s", quoted);
    else if (option->takes_next)
      g_string_append (out, " -x");
    g_string_append_c (out, '\n');
  }
}

static void
append_fish_arguments (GString *out, const LaneCliCommand *commands, const LaneCliCommand *command,
                       const char *condition)
{
  g_autofree char *words = argument_words (commands, command);
  g_auto (GStrv) parts = g_strsplit (words, "$(", -1);

  /* fish runs what is in parentheses without a dollar. */
  if (strstr (command->arguments, "FILE") != NULL)
    g_string_append_printf (out, "complete -c icelane -n '%s' -F\n", condition);
  for (guint i = 0; parts[i] != NULL; i++) {
    g_autofree char *command_text = i > 0 ? g_strconcat ("(", parts[i], NULL) : g_strdup (parts[i]);
    g_autofree char *quoted = quote_fish (g_strstrip (command_text));

    if (command_text[0] != '\0')
      g_string_append_printf (out, "complete -c icelane -n '%s' -a %s\n", condition, quoted);
  }
}

static char *
make_fish (const LaneCliCommand *commands)
{
  GString *out = g_string_new ("# fish completion of icelane: icelane completion fish | source\n"
                               "complete -c icelane -f\n");

  for (const LaneCliCommand *command = commands; command->run != NULL; command++) {
    g_autofree char *help = quote_fish (command->help);
    g_autofree char *condition =
        command->name != NULL ? g_strdup_printf ("__fish_seen_subcommand_from %s", command->name)
                              : g_strdup ("__fish_use_subcommand");

    if (command->name != NULL) {
      g_string_append_printf (out, "complete -c icelane -n __fish_use_subcommand -a %s -d %s\n",
                              command->name, help);
      append_fish_arguments (out, commands, command, condition);
    }
    append_fish_options (out, command, condition);
  }
  return g_string_free (out, FALSE);
}

char *
lane_completion_make (const LaneCliCommand *commands, const char *shell)
{
  static const struct {
    const char *shell;
    char *(*make) (const LaneCliCommand *commands);
  } shells[] = { { "bash", make_bash }, { "zsh", make_zsh }, { "fish", make_fish } };

  for (guint i = 0; i < G_N_ELEMENTS (shells); i++)
    if (strcmp (shells[i].shell, shell) == 0)
      return shells[i].make (commands);
  return NULL;
}

int
lane_cli_completion (const LaneCliOptions *options)
{
  g_autofree char *script = lane_completion_make (options->commands, options->arguments[0]);

  if (script == NULL) {
    g_printerr ("icelane: there is no completion for '%s': bash, zsh or fish\n",
                options->arguments[0]);
    return LANE_EXIT_USAGE;
  }
  g_print ("%s", script);
  return LANE_EXIT_OK;
}
