/* `icelane config` as a process: what it does to the file, what it says, how it ends, and that no
 * secret comes out of it. */
#include "suite.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#define CANARY     "canary-7f3a91"
#define CANARY_B64 "Y2FuYXJ5LTdmM2E5MQ=="

typedef struct {
  int code;
  char *out, *err;
} Outcome;

static char *folder;

static void
outcome_free (Outcome *outcome)
{
  g_free (outcome->out);
  g_free (outcome->err);
  g_free (outcome);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)

static void
set_up (void)
{
  folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  ck_assert_int_eq (g_chdir (folder), 0);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", folder);

  ck_assert_int_eq (g_chdir ("/"), 0);
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_clear_pointer (&folder, g_free);
}

static void
write_file (const char *name, const char *text, mode_t mode)
{
  ck_assert (g_file_set_contents_full (name, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, mode, NULL));
  ck_assert_int_eq (g_chmod (name, mode), 0);
}

static void
assert_file (const char *name, const char *text)
{
  g_autofree char *found = NULL;

  ck_assert_msg (g_file_get_contents (name, &found, NULL, NULL), "there is no %s", name);
  ck_assert_str_eq (found, text);
}

/* `icelane config --config icelane.ini LINE`, with @input on its standard input; @line is split as
 * a shell would. @variable is one more for its environment. */
static Outcome *
run_with (const char *line, const char *input, const char *variable)
{
  g_autofree char *whole =
      g_strdup_printf ("%s config --config icelane.ini %s", g_getenv ("ICELANE"), line);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                 | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) environment = g_get_environ ();
  g_auto (GStrv) argv = NULL;
  Outcome *outcome = g_new0 (Outcome, 1);

  environment = g_environ_setenv (environment, "HOME", folder, TRUE);
  environment = g_environ_setenv (environment, "XDG_RUNTIME_DIR", folder, TRUE);
  environment = g_environ_setenv (environment, "LC_ALL", "C.UTF-8", TRUE);
  environment = g_environ_unsetenv (environment, "XDG_CONFIG_HOME");
  if (variable != NULL) {
    g_auto (GStrv) pair = g_strsplit (variable, "=", 2);

    environment = g_environ_setenv (environment, pair[0], pair[1], TRUE);
  }
  g_subprocess_launcher_set_environ (launcher, environment);
  ck_assert (g_shell_parse_argv (whole, NULL, &argv, NULL));
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *)argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, input != NULL ? input : "", NULL, &outcome->out,
                                 &outcome->err, &error);
  g_assert_no_error (error);
  outcome->code = g_subprocess_get_exit_status (process);
  return outcome;
}

static Outcome *
run (const char *line)
{
  return run_with (line, NULL, NULL);
}

typedef struct {
  const char *before, *line, *input;
  const char *after; /* NULL: as before */
  int code;
  const char *says; /* on stderr; NULL: nothing */
} Change;

#define HOME_SERVER                                                                                \
  "[server home]\nuri = turn:a ; main\nusername = u\npassword-command = pass show a\n"
#define PLAIN_SERVER "[server home]\nuri = turn:a\nusername = u\npassword = old\n"

static const Change changes[] = {
  { "# mine\n[ice]\ntrickle = on  ; c\n", "set ice.trickle off", NULL,
    "# mine\n[ice]\ntrickle = off ; c\n", 0, NULL },
  { "", "set ice.trickle off", NULL, "[ice]\ntrickle = off\n", 0, NULL },
  { "", "set server.home.uri stun:a stun:b", NULL, "[server home]\nuri = stun:a\nuri = stun:b\n", 0,
    NULL },
  { "", "set keys.restart -", NULL, "[keys]\nrestart = -\n", 0, NULL },
  { "[server a.b]\nuri = stun:a\n", "set server.a.b.enabled no", NULL,
    "[server a.b]\nuri = stun:a\nenabled = no\n", 0, NULL },

  /* Secrets come on standard input. */
  { PLAIN_SERVER, "set server.home.password -", "new\n",
    "[server home]\nuri = turn:a\nusername = u\npassword = new\n", 0, NULL },
  { PLAIN_SERVER, "set server.home.password -", "a ;b",
    "[server home]\nuri = turn:a\nusername = u\npassword-b64 = YSA7Yg==\n", 0, NULL },
  { PLAIN_SERVER, "set server.home.password -", "", NULL, 1, "nothing on standard input" },
  { PLAIN_SERVER, "set server.home.password -", "\n", NULL, 1, "nothing on standard input" },
  { PLAIN_SERVER, "set server.home.password " CANARY, "", NULL, 2,
    "server.home.password is a secret, and other programs can read the command line" },

  /* What is wrong changes nothing. */
  { "[ice]\n", "set ice.trickle maybe", NULL, NULL, 3, "[ice] trickle: 'maybe' is not on or off" },
  { "[ice]\n", "set ice.trickel off", NULL, NULL, 2,
    "trickel is not a setting of [ice] (did you mean trickle?)" },
  { "[ice]\n", "set icee.trickle off", NULL, NULL, 2, "did you mean ice?" },
  { "[ice]\n", "set trickle off", NULL, NULL, 2, "expected SECTION.KEY" },
  { "[ice]\n", "set ice.trickle", NULL, NULL, 2, "usage: icelane config set SECTION.KEY VALUE..." },
  { "[ice]\n", "set ice.trickle on off", NULL, NULL, 3, "takes one value only" },
  { "[ice]\n", "set node.name 'a ;b'", NULL, NULL, 3, "would be read as a comment" },
  { HOME_SERVER, "set server.home.password-file /x", NULL, NULL, 3,
    "password-file: is set beside password-command: keep one of them" },
  { "[ice\n", "set ice.trickle off", NULL, NULL, 3, "icelane.ini: line 1: expected ']'" },
  { "hunter2\n", "unset ice.trickle", NULL, NULL, 3, "line 1: expected [section] or key = value" },

  /* A new section may be made step by step. */
  { "", "set server.home.uri turn:a", NULL, "[server home]\nuri = turn:a\n", 0,
    "[server home] has a turn: URI but no password" },

  { "[ice]\ntrickle = on\n", "unset ice.trickle", NULL, "[ice]\n", 0, NULL },
  { "[ice]\ntrickle = on\nwarp = 9\n", "unset ice.trickle ice.warp", NULL, "[ice]\n", 0, NULL },
  { "[ice]\n\n" HOME_SERVER "\n[log]\n", "unset server.home", NULL, "[ice]\n\n[log]\n", 0, NULL },
  { "[ice]\n", "unset ice.trickle", NULL, NULL, 1, "ice.trickle is not set there" },
  { "[ice]\n", "unset server.home", NULL, NULL, 1, "server.home is not set there" },
  { HOME_SERVER, "unset server.home.username", NULL, NULL, 3,
    "[server home] has a turn: URI but no username" },
  { "[ice]\n", "unset", NULL, NULL, 2, "usage: icelane config unset" },

  { "", "frob", NULL, NULL, 2, "config has no 'frob'" },
  { "", "lsit", NULL, NULL, 2, "(did you mean list?)" },
  { "", "list more", NULL, NULL, 2, "usage: icelane config list" },

  /* Import. */
  { "[ice]\n", "import -",
    "{\"iceServers\":[{\"urls\":\"stun:stun.example.net\"},{\"urls\":[\"turn:t.example.net\","
    "\"turns:t.example.net:443?transport=tcp\"],\"username\":\"u\",\"credential\":\"p\"}]}",
    "[ice]\n\n[server stun.example.net]\nuri = stun:stun.example.net\n\n[server t.example.net]\n"
    "uri = turn:t.example.net\nuri = turns:t.example.net:443\nusername = u\npassword = p\n",
    0, "server.t.example.net: added" },
  { "", "import -", "[{\"url\":\"stun:[::1]\",\"credential\":null}]",
    "[server ip--1]\nuri = stun:[::1]\n", 0, "server.ip--1: added" },
  { "", "import -", " {\"urls\":\"turn:a\",\"username\":\"u\",\"credential\":\" p ;\"}",
    "[server a]\nuri = turn:a\nusername = u\npassword-b64 = IHAgOw==\n", 0, "added" },
  { "", "import -",
    "# from the browser\nturn://u%40x:p%3a%2f@a:3479?transport=tcp\nturn:u%40x:p%3a%2f@a\n"
    "\nstun:b\n",
    "[server a]\nuri = turn:a:3479?transport=tcp\nuri = turn:a\nusername = u@x\npassword = p:/\n\n"
    "[server b]\nuri = stun:b\n",
    0, "added" },
  { "[server a]\nuri = stun:c\n", "import -", "stun:a\n",
    "[server a]\nuri = stun:c\n\n[server a-2]\nuri = stun:a\n", 0, "server.a-2: added" },
  { PLAIN_SERVER, "import -", "turn://u:new@A:3478\n",
    "[server home]\nuri = turn:a\nusername = u\npassword = new\n", 0,
    "server.home: has another password now" },
  { PLAIN_SERVER, "import -", "turn://u:old@a\n", NULL, 0, "server.home: is there already" },
  { HOME_SERVER, "import -", "turn://u:old@a\n", NULL, 0, "gets its password from elsewhere" },
  { "", "import -", "turn://u@a\n", "[server a]\nuri = turn:a\nusername = u\n", 0,
    "has a turn: URI but no password" },

  { "[ice]\n", "import -", "", NULL, 1, "-: has no server in it" },
  { "[ice]\n", "import -", "\n\nturn://u:" CANARY "%zz@a\n", NULL, 1,
    "line 3: a percent sign in the user name or password" },
  { "[ice]\n", "import -", "turn://u:" CANARY "@a:0", NULL, 1, "port 0 is not in 1-65535" },
  { "[ice]\n", "import -", "turn://u:" CANARY "@a?x=y", NULL, 1, "'x=y' after '?' is not" },
  { "[ice]\n", "import -", "stun://u:" CANARY "@a", NULL, 1, "stun: takes no user name" },
  { "[ice]\n", "import -", "u:" CANARY "@a", NULL, 1, "starts with none of stun:, stuns:, turn:" },
  { "[ice]\n", "import -", CANARY "@a", NULL, 1, "starts with none of stun:, stuns:, turn:" },
  { "[ice]\n", "import -", CANARY, NULL, 1, "starts with none of stun:, stuns:, turn:" },
  { "[ice]\n", "import -", "{\"urls\":\"turn:a\",\"credential\":5}", NULL, 1,
    "'credential' must be there and be a string" },
  { "[ice]\n", "import -", "{\"username\":\"" CANARY "\"}", NULL, 1, "has no 'urls'" },
  { "[ice]\n", "import -", "{\"urls\":[\"stun:a\",7]}", NULL, 1, "'urls' must be a string or" },
  { "[ice]\n", "import -", "[{\"urls\":\"stun:a\"},{\"urls\":[]}]", NULL, 1,
    "server 2: 'urls' is empty" },
  { "[ice]\n", "import -",
    "{\"urls\":\"turn:a\",\"username\":\"u\",\"credential\":\"p\",\"credentialType\":\"oauth\"}",
    NULL, 1, "'credentialType' other than password" },
  { "[ice]\n", "import -", "{\"urls\":\"turn:x:y@a\",\"username\":\"z\"}", NULL, 1,
    "others beside it" },
  { "[ice]\n", "import -", "{\"iceServers\":{}}", NULL, 1, "'iceServers' must be an array" },
  { "[ice]\n", "import -", "{\"urls\":", NULL, 1, "JSON, byte " },
  { "[ice]\n", "import nowhere.json", "", NULL, 1, "nowhere.json: No such file or directory" },
  { "[ice]\n", "import", "", NULL, 2, "usage: icelane config import FILE" },
  { "[ice\n", "import -", "stun:a", NULL, 3, "icelane.ini: line 1: expected ']'" },
};

START_TEST (command_does_this_to_the_file)
{
  const Change *change = &changes[_i];
  g_autoptr (Outcome) outcome = NULL;

  write_file ("icelane.ini", change->before, 0600);
  outcome = run_with (change->line, change->input, NULL);
  ck_assert_msg (outcome->code == change->code, "`%s` gave %d: %s", change->line, outcome->code,
                 outcome->err);
  assert_file ("icelane.ini", change->after != NULL ? change->after : change->before);
  if (change->says == NULL)
    ck_assert_str_eq (outcome->err, "");
  else
    ck_assert_msg (strstr (outcome->err, change->says) != NULL, "%s", outcome->err);
  ck_assert_str_eq (outcome->out, "");
  ck_assert_ptr_null (strstr (outcome->err, CANARY));
  ck_assert_int_eq (g_file_test ("icelane.ini~", G_FILE_TEST_EXISTS), change->after != NULL);
}
END_TEST

/* `icelane config set server.home.password -` on a terminal, up to its prompt. */
static GSubprocess *
start_on_terminal (int *terminal)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;
  char prompt[64] = { 0 };
  int end;

  ck_assert_int_eq (openpty (terminal, &end, NULL, NULL, NULL), 0);
  g_subprocess_launcher_take_stdin_fd (launcher, end);
  process =
      g_subprocess_launcher_spawn (launcher, &error, g_getenv ("ICELANE"), "config", "--config",
                                   "icelane.ini", "set", "server.home.password", "-", NULL);
  g_assert_no_error (error);
  ck_assert_int_gt (g_input_stream_read (g_subprocess_get_stderr_pipe (process), prompt,
                                         sizeof prompt - 1, NULL, NULL),
                    0);
  ck_assert_str_eq (prompt, "server.home.password: ");
  return process;
}

START_TEST (terminal_does_not_show_the_password)
{
  g_autoptr (GSubprocess) process = NULL;
  char shown[64] = { 0 };
  int terminal;

  write_file ("icelane.ini", PLAIN_SERVER, 0600);
  process = start_on_terminal (&terminal);
  ck_assert_int_gt (write (terminal, CANARY "\n", strlen (CANARY) + 1), 0);
  ck_assert (g_subprocess_wait_check (process, NULL, NULL));
  assert_file ("icelane.ini", "[server home]\nuri = turn:a\nusername = u\npassword = " CANARY "\n");
  ck_assert_int_eq (fcntl (terminal, F_SETFL, O_NONBLOCK), 0);
  if (read (terminal, shown, sizeof shown - 1) > 0)
    ck_assert_ptr_null (strstr (shown, CANARY));
  close (terminal);
}
END_TEST

START_TEST (interrupted_prompt_leaves_terminal_and_file)
{
  g_autoptr (GSubprocess) process = NULL;
  struct termios state;
  int terminal;

  write_file ("icelane.ini", PLAIN_SERVER, 0600);
  process = start_on_terminal (&terminal);
  ck_assert_int_eq (tcgetattr (terminal, &state), 0);
  ck_assert ((state.c_lflag & ECHO) == 0);
  g_subprocess_send_signal (process, SIGINT);
  ck_assert (g_subprocess_wait (process, NULL, NULL));
  ck_assert_int_eq (g_subprocess_get_exit_status (process), 1);
  ck_assert_int_eq (tcgetattr (terminal, &state), 0);
  ck_assert ((state.c_lflag & ECHO) != 0);
  assert_file ("icelane.ini", PLAIN_SERVER);
  close (terminal);
}
END_TEST

typedef struct {
  const char *line;
  int code;
  const char *out;
} Reading;

static const Reading readings[] = {
  { "get ice.trickle", 0, "off\n" },
  { "get server.home.uri", 0, "turn:a\nstun:b\n" },
  { "get server.home.password", 0, "(secret)\n" },
  { "get log.level", 0, "info\n" },
  { "get keys.restart", 0, "r F9\n" },
  { "get keys.quit", 1, "" },
  { "get server.home.ca-file", 1, "" },
  { "get server.away.uri", 1, "" },
  { "get ice.trickel", 2, "" },
  { "get log.keep", 3, "5\n" },
  { "get ice.trickle --set ice.trickle=on", 0, "on\n" },
  { "get ice.trickle --show-origin", 0, "off    ; icelane.ini:2\n" },
  { "get log.level --show-origin", 0, "info    ; default\n" },
  { "get ui.theme --show-origin", 0, "paper    ; ICELANE_UI_THEME\n" },
};

START_TEST (value_that_holds_is_printed)
{
  g_autoptr (Outcome) outcome = NULL;

  write_file ("icelane.ini",
              "[ice]\ntrickle = off\n[log]\nkeep = many\n[keys]\nrestart = r F9\n"
              "[server home]\nuri = turn:a stun:b\nusername = u\npassword = " CANARY "\n",
              0600);
  outcome = run_with (readings[_i].line, NULL, "ICELANE_UI_THEME=paper");
  ck_assert_int_eq (outcome->code, readings[_i].code);
  ck_assert_str_eq (outcome->out, readings[_i].out);
}
END_TEST

START_TEST (check_knows_two_actions_on_one_key)
{
  g_autoptr (Outcome) outcome = NULL;

  write_file ("icelane.ini", "[signaling]\nurl = http://127.0.0.1:1\n[keys]\nrestart = x\n", 0600);
  outcome = run ("check");
  ck_assert_int_eq (outcome->code, 3);
  ck_assert_msg (strstr (outcome->err,
                         "icelane.ini:4: [keys] restart: 'x' is the key of disconnect "
                         "already")
                     != NULL,
                 "%s", outcome->err);
}
END_TEST

START_TEST (list_has_every_value_and_its_origin)
{
  g_autoptr (Outcome) outcome = NULL;

  write_file ("icelane.ini",
              "[ice]\ntrickle = off\n[keys]\nrestart = r\n[server home]\nuri = turn:a stun:b\n"
              "username = u\npassword-b64 = " CANARY_B64 "\n",
              0600);
  outcome = run_with ("list --show-origin", NULL, "ICELANE_UI_THEME=paper");
  ck_assert_int_eq (outcome->code, 0);
  ck_assert_ptr_nonnull (strstr (outcome->out, "\nice.trickle = off    ; icelane.ini:2\n"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\nui.theme = paper    ; ICELANE_UI_THEME\n"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\nkeys.restart = r    ; icelane.ini:4\n"));
  ck_assert_ptr_nonnull (strstr (outcome->out, "\nserver.home.uri = turn:a    ; icelane.ini:6\n"
                                               "server.home.uri = stun:b    ; icelane.ini:6\n"));
  ck_assert_ptr_nonnull (
      strstr (outcome->out, "\nserver.home.password-b64 = (secret)    ; icelane.ini:8\n"));
  ck_assert_ptr_null (strstr (outcome->out, CANARY_B64));
}
END_TEST

START_TEST (new_file_is_private)
{
  g_autoptr (Outcome) outcome = run ("set ice.trickle off");
  struct stat status;

  ck_assert_int_eq (outcome->code, 0);
  assert_file ("icelane.ini", "[ice]\ntrickle = off\n");
  ck_assert_int_eq (stat ("icelane.ini", &status), 0);
  ck_assert_int_eq (status.st_mode & 07777, 0600);
}
END_TEST

START_TEST (override_is_pointed_out)
{
  g_autoptr (Outcome) outcome = run_with ("set ui.theme paper", NULL, "ICELANE_UI_THEME=harbour");

  ck_assert_int_eq (outcome->code, 0);
  ck_assert_str_eq (outcome->err, "icelane: it is saved, but ICELANE_UI_THEME overrides it here\n");
}
END_TEST

/* Editors: scripts, as $EDITOR. */
static const Change editors[] = {
  { "# mine\n[ice]\ntrickle = on\n", "sed -i s/on/off/", NULL, "# mine\n[ice]\ntrickle = off\n", 0,
    NULL },
  { "[ice]\n", "true", NULL, NULL, 0, NULL },
  { "[ice\n", "sed -i 's/$/]/'", NULL, "[ice]\n", 0, NULL },
  { "[ice]\n", "false", NULL, NULL, 1, "exited with code 1; nothing was changed" },
  { "[ice]\n", "/nonexistent/editor", NULL, NULL, 1, "/nonexistent/editor" },
  { "[ice]\ntrickle = on\n", "sed -i s/on/maybe/", NULL, NULL, 3,
    "icelane.ini:2: [ice] trickle: 'maybe' is not on or off\nicelane: nothing was changed\n" },
  { "[ice]\n", "sed -i s/./x/g", NULL, NULL, 3, "icelane.ini:1: expected [section] or key" },
  { "[ice]\n", "rm", NULL, NULL, 1, "is gone" },
};

START_TEST (editor_changes_the_file_if_it_is_fine)
{
  const Change *change = &editors[_i];
  g_autofree char *variable = g_strconcat ("EDITOR=", change->line, NULL);
  g_autoptr (Outcome) outcome = NULL;

  write_file ("icelane.ini", change->before, 0600);
  outcome = run_with ("edit", NULL, variable);
  ck_assert_msg (outcome->code == change->code, "%d: %s", outcome->code, outcome->err);
  assert_file ("icelane.ini", change->after != NULL ? change->after : change->before);
  if (change->says == NULL)
    ck_assert_str_eq (outcome->err, "");
  else
    ck_assert_msg (strstr (outcome->err, change->says) != NULL, "%s", outcome->err);
}
END_TEST

static gboolean
holds_copy (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, "icelane-edit-"))
      return TRUE;
  return FALSE;
}

START_TEST (copy_is_removed_unless_it_holds_work)
{
  g_autoptr (Outcome) fine = NULL, wrong = NULL;

  write_file ("icelane.ini", "[ice]\ntrickle = on\n", 0600);
  fine = run_with ("edit", NULL, "EDITOR=sed -i s/on/off/");
  ck_assert (!holds_copy ());
  wrong = run_with ("edit", NULL, "EDITOR=sed -i s/off/maybe/");
  ck_assert (holds_copy ());
  ck_assert_ptr_nonnull (strstr (wrong->err, "your text is kept in "));
}
END_TEST

START_TEST (first_edit_starts_from_the_template)
{
  g_autoptr (Outcome) outcome = run_with ("edit", NULL, "EDITOR=sed -i s/^#trickle.*/trickle=off/");
  g_autofree char *text = NULL;

  ck_assert_int_eq (outcome->code, 0);
  ck_assert (g_file_get_contents ("icelane.ini", &text, NULL, NULL));
  ck_assert_ptr_nonnull (strstr (text, "\ntrickle=off\n"));
  ck_assert_ptr_nonnull (strstr (text, "\n#[server home]\n"));
}
END_TEST

/* Another program saves while the editor is open. */
START_TEST (edit_does_not_run_over_another_save)
{
  g_autoptr (Outcome) outcome = NULL;

  write_file ("editor", "#!/bin/sh\nsed -i s/on/off/ \"$1\"\necho '# theirs' >> icelane.ini\n",
              0700);
  write_file ("icelane.ini", "[ice]\ntrickle = on\n", 0600);
  outcome = run_with ("edit", NULL, "EDITOR=./editor");
  ck_assert_int_eq (outcome->code, 1);
  ck_assert_ptr_nonnull (strstr (outcome->err, "another program has just saved it"));
  assert_file ("icelane.ini", "[ice]\ntrickle = on\n# theirs\n");
  ck_assert (holds_copy ());
}
END_TEST

#define EXPORTED                                                                                   \
  "[server one]\nuri = stun:s\nuri = turn:t?transport=tcp\nusername = u@x\npassword = p/w\n"       \
  "[server two]\nuri = stun:z\n[server three]\nuri = turn:off\nenabled = no\n"

START_TEST (export_leaves_passwords_out)
{
  g_autoptr (Outcome) json = NULL, uris = NULL;

  write_file ("icelane.ini", EXPORTED, 0600);
  json = run ("export");
  ck_assert_int_eq (json->code, 0);
  ck_assert_str_eq (json->out, "{\n  \"iceServers\" : [\n    {\n      \"urls\" : [\n"
                               "        \"stun:s\",\n        \"turn:t?transport=tcp\"\n      ],\n"
                               "      \"username\" : \"u@x\"\n    },\n    {\n      \"urls\" : [\n"
                               "        \"stun:z\"\n      ]\n    }\n  ]\n}\n");
  ck_assert_str_eq (json->err, "icelane: passwords are left out; --secrets prints them too\n");
  uris = run ("export --uris");
  ck_assert_str_eq (uris->out, "stun:s\nturn://u%40x@t?transport=tcp\nstun:z\n");
}
END_TEST

START_TEST (export_with_secrets_comes_back_by_import)
{
  g_autoptr (Outcome) json = NULL, uris = NULL, import = NULL;

  write_file ("icelane.ini", EXPORTED, 0600);
  json = run ("export --secrets");
  ck_assert_int_eq (json->code, 0);
  ck_assert_str_eq (json->err, "");
  ck_assert_ptr_nonnull (strstr (json->out, "\"credential\" : \"p/w\""));
  uris = run ("export --uris --secrets");
  ck_assert_str_eq (uris->out, "stun:s\nturn://u%40x:p%2Fw@t?transport=tcp\nstun:z\n");

  ck_assert_int_eq (g_unlink ("icelane.ini"), 0);
  import = run_with ("import -", json->out, NULL);
  ck_assert_int_eq (import->code, 0);
  assert_file ("icelane.ini", "[server s]\nuri = stun:s\nuri = turn:t?transport=tcp\n"
                              "username = u@x\npassword = p/w\n\n[server z]\nuri = stun:z\n");
}
END_TEST

START_TEST (export_asks_commands_and_files)
{
  g_autoptr (Outcome) outcome = NULL;
  g_autofree char *text = g_strdup_printf (
      "[server a]\nuri = turn:a\nusername = u\npassword-command = echo from-command\n"
      "[server b]\nuri = turn:b\nusername = u\npassword-file = %s/secret\n"
      "[server c]\nuri = turn:c\nusername = u\npassword-command = false\n",
      folder);

  write_file ("secret", "from-file\n", 0600);
  write_file ("icelane.ini", text, 0600);
  outcome = run ("export --uris --secrets");
  ck_assert_int_eq (outcome->code, 1);
  ck_assert_str_eq (outcome->out, "turn://u:from-command@a\nturn://u:from-file@b\n");
  ck_assert_ptr_nonnull (strstr (outcome->err, "server.c: password-command"));
}
END_TEST

/* Every output of every action, with a secret in every place that may hold one. */
static const char *const lines[] = {
  "check",
  "path",
  "list",
  "list --show-origin",
  "get server.plain.password",
  "get server.b64.password-b64",
  "get server.rest.auth-secret",
  "get server.plain.password --show-origin",
  "set ice.trickle off",
  "set server.plain.password -",
  "set server.plain.password " CANARY,
  "set server.b64.username x",
  "set server.plain.password-b64 -",
  "unset server.plain.password",
  "unset server.plain",
  "import -",
  "import icelane.ini",
  "edit",
  "export",
  "export --uris",
  "template",
  "list --set server.plain.password=" CANARY,
};

static const char *const canary_texts[] = {
  "[server plain]\nuri = turn:a\nusername = u\npassword = " CANARY "\n"
  "[server b64]\nuri = turn:b\nusername = u\npassword-b64 = " CANARY_B64 "\n"
  "[server rest]\nuri = turn:c\nauth-secret = " CANARY "\n",
  /* What is wrong makes messages. */
  "[server plain]\nuri = turn://u:" CANARY "@a\npassword " CANARY "\npassword = " CANARY "\n"
  "password = " CANARY "\n password-b64 = " CANARY "\npassword-b64 = " CANARY "!\n" CANARY "\n"
  "[server b64]\nuri = turn:" CANARY "@b\npassword-command = '" CANARY "\n",
};

START_TEST (secret_is_in_no_output)
{
  guint line = _i % G_N_ELEMENTS (lines), text = _i / G_N_ELEMENTS (lines);
  g_autoptr (Outcome) outcome = NULL;

  write_file ("icelane.ini", canary_texts[text], 0600);
  outcome = run_with (lines[line], CANARY "\n", "EDITOR=sed -i s/turn/stun/");
  ck_assert_msg (strstr (outcome->out, CANARY) == NULL && strstr (outcome->err, CANARY) == NULL
                     && strstr (outcome->out, CANARY_B64) == NULL
                     && strstr (outcome->err, CANARY_B64) == NULL,
                 "`%s`: %s%s", lines[line], outcome->out, outcome->err);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("config");
  TCase *tcase = tcase_create ("config");

  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_set_timeout (tcase, 60);
  tcase_add_loop_test (tcase, command_does_this_to_the_file, 0, G_N_ELEMENTS (changes));
  tcase_add_test (tcase, terminal_does_not_show_the_password);
  tcase_add_test (tcase, interrupted_prompt_leaves_terminal_and_file);
  tcase_add_loop_test (tcase, value_that_holds_is_printed, 0, G_N_ELEMENTS (readings));
  tcase_add_test (tcase, check_knows_two_actions_on_one_key);
  tcase_add_test (tcase, list_has_every_value_and_its_origin);
  tcase_add_test (tcase, new_file_is_private);
  tcase_add_test (tcase, override_is_pointed_out);
  tcase_add_loop_test (tcase, editor_changes_the_file_if_it_is_fine, 0, G_N_ELEMENTS (editors));
  tcase_add_test (tcase, copy_is_removed_unless_it_holds_work);
  tcase_add_test (tcase, first_edit_starts_from_the_template);
  tcase_add_test (tcase, edit_does_not_run_over_another_save);
  tcase_add_test (tcase, export_leaves_passwords_out);
  tcase_add_test (tcase, export_with_secrets_comes_back_by_import);
  tcase_add_test (tcase, export_asks_commands_and_files);
  tcase_add_loop_test (tcase, secret_is_in_no_output, 0,
                       G_N_ELEMENTS (lines) * G_N_ELEMENTS (canary_texts));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
