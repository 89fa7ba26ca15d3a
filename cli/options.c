#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "status-format.h"

/* Row.commands of an option that goes with every command. */
#define EVERY NULL

typedef struct {
  GOptionEntry entry;
  const char *commands; /* blank-separated, or EVERY */
  gboolean bare;        /* `--wait` alone or `--wait=5`: GOption would eat the next word */
} Row;

#define FLAG(name, letter, member, help)                                                           \
  {                                                                                                \
    name, letter, 0, G_OPTION_ARG_NONE, &options->member, help, NULL                               \
  }
#define TEXT(name, member, argument, help)                                                         \
  {                                                                                                \
    name, 0, 0, G_OPTION_ARG_STRING, &options->member, help, argument                              \
  }
#define FILENAME(name, member, argument, help)                                                     \
  {                                                                                                \
    name, 0, 0, G_OPTION_ARG_FILENAME, &options->member, help, argument                            \
  }

static GArray *
make_rows (LaneCliOptions *options)
{
  const Row rows[] = {
    { FLAG ("json", 0, json, "machine-readable output"),
      "status network log pairs timeline history candidates check report themes reload keys "
      "compare "
      "replay" },
    { TEXT ("watch", watch, "SEC", "look again every SEC seconds (2)"), "status", TRUE },
    { TEXT ("format", format, "TEXT", "'{direct}/{total}': fields in braces, see below"),
      "status" },
    { FLAG ("all", 0, all, "every peer"), "connect disconnect restart" },
    { TEXT ("wait", wait, "SEC", "wait until it is done, at most SEC seconds (30)"),
      "connect disconnect restart compare", TRUE },
    { FLAG ("yes", 'y', yes, "do not ask"), "connect disconnect restart" },
    { FLAG ("direct", 0, direct, "only a direct path counts"), "wait connect restart" },
    { TEXT ("timeout", timeout, "SEC", "give up after SEC seconds (never)"), "wait" },
    { FLAG ("follow", 'f', follow, "go on with what happens"), "log check" },
    { FLAG ("nat", 0, nat, "and what the NAT in front of this host does"), "check" },
    { TEXT ("lifetime", lifetime, "SEC",
            "--nat, and for how many seconds up to SEC (120) it keeps an idle mapping"),
      "check", TRUE },
    { TEXT ("at", at, "TIME",
            "begin at 23:49:04, 2026-11-22T23:49:04Z, -60 (s), start or end (end)"),
      "replay" },
    { TEXT ("level", level, "LEVEL", "error, warning, info or debug"), "log" },
    { FILENAME ("output", output, "FILE",
                "write FILE.txt and FILE.json; -: the text, or --json, to "
                "standard output"),
      "report" },
    { FLAG ("mask-names", 0, mask_names, "names of peers and servers too"), "report" },
    { FLAG ("day", 0, day, "the last 24 hours instead of 15 minutes"), "history" },
    { FLAG ("groups", 0, groups, "in groups of four, as on a terminal"), "id" },
    { FLAG ("log-json", 0, log_json, "log as JSON Lines"), "run" },
    { FLAG ("dumpable", 0, dumpable, "allow core dumps and debuggers: they see the keys"), "run" },
    { { "detached", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->detached, "", NULL },
      "run" },
    { TEXT ("listen", listen, "ADDR:PORT", "where to listen; port 0 takes any"), "rendezvous" },
    { FILENAME ("token-file", token_file, "FILE", "clients must present the token in it"),
      "rendezvous" },
    { FILENAME ("cert", cert, "FILE", "certificate (PEM): serve HTTPS"), "rendezvous" },
    { FILENAME ("key", key, "FILE", "private key (PEM)"), "rendezvous" },
    { FLAG ("show-origin", 0, show_origin, "and where each value comes from"), "config" },
    { FLAG ("secrets", 0, secrets, "export: passwords too"), "config" },
    { FLAG ("uris", 0, uris, "export: turn://user:password@host, one a line"), "config" },
    { FILENAME ("config", config, "FILE", "the settings file"), EVERY },
    { { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->sets, "override one setting",
        "SECTION.KEY=VALUE" },
      EVERY },
    { FILENAME ("socket", socket, "PATH", "the control socket of the node"), EVERY },
    { TEXT ("theme", theme, "NAME", "colours of the dashboard"), EVERY },
    { TEXT ("color", color, "WHEN", "auto, always or never"), EVERY },
    { FLAG ("ascii", 0, ascii, "draw with ASCII only"), EVERY },
    { FLAG ("no-mouse", 0, no_mouse, "leave the mouse to the terminal"), EVERY },
    { FLAG ("read-only", 0, read_only, "the dashboard changes nothing"), EVERY },
    { FLAG ("quiet", 'q', quiet, "log warnings and errors only"), EVERY },
    { FLAG ("verbose", 'v', verbose, "log more"), EVERY },
    { FLAG ("help", 'h', help, "this help"), EVERY },
    { FLAG ("version", 0, version, "the version"), EVERY },
  };
  GArray *array = g_array_new (FALSE, FALSE, sizeof (Row));

  return g_array_append_vals (array, rows, G_N_ELEMENTS (rows));
}

static gboolean
row_fits (const Row *row, const LaneCliCommand *command)
{
  g_auto (GStrv) names = NULL;

  if (row->commands == EVERY)
    return TRUE;
  names = g_strsplit (row->commands, " ", -1);
  return g_strv_contains ((const char *const *)names, command->name != NULL ? command->name : "");
}

/* `--json`, `--set=a.b=c`, `-f`; NULL when there is none. */
static const Row *
find_row (GArray *rows, const char *word)
{
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);
    gsize length = strlen (row->entry.long_name);

    if (g_str_has_prefix (word, "--") && strncmp (word + 2, row->entry.long_name, length) == 0
        && (word[2 + length] == '\0' || word[2 + length] == '='))
      return row;
    if (word[0] == '-' && word[1] != '-' && word[1] != '\0' && word[1] == row->entry.short_name)
      return row;
  }
  return NULL;
}

static gboolean
takes_next_word (const Row *row, const char *word)
{
  return row != NULL && row->entry.arg != G_OPTION_ARG_NONE && !row->bare
         && strchr (word, '=') == NULL;
}

/* The index of the command in @argv, or 0. */
static guint
find_command_word (GArray *rows, char **argv)
{
  for (guint i = 1; argv[i] != NULL; i++) {
    if (strcmp (argv[i], "--") == 0)
      return 0;
    if (argv[i][0] != '-' || argv[i][1] == '\0')
      return i;
    if (takes_next_word (find_row (rows, argv[i]), argv[i]) && argv[i + 1] != NULL)
      i++;
  }
  return 0;
}

static gboolean
has_word (char **argv, const char *word, const char *other)
{
  for (guint i = 1; argv[i] != NULL && strcmp (argv[i], "--") != 0; i++) {
    if (strcmp (argv[i], word) == 0 || strcmp (argv[i], other) == 0)
      return TRUE;
  }
  return FALSE;
}

static void
refuse_command (const LaneCliCommand *commands, const char *word)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  for (const LaneCliCommand *command = commands; command->run != NULL; command++) {
    if (command->name != NULL)
      g_ptr_array_add (names, (gpointer)command->name);
  }
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (word, (const char *const *)names->pdata);
  g_printerr ("icelane: there is no command '%s'%s; `icelane help` lists them\n", word, hint);
}

static void
refuse_option (GArray *rows, const LaneCliCommand *command, const char *word)
{
  g_autofree char *name = g_strndup (word, strcspn (word, "="));
  g_autofree char *in =
      command->name != NULL ? g_strconcat (" ", command->name, NULL) : g_strdup ("");
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *hint = NULL;

  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);

    if (row_fits (row, command) && (row->entry.flags & G_OPTION_FLAG_HIDDEN) == 0)
      g_ptr_array_add (names, g_strconcat ("--", row->entry.long_name, NULL));
  }
  g_ptr_array_add (names, NULL);
  hint = lane_nearest_hint (name, (const char *const *)names->pdata);
  g_printerr ("icelane%s: there is no option %s here%s\n", in, name, hint);
}

/* Only options of this command, with `--wait` rewritten so that it does not eat the next word. */
static gboolean
check_words (GArray *rows, const LaneCliCommand *command, char **argv)
{
  for (guint i = 1; argv[i] != NULL && strcmp (argv[i], "--") != 0; i++) {
    const Row *row;

    if (argv[i][0] != '-' || argv[i][1] == '\0')
      continue;
    row = find_row (rows, argv[i]);
    if (row == NULL || !row_fits (row, command)) {
      refuse_option (rows, command, argv[i]);
      return FALSE;
    }
    if (row->bare && strchr (argv[i], '=') == NULL) {
      char *with_value = g_strconcat (argv[i], "=", NULL);

      g_free (argv[i]);
      argv[i] = with_value;
    } else if (takes_next_word (row, argv[i]) && argv[i + 1] != NULL) {
      i++;
    }
  }
  return TRUE;
}

static gboolean
parse_words (LaneCliOptions *options, GArray *rows, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);

    if (row_fits (row, options->command))
      g_array_append_val (entries, row->entry);
  }
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_add_main_entries (context, (const GOptionEntry *)entries->data, NULL);
  if (g_option_context_parse_strv (context, argv, &error))
    return TRUE;

  g_printerr ("icelane: %s\n", error->message);
  return FALSE;
}

static gboolean
check_counts (LaneCliOptions *options)
{
  const LaneCliCommand *command = options->command;
  guint count = g_strv_length (options->arguments);

  if (count >= command->min_arguments && count <= command->max_arguments)
    return TRUE;

  if (count > 0 && command->max_arguments == 0)
    g_printerr ("icelane%s%s takes no argument, got '%s'\n", command->name != NULL ? " " : "",
                command->name != NULL ? command->name : "", options->arguments[0]);
  else
    g_printerr ("usage: icelane %s %s\n", command->name, command->arguments);
  return FALSE;
}

static gboolean
check_color (const LaneCliOptions *options)
{
  static const char *const words[] = { "auto", "always", "never", NULL };

  if (options->color == NULL || g_strv_contains (words, options->color))
    return TRUE;
  g_printerr ("icelane: --color: '%s' is not auto, always or never\n", options->color);
  return FALSE;
}

/* What GOption is to see: all before `--`, less the command itself. */
static char **
words_before_dashes (char **argv, guint command_at)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; argv[i] != NULL && (i == 0 || strcmp (argv[i], "--") != 0); i++) {
    if (command_at == 0 || i != command_at)
      g_strv_builder_add (builder, argv[i]);
  }
  return g_strv_builder_end (builder);
}

/* What GOption left, and all after `--`. */
static char **
join_arguments (char **left, char **argv)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint at = 1;

  g_strv_builder_addv (builder, (const char **)left + 1);
  while (argv[at] != NULL && strcmp (argv[at], "--") != 0)
    at++;
  if (argv[at] != NULL)
    g_strv_builder_addv (builder, (const char **)argv + at + 1);
  return g_strv_builder_end (builder);
}

const LaneCliCommand *
lane_cli_find_command (const LaneCliCommand *commands, const char *name)
{
  for (; commands->run != NULL; commands++) {
    if (g_strcmp0 (commands->name, name) == 0)
      return commands;
  }
  return NULL;
}

gboolean
lane_cli_options_parse (LaneCliOptions *options, const LaneCliCommand *commands, char **argv)
{
  g_autoptr (GArray) rows = make_rows (options);
  g_auto (GStrv) words = NULL;
  guint at = find_command_word (rows, argv);

  memset (options, 0, sizeof *options);
  options->commands = commands;
  options->command = lane_cli_find_command (commands, at > 0 ? argv[at] : NULL);
  options->help = has_word (argv, "-h", "--help");
  options->version = !options->help && has_word (argv, "--version", "--version");
  if (options->command == NULL && !options->version) {
    if (options->help)
      options->command = lane_cli_find_command (commands, NULL);
    else
      refuse_command (commands, argv[at]);
    return options->help;
  }
  if (options->help || options->version)
    return TRUE;

  words = words_before_dashes (argv, at);
  if (!check_words (rows, options->command, words) || !parse_words (options, rows, &words))
    return FALSE;
  options->arguments = join_arguments (words, argv);
  return check_counts (options) && check_color (options);
}

GArray *
lane_cli_list_options (const LaneCliCommand *command)
{
  LaneCliOptions scratch; /* for the addresses in the table only */
  g_autoptr (GArray) rows = make_rows (&scratch);
  GArray *options = g_array_new (FALSE, FALSE, sizeof (LaneCliOption));

  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);
    const LaneCliOption option = {
      .name = row->entry.long_name,
      .letter = row->entry.short_name,
      .help = row->entry.description,
      .takes_next = row->entry.arg != G_OPTION_ARG_NONE && !row->bare,
      .file = row->entry.arg == G_OPTION_ARG_FILENAME,
    };

    if (row_fits (row, command) && (row->entry.flags & G_OPTION_FLAG_HIDDEN) == 0)
      g_array_append_val (options, option);
  }
  return options;
}

static void
print_rows (const LaneCliOptions *options, GArray *rows, gboolean global)
{
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = &g_array_index (rows, Row, i);
    const GOptionEntry *entry = &row->entry;
    g_autoptr (GString) left = g_string_new ("  ");

    if ((row->commands == EVERY) != global || !row_fits (row, options->command)
        || (entry->flags & G_OPTION_FLAG_HIDDEN) != 0)
      continue;
    if (entry->short_name != 0)
      g_string_append_printf (left, "-%c, ", entry->short_name);
    g_string_append_printf (left, "--%s", entry->long_name);
    if (row->bare)
      g_string_append_printf (left, "[=%s]", entry->arg_description);
    else if (entry->arg_description != NULL)
      g_string_append_printf (left, " %s", entry->arg_description);
    g_print ("%-28s %s\n", left->str, entry->description);
  }
}

static void
print_commands (const LaneCliOptions *options)
{
  g_print ("\nCommands:\n");
  for (const LaneCliCommand *command = options->commands; command->run != NULL; command++) {
    g_autofree char *left = g_strdup_printf (
        "  icelane %s %s", command->name != NULL ? command->name : "", command->arguments);

    g_print ("%-44s %s\n", g_strchomp (left), command->help);
  }
  g_print ("\nExit codes: 0 ok, 1 failed, 2 usage, 3 settings, 4 timeout or not connected,\n"
           "5 connected but not direct, 6 no node runs, 7 unusable terminal, 128+N signal;\n"
           "`icelane help exit-codes` says more\n");
}

void
lane_cli_print_help (const LaneCliOptions *options)
{
  LaneCliOptions scratch; /* for the addresses in the table only */
  g_autoptr (GArray) rows = make_rows (&scratch);
  const LaneCliCommand *command = options->command;

  g_print ("Example: %s\n\n", command->example);
  g_print ("Usage: icelane %s %s\n%s\n", command->name != NULL ? command->name : "[COMMAND]",
           command->arguments, command->help);
  if (command->name != NULL) {
    g_print ("\nOptions:\n");
    print_rows (options, rows, FALSE);
    if (strcmp (command->name, "status") == 0) {
      g_autofree char *fields = lane_status_format_help ();

      g_print ("%s", fields);
    }
  } else {
    print_commands (options);
  }
  g_print ("\nOptions of every command:\n");
  print_rows (options, rows, TRUE);
}

gboolean
lane_cli_parse_seconds (const char *option, const char *text, double fallback, double *seconds)
{
  char *end;

  if (text == NULL || *text == '\0') {
    *seconds = fallback;
    return TRUE;
  }
  *seconds = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && *seconds > 0 && *seconds <= 1e6)
    return TRUE;

  g_printerr ("icelane: %s: '%s' is not a number of seconds\n", option, text);
  return FALSE;
}

void
lane_cli_options_clear (LaneCliOptions *options)
{
  g_strfreev (options->arguments);
  g_strfreev (options->sets);
  g_free (options->config);
  g_free (options->socket);
  g_free (options->theme);
  g_free (options->color);
  g_free (options->wait);
  g_free (options->watch);
  g_free (options->format);
  g_free (options->timeout);
  g_free (options->level);
  g_free (options->at);
  g_free (options->lifetime);
  g_free (options->output);
  g_free (options->listen);
  g_free (options->token_file);
  g_free (options->cert);
  g_free (options->key);
  memset (options, 0, sizeof *options);
}
