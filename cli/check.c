/* icelane check [SERVER...|URI...] [--nat]
 *
 * With --json -f each line is what --json alone prints at last, as it is known after a step; with
 * --config - the settings come from standard input, so that those not saved yet can be tested and
 * no secret stands in an argument or a file. */
#include <glib-unix.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "check-nat.h"
#include "commands.h"
#include "process.h"
#include "settings.h"
#include "status.h"
#include "text.h"

#define TEXT_MAX       400
#define LIFETIME_S     120
#define LIFETIME_MAX_S 600

typedef struct {
  GMainContext *context;
  LaneConfig *config;  /* as loaded */
  LaneConfig chosen;   /* the same with other servers */
  GPtrArray *servers;  /* of LaneServerConfig, shallow: texts are config's or given's */
  GPtrArray *given;    /* of LaneUri, from the command line */
  GHashTable *printed; /* LaneProbeResult -> how many of its steps */
  int name_width, uri_width;
  gboolean quiet;   /* no lines for steps */
  guint lifetime_s; /* 0: not to be measured */
  gboolean stepped; /* since the last JSON line */
  int exit_code;    /* LANE_EXIT_OK: go on */
} Check;

static void
server_free (gpointer data)
{
  LaneServerConfig *server = data;

  g_ptr_array_unref (server->uris);
  g_free (server);
}

static void
check_clear (Check *check)
{
  g_clear_pointer (&check->servers, g_ptr_array_unref);
  g_clear_pointer (&check->given, g_ptr_array_unref);
  g_clear_pointer (&check->printed, g_hash_table_unref);
  g_clear_pointer (&check->config, lane_config_free);
  g_clear_pointer (&check->context, g_main_context_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Check, check_clear)

/* Mistakes in sections that are not asked for are left to `config check`. */
static gboolean
is_ours (const LaneProblem *problem, char **arguments)
{
  if (problem->section == NULL)
    return TRUE;
  if (!g_str_has_prefix (problem->section, "server"))
    return FALSE;
  for (guint i = 0; arguments[i] != NULL; i++) {
    g_autofree char *section = g_strconcat ("server ", arguments[i], NULL);

    if (strchr (arguments[i], ':') != NULL || strcmp (problem->section, section) == 0)
      return TRUE;
  }
  return arguments[0] == NULL;
}

static gboolean
load (Check *check, const LaneCliOptions *options)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (GPtrArray) ours = g_ptr_array_new ();

  check->config = g_strcmp0 (options->config, "-") == 0
                      ? lane_cli_settings_load_input (options, problems)
                      : lane_cli_settings_load_quietly (options, problems);
  if (check->config == NULL)
    return FALSE;
  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (problems, i);

    if (is_ours (problem, options->arguments))
      g_ptr_array_add (ours, (gpointer)problem);
  }
  lane_cli_print_problems (ours);
  return !lane_problems_have_error (ours);
}

/* What is asked for */

static LaneServerConfig *
add_server (Check *check, const LaneServerConfig *server)
{
  LaneServerConfig *copy = g_new (LaneServerConfig, 1);

  *copy = *server;
  copy->enabled = TRUE;
  copy->uris = g_ptr_array_new ();
  g_ptr_array_add (check->servers, copy);
  return copy;
}

static void
add_section (Check *check, const LaneServerConfig *server)
{
  LaneServerConfig *copy = add_server (check, server);

  for (guint i = 0; i < server->uris->len; i++)
    g_ptr_array_add (copy->uris, g_ptr_array_index (server->uris, i));
}

/* The section that has this URI, so that its password is used; NULL: none. */
static const LaneServerConfig *
find_section_of (const LaneConfig *config, const LaneUri *uri)
{
  g_autofree char *text = lane_uri_to_string (uri);

  for (guint i = 0; i < config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (config->servers, i);

    for (guint j = 0; j < server->uris->len; j++) {
      g_autofree char *other = lane_uri_to_string (g_ptr_array_index (server->uris, j));

      if (strcmp (text, other) == 0)
        return server;
    }
  }
  return NULL;
}

static void
add_uri (Check *check, LaneUri *uri)
{
  const LaneServerConfig nobody = { .name = uri->host };
  const LaneServerConfig *section = find_section_of (check->config, uri);

  g_ptr_array_add (check->given, uri);
  g_ptr_array_add (add_server (check, section != NULL ? section : &nobody)->uris, uri);
}

static gboolean
add_argument (Check *check, const char *argument)
{
  const LaneServerConfig *section = lane_config_find_server (check->config, argument);
  g_autoptr (GError) error = NULL;
  LaneUri *uri;

  if (section != NULL) {
    add_section (check, section);
    return TRUE;
  }
  if (strchr (argument, ':') == NULL) {
    g_printerr ("icelane: there is no [server %s] in %s, and no such URI: "
                "write for example turn:turn.example.net\n",
                argument, check->config->path);
    return FALSE;
  }
  uri = lane_uri_parse (argument, &error);
  if (uri == NULL)
    g_printerr ("icelane: %s\n", error->message);
  else
    add_uri (check, uri);
  return uri != NULL;
}

static gboolean
choose (Check *check, const LaneCliOptions *options)
{
  check->servers = g_ptr_array_new_with_free_func (server_free);
  check->given = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_uri_free);
  for (guint i = 0; options->arguments[i] != NULL; i++)
    if (!add_argument (check, options->arguments[i]))
      return FALSE;
  for (guint i = 0; options->arguments[0] == NULL && i < check->config->servers->len; i++) {
    const LaneServerConfig *server = g_ptr_array_index (check->config->servers, i);

    if (server->enabled)
      add_section (check, server);
  }
  if (check->servers->len == 0)
    g_printerr ("icelane: %s has no [server NAME] section; name a URI instead, "
                "for example stun:stun.example.net\n",
                check->config->path);
  return check->servers->len > 0;
}

/* What is printed */

static void
measure (Check *check, const GPtrArray *servers)
{
  for (guint i = 0; i < servers->len; i++) {
    const LanePoolServer *server = g_ptr_array_index (servers, i);

    check->name_width = MAX (check->name_width, (int)g_utf8_strlen (server->name, -1));
    check->uri_width = MAX (check->uri_width, (int)strlen (server->uri));
  }
}

static void
print_line (const Check *check, const LanePoolServer *server, const char *rest)
{
  g_autofree char *name = lane_text_clean_name (server->name);
  g_autofree char *clean = lane_text_clean (rest, -1, TEXT_MAX);

  g_print ("%-*s  %-*s  %s\n", check->name_width, name, check->uri_width, server->uri, clean);
  fflush (stdout);
}

static void
print_step (const Check *check, const LanePoolServer *server, const LaneProbeStep *step)
{
  g_autofree char *text =
      g_strdup_printf ("%-10s %8.1f ms  %s%s", lane_probe_step_to_string (step->kind), step->ms,
                       step->ok ? "" : "failed: ", step->evidence != NULL ? step->evidence : "ok");

  print_line (check, server, text);
}

static void
on_stepped (LanePool *pool, const LanePoolServer *server, const LaneProbeResult *result,
            gpointer user_data)
{
  Check *check = user_data;
  guint printed = GPOINTER_TO_UINT (g_hash_table_lookup (check->printed, result));

  check->stepped = TRUE;
  if (check->quiet)
    return;
  if (check->name_width == 0)
    measure (check, lane_pool_get_servers (pool));
  for (; printed < result->steps->len; printed++)
    print_step (check, server, g_ptr_array_index (result->steps, printed));
  g_hash_table_insert (check->printed, lane_probe_result_ref ((LaneProbeResult *)result),
                       GUINT_TO_POINTER (printed));
}

static void
print_verdict (const Check *check, const LanePoolServer *server)
{
  g_autofree char *text = NULL;

  if (server->error != NULL)
    text = g_strdup_printf ("failed: %s. %s.", server->error, server->advice);
  else if (isnan (server->rtt_ms))
    text = g_strdup ("ok");
  else
    text = g_strdup_printf ("ok, %.1f ms", server->rtt_ms);
  print_line (check, server, text);
}

/* @nat may be NULL. */
static void
print_json (const GPtrArray *servers, const LaneCheckNat *nat, gboolean ok, gboolean done)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, 1);
  json_builder_set_member_name (builder, "ok");
  json_builder_add_boolean_value (builder, ok);
  json_builder_set_member_name (builder, "done");
  json_builder_add_boolean_value (builder, done);
  json_builder_set_member_name (builder, "servers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < servers->len; i++)
    lane_status_add_server (builder, g_ptr_array_index (servers, i), FALSE);
  json_builder_end_array (builder);
  if (nat != NULL)
    lane_check_nat_add_json (nat, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  puts (text);
}

static gboolean
all_ok (const GPtrArray *servers)
{
  for (guint i = 0; i < servers->len; i++)
    if (((const LanePoolServer *)g_ptr_array_index (servers, i))->state != LANE_SERVER_OK)
      return FALSE;
  return TRUE;
}

/* A line for each turn of the loop that had a step. */
static void
follow (Check *check, const GPtrArray *servers)
{
  if (!check->stepped)
    return;
  check->stepped = FALSE;
  print_json (servers, NULL, FALSE, FALSE);
  if (fflush (stdout) != 0)
    check->exit_code = LANE_EXIT_FAILED; /* nobody reads on */
}

static gboolean
on_interrupt (gpointer user_data)
{
  Check *check = user_data;

  check->exit_code = LANE_EXIT_SIGNAL + SIGINT;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
  Check *check = user_data;

  check->exit_code = LANE_EXIT_SIGNAL + SIGTERM;
  return G_SOURCE_CONTINUE;
}

/* So that what a server has given is given back. */
static void
catch_signal (Check *check, int number, GSourceFunc callback)
{
  g_autoptr (GSource) source = g_unix_signal_source_new (number);

  g_source_set_callback (source, callback, check, NULL);
  g_source_attach (source, check->context);
}

/* Once the servers have been checked: which of them live over TCP tells whether UDP is blocked. */
static LaneCheckNat *
check_nat (Check *check, LanePool *pool)
{
  g_autoptr (GError) error = NULL;
  LaneCheckNat *nat =
      lane_check_nat_new (check->context, check->config, pool, check->lifetime_s, &error);

  if (nat == NULL)
    g_printerr ("icelane: %s\n", error->message);
  while (nat != NULL && check->exit_code == LANE_EXIT_OK && lane_check_nat_is_running (nat))
    g_main_context_iteration (check->context, TRUE);
  return nat;
}

static void
print_text (Check *check, const GPtrArray *servers, const LaneCheckNat *nat)
{
  measure (check, servers);
  for (guint i = 0; i < servers->len; i++)
    print_verdict (check, g_ptr_array_index (servers, i));
  if (nat != NULL)
    lane_check_nat_print (nat);
}

/* The pool is the one a node has, so that both find the same. */
static int
run (Check *check, const LaneCliOptions *options)
{
  static const LanePoolEvents events = { .stepped = on_stepped };
  LanePoolTuning tuning = LANE_POOL_TUNING;
  g_autoptr (LanePool) pool = NULL;
  g_autoptr (LaneCheckNat) nat = NULL;
  const GPtrArray *servers;

  tuning.look_for_udp = TRUE;
  check->chosen = *check->config;
  check->chosen.servers = check->servers;
  pool = lane_pool_new_tuned (check->context, &check->chosen, &tuning, &events, check);
  servers = lane_pool_get_servers (pool);
  while (check->exit_code == LANE_EXIT_OK && lane_pool_is_checking (pool)) {
    g_main_context_iteration (check->context, TRUE);
    if (options->json && options->follow)
      follow (check, servers);
  }
  if (options->nat || options->lifetime != NULL)
    nat = check_nat (check, pool);
  if (check->exit_code != LANE_EXIT_OK)
    return check->exit_code;

  if (options->json)
    print_json (servers, nat, all_ok (servers), TRUE);
  else
    print_text (check, servers, nat);
  return all_ok (servers) ? LANE_EXIT_OK : LANE_EXIT_FAILED;
}

/* Bounded, as somebody waits for it. */
static gboolean
parse_lifetime (Check *check, const LaneCliOptions *options)
{
  double seconds = LIFETIME_S;

  if (options->lifetime == NULL)
    return TRUE;
  if (!lane_cli_parse_seconds ("--lifetime", options->lifetime, LIFETIME_S, &seconds))
    return FALSE;
  check->lifetime_s = (guint)CLAMP (seconds, 1, LIFETIME_MAX_S);
  return TRUE;
}

int
lane_cli_check (const LaneCliOptions *options)
{
  g_auto (Check) check = { .quiet = options->json };

  if (!parse_lifetime (&check, options))
    return LANE_EXIT_USAGE;
  lane_process_harden (FALSE);
  if (!load (&check, options))
    return LANE_EXIT_CONFIG;
  if (!choose (&check, options))
    return LANE_EXIT_FAILED;
  check.context = g_main_context_new ();
  catch_signal (&check, SIGINT, on_interrupt);
  catch_signal (&check, SIGTERM, on_terminate);
  check.printed = g_hash_table_new_full (NULL, NULL, (GDestroyNotify)lane_probe_result_unref, NULL);
  return run (&check, options);
}
