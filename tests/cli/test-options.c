#include "suite.h"

#include <stdio.h>

#include <string.h>
#include <unistd.h>

#include "options.h"

static int
no_run (const LaneCliOptions *options)
{
  return 0;
}

static const LaneCliCommand commands[] = {
  { NULL, "", "icelane", "the dashboard", 0, 0, no_run },
  { "status", "[PEER...]", "icelane status --json", "status", 0, G_MAXUINT, no_run },
  { "restart", "PEER...", "icelane restart cam-7", "restart", 0, G_MAXUINT, no_run },
  { "wait", "PEER", "icelane wait cam-7", "wait", 1, 1, no_run },
  { "run", "", "icelane run", "run", 0, 0, no_run },
  { 0 },
};

/* Runs @body with stdout and stderr in a string. */
typedef struct {
  int saved_out, saved_err;
  char *path;
} Capture;

static void
capture_start (Capture *capture)
{
  int fd = g_file_open_tmp ("icelane-XXXXXX", &capture->path, NULL);

  fflush (stdout);
  capture->saved_out = dup (STDOUT_FILENO);
  capture->saved_err = dup (STDERR_FILENO);
  dup2 (fd, STDOUT_FILENO);
  dup2 (fd, STDERR_FILENO);
  close (fd);
}

static char *
capture_end (Capture *capture)
{
  char *text = NULL;

  fflush (stdout);
  dup2 (capture->saved_out, STDOUT_FILENO);
  dup2 (capture->saved_err, STDERR_FILENO);
  close (capture->saved_out);
  close (capture->saved_err);
  g_file_get_contents (capture->path, &text, NULL, NULL);
  unlink (capture->path);
  g_free (capture->path);
  return text;
}

static gboolean
parse (LaneCliOptions *options, const char *line)
{
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);

  return lane_cli_options_parse (options, commands, argv);
}

START_TEST (options_may_stand_before_or_after_the_command)
{
  static const char *const lines[] = {
    "icelane --config a.ini status --json berlin --set ice.trickle=off --set=a.b=c",
    "icelane status berlin --json --config=a.ini --set ice.trickle=off --set a.b=c",
    "icelane --json --set ice.trickle=off --config a.ini --set a.b=c status berlin",
  };
  g_auto (LaneCliOptions) options;

  ck_assert (parse (&options, lines[_i]));
  ck_assert_str_eq (options.command->name, "status");
  ck_assert (options.json);
  ck_assert_str_eq (options.config, "a.ini");
  ck_assert_str_eq (options.sets[0], "ice.trickle=off");
  ck_assert_str_eq (options.sets[1], "a.b=c");
  ck_assert_uint_eq (g_strv_length (options.arguments), 1);
  ck_assert_str_eq (options.arguments[0], "berlin");
}
END_TEST

START_TEST (an_option_before_the_command_may_be_the_commands)
{
  g_auto (LaneCliOptions) options;

  ck_assert (parse (&options, "icelane --timeout 5 wait berlin --direct"));
  ck_assert_str_eq (options.command->name, "wait");
  ck_assert_str_eq (options.timeout, "5");
  ck_assert (options.direct);
}
END_TEST

START_TEST (no_command_is_the_dashboard)
{
  g_auto (LaneCliOptions) options;

  ck_assert (parse (&options, "icelane --ascii --no-mouse"));
  ck_assert_ptr_null (options.command->name);
  ck_assert (options.ascii && options.no_mouse);
}
END_TEST

START_TEST (an_optional_value_does_not_eat_the_next_word)
{
  g_auto (LaneCliOptions) options;
  g_auto (LaneCliOptions) with_value;
  g_auto (LaneCliOptions) without;

  ck_assert (parse (&options, "icelane restart --wait berlin"));
  ck_assert_str_eq (options.wait, "");
  ck_assert_str_eq (options.arguments[0], "berlin");
  ck_assert (parse (&with_value, "icelane restart --wait=5 berlin"));
  ck_assert_str_eq (with_value.wait, "5");
  ck_assert (parse (&without, "icelane restart berlin"));
  ck_assert_ptr_null (without.wait);
}
END_TEST

START_TEST (after_two_dashes_all_are_arguments)
{
  g_auto (LaneCliOptions) options;

  ck_assert (parse (&options, "icelane status --json -- -x --json --help"));
  ck_assert (options.json && !options.help);
  ck_assert_uint_eq (g_strv_length (options.arguments), 3);
  ck_assert_str_eq (options.arguments[0], "-x");
  ck_assert_str_eq (options.arguments[2], "--help");
}
END_TEST

typedef struct {
  const char *line;
  const char *says;
} Refusal;

static const Refusal refusals[] = {
  { "icelane stauts", "there is no command 'stauts' (did you mean status?)" },
  { "icelane restrat berlin", "did you mean restart?" },
  { "icelane frobnicate", "there is no command 'frobnicate'; " },
  { "icelane status --jsn", "no option --jsn here (did you mean --json?)" },
  { "icelane restart --json a", "icelane restart: there is no option --json here" },
  { "icelane status -x", "no option -x here" },
  { "icelane status --config", "--config" },
  { "icelane wait", "usage: icelane wait PEER" },
  { "icelane wait a b", "usage: icelane wait PEER" },
  { "icelane run now", "icelane run takes no argument, got 'now'" },
  { "icelane --color=blue", "--color: 'blue' is not auto, always or never" },
};

START_TEST (a_mistake_is_refused_with_a_hint)
{
  g_auto (LaneCliOptions) options;
  Capture capture;
  g_autofree char *said = NULL;
  gboolean parsed;

  capture_start (&capture);
  parsed = parse (&options, refusals[_i].line);
  said = capture_end (&capture);
  ck_assert (!parsed);
  ck_assert_msg (strstr (said, refusals[_i].says) != NULL, "'%s' lacks '%s'", said,
                 refusals[_i].says);
}
END_TEST

typedef struct {
  const char *line;
  const char *command;
} Help;

static const Help helps[] = {
  { "icelane -h", NULL },
  { "icelane --help", NULL },
  { "icelane wait -h", "wait" },
  { "icelane -h wait", "wait" },
  { "icelane status --nonsense --help", "status" },
  { "icelane nonsense -h", NULL },
};

START_TEST (help_is_found_anywhere)
{
  g_auto (LaneCliOptions) options;

  ck_assert (parse (&options, helps[_i].line));
  ck_assert (options.help);
  ck_assert_pstr_eq (options.command->name, helps[_i].command);
}
END_TEST

START_TEST (help_starts_with_an_example_and_lists_the_commands_options)
{
  g_auto (LaneCliOptions) options;
  Capture capture;
  g_autofree char *text = NULL;

  ck_assert (parse (&options, "icelane restart -h"));
  capture_start (&capture);
  lane_cli_print_help (&options);
  text = capture_end (&capture);
  ck_assert (g_str_has_prefix (text, "Example: icelane restart cam-7\n"));
  ck_assert_ptr_nonnull (strstr (text, "--wait[=SEC]"));
  ck_assert_ptr_nonnull (strstr (text, "--config FILE"));
  ck_assert_ptr_null (strstr (text, "--timeout"));
}
END_TEST

START_TEST (version_is_found_anywhere)
{
  g_auto (LaneCliOptions) options;

  ck_assert (parse (&options, "icelane --version"));
  ck_assert (options.version);
}
END_TEST

START_TEST (seconds_are_positive_numbers)
{
  static const char *const bad[] = { "0", "-1", "x", "5x", "nan", "inf", "1e99" };
  double seconds = 0;

  ck_assert (lane_cli_parse_seconds ("--wait", "2.5", 30, &seconds));
  ck_assert_double_eq (seconds, 2.5);
  ck_assert (lane_cli_parse_seconds ("--wait", "", 30, &seconds));
  ck_assert_double_eq (seconds, 30);
  ck_assert (lane_cli_parse_seconds ("--wait", NULL, 30, &seconds));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    ck_assert_msg (!lane_cli_parse_seconds ("--wait", bad[i], 30, &seconds), "%s", bad[i]);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("options");
  TCase *tcase = tcase_create ("options");

  tcase_add_loop_test (tcase, options_may_stand_before_or_after_the_command, 0, 3);
  tcase_add_test (tcase, an_option_before_the_command_may_be_the_commands);
  tcase_add_test (tcase, no_command_is_the_dashboard);
  tcase_add_test (tcase, an_optional_value_does_not_eat_the_next_word);
  tcase_add_test (tcase, after_two_dashes_all_are_arguments);
  tcase_add_loop_test (tcase, a_mistake_is_refused_with_a_hint, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tcase, help_is_found_anywhere, 0, G_N_ELEMENTS (helps));
  tcase_add_test (tcase, help_starts_with_an_example_and_lists_the_commands_options);
  tcase_add_test (tcase, version_is_found_anywhere);
  tcase_add_test (tcase, seconds_are_positive_numbers);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
