#include "suite.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "config.h"
#include "nearest.h"
#include "option.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "k3vq7d2mbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbq"
#define URL  "[signaling]\nurl = https://r.example.net\n"

typedef struct {
  char *folder;
  GPtrArray *environ_;
  LaneConfig *config;
  GPtrArray *problems;
} Fixture;

static Fixture fixture;

static void
set_up (void)
{
  fixture.folder = g_dir_make_tmp ("icelane-XXXXXX", NULL);
  ck_assert_int_eq (g_chdir (fixture.folder), 0);
  fixture.environ_ = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (fixture.environ_, g_strdup ("HOME=/home/ada"));
  g_ptr_array_add (fixture.environ_, g_strdup ("XDG_RUNTIME_DIR=/run/user/1"));
  fixture.problems = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
}

static void
tear_down (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", fixture.folder);

  ck_assert_int_eq (g_chdir ("/"), 0);
  ck_assert (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_clear_pointer (&fixture.config, lane_config_free);
  g_clear_pointer (&fixture.problems, g_ptr_array_unref);
  g_clear_pointer (&fixture.environ_, g_ptr_array_unref);
  g_clear_pointer (&fixture.folder, g_free);
}

static void
set_variable (const char *variable)
{
  g_ptr_array_add (fixture.environ_, g_strdup (variable));
}

static void
write_file (const char *text, int mode)
{
  ck_assert (g_file_set_contents ("icelane.ini", text, -1, NULL));
  ck_assert_int_eq (g_chmod ("icelane.ini", mode), 0);
}

/* Loads `icelane.ini` of the test's folder with at most two --set. */
static const LaneConfig *
load (const char *override, const char *override2)
{
  const char *overrides[] = { override, override2, NULL };
  LaneConfigSources sources = { .path = "icelane.ini", .must_exist = TRUE };

  g_ptr_array_add (fixture.environ_, NULL);
  sources.environ_ = (const char *const *)fixture.environ_->pdata;
  sources.overrides = overrides;
  fixture.config = lane_config_load (&sources, fixture.problems);
  g_ptr_array_set_size (fixture.environ_, fixture.environ_->len - 1);
  return fixture.config;
}

static const LaneConfig *
load_text (const char *text)
{
  write_file (text, 0600);
  return load (NULL, NULL);
}

static void
assert_problems (const char *expected)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < fixture.problems->len; i++) {
    g_autofree char *text = lane_problem_to_string (g_ptr_array_index (fixture.problems, i));

    g_string_append_printf (all, "%s%s", i > 0 ? "\n" : "", text);
  }
  ck_assert_str_eq (all->str, expected);
}

static void
assert_level (LaneProblemLevel level)
{
  ck_assert_uint_gt (fixture.problems->len, 0);
  for (guint i = 0; i < fixture.problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (fixture.problems, i);

    ck_assert_int_eq (problem->level, level);
  }
  ck_assert_int_eq (lane_problems_have_error (fixture.problems), level == LANE_PROBLEM_ERROR);
}

/* What [section] key holds, as it would be written. */
static char *
get (const LaneConfig *config, const char *section, const char *key)
{
  const LaneOption *option = lane_option_find (section, key);
  gconstpointer base = config;

  ck_assert_msg (option != NULL, "no [%s] %s in the table", section, key);
  if (strcmp (section, "server") == 0)
    base = g_ptr_array_index (config->servers, 0);
  else if (strcmp (section, "peer") == 0)
    base = g_ptr_array_index (config->peers, 0);
  return lane_option_get (option, base);
}

/* Values that are read, and what they read as. */
typedef struct {
  const char *section, *key, *written, *read;
} Good;

static const Good good_values[] = {
  { "node", "name", "oslo", "oslo" },
  { "node", "state-dir", "/var/lib/icelane", "/var/lib/icelane" },
  { "node", "state-dir", "%s/two", "/home/ada/.local/state/icelane/two" },
  { "node", "state-dir", "~/lane", "/home/ada/lane" },
  { "node", "control", "/run/100%%/control", "/run/100%/control" },
  { "signaling", "type", "http", "http" },
  { "signaling", "type", "HTTP", "http" },
  { "signaling", "url", "http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x" },
  { "signaling", "url", "https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443" },
  { "signaling", "token-file", "%d/token", "/run/credentials/token" },
  { "signaling", "token-command", "pass show 'a b'", "pass show 'a b'" },
  { "ice", "trickle", "off", "off" },
  { "ice", "trickle", "Yes", "on" },
  { "ice", "trickle", "true", "on" },
  { "ice", "trickle", "no", "off" },
  { "ice", "trickle", "FALSE", "off" },
  { "ice", "keepalive-ms", "200", "200" },
  { "ice", "check-timeout-ms", "600000", "600000" },
  { "ice", "flap-hold-s", "0", "0" },
  { "ice", "allow-loopback", "on", "on" },
  { "network", "interfaces", "eth0  10.0.0.0/8,!wg*", "eth0 10.0.0.0/8 !wg*" },
  { "network", "families", "6", "6" },
  { "network", "families", "4", "4" },
  { "network", "families", "6, 4", "4 6" },
  { "network", "ports", "0", "0" },
  { "network", "ports", "40000 - 40100", "40000-40100" },
  { "network", "ports", "5-5", "5-5" },
  { "server", "uri", "turns:A:443?transport=tcp", "turns:a:443" },
  { "server", "username", "1700000000:ada", "1700000000:ada" },
  { "server", "password", "s3cret", "s3cret" },
  { "server", "password-b64", "cGE7c3MgO3dvcmQ=", "cGE7c3MgO3dvcmQ=" },
  { "server", "auth-ttl-s", "60", "60" },
  { "server", "enabled", "no", "off" },
  { "peer", "id", "K3VQ-7D2M bbbb BBBB bbbb BBBB bbbb BBBB bbbb BBBB bbbb BBBB bbbQ", ID_B },
  { "peer", "policy", "relay-only", "relay-only" },
  { "peer", "policy", "lowest-rtt", "lowest-rtt" },
  { "peer", "policy", "direct-only", "direct-only" },
  { "peer", "autoconnect", "no", "off" },
  { "ui", "theme", "harbour", "harbour" },
  { "ui", "glyphs", "braille", "braille" },
  { "ui", "color", "never", "never" },
  { "ui", "key-bar", "fkeys", "fkeys" },
  { "ui", "refresh-ms", "60000", "60000" },
  { "ui", "confirm", "never", "never" },
  { "log", "level", "debug", "debug" },
  { "log", "file", "%s/icelane.jsonl", "/home/ada/.local/state/icelane/icelane.jsonl" },
  { "log", "keep", "0", "0" },
  { "metrics", "file", "/var/lib/x.prom", "/var/lib/x.prom" },
  { "hooks", "on-path-change", "notify-send \"{peer}: {old}\"", "notify-send \"{peer}: {old}\"" },
};

START_TEST (good_value_is_read)
{
  const Good *good = &good_values[_i];
  gboolean named = strcmp (good->section, "server") == 0 || strcmp (good->section, "peer") == 0;
  g_autofree char *text = g_strdup_printf ("[%s%s]\n%s = %s\n", good->section, named ? " x" : "",
                                           good->key, good->written);
  g_autofree char *read = NULL;

  set_variable ("CREDENTIALS_DIRECTORY=/run/credentials");
  read = get (load_text (text), good->section, good->key);
  ck_assert_str_eq (read, good->read);
  /* Other keys may be missing beside it; the value itself is fine. */
  for (guint i = 0; i < fixture.problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (fixture.problems, i);

    ck_assert_str_ne (problem->key != NULL ? problem->key : "", good->key);
  }
}
END_TEST

/* Texts with what is wrong in them, all of it. The last line of each is where it stands. */
typedef struct {
  const char *text, *problems;
} Bad;

#define PLACE(line, section, key) "icelane.ini:" line ": [" section "] " key ": "

static const Bad errors[] = {
  { "[ice]\ntrickle = maybe", PLACE ("2", "ice", "trickle") "'maybe' is not on or off" },
  { "[ice]\nkeepalive-ms = 2s",
    PLACE ("2", "ice", "keepalive-ms") "'2s' is not a number in 200-60000" },
  { "[ice]\nkeepalive-ms = -1",
    PLACE ("2", "ice", "keepalive-ms") "'-1' is not a number in 200-60000" },
  { "[ice]\n\nkeepalive-ms = 199", PLACE ("3", "ice", "keepalive-ms") "199 is not in 200-60000" },
  { "[ui]\nrefresh-ms = 99999999999999999999999",
    PLACE ("2", "ui", "refresh-ms") "99999999999999999999 is not in 250-60000" },
  { "[ui]\ncolor = red", PLACE ("2", "ui", "color") "'red' is not one of auto, always, never" },
  { "[ui]\nkey-bar = on", PLACE ("2", "ui", "key-bar") "'on' is not one of letters, fkeys, off" },
  { "[signaling]\ntype = sip",
    PLACE ("2", "signaling", "type") "'sip' is not one of http, mqtt, manual" },
  { "[node]\nstate-dir = lane",
    PLACE ("2", "node", "state-dir") "'lane' is not an absolute path: start it with /, ~/ or %s/" },
  { "[node]\nstate-dir = %h/lane",
    PLACE ("2", "node",
           "state-dir") "'%' is followed by neither s, d nor %: write %% for a percent sign" },
  { "[node]\nstate-dir = /a%",
    PLACE ("2", "node",
           "state-dir") "'%' is followed by neither s, d nor %: write %% for a percent sign" },
  { "[signaling]\ntoken-file = %d/t",
    PLACE ("2", "signaling", "token-file") "%d is $CREDENTIALS_DIRECTORY, which is not set: start "
                                           "the node from a systemd unit with "
                                           "LoadCredential=, or write the path out" },
  { "[node]\ncontrol = "
    "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    PLACE ("2", "node",
           "control") "is 108 bytes long, a socket has at most 107: choose a shorter path" },
  { "[signaling]\nurl = rendezvous",
    PLACE ("2", "signaling",
           "url") "is not a URL: write for example https://rendezvous.example.net" },
  { "[signaling]\nurl = https:///x",
    PLACE ("2", "signaling",
           "url") "is not a URL: write for example https://rendezvous.example.net" },
  { "[signaling]\nurl = ftp://a",
    PLACE ("2", "signaling", "url") "'ftp' is not one of https, http, mqtts, mqtt" },
  { "[signaling]\nurl = https://a:0", PLACE ("2", "signaling", "url") "port 0 is not in 1-65535" },
  { "[signaling]\nurl = https://u:hunter2@a",
    PLACE ("2", "signaling",
           "url") "a user name or token does not belong here: set token-file or token-command" },
  { "[signaling]\nurl = https://a/?token=hunter2",
    PLACE ("2", "signaling",
           "url") "has something after ? or #: a token goes to token-file or token-command" },
  { "[signaling]\nurl = mqtts://a",
    PLACE ("2", "signaling",
           "url") "starts with mqtts: while type is http: write https://... or set type = mqtt" },
  { "[signaling]\nurl = http://a\ntype = mqtt",
    PLACE ("2", "signaling",
           "url") "starts with http: while type is mqtt: write mqtts://... or set type = http" },
  { "[signaling]\ntoken-file = /t\ntoken-command = c",
    PLACE ("3", "signaling", "token-command") "is set beside token-file: keep one of them" },
  { "[signaling]\ntoken-command = pass 'x",
    PLACE ("2", "signaling",
           "token-command") "does not split into a command and its arguments: close every quote" },
  { "[network]\nfamilies = 5", PLACE ("2", "network", "families") "'5' is not 4, 6 or 4 6" },
  { "[network]\nfamilies = ,", PLACE ("2", "network", "families") "',' is not 4, 6 or 4 6" },
  { "[network]\nports = 9-8",
    PLACE ("2", "network", "ports") "'9-8' is not 0 or LOW-HIGH with both in 1-65535" },
  { "[network]\nports = 1-65536",
    PLACE ("2", "network", "ports") "'1-65536' is not 0 or LOW-HIGH with both in 1-65535" },
  { "[network]\nports = 80",
    PLACE ("2", "network", "ports") "'80' is not 0 or LOW-HIGH with both in 1-65535" },
  { "[ice]\ntrickle = on\ntrickle = off",
    PLACE ("3", "ice", "trickle") "is set a second time, first on line 2: keep one" },
  { "[ice home]\ntrickle = off", "icelane.ini:1: [ice home] takes no name: write [ice]" },
  { "[server]\nuri = stun:a", "icelane.ini:1: [server] needs a name of its own without blanks, "
                              "quotes and any of ,/;#=[]\\, as in [server home]" },
  { "[peer a b]\npolicy = auto",
    "icelane.ini:1: [peer a b] needs a name of its own without blanks, "
    "quotes and any of ,/;#=[]\\, as in [peer berlin]" },
  { "[peer --all]", "icelane.ini:1: [peer --all] needs a name of its own without blanks, "
                    "quotes and any of ,/;#=[]\\, as in [peer berlin]" },
  { "[server home]\nuri = turn:a:99999\npassword = p\nusername = u",
    PLACE ("2", "server home", "uri") "port 99999 is not in 1-65535" },
  { "[server home]\nusername = u",
    "icelane.ini:1: [server home] has no uri: add for example uri = stun:stun.example.net" },
  { "[server home]\nuri = turn:a\nusername = u",
    "icelane.ini:1: [server home] has a turn: URI but no password: add password-command, "
    "password-file, password or auth-secret-command" },
  { "[server home]\nuri = stun:a\nuri = turns:a\npassword = hunter2",
    "icelane.ini:1: [server home] has a turn: URI but no username: add username = NAME" },
  { "[server home]\nuri = turn:a\nusername = u\npassword = hunter2\npassword-file = /p",
    PLACE ("4", "server home", "password") "is set beside password-file: keep one of them" },
  { "[server home]\nuri = turn:a\nusername = u\npassword-b64 = hunter2!",
    PLACE ("4", "server home",
           "password-b64") "is not base64: write what `base64` prints, with its '=' at the end" },
  { URL "[peer berlin]",
    "icelane.ini:3: [peer berlin] has no id: add id = what `icelane id` prints "
    "over there" },
  { URL "[peer berlin]\nid = k3vq 7d2m",
    PLACE ("4", "peer berlin", "id") "has 8 letters and digits, a node id has 52: copy all that "
                                     "`icelane id` prints over there" },
  { URL "[peer berlin]\nid = k3vq 0189",
    PLACE ("4", "peer berlin",
           "id") "'k3vq 0189' is not a node id: it has letters and the digits 2-7 only" },
  { URL "[peer berlin]\nid = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    PLACE ("4", "peer berlin", "id") "cannot be a node id, which ends with a or q: "
                                     "copy what `icelane id` prints over there" },
  { URL "[peer a]\nid = " ID_A "\n[peer b]\nid = " ID_B "\n[peer c]\nid = AAAA " ID_A,
    PLACE ("8", "peer c", "id") "has 56 letters and digits, a node id has 52: copy all that "
                                "`icelane id` prints over there" },
  { URL "[peer a]\nid = " ID_A "\n[peer b]\nid = " ID_A,
    PLACE ("6", "peer b", "id") "is the id of [peer a] too: each peer has its own" },
  { URL "[peer a]\nid = " ID_A "\n[peer a]\nid = " ID_B,
    "icelane.ini:5: [peer a] is here a second time, first on line 3: keep one section with all "
    "keys" },
  { URL "[server home]\nuri = stun:a\n[peer a]\nid = " ID_A "\nservers = hoem,far",
    PLACE ("7", "peer a", "servers") "'hoem' is not the name of a [server] section "
                                     "(did you mean home?)\n" PLACE (
                                         "7", "peer a",
                                         "servers") "'far' is not the name of a [server] section" },
  { "nonsense\n[ice]\ntrickle = maybe\nflap-hold-s = x",
    "icelane.ini:1: expected [section] or key = value\n" PLACE (
        "3", "ice",
        "trickle") "'maybe' is not on or off\n" PLACE ("4", "ice",
                                                       "flap-hold-s") "'x' is not a number in "
                                                                      "0-3600" },
};

START_TEST (error_is_reported_with_its_place)
{
  load_text (errors[_i].text);
  assert_problems (errors[_i].problems);
  assert_level (LANE_PROBLEM_ERROR);
}
END_TEST

#define NOT_SPOKEN                                                                                 \
  ", which this version does not speak, so no peer can be found: "                                 \
  "write http, with the url of a rendezvous"

static const Bad warnings[] = {
  { "[ice]\ntrickel = off",
    PLACE ("2", "ice", "trickel") "is not a setting of [ice] (did you mean trickle?)" },
  { "[ice]\nwarp = 9", PLACE ("2", "ice", "warp") "is not a setting of [ice]" },
  { "[server home]\nuri = stun:a\nurl = stun:a",
    PLACE ("3", "server home", "url") "is not a setting of [server] (did you mean uri?)" },
  { "[Node]\nname = x", "icelane.ini:1: [Node] is not a section of icelane (did you mean node?)" },
  { "[servr home]\nuri = 1", "icelane.ini:1: [servr home] is not a section of icelane "
                             "(did you mean server?)" },
  { "[warp-drive]\nfactor = 9", "icelane.ini:1: [warp-drive] is not a section of icelane" },
  { "[signaling]\ntype = manual\nurl = http://a",
    PLACE ("3", "signaling", "url") "is not used with type = manual: set type = http or remove "
                                    "it\n" PLACE ("2", "signaling",
                                                  "type") "is manual" NOT_SPOKEN },
  { "[signaling]\nurl = mqtt://a\ntype = mqtt",
    PLACE ("3", "signaling", "type") "is mqtt" NOT_SPOKEN },
  { "[signaling]\nurl = http://a\ntoken-file = /t",
    PLACE ("2", "signaling", "url") "sends the token where others can read it: write https://..." },
  { "[peer a]\nid = " ID_A, "icelane.ini: [signaling] url: is not set, so no peer can be found: "
                            "add for example url = https://rendezvous.example.net" },
};

START_TEST (warning_is_no_error)
{
  load_text (warnings[_i].text);
  assert_problems (warnings[_i].problems);
  assert_level (LANE_PROBLEM_WARNING);
}
END_TEST

static const char *const fine[] = {
  "[signaling]\nurl = http://127.0.0.1:1\ntoken-file = /t",
  "[signaling]\nurl = http://localhost\ntoken-file = /t",
  "[signaling]\nurl = http://[::1]:1\ntoken-file = /t",
  "[server a]\nuri = turn:a\nauth-secret-command = x",
  "[server a]\nuri = turn:a\nenabled = no",
  "[server a]\nuri = stun:a\nuri = stun:b stun:c",
  "[keys]\nrestart = r\ndisconnect = x F9",
  "[server a.b-c:d]\nuri = stun:a",
  "[ice]\ntrickle =\nkeepalive-ms = ; the default",
};

START_TEST (this_is_fine)
{
  load_text (fine[_i]);
  assert_problems ("");
}
END_TEST

START_TEST (bad_value_leaves_the_default_and_the_rest_counts)
{
  const LaneConfig *config = load_text ("[ice]\nkeepalive-ms = x\ntrickle = off\n[junk]\na = b\n"
                                        "[log]\nlevel = debug\n");

  ck_assert_uint_eq (config->ice.keepalive_ms, 2000);
  ck_assert (!config->ice.trickle);
  ck_assert_int_eq (config->log.level, LANE_LOG_LEVEL_DEBUG);
}
END_TEST

START_TEST (repeated_keys_make_a_list_in_order)
{
  const LaneConfig *config =
      load_text (URL "[server home]\nuri = stun:a\nuri = turn:b\nusername = u\npassword = p\n"
                     "uri = turns:c:443\n[server far]\nuri = stun:d\n"
                     "[peer a]\nid = " ID_A "\nservers = home\nservers = far\n"
                     "forward = one two\nforward = three\n[network]\ninterfaces = e*\n");
  const LaneServerConfig *home = lane_config_find_server (config, "home");
  const LanePeerConfig *peer = lane_config_find_peer (config, "a");
  const LaneUri *last;

  assert_problems ("");
  ck_assert_uint_eq (config->servers->len, 2);
  ck_assert_uint_eq (home->uris->len, 3);
  last = g_ptr_array_index (home->uris, 2);
  ck_assert_str_eq (last->host, "c");
  ck_assert_str_eq (home->password, "p");
  ck_assert_str_eq (peer->servers[0], "home");
  ck_assert_str_eq (peer->servers[1], "far");
  ck_assert_str_eq (peer->forwards[0], "one two");
  ck_assert_str_eq (peer->forwards[1], "three");
  ck_assert_str_eq (config->network.interfaces[0], "e*");
  ck_assert_ptr_null (config->network.interfaces[1]);
  ck_assert_ptr_null (lane_config_find_peer (config, "home"));
}
END_TEST

START_TEST (keys_are_bound_as_written)
{
  const LaneConfig *config = load_text ("[keys]\nrestart = r\ndisconnect = x  F9\n");
  const LaneKeyBinding *second;

  ck_assert_uint_eq (config->keys->len, 2);
  second = g_ptr_array_index (config->keys, 1);
  ck_assert_str_eq (second->command, "disconnect");
  ck_assert_str_eq (second->keys[0], "x");
  ck_assert_str_eq (second->keys[1], "F9");
  ck_assert_ptr_null (second->keys[2]);
}
END_TEST

START_TEST (folders_come_from_the_environment)
{
  const LaneConfig *config;

  set_variable ("XDG_STATE_HOME=/state");
  config = load_text ("[log]\nfile = %s/l");
  ck_assert_str_eq (config->node.state_dir, "/state/icelane");
  ck_assert_str_eq (config->node.control, "/run/user/1/icelane/control");
  ck_assert_str_eq (config->log.file, "/state/icelane/l");
  ck_assert_str_eq (config->node.name, g_get_host_name ());
}
END_TEST

START_TEST (control_is_below_state_dir_without_a_runtime_folder)
{
  const LaneConfig *config;

  g_ptr_array_set_size (fixture.environ_, 1);
  set_variable ("XDG_RUNTIME_DIR=relative");
  config = load_text ("[node]\nstate-dir = /lane");
  ck_assert_str_eq (config->node.control, "/lane/control");
}
END_TEST

START_TEST (default_path_follows_xdg)
{
  static const char *const with[] = { "XDG_CONFIG_HOME=/c", NULL };
  static const char *const without[] = { "HOME=/home/ada", NULL };
  g_autofree char *path = lane_config_default_path (with);
  g_autofree char *fallback = lane_config_default_path (without);

  ck_assert_str_eq (path, "/c/icelane/icelane.ini");
  ck_assert_str_eq (fallback, "/home/ada/.config/icelane/icelane.ini");
}
END_TEST

START_TEST (missing_file_is_an_error_only_if_it_was_asked_for)
{
  LaneConfigSources sources = { .path = "none.ini" };
  g_autoptr (LaneConfig) config = lane_config_load (&sources, fixture.problems);
  g_autoptr (LaneConfig) again = NULL;

  assert_problems ("");
  ck_assert_str_eq (config->path, "none.ini");
  sources.must_exist = TRUE;
  again = lane_config_load (&sources, fixture.problems);
  assert_problems ("none.ini: cannot be read: No such file or directory");
  assert_level (LANE_PROBLEM_ERROR);
}
END_TEST

START_TEST (directory_is_an_error_even_at_the_default_path)
{
  const LaneConfigSources sources = { .path = "." };
  g_autoptr (LaneConfig) config = lane_config_load (&sources, fixture.problems);

  assert_problems (".: is a directory, not a file");
}
END_TEST

START_TEST (text_is_loaded_in_place_of_the_file)
{
  const LaneConfigSources sources = { .path = "none.ini", .must_exist = TRUE };
  g_autoptr (GBytes) text = g_bytes_new_static ("[ice]\ntrickle = off\nx = 1\n", 26);
  g_autoptr (LaneConfig) config = lane_config_load_text (&sources, text, fixture.problems);

  ck_assert (!config->ice.trickle);
  assert_problems ("none.ini:3: [ice] x: is not a setting of [ice]");
}
END_TEST

#define SECRETS                                                                                    \
  "[server a]\nuri = turn:a\nusername = u\npassword = hunter2\n"                                   \
  "[server b]\nuri = turn:b\nauth-secret = hunter3\n"

START_TEST (open_file_keeps_no_secret)
{
  static const int modes[] = { 0640, 0604, 0620, 0644 };
  const LaneConfig *config;

  write_file (SECRETS, modes[_i]);
  config = load (NULL, NULL);
  assert_problems ("icelane.ini:4: [server a] password: is a secret in a file that others may "
                   "open: run chmod 600 icelane.ini, or use password-command or password-file");
  ck_assert_ptr_null (lane_config_find_server (config, "a")->password);
  ck_assert_ptr_null (lane_config_find_server (config, "b")->auth_secret);
}
END_TEST

START_TEST (private_file_may_hold_secrets_and_an_open_one_the_rest)
{
  const LaneConfig *config;

  write_file (SECRETS, 0400);
  config = load (NULL, NULL);
  assert_problems ("");
  ck_assert_str_eq (lane_config_find_server (config, "b")->auth_secret, "hunter3");

  g_clear_pointer (&fixture.config, lane_config_free);
  write_file ("[ice]\ntrickle = off\n", 0644);
  ck_assert (!load (NULL, NULL)->ice.trickle);
  assert_problems ("");
}
END_TEST

START_TEST (environment_beats_file_and_set_beats_both)
{
  const LaneConfig *config;

  set_variable ("ICELANE_ICE_KEEPALIVE_MS= 3000 ");
  set_variable ("ICELANE_ICE_FLAP_HOLD_S=31");
  write_file ("[ice]\nkeepalive-ms = 2500\nflap-hold-s = 32\nretry-direct-s = 33\n", 0600);
  config = load ("ice.keepalive-ms=4000", " log . level = debug ");
  assert_problems ("");
  ck_assert_uint_eq (config->ice.keepalive_ms, 4000);
  ck_assert_uint_eq (config->ice.flap_hold_s, 31);
  ck_assert_uint_eq (config->ice.retry_direct_s, 33);
  ck_assert_int_eq (config->log.level, LANE_LOG_LEVEL_DEBUG);
}
END_TEST

START_TEST (peers_without_a_policy_have_that_of_ice)
{
  static const char text[] = URL "[ice]\npolicy = relay-only\n"
                                 "[peer berlin]\nid = " ID_A "\n"
                                 "[peer oslo]\nid = " ID_B "\npolicy = auto\n";
  const LaneConfig *config;

  write_file (text, 0600);
  config = load (NULL, NULL);
  assert_problems ("");
  ck_assert_int_eq (lane_config_find_peer (config, "berlin")->policy, LANE_POLICY_RELAY_ONLY);
  ck_assert_int_eq (lane_config_find_peer (config, "oslo")->policy, LANE_POLICY_AUTO);

  g_clear_pointer (&fixture.config, lane_config_free);
  config = load ("ice.policy=lowest-rtt", "peer.oslo.policy=direct-only");
  assert_problems ("");
  ck_assert_int_eq (lane_config_find_peer (config, "berlin")->policy, LANE_POLICY_LOWEST_RTT);
  ck_assert_int_eq (lane_config_find_peer (config, "oslo")->policy, LANE_POLICY_DIRECT_ONLY);
}
END_TEST

START_TEST (bad_override_leaves_what_the_file_says)
{
  const LaneConfig *config;

  set_variable ("ICELANE_ICE_KEEPALIVE_MS=x");
  write_file ("[ice]\nkeepalive-ms = 2500\n", 0600);
  config = load ("ice.keepalive-ms=1", NULL);
  assert_problems (
      "ICELANE_ICE_KEEPALIVE_MS: [ice] keepalive-ms: 'x' is not a number in 200-60000\n"
      "--set: [ice] keepalive-ms: 1 is not in 200-60000");
  ck_assert_uint_eq (config->ice.keepalive_ms, 2500);
}
END_TEST

START_TEST (empty_override_is_the_default)
{
  const LaneConfig *config;

  set_variable ("ICELANE_ICE_KEEPALIVE_MS=");
  write_file ("[ice]\nkeepalive-ms = 2500\n[signaling]\nurl = https://a\n", 0600);
  config = load ("signaling.url=", NULL);
  assert_problems ("");
  ck_assert_uint_eq (config->ice.keepalive_ms, 2000);
  ck_assert_ptr_null (config->signaling.url);
}
END_TEST

START_TEST (emptied_setting_is_missed_like_one_never_set)
{
  write_file ("[server home]\nuri = turn:a\nusername = u\npassword = p\n", 0600);
  load ("server.home.username=", NULL);
  assert_problems (
      "icelane.ini:1: [server home] has a turn: URI but no username: add username = NAME");
}
END_TEST

START_TEST (variable_of_a_named_section_finds_it)
{
  const LaneConfig *config;
  const LaneServerConfig *server;

  set_variable ("ICELANE_SERVER_HOME_2_URI=stun:x stun:y");
  set_variable ("ICELANE_SERVER_HOME_2_CA_FILE=/ca");
  set_variable ("ICELANE_PEER_BERLIN_AUTOCONNECT=no");
  write_file (URL "[server Home-2]\nuri = stun:a\nuri = stun:b\nuri = stun:c\n"
                  "[peer berlin]\nid = " ID_A,
              0600);
  config = load (NULL, NULL);
  assert_problems ("");
  server = lane_config_find_server (config, "Home-2");
  ck_assert_uint_eq (server->uris->len, 2);
  ck_assert_str_eq (((LaneUri *)g_ptr_array_index (server->uris, 1))->host, "y");
  ck_assert_str_eq (server->ca_file, "/ca");
  ck_assert (!lane_config_find_peer (config, "berlin")->autoconnect);
}
END_TEST

START_TEST (variable_that_fits_nothing_warns)
{
  set_variable ("ICELANE_ICE_TRICKEL=on");
  set_variable ("ICELANE_SERVER_FAR_URI=stun:a");
  set_variable ("ICELANE_SERVER_A_B_CA_FILE=/x");
  set_variable ("ICELANE_PEER=berlin"); /* what a hook gets */
  set_variable ("ICELANE_PEER_STATE=connected");
  set_variable ("ICELANE_LAB=1");
  set_variable ("ICELANE_SERVER__URI=stun:a");
  set_variable ("ICELANE_KEYS_RESTART=R");
  load_text ("[server a-b]\nuri = stun:a\n[server a.b]\nuri = stun:a\n");
  assert_problems (
      "ICELANE_ICE_TRICKEL: [ice] trickel: is not a setting of [ice] (did you mean trickle?)\n"
      "ICELANE_SERVER_FAR_URI: names no [server] section of the file: add the section or use "
      "--set\n"
      "ICELANE_SERVER_A_B_CA_FILE: means both [server a-b] and [server a.b]: use --set or rename "
      "one\n"
      "ICELANE_SERVER__URI: names no [server] section of the file: add the section or use --set");
  ck_assert_uint_eq (fixture.config->keys->len, 1);
}
END_TEST

START_TEST (secret_is_refused_outside_the_file)
{
  const LaneConfig *config;

  set_variable ("ICELANE_SERVER_HOME_PASSWORD=hunter2");
  write_file ("[server home]\nuri = stun:a\n", 0600);
  config = load ("server.home.auth-secret=hunter3", NULL);
  assert_problems (
      "ICELANE_SERVER_HOME_PASSWORD: [server home] password: is a secret, and other programs can "
      "read the environment: use password-command or password-file\n"
      "--set: [server home] auth-secret: is a secret, and other programs can read the command "
      "line: use auth-secret-command");
  ck_assert_ptr_null (lane_config_find_server (config, "home")->password);
  ck_assert_ptr_null (lane_config_find_server (config, "home")->auth_secret);
}
END_TEST

START_TEST (set_makes_named_sections_and_lists)
{
  const LaneConfig *config;

  write_file (URL "[server home]\nuri = stun:old\n", 0600);
  config = load ("server.home.uri=stun:a", "server.home.uri=stun:b");
  assert_problems ("");
  ck_assert_uint_eq (lane_config_find_server (config, "home")->uris->len, 2);

  g_clear_pointer (&fixture.config, lane_config_free);
  config = load ("peer.host.example.id=" ID_A, "server home.enabled=no");
  assert_problems ("");
  ck_assert_str_eq (lane_config_find_peer (config, "host.example")->id, ID_A);
  ck_assert (!lane_config_find_server (config, "home")->enabled);
}
END_TEST

static const Bad bad_overrides[] = {
  { "", "--set: expected section.key=value, as in ice.trickle=off or server.home.uri=stun:..." },
  { "trickle=on",
    "--set: expected section.key=value, as in ice.trickle=off or server.home.uri=stun:..." },
  { "ice.trickle",
    "--set: expected section.key=value, as in ice.trickle=off or server.home.uri=stun:..." },
  { "ice.trickel=on", "--set: [ice] trickel: is not a setting of [ice] (did you mean trickle?)" },
  { "icee.trickle=on", "--set: [icee] is not a section of icelane (did you mean ice?)" },
  { "ice.trickle=a\x1b", "--set: [ice] trickle: has the control character 0x1b: remove it" },
  { "i\x1b[2Je.trickle=on", "--set: [i\\x1b[2Je] is not a section of icelane" },
  { "server.uri=stun:a",
    "--set: [server] needs a name of its own without blanks, quotes and any of "
    ",/;#=[]\\, as in [server home]" },
  { "server.x.uri=stun:a:0", "--set: [server x] uri: port 0 is not in 1-65535" },
};

START_TEST (bad_set_is_an_error)
{
  write_file ("", 0600);
  load (bad_overrides[_i].text, NULL);
  assert_problems (bad_overrides[_i].problems);
  assert_level (LANE_PROBLEM_ERROR);
}
END_TEST

START_TEST (override_has_at_most_4096_bytes)
{
  g_autofree char *fill = g_strnfill (4097, 'x');
  g_autofree char *override = g_strdup_printf ("node.name=%s", fill);
  g_autofree char *fits = g_strndup (override, strlen (override) - 1);

  write_file ("", 0600);
  load (fits, override);
  assert_problems ("--set: [node] name: is 4097 bytes long, at most 4096 are read");
  ck_assert_uint_eq (strlen (fixture.config->node.name), 4096);
}
END_TEST

START_TEST (no_more_peers_than_4096)
{
  g_autoptr (GString) text = g_string_new (URL);

  for (guint i = 0; i < 4097; i++)
    g_string_append_printf (text, "[peer p%u]\nservers =\n", i);
  load_text (text->str);
  ck_assert_uint_eq (fixture.config->peers->len, 4096);
  g_ptr_array_remove_range (fixture.problems, 1, fixture.problems->len - 1);
  assert_problems ("icelane.ini:8195: [peer p4096] is more than the 4096 peers there may be: "
                   "remove some");
}
END_TEST

/* Removes the '#' of each setting and, unless @all is set, leaves the named sections out. */
static char *
uncomment (const char *template, gboolean all)
{
  g_auto (GStrv) lines = g_strsplit (template, "\n", -1);
  GString *text = g_string_new (NULL);
  gboolean skip = FALSE;

  for (guint i = 0; lines[i] != NULL; i++) {
    const char *line = lines[i];

    if (*line == '[')
      skip = FALSE;
    else if (g_str_has_prefix (line, "#["))
      skip = !all;
    if (line[0] == '#' && line[1] != ' ' && line[1] != '\0' && !skip)
      line++;
    g_string_append_printf (text, "%s\n", line);
  }
  return g_string_free (text, FALSE);
}

static void
assert_same_settings (const LaneConfig *config, const LaneConfig *other)
{
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    g_autofree char *value = NULL;
    g_autofree char *other_value = NULL;

    if (lane_section_find (options[i].section)->named)
      continue;
    value = lane_option_get (&options[i], config);
    other_value = lane_option_get (&options[i], other);
    ck_assert_msg (g_strcmp0 (value, other_value) == 0, "[%s] %s: %s is not %s", options[i].section,
                   options[i].key, value, other_value);
  }
}

START_TEST (template_is_the_defaults_commented_and_uncommented)
{
  g_autofree char *template = lane_config_template ();
  g_autofree char *uncommented = uncomment (template, FALSE);
  g_autoptr (LaneConfig) commented = NULL;
  LaneConfig *empty;

  ck_assert_str_ne (template, uncommented);
  load_text ("");
  empty = g_steal_pointer (&fixture.config);
  load_text (template);
  commented = g_steal_pointer (&fixture.config);
  load_text (uncommented);
  assert_problems ("");
  assert_same_settings (empty, commented);
  assert_same_settings (empty, fixture.config);
  lane_config_free (empty);
}
END_TEST

START_TEST (template_shows_every_setting_and_all_of_it_is_sound)
{
  g_autofree char *template = lane_config_template ();
  g_autofree char *uncommented = uncomment (template, TRUE);
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    g_autofree char *line = g_strdup_printf ("\n#%s =", options[i].key);

    ck_assert_msg (strstr (template, line) != NULL, "%s", options[i].key);
  }
  write_file (uncommented, 0600);
  load ("signaling.url=https://a", NULL);
  assert_problems ("");
  ck_assert_uint_eq (fixture.config->servers->len, 1);
  ck_assert_uint_eq (fixture.config->peers->len, 1);
}
END_TEST

START_TEST (template_teaches_by_examples_that_work)
{
  gsize count;
  const LaneOption *options = lane_options (&count);
  g_autoptr (GPtrArray) checked = g_ptr_array_new ();

  for (gsize i = 0; i < count; i++) {
    g_autofree char *set = NULL;
    gboolean named = lane_section_find (options[i].section)->named;

    /* Those of [node] say in words what the default is. */
    if (options[i].example == NULL || strcmp (options[i].section, "node") == 0
        || lane_option_is_secret (&options[i]))
      continue;
    set = g_strdup_printf ("%s%s.%s=%s", options[i].section, named ? ".x" : "", options[i].key,
                           options[i].example);
    set_variable ("CREDENTIALS_DIRECTORY=/run/credentials");
    write_file (URL "[server home]\nuri = stun:a\n[server x]\nuri = stun:a\n[peer x]\nid = " ID_A,
                0600);
    load (set, NULL);
    assert_problems ("");
    g_clear_pointer (&fixture.config, lane_config_free);
    g_ptr_array_add (checked, (gpointer)options[i].key);
  }
  ck_assert_uint_gt (checked->len, 10);
}
END_TEST

START_TEST (defaults_are_those_of_the_table)
{
  g_autoptr (LaneConfig) config = lane_config_new ();

  ck_assert (config->ice.trickle);
  ck_assert_uint_eq (config->ice.check_timeout_ms, 30000);
  ck_assert (!config->ice.allow_loopback);
  ck_assert (config->network.ipv4 && config->network.ipv6 && config->network.watch);
  ck_assert_uint_eq (config->network.port_low, 0);
  ck_assert_str_eq (config->network.interfaces[1], "!veth*");
  ck_assert_int_eq (config->signaling.type, LANE_SIGNALING_HTTP);
  ck_assert_int_eq (config->ui.confirm, LANE_CONFIRM_DISRUPTIVE);
  ck_assert_int_eq (config->log.level, LANE_LOG_LEVEL_INFO);
  ck_assert_ptr_null (config->log.file);
  ck_assert (g_path_is_absolute (config->node.state_dir));
  ck_assert (g_path_is_absolute (config->node.control));
  ck_assert_uint_eq (config->servers->len + config->peers->len + config->keys->len, 0);
}
END_TEST

START_TEST (nearest_forgives_a_slip_but_not_a_guess)
{
  static const char *const words[] = { "trickle", "watch", "uri", "restart", NULL };

  ck_assert_str_eq (lane_nearest ("tirckle", words), "trickle");
  ck_assert_str_eq (lane_nearest ("WATCH", words), "watch");
  ck_assert_str_eq (lane_nearest ("url", words), "uri");
  ck_assert_str_eq (lane_nearest ("rstrt", words), "restart");
  ck_assert_ptr_null (lane_nearest ("xyz", words));
  ck_assert_ptr_null (lane_nearest ("", words));
  ck_assert_ptr_null (lane_nearest ("stop", words));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("config");
  TCase *tcase = tcase_create ("config");

  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_set_timeout (tcase, 30);
  tcase_add_loop_test (tcase, good_value_is_read, 0, G_N_ELEMENTS (good_values));
  tcase_add_loop_test (tcase, error_is_reported_with_its_place, 0, G_N_ELEMENTS (errors));
  tcase_add_loop_test (tcase, warning_is_no_error, 0, G_N_ELEMENTS (warnings));
  tcase_add_loop_test (tcase, this_is_fine, 0, G_N_ELEMENTS (fine));
  tcase_add_test (tcase, bad_value_leaves_the_default_and_the_rest_counts);
  tcase_add_test (tcase, repeated_keys_make_a_list_in_order);
  tcase_add_test (tcase, keys_are_bound_as_written);
  tcase_add_test (tcase, folders_come_from_the_environment);
  tcase_add_test (tcase, control_is_below_state_dir_without_a_runtime_folder);
  tcase_add_test (tcase, default_path_follows_xdg);
  tcase_add_test (tcase, missing_file_is_an_error_only_if_it_was_asked_for);
  tcase_add_test (tcase, directory_is_an_error_even_at_the_default_path);
  tcase_add_test (tcase, text_is_loaded_in_place_of_the_file);
  tcase_add_loop_test (tcase, open_file_keeps_no_secret, 0, 4);
  tcase_add_test (tcase, private_file_may_hold_secrets_and_an_open_one_the_rest);
  tcase_add_test (tcase, environment_beats_file_and_set_beats_both);
  tcase_add_test (tcase, peers_without_a_policy_have_that_of_ice);
  tcase_add_test (tcase, bad_override_leaves_what_the_file_says);
  tcase_add_test (tcase, empty_override_is_the_default);
  tcase_add_test (tcase, emptied_setting_is_missed_like_one_never_set);
  tcase_add_test (tcase, variable_of_a_named_section_finds_it);
  tcase_add_test (tcase, variable_that_fits_nothing_warns);
  tcase_add_test (tcase, secret_is_refused_outside_the_file);
  tcase_add_test (tcase, set_makes_named_sections_and_lists);
  tcase_add_loop_test (tcase, bad_set_is_an_error, 0, G_N_ELEMENTS (bad_overrides));
  tcase_add_test (tcase, override_has_at_most_4096_bytes);
  tcase_add_test (tcase, no_more_peers_than_4096);
  tcase_add_test (tcase, template_is_the_defaults_commented_and_uncommented);
  tcase_add_test (tcase, template_shows_every_setting_and_all_of_it_is_sound);
  tcase_add_test (tcase, template_teaches_by_examples_that_work);
  tcase_add_test (tcase, defaults_are_those_of_the_table);
  tcase_add_test (tcase, nearest_forgives_a_slip_but_not_a_guess);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
