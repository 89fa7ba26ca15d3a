/* A settings file, and the same bytes as an override: whatever it holds, every problem is one clean
 * line, and a setting that was read can be written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "config.h"
#include "option.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_problems (const GPtrArray *problems)
{
  for (guint i = 0; i < problems->len; i++) {
    g_autofree char *text = lane_problem_to_string (g_ptr_array_index (problems, i));

    g_assert (g_utf8_validate (text, -1, NULL));
    for (const char *p = text; *p != '\0'; p++)
      g_assert (!g_ascii_iscntrl (*p));
  }
}

/* Paths come out expanded and multi-line lists are not one value, so they are left out. */
static void
check_round_trip (const char *section, gconstpointer base, gpointer other,
                  const LaneFolders *folders)
{
  gsize count;
  const LaneOption *options = lane_options (&count);

  for (gsize i = 0; i < count; i++) {
    g_autofree char *value = NULL;
    g_autofree char *again = NULL;

    if (strcmp (options[i].section, section) != 0 || options[i].type == LANE_OPTION_PATH
        || options[i].type == LANE_OPTION_LINES || options[i].type == LANE_OPTION_URIS)
      continue;
    value = lane_option_get (&options[i], base);
    if (value == NULL)
      continue;
    g_assert (lane_option_set (&options[i], other, value, FALSE, folders, NULL));
    again = lane_option_get (&options[i], other);
    g_assert_cmpstr (again, ==, value);
  }
}

static void
check_config (const LaneConfig *config, const LaneFolders *folders)
{
  static const char *const plain[] = { "node", "signaling", "ice",     "network",
                                       "ui",   "log",       "metrics", "hooks" };
  g_autoptr (LaneConfig) other = lane_config_new ();

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    check_round_trip (plain[i], config, other, folders);
  for (guint i = 0; i < config->peers->len; i++) {
    LanePeerConfig peer = { 0 };

    check_round_trip ("peer", g_ptr_array_index (config->peers, i), &peer, folders);
    lane_section_clear ("peer", &peer);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const environ_[] = { "HOME=/home/ada", NULL };
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (LaneFolders) folders = lane_folders_new (environ_);
  g_autoptr (GBytes) text = g_bytes_new (data, size);
  g_autofree char *override = g_strndup ((const char *)data, size);
  g_autofree char *variable = g_strconcat ("ICELANE_", override, NULL);
  const char *const overrides[] = { override, NULL };
  const char *const variables[] = { "HOME=/home/ada", variable, NULL };
  const LaneConfigSources sources = { .path = "icelane.ini",
                                      .environ_ = variables,
                                      .overrides = overrides };
  g_autoptr (LaneConfig) config = lane_config_load_text (&sources, text, problems);

  check_problems (problems);
  check_config (config, folders);
  return 0;
}
