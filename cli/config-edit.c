/* icelane config edit: the file in an editor, looked through before it is saved. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "config-commands.h"
#include "settings.h"

typedef struct {
  LaneCliChange change;
  char *folder, *path; /* of the copy that is edited */
  gboolean keep;       /* the copy, as it could not be saved */
} Edit;

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
edit_clear (Edit *edit)
{
  if (edit->folder != NULL && !edit->keep)
    remove_folder (edit->folder);
  else if (edit->folder != NULL)
    lane_cli_complain ("your text is kept in %s", edit->path);
  lane_cli_change_clear (&edit->change);
  g_free (edit->folder);
  g_free (edit->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Edit, edit_clear)

/* In a folder that only we can enter. */
static gboolean
make_copy (Edit *edit)
{
  g_autofree char *template =
      g_build_filename (g_get_user_runtime_dir (), "icelane-edit-XXXXXX", NULL);
  g_autofree char *example = lane_config_template ();
  g_autoptr (GBytes) text = lane_document_to_bytes (edit->change.document);
  g_autoptr (GError) error = NULL;
  gboolean fresh = !edit->change.original->exists;

  edit->folder = g_strdup (g_mkdtemp_full (template, 0700));
  if (edit->folder == NULL)
    edit->folder = g_dir_make_tmp ("icelane-edit-XXXXXX", &error);
  if (edit->folder == NULL) {
    lane_cli_complain ("%s", error->message);
    return FALSE;
  }
  edit->path = g_build_filename (edit->folder, "icelane.ini", NULL);
  if (g_file_set_contents_full (edit->path, fresh ? example : g_bytes_get_data (text, NULL),
                                fresh ? strlen (example) : g_bytes_get_size (text),
                                G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    return TRUE;
  lane_cli_complain ("%s", error->message);
  return FALSE;
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

static void
on_interrupt (int number)
{
}

/* Ctrl-C is for the editor; it gets the default back when it is started, as it would not with
 * SIG_IGN. */
static gboolean
run_editor (const Edit *edit)
{
  const struct sigaction ours = { .sa_handler = on_interrupt };
  struct sigaction interrupt, quit;
  const char *command = editor_command ();
  g_autofree char *quoted = g_shell_quote (edit->path);
  g_autofree char *line = g_strdup_printf ("%s %s", command, quoted);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;
  gboolean fine;

  sigaction (SIGINT, &ours, &interrupt);
  sigaction (SIGQUIT, &ours, &quit);
  fine = g_shell_parse_argv (line, NULL, &argv, &error)
         && g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN,
                          NULL, NULL, NULL, NULL, &status, &error)
         && g_spawn_check_wait_status (status, &error);
  sigaction (SIGINT, &interrupt, NULL);
  sigaction (SIGQUIT, &quit, NULL);
  if (!fine)
    lane_cli_complain ("the editor, %s: %s; nothing was changed", command, error->message);
  return fine;
}

static gboolean
read_back (Edit *edit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneOriginal) edited = lane_original_read (edit->path, &error);

  if (edited == NULL || !edited->exists) {
    lane_cli_complain ("%s: %s", edit->path, error != NULL ? error->message : "is gone");
    return FALSE;
  }
  lane_document_assign (edit->change.document, edited->document);
  return TRUE;
}

/* Says everything that is wrong. */
static gboolean
has_errors (const Edit *edit)
{
  const LaneConfigSources sources = { .path = edit->change.path };
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (GBytes) text = lane_document_to_bytes (edit->change.document);

  lane_config_free (lane_config_load_text (&sources, text, problems));
  lane_cli_print_problems (problems);
  return lane_problems_have_error (problems);
}

/* What to do about errors: 'e', 's' or 'q'. */
static char
ask (gboolean may_save)
{
  char answer[16];

  if (!isatty (STDIN_FILENO))
    return 'q';
  g_printerr ("e edit again (default)%s, q leave it as it was: ",
              may_save ? ", s save all the same" : "");
  if (fgets (answer, sizeof answer, stdin) == NULL || *answer == 'q')
    return 'q';
  return *answer == 's' && may_save ? 's' : 'e';
}

/* LANE_EXIT_OK when the text is to be saved. */
static int
edit_until_fine (Edit *edit)
{
  for (;;) {
    char answer;

    if (!run_editor (edit) || !read_back (edit))
      return LANE_EXIT_FAILED;
    if (!has_errors (edit))
      return LANE_EXIT_OK;
    answer = ask (lane_document_check (edit->change.document, NULL));
    if (answer == 's')
      return LANE_EXIT_OK;
    if (answer == 'q') {
      lane_cli_complain ("nothing was changed");
      edit->keep = !isatty (STDIN_FILENO);
      return LANE_EXIT_CONFIG;
    }
  }
}

int
lane_cli_config_edit (const LaneCliOptions *options)
{
  g_auto (Edit) edit = { 0 };
  int code;

  if (!lane_cli_change_begin (&edit.change, options, TRUE))
    return LANE_EXIT_CONFIG;
  if (!make_copy (&edit))
    return LANE_EXIT_FAILED;
  code = edit_until_fine (&edit);
  if (code != LANE_EXIT_OK)
    return code;
  /* Comments may have been edited as well, which no merge by settings would keep. */
  code = lane_cli_change_save (&edit.change, LANE_SAVE_REPAIR);
  edit.keep = code != LANE_EXIT_OK;
  return code;
}
