#include "settings-editor.h"

#include "original.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  char *folder, *path;
  LaneSettingsEdited done;
  gpointer user_data;
} Editing;

/* An editor leaves backups and the like beside the file. */
static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}

static void
editing_free (Editing *editing)
{
  if (editing->folder != NULL)
    remove_folder (editing->folder);
  g_free (editing->folder);
  g_free (editing->path);
  g_free (editing);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Editing, editing_free)

static gboolean
make_copy (Editing *editing, const LaneDocument *document, GError **error)
{
  g_autofree char *template =
      g_build_filename (g_get_user_runtime_dir (), "icelane-edit-XXXXXX", NULL);
  g_autoptr (GBytes) text = lane_document_to_bytes (document);

  editing->folder = g_strdup (g_mkdtemp_full (template, 0700));
  if (editing->folder == NULL)
    editing->folder = g_dir_make_tmp ("icelane-edit-XXXXXX", error);
  if (editing->folder == NULL)
    return FALSE;
  editing->path = g_build_filename (editing->folder, "icelane.ini", NULL);
  return g_file_set_contents_full (editing->path, g_bytes_get_data (text, NULL),
                                   g_bytes_get_size (text), G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                   error);
}

static const char *
editor_command (void)
{
  static const char *const variables[] = { "VISUAL", "EDITOR" };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++) {
    const char *command = g_getenv (variables[i]);

    if (command != NULL && *command != '\0')
      return command;
  }
  return "vi";
}

/* Those that are known to begin at +LINE. */
static gboolean
takes_line (const char *program)
{
  static const char *const names[] = { "vi",    "vim", "nvim", "nano", "emacs",
                                       "micro", "mg",  "joe",  "kak",  NULL };
  g_autofree char *base = g_path_get_basename (program);

  return g_strv_contains (names, base);
}

static char **
editor_arguments (const Editing *editing, guint line, GError **error)
{
  g_auto (GStrv) command = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *start = g_strdup_printf ("+%u", line);

  if (!g_shell_parse_argv (editor_command (), NULL, &command, error))
    return NULL;
  g_strv_builder_addv (builder, (const char **)command);
  if (line > 0 && takes_line (command[0]))
    g_strv_builder_add (builder, start);
  g_strv_builder_add (builder, editing->path);
  return g_strv_builder_end (builder);
}

static void
on_given_back (LaneTerminal *terminal, const GError *failure, gpointer user_data)
{
  g_autoptr (Editing) editing = user_data;
  g_autoptr (GError) error = failure != NULL ? g_error_copy (failure) : NULL;
  g_autoptr (LaneOriginal) edited = NULL;

  if (error == NULL)
    edited = lane_original_read (editing->path, &error);
  if (edited != NULL && !edited->exists)
    g_set_error_literal (&error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "it left no file");
  editing->done (error == NULL ? lane_document_copy (edited->document) : NULL, error,
                 editing->user_data);
}

gboolean
lane_settings_editor_start (LaneTerminal *terminal, const LaneDocument *document, guint line,
                            LaneSettingsEdited done, gpointer user_data, GError **error)
{
  g_autoptr (Editing) editing = g_new0 (Editing, 1);
  g_auto (GStrv) argv = NULL;

  editing->done = done;
  editing->user_data = user_data;
  if (!make_copy (editing, document, error))
    return FALSE;
  argv = editor_arguments (editing, line, error);
  if (argv == NULL
      || !lane_terminal_lend (terminal, (const char *const *)argv, on_given_back, editing, error))
    return FALSE;
  g_steal_pointer (&editing);
  return TRUE;
}
