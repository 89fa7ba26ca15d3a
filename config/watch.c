#include "watch.h"

#include <string.h>

#include <gio/gio.h>

#include "document.h"
#include "loader.h"
#include "reader.h"
#include "trail.h"

#define QUIET_MS   200  /* after the last change */
#define LONGEST_MS 1000 /* after the first, however many follow */

struct _LaneWatch {
  GMainContext *context;
  LaneWatchEvents events;
  gpointer user_data;

  char *path;
  gboolean must_exist;
  char **environ_, **overrides;

  GPtrArray *spots;    /* of LaneSpot: where to look */
  GPtrArray *monitors; /* of GFileMonitor */
  GSource *timer;
  gint64 first_change; /* that the timer waits for */
  GCancellable *running;
  gboolean look_again; /* something changed while a look was under way */
  gboolean asked;      /* the next look is one that lane_watch_check() asked for */
  gboolean *freed;     /* set when a callback frees the watch; NULL: none runs */

  GBytes *good; /* text of the last good file; NULL: none */
  char *seen;   /* what the last report was about: see make_sign() */
};

/* One look at the file, in a thread. */
typedef struct {
  LaneConfigSources sources;
  char *path;
  char **environ_, **overrides;
  GBytes *good;
  gboolean asked;

  LaneWatchReport report;
  GPtrArray *spots;
  GBytes *text; /* new last good; NULL: as before */
  char *sign;
} Look;

const char *
lane_watch_verdict_to_string (LaneWatchVerdict verdict)
{
  static const char *const words[] = { "valid", "partly", "invalid" };

  return words[verdict];
}

static void
look_free (gpointer data)
{
  Look *look = data;

  g_free (look->path);
  g_strfreev (look->environ_);
  g_strfreev (look->overrides);
  g_clear_pointer (&look->good, g_bytes_unref);
  g_clear_pointer (&look->text, g_bytes_unref);
  g_clear_pointer (&look->report.config, lane_config_free);
  g_ptr_array_unref (look->report.problems);
  g_clear_pointer (&look->spots, g_ptr_array_unref);
  g_free (look->sign);
  g_free (look);
}

static void
complain (Look *look, const char *text)
{
  g_ptr_array_add (look->report.problems,
                   lane_problem_new (LANE_PROBLEM_ERROR, look->path, 0, NULL, NULL,
                                     "%s; what was last read stays in force", text));
}

/* A text that stops in the middle of what it was, as when a disk was full or an editor is at work:
 * all of it may read well, and the rest be lost. */
static gboolean
is_cut_off (const Look *look, GBytes *text)
{
  gsize length, good_length = 0;
  const char *data = g_bytes_get_data (text, &length);
  const char *good_data = look->good != NULL ? g_bytes_get_data (look->good, &good_length) : NULL;

  if (length >= good_length)
    return FALSE;
  return length == 0 || (memcmp (data, good_data, length) == 0 && data[length - 1] != '\n');
}

/* Sections with an error, each once; NULL when one has no section or is not of the file. */
static GHashTable *
find_faulty_sections (const Look *look, const LaneDocument *document)
{
  g_autoptr (GHashTable) sections = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < look->report.problems->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (look->report.problems, i);

    if (problem->level != LANE_PROBLEM_ERROR)
      continue;
    if (problem->section == NULL || !lane_document_has_section (document, problem->section))
      return NULL;
    g_hash_table_add (sections, problem->section);
  }
  return g_steal_pointer (&sections);
}

/* Makes @section of @document say what it says in @good. */
static gboolean
put_back (LaneDocument *document, const LaneDocument *good, const char *section)
{
  g_auto (GStrv) new_keys = lane_document_get_keys (document, section);
  g_auto (GStrv) good_keys = lane_document_get_keys (good, section);

  if (!lane_document_has_section (good, section))
    return lane_document_remove_section (document, section, NULL);
  for (guint i = 0; new_keys[i] != NULL; i++)
    if (!lane_document_unset (document, section, new_keys[i], NULL))
      return FALSE;
  for (guint i = 0; good_keys[i] != NULL; i++) {
    g_auto (GStrv) values = lane_document_get_values (good, section, good_keys[i]);

    if (!lane_document_set_values (document, section, good_keys[i], (const char *const *)values,
                                   NULL))
      return FALSE;
  }
  return TRUE;
}

/* The settings with faulty sections put back; NULL when that does not help. */
static LaneConfig *
mend (Look *look, LaneDocument *document)
{
  g_autoptr (LaneDocument) good = NULL;
  g_autoptr (GHashTable) sections = find_faulty_sections (look, document);
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GBytes) text = NULL;
  g_autoptr (LaneConfig) config = NULL;
  GHashTableIter iter;
  gpointer section;

  if (look->good == NULL || sections == NULL)
    return NULL;
  good = lane_document_parse (look->good);
  g_hash_table_iter_init (&iter, sections);
  while (g_hash_table_iter_next (&iter, &section, NULL))
    if (!put_back (document, good, section))
      return NULL;
  text = lane_document_to_bytes (document);
  config = lane_config_load_text (&look->sources, text, problems);
  if (lane_problems_have_error (problems))
    return NULL;
  look->text = g_steal_pointer (&text);
  return g_steal_pointer (&config);
}

static void
judge (Look *look, GBytes *text, gboolean others_can_read)
{
  g_autoptr (LaneDocument) document = lane_document_parse (text);
  g_autoptr (LaneConfig) config =
      lane_config_load_read (&look->sources, text, others_can_read, look->report.problems);

  look->report.verdict = LANE_WATCH_INVALID;
  if (is_cut_off (look, text)) {
    complain (look, g_bytes_get_size (text) == 0 ? "is empty" : "is cut off");
  } else if (!lane_problems_have_error (look->report.problems)) {
    look->report.verdict = LANE_WATCH_VALID;
    look->report.config = g_steal_pointer (&config);
    look->text = g_bytes_ref (text);
  } else if (lane_document_check (document, NULL)
             && !(others_can_read && lane_document_holds_secret (document))) {
    look->report.config = mend (look, document);
    if (look->report.config != NULL)
      look->report.verdict = LANE_WATCH_PARTLY;
  }
}

/* Something that differs when a report would. */
static char *
make_sign (const Look *look, GBytes *text)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; i < look->report.problems->len; i++) {
    g_autofree char *line = lane_problem_to_string (g_ptr_array_index (look->report.problems, i));

    g_checksum_update (checksum, (const guchar *)line, strlen (line) + 1);
  }
  if (text != NULL)
    g_checksum_update (checksum, g_bytes_get_data (text, NULL), g_bytes_get_size (text));
  return g_strdup_printf ("%d%d%s", look->report.verdict, text != NULL,
                          g_checksum_get_string (checksum));
}

static void
run_look (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *look = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) text = NULL;
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
  mode_t mode = 0;

  look->spots = lane_trail_follow (look->path);
  text = lane_reader_read_file (look->path, &mode, &error);
  if (text != NULL)
    judge (look, text, (mode & 077) != 0);
  else if (look->good == NULL && !look->sources.must_exist
           && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
    /* There was none, and there still is none. */
    look->report.verdict = LANE_WATCH_VALID;
    look->report.config = lane_config_load_text (&look->sources, none, look->report.problems);
    g_clear_pointer (&look->report.config->text, g_bytes_unref);
  } else {
    look->report.verdict = LANE_WATCH_INVALID;
    complain (look, error->message);
  }
  look->sign = make_sign (look, text);
  g_task_return_boolean (task, TRUE);
}

static void start_look (LaneWatch *watch);

static void
clear_timer (LaneWatch *watch)
{
  if (watch->timer == NULL)
    return;
  g_source_destroy (watch->timer);
  g_clear_pointer (&watch->timer, g_source_unref);
}

static gboolean
on_quiet (gpointer user_data)
{
  LaneWatch *watch = user_data;

  clear_timer (watch);
  start_look (watch);
  return G_SOURCE_REMOVE;
}

static void
schedule (LaneWatch *watch)
{
  gint64 now = g_get_monotonic_time ();
  gint64 latest;

  if (watch->running != NULL) {
    watch->look_again = TRUE;
    return;
  }
  if (watch->timer == NULL)
    watch->first_change = now;
  clear_timer (watch);
  latest = (watch->first_change + LONGEST_MS * 1000 - now) / 1000;
  watch->timer = g_timeout_source_new (CLAMP (latest, 0, QUIET_MS));
  g_source_set_callback (watch->timer, on_quiet, watch, NULL);
  g_source_attach (watch->timer, watch->context);
}

/* Whether an event about @file matters: folders like /tmp have many that do not. */
static gboolean
is_on_trail (const LaneWatch *watch, GFile *file)
{
  g_autofree char *name = file != NULL ? g_file_get_basename (file) : NULL;

  for (guint i = 0; name != NULL && i < watch->spots->len; i++)
    if (strcmp (((LaneSpot *)watch->spots->pdata[i])->name, name) == 0)
      return TRUE;
  return FALSE;
}

static void
on_event (GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
          gpointer user_data)
{
  LaneWatch *watch = user_data;

  if (is_on_trail (watch, file) || is_on_trail (watch, other))
    schedule (watch);
}

static void
monitor_free (gpointer data)
{
  GFileMonitor *monitor = data;

  g_file_monitor_cancel (monitor);
  g_object_unref (monitor);
}

static gboolean
spots_equal (const GPtrArray *one, const GPtrArray *other)
{
  if (one->len != other->len)
    return FALSE;
  for (guint i = 0; i < one->len; i++)
    if (!lane_spot_equal (one->pdata[i], other->pdata[i]))
      return FALSE;
  return TRUE;
}

static void
monitor_folder (LaneWatch *watch, const char *path)
{
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  GFileMonitor *monitor = g_file_monitor_directory (folder, G_FILE_MONITOR_NONE, NULL, NULL);

  if (monitor == NULL)
    return;
  g_file_monitor_set_rate_limit (monitor, QUIET_MS / 2);
  g_signal_connect (monitor, "changed", G_CALLBACK (on_event), watch);
  g_ptr_array_add (watch->monitors, monitor);
}

/* Takes @spots. What happened before the monitors were there is seen by another look. */
static void
set_spots (LaneWatch *watch, GPtrArray *spots)
{
  g_autoptr (GHashTable) folders = g_hash_table_new (g_str_hash, g_str_equal);

  if (spots_equal (watch->spots, spots)) {
    g_ptr_array_unref (spots);
    return;
  }
  g_ptr_array_set_size (watch->monitors, 0);
  g_ptr_array_unref (watch->spots);
  watch->spots = spots;
  g_main_context_push_thread_default (watch->context);
  for (guint i = 0; i < spots->len; i++) {
    const LaneSpot *spot = g_ptr_array_index (spots, i);

    if (g_hash_table_add (folders, spot->folder))
      monitor_folder (watch, spot->folder);
  }
  g_main_context_pop_thread_default (watch->context);
  watch->look_again = TRUE;
}

static void
take_result (LaneWatch *watch, Look *look)
{
  if (look->text != NULL) {
    g_clear_pointer (&watch->good, g_bytes_unref);
    watch->good = g_steal_pointer (&look->text);
  }
  if (g_strcmp0 (watch->seen, look->sign) == 0)
    return;
  g_free (watch->seen);
  watch->seen = g_steal_pointer (&look->sign);
  watch->events.changed (watch, &look->report, watch->user_data);
}

static void
tell_result (LaneWatch *watch, Look *look)
{
  gboolean freed = FALSE;

  watch->freed = &freed;
  take_result (watch, look);
  if (freed)
    return;
  watch->freed = NULL;
  if (look->asked && watch->events.checked != NULL)
    watch->events.checked (watch, watch->user_data);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = G_TASK (result);
  LaneWatch *watch = user_data;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return; /* the watch is gone */
  g_clear_object (&watch->running);
  set_spots (watch, g_steal_pointer (&((Look *)g_task_get_task_data (task))->spots));
  if (watch->look_again) {
    watch->look_again = FALSE;
    schedule (watch);
  }
  tell_result (watch, g_task_get_task_data (task));
}

static void
start_look (LaneWatch *watch)
{
  g_autoptr (GTask) task = NULL;
  Look *look = g_new0 (Look, 1);

  look->asked = watch->asked;
  watch->asked = FALSE;
  look->path = g_strdup (watch->path);
  look->environ_ = g_strdupv (watch->environ_);
  look->overrides = g_strdupv (watch->overrides);
  look->good = watch->good != NULL ? g_bytes_ref (watch->good) : NULL;
  look->report.problems = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  look->sources = (LaneConfigSources){ .path = look->path,
                                       .must_exist = watch->must_exist,
                                       .environ_ = (const char *const *)look->environ_,
                                       .overrides = (const char *const *)look->overrides };

  watch->running = g_cancellable_new ();
  g_main_context_push_thread_default (watch->context);
  task = g_task_new (NULL, watch->running, on_looked, watch);
  g_main_context_pop_thread_default (watch->context);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, run_look);
}

/* What a look finds that shows the file as it was loaded. */
static char *
make_first_sign (LaneWatch *watch)
{
  g_autoptr (GPtrArray) problems =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  const LaneConfigSources sources = { .path = watch->path,
                                      .environ_ = (const char *const *)watch->environ_,
                                      .overrides = (const char *const *)watch->overrides };
  g_autoptr (GBytes) none = g_bytes_new (NULL, 0);
  const Look look = { .report = { .verdict = LANE_WATCH_VALID, .problems = problems } };

  lane_config_free (
      lane_config_load_text (&sources, watch->good != NULL ? watch->good : none, problems));
  return make_sign (&look, watch->good);
}

LaneWatch *
lane_watch_new (GMainContext *context, const LaneConfigSources *sources, GBytes *good,
                const LaneWatchEvents *events, gpointer user_data)
{
  LaneWatch *watch = g_new0 (LaneWatch, 1);

  watch->context = g_main_context_ref (context);
  watch->events = *events;
  watch->user_data = user_data;
  watch->path = sources->path != NULL ? g_strdup (sources->path)
                                      : lane_config_default_path (sources->environ_);
  watch->must_exist = sources->must_exist;
  watch->environ_ = g_strdupv ((char **)sources->environ_);
  watch->overrides = g_strdupv ((char **)sources->overrides);
  watch->good = good != NULL ? g_bytes_ref (good) : NULL;
  watch->spots = g_ptr_array_new ();
  watch->monitors = g_ptr_array_new_with_free_func (monitor_free);
  watch->seen = make_first_sign (watch);
  start_look (watch);
  return watch;
}

void
lane_watch_check (LaneWatch *watch)
{
  watch->asked = TRUE;
  if (watch->running != NULL) {
    watch->look_again = TRUE;
    return;
  }
  clear_timer (watch);
  start_look (watch);
}

void
lane_watch_free (LaneWatch *watch)
{
  if (watch == NULL)
    return;
  if (watch->freed != NULL)
    *watch->freed = TRUE;
  if (watch->running != NULL)
    g_cancellable_cancel (watch->running);
  g_clear_object (&watch->running);
  clear_timer (watch);
  g_ptr_array_unref (watch->monitors);
  g_ptr_array_unref (watch->spots);
  g_clear_pointer (&watch->good, g_bytes_unref);
  g_strfreev (watch->environ_);
  g_strfreev (watch->overrides);
  g_free (watch->path);
  g_free (watch->seen);
  g_main_context_unref (watch->context);
  g_free (watch);
}
