/* What there is to say of the settings a node runs on: where they are from, since when they count,
 * and what of the file does not. */
#pragma once

#include <json-glib/json-glib.h>

#include "impact.h"
#include "watch.h"

typedef struct _LaneSettingsNote LaneSettingsNote;

LaneSettingsNote *lane_settings_note_new (const char *path);
void lane_settings_note_free (LaneSettingsNote *note);

/* They were taken over now, with @impact. */
void lane_settings_note_loaded (LaneSettingsNote *note, const LaneImpact *impact);
/* How the file was judged last; @problems: of LaneProblem. What changes by that, in a sentence;
 * NULL: nothing does. */
const char *lane_settings_note_judged (LaneSettingsNote *note, LaneWatchVerdict verdict,
                                       const GPtrArray *problems);

/* "config" of the node: {"path", "state": ok partly invalid, "problems": ["file:33: ..."],
 * "applied": what the last change did, "later": ["node.control"], "loaded_at"}. */
void lane_settings_note_describe (const LaneSettingsNote *note, JsonBuilder *builder);

const char *lane_settings_verdict_to_string (LaneWatchVerdict verdict); /* ok partly invalid */
