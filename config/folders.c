#include "folders.h"

#include <string.h>

#include "option.h"
#include "problem.h"

static const char *
lookup (const char *const *environ_, const char *name)
{
  const char *value =
      environ_ != NULL ? g_environ_getenv ((char **)environ_, name) : g_getenv (name);

  /* The specification has relative paths ignored. */
  return value != NULL && g_path_is_absolute (value) ? value : NULL;
}

static char *
folder (const char *const *environ_, const char *variable, const char *home, const char *below)
{
  const char *base = lookup (environ_, variable);

  if (base != NULL)
    return g_build_filename (base, "icelane", NULL);
  return g_build_filename (home, below, "icelane", NULL);
}

LaneFolders *
lane_folders_new (const char *const *environ_)
{
  LaneFolders *folders = g_new0 (LaneFolders, 1);
  const char *home = lookup (environ_, "HOME");
  const char *runtime = lookup (environ_, "XDG_RUNTIME_DIR");

  folders->home = g_strdup (home != NULL ? home : g_get_home_dir ());
  folders->config = folder (environ_, "XDG_CONFIG_HOME", folders->home, ".config");
  folders->state = folder (environ_, "XDG_STATE_HOME", folders->home, ".local/state");
  folders->runtime = runtime != NULL ? g_build_filename (runtime, "icelane", NULL) : NULL;
  folders->credentials = g_strdup (lookup (environ_, "CREDENTIALS_DIRECTORY"));
  return folders;
}

void
lane_folders_free (LaneFolders *folders)
{
  if (folders == NULL)
    return;
  g_free (folders->home);
  g_free (folders->config);
  g_free (folders->state);
  g_free (folders->runtime);
  g_free (folders->credentials);
  g_free (folders);
}

/* Appends what `%LETTER` stands for. */
static gboolean
expand_letter (const LaneFolders *folders, char letter, GString *path, GError **error)
{
  switch (letter) {
  case 's':
    g_string_append (path, folders->state);
    return TRUE;
  case '%':
    g_string_append_c (path, '%');
    return TRUE;
  case 'd':
    if (folders->credentials != NULL) {
      g_string_append (path, folders->credentials);
      return TRUE;
    }
    g_set_error (error, LANE_OPTION_ERROR, LANE_OPTION_ERROR_VALUE,
                 "%%d is $CREDENTIALS_DIRECTORY, which is not set: start the node from a systemd "
                 "unit with LoadCredential=, or write the path out");
    return FALSE;
  default:
    g_set_error (error, LANE_OPTION_ERROR, LANE_OPTION_ERROR_VALUE,
                 "'%%' is followed by neither s, d nor %%: write %%%% for a percent sign");
    return FALSE;
  }
}

char *
lane_folders_expand (const LaneFolders *folders, const char *text, GError **error)
{
  g_autoptr (GString) path = g_string_new (NULL);
  g_autofree char *quoted = NULL;
  const char *p = text;

  if (g_str_has_prefix (p, "~/")) {
    g_string_append (path, folders->home);
    p++;
  }
  for (; *p != '\0'; p++) {
    if (*p != '%')
      g_string_append_c (path, *p);
    else if (!expand_letter (folders, p[1], path, error))
      return NULL;
    else
      p++;
  }
  if (!g_path_is_absolute (path->str)) {
    quoted = lane_problem_quote (text);
    g_set_error (error, LANE_OPTION_ERROR, LANE_OPTION_ERROR_VALUE,
                 "%s is not an absolute path: start it with /, ~/ or %%s/", quoted);
    return NULL;
  }
  return g_string_free (g_steal_pointer (&path), FALSE);
}
