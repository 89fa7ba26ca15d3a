/* The command line of icelane: global options, one command, its options and arguments.
 *
 * Options may stand before or after the command. One table says which option goes with which
 * command; parsing, --help and the hints for typos walk it. */
#pragma once

#include "messages.h"

typedef struct _LaneCliOptions LaneCliOptions;

typedef struct {
  const char *name;      /* NULL: no command, the dashboard */
  const char *arguments; /* `PEER...`, for the help */
  const char *example;
  const char *help; /* one line */
  guint min_arguments, max_arguments;
  int (*run) (const LaneCliOptions *options); /* returns the exit code */
} LaneCliCommand;

/* Exit codes (UX section 4). */
enum {
  LANE_EXIT_OK = 0,
  LANE_EXIT_FAILED = 1,
  LANE_EXIT_USAGE = 2,
  LANE_EXIT_CONFIG = 3,
  LANE_EXIT_NOT_CONNECTED = 4, /* or out of time */
  LANE_EXIT_NOT_DIRECT = 5,
  LANE_EXIT_NOT_RUNNING = 6,
  LANE_EXIT_TERMINAL = 7,
  LANE_EXIT_SIGNAL = 128 /* + its number */
};

struct _LaneCliOptions {
  const LaneCliCommand *commands; /* the whole table, ends with a NULL run */
  const LaneCliCommand *command;
  char **arguments;       /* of the command */
  LaneMessages *messages; /* set by main */

  char *config, *socket, *theme, *color, **sets;
  gboolean ascii, no_mouse, read_only, quiet, verbose;
  gboolean help, version;

  gboolean all, yes, direct, json, follow, groups, day, log_json, show_origin, detached, dumpable;
  gboolean secrets, uris, nat, mask_names;
  char *format;       /* of status; NULL: a table */
  char *wait, *watch; /* NULL: not given; else text of SEC, empty: default */
  char *timeout, *level, *lifetime, *output;
  char *at;
  char *listen, *token_file, *cert, *key;
};

/* FALSE: said on stderr what is wrong, for LANE_EXIT_USAGE. With help or version set, nothing else
 * was checked, and command is the one help is asked for. @options is zeroed first. */
gboolean
lane_cli_options_parse (LaneCliOptions *options, const LaneCliCommand *commands, char **argv);
void lane_cli_options_clear (LaneCliOptions *options);

const LaneCliCommand *lane_cli_find_command (const LaneCliCommand *commands, const char *name);
/* The help of options->command to stdout. */
void lane_cli_print_help (const LaneCliOptions *options);
/* An option as a shell has to know it. */
typedef struct {
  const char *name; /* without its dashes */
  char letter;      /* 0: none */
  const char *help;
  gboolean takes_next; /* the next word is its value */
  gboolean file;       /* which is a path */
} LaneCliOption;
/* Of LaneCliOption: those that go with @command. Unref it. */
GArray *lane_cli_list_options (const LaneCliCommand *command);
/* A number of seconds > 0 as text; empty or NULL gives @fallback. FALSE: said so on stderr. */
gboolean
lane_cli_parse_seconds (const char *option, const char *text, double fallback, double *seconds);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LaneCliOptions, lane_cli_options_clear)
