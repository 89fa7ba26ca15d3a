#include "settings-note.h"

#include "status.h"

/* Each is a line in every status: an editor's mistake in a long file can make hundreds. */
#define PROBLEMS_MAX 32

struct _LaneSettingsNote {
  char *path;
  gint64 loaded_us;
  LaneWatchVerdict verdict;
  char **problems, **later;
  char *applied; /* NULL: nothing has changed since the start */
};

const char *
lane_settings_verdict_to_string (LaneWatchVerdict verdict)
{
  return verdict == LANE_WATCH_VALID ? "ok" : lane_watch_verdict_to_string (verdict);
}

LaneSettingsNote *
lane_settings_note_new (const char *path)
{
  LaneSettingsNote *note = g_new0 (LaneSettingsNote, 1);

  note->path = g_strdup (path);
  note->loaded_us = g_get_real_time ();
  note->verdict = LANE_WATCH_VALID;
  note->problems = g_new0 (char *, 1);
  note->later = g_new0 (char *, 1);
  return note;
}

void
lane_settings_note_free (LaneSettingsNote *note)
{
  if (note == NULL)
    return;
  g_strfreev (note->problems);
  g_strfreev (note->later);
  g_free (note->applied);
  g_free (note->path);
  g_free (note);
}

void
lane_settings_note_loaded (LaneSettingsNote *note, const LaneImpact *impact)
{
  note->loaded_us = g_get_real_time ();
  g_strfreev (note->later);
  note->later = g_strdupv (impact->later);
  if (impact->changes == 0)
    return;
  g_free (note->applied);
  note->applied = lane_impact_describe (impact);
}

static void
add_lines (GStrvBuilder *builder, const GPtrArray *problems, LaneProblemLevel level, guint *count)
{
  for (guint i = 0; i < problems->len; i++) {
    const LaneProblem *problem = problems->pdata[i];

    if (problem->level == level && (*count)++ < PROBLEMS_MAX) {
      g_autofree char *line = lane_problem_to_string (problem);

      g_strv_builder_add (builder, line);
    }
  }
}

const char *
lane_settings_note_judged (LaneSettingsNote *note, LaneWatchVerdict verdict,
                           const GPtrArray *problems)
{
  static const char *const sentences[] = {
    [LANE_WATCH_VALID] = "the settings file is in order again",
    [LANE_WATCH_PARTLY] = "sections with problems stay as they were",
    [LANE_WATCH_INVALID] = "the settings of before stay in force",
  };
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean stays_valid = verdict == LANE_WATCH_VALID && note->verdict == LANE_WATCH_VALID;
  guint count = 0;

  add_lines (builder, problems, LANE_PROBLEM_ERROR, &count);
  add_lines (builder, problems, LANE_PROBLEM_WARNING, &count);
  if (count > PROBLEMS_MAX) {
    g_autofree char *more = g_strdup_printf ("and %u more", count - PROBLEMS_MAX);

    g_strv_builder_add (builder, more);
  }
  note->verdict = verdict;
  g_strfreev (note->problems);
  note->problems = g_strv_builder_end (builder);
  return stays_valid ? NULL : sentences[verdict];
}

static void
add_strings (JsonBuilder *builder, const char *name, char *const *strings)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (; *strings != NULL; strings++)
    json_builder_add_string_value (builder, *strings);
  json_builder_end_array (builder);
}

void
lane_settings_note_describe (const LaneSettingsNote *note, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "config");
  json_builder_begin_object (builder);
  lane_status_add_string (builder, "path", note->path);
  lane_status_add_string (builder, "state", lane_settings_verdict_to_string (note->verdict));
  add_strings (builder, "problems", note->problems);
  lane_status_add_string (builder, "applied", note->applied);
  add_strings (builder, "later", note->later);
  lane_status_add_time (builder, "loaded_at", note->loaded_us);
  json_builder_end_object (builder);
}
