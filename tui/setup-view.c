#include "setup-view.h"

#include <string.h>

#include "edit.h"
#include "test-words.h"
#include "view.h"

#define LABEL_WIDTH 11
#define TEXT_WIDTH  76

typedef struct {
  const char *title, *text;
} Page;

static const Page pages[LANE_N_SETUP_PAGES] = {
  [LANE_SETUP_WELCOME] = { "Welcome",
                           "This machine has no settings yet. Four questions make them. Esc skips "
                           "any of them, and all of it can be changed later." },
  [LANE_SETUP_NODE] = { "This node",
                        "What logs and the dashboard call this machine. Without an answer it is "
                        "the name of the host." },
  [LANE_SETUP_SIGNALING] = { "Rendezvous",
                             "The server through which nodes find each other; `icelane rendezvous` "
                             "runs one. It only passes sealed messages on. Links need one that "
                             "both sides reach." },
  [LANE_SETUP_SERVER] = { "STUN or TURN server",
                          "STUN finds out how a NAT maps us; TURN relays where no direct path is "
                          "possible. Enter on the last line tests it." },
  [LANE_SETUP_PEER] = { "First peer",
                        "A machine to keep a link to. `icelane id` prints its id over there; that "
                        "machine needs ours." },
  [LANE_SETUP_REVIEW] = { "Ready", NULL },
};

static const struct {
  const char *label, *example;
} fields[LANE_N_SETUP_FIELDS] = {
  [LANE_SETUP_FIELD_NODE_NAME] = { "Name", NULL },
  [LANE_SETUP_FIELD_URL] = { "URL", "e.g. https://rendezvous.example.net" },
  [LANE_SETUP_FIELD_URI] = { "Address", "e.g. turn:turn.example.net, or stun:stun.example.net" },
  [LANE_SETUP_FIELD_USERNAME] = { "User", "none" },
  [LANE_SETUP_FIELD_PASSWORD] = { "Password", "none" },
  [LANE_SETUP_FIELD_PEER_NAME] = { "Name", "e.g. berlin" },
  [LANE_SETUP_FIELD_PEER_ID] = { "Id", "e.g. k3vq 7d2m ..." },
};

void
lane_setup_arrange (LaneSetup *setup, int height, int width)
{
  setup->too_small = width < LANE_MIN_WIDTH || height < LANE_MIN_HEIGHT;
}

static int
text_width (const LaneCanvas *canvas)
{
  return MIN (lane_canvas_get_width (canvas) - 4, TEXT_WIDTH);
}

static int
draw_text (LaneCanvas *canvas, int y, int bottom, LaneRole role, const char *text)
{
  if (y >= bottom)
    return y;
  return y + lane_canvas_put_wrapped (canvas, y, 2, bottom - y, text_width (canvas), role, text);
}

/* Secrets show how long they are, and nothing else. */
static char *
shown_text (const LaneSetup *setup, LaneSetupField field, const char *text)
{
  return field == LANE_SETUP_FIELD_PASSWORD ? g_strnfill (g_utf8_strlen (text, -1), '*')
                                            : g_strdup (text);
}

static void
draw_value (LaneCanvas *canvas, const LaneSetup *setup, LaneSetupField field, int y, int width,
            gboolean focused)
{
  const LaneLineEdit *edit = setup->edits[field];
  g_autofree char *text = shown_text (setup, field, lane_line_edit_get_text (edit));
  g_autofree char *typed = lane_line_edit_get_head (edit);
  g_autofree char *head = shown_text (setup, field, typed);
  const int x = 2 + LABEL_WIDTH;
  const char *shown = text;
  int cursor;

  /* A long one is shown from where its cursor is in sight. */
  while ((cursor = lane_canvas_measure (canvas, head) - lane_canvas_measure (canvas, text)
                   + lane_canvas_measure (canvas, shown))
             >= width
         && *shown != '\0')
    shown = g_utf8_next_char (shown);
  lane_canvas_fill (canvas, y, x, 1, width, LANE_ROLE_INPUT);
  if (*text != '\0')
    lane_canvas_put (canvas, y, x, width,
                     setup->errors[field] != NULL ? LANE_ROLE_INPUT_ERROR : LANE_ROLE_INPUT, shown);
  else if (fields[field].example != NULL)
    lane_canvas_put (canvas, y, x, width, LANE_ROLE_MUTED, fields[field].example);
  else
    lane_canvas_put (canvas, y, x, width, LANE_ROLE_MUTED, g_get_host_name ());
  if (focused)
    lane_canvas_set_cursor (canvas, y, x + cursor);
}

static int
draw_fields (LaneCanvas *canvas, const LaneSetup *setup, int y, int bottom)
{
  LaneSetupField first;
  guint count = lane_setup_get_fields (setup->page, &first);
  const int width = text_width (canvas) - LABEL_WIDTH;

  for (guint i = 0; i < count && y < bottom; i++) {
    LaneSetupField field = first + i;

    lane_canvas_put (canvas, y, 0, 1, LANE_ROLE_DEFAULT, i == setup->field ? ">" : " ");
    lane_canvas_put (canvas, y, 2, LABEL_WIDTH - 1,
                     i == setup->field ? LANE_ROLE_TITLE : LANE_ROLE_DEFAULT, fields[field].label);
    draw_value (canvas, setup, field, y, width, i == setup->field);
    lane_canvas_add_hit (canvas, y, 0, 1, 2 + LABEL_WIDTH + width, LANE_HIT_TAB, i);
    y++;
    if (setup->errors[field] != NULL && y < bottom)
      y += lane_canvas_put_wrapped (canvas, y, 2 + LABEL_WIDTH, bottom - y, width,
                                    LANE_ROLE_LOG_ERROR, setup->errors[field]);
  }
  return y;
}

static int
draw_test (LaneCanvas *canvas, const LaneSetup *setup, int y, int bottom)
{
  g_autoptr (GPtrArray) lines = NULL;

  if (setup->test_error != NULL)
    y = draw_text (canvas, y, bottom, LANE_ROLE_LOG_ERROR, setup->test_error);
  if (setup->results == NULL || setup->results->len == 0)
    return setup->testing ? draw_text (canvas, y, bottom, LANE_ROLE_DEFAULT, "Test: ...") : y;
  lines = lane_test_words_lines (setup->results, NULL, text_width (canvas));
  for (guint i = 0; i < lines->len; i++) {
    const LaneTestLine *line = g_ptr_array_index (lines, i);

    y = draw_text (canvas, y, bottom, line->role, line->text);
  }
  return y;
}

static int
draw_setting (LaneCanvas *canvas, const LaneSetup *setup, const char *section, const char *key,
              int y)
{
  g_auto (GStrv) values = lane_document_get_values (setup->document, section, key);
  gboolean secret = lane_edit_is_secret (section, key);

  lane_canvas_printf (canvas, y, 4, text_width (canvas) - 2, LANE_ROLE_DEFAULT, "[%s] %s = %s",
                      section, key, secret ? "(secret)" : values[0]);
  return y + 1;
}

/* What the file will say beyond the template. */
static int
draw_settings (LaneCanvas *canvas, const LaneSetup *setup, int y, int bottom)
{
  g_auto (GStrv) sections = lane_document_get_sections (setup->document);
  const int top = y;

  for (guint i = 0; sections[i] != NULL; i++) {
    g_auto (GStrv) keys = lane_document_get_keys (setup->document, sections[i]);

    for (guint j = 0; keys[j] != NULL && y < bottom; j++)
      y = draw_setting (canvas, setup, sections[i], keys[j], y);
  }
  if (y == top && y < bottom)
    lane_canvas_put (canvas, y++, 4, text_width (canvas) - 2, LANE_ROLE_MUTED,
                     "Nothing but comments: every setting keeps its default.");
  return y;
}

static int
draw_gaps (LaneCanvas *canvas, const LaneSetup *setup, int y, int bottom)
{
  const LaneConfigSources sources = { .path = setup->path };
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);
  g_autoptr (GPtrArray) gaps = g_ptr_array_new_with_free_func ((GDestroyNotify)lane_problem_free);

  lane_edit_review (&sources, setup->template, setup->document, faults, gaps);
  g_ptr_array_extend_and_steal (faults, g_steal_pointer (&gaps));
  for (guint i = 0; i < faults->len; i++) {
    const LaneProblem *problem = g_ptr_array_index (faults, i);
    g_autofree char *text = g_strdup_printf (
        "[%s] %s%s%s", problem->section != NULL ? problem->section : "",
        problem->key != NULL ? problem->key : "", problem->key != NULL ? ": " : "", problem->text);

    y = draw_text (canvas, y, bottom, LANE_ROLE_LOG_ERROR, text);
  }
  return y;
}

static void
draw_review (LaneCanvas *canvas, const LaneSetup *setup, int y, int bottom, int gap)
{
  g_autofree char *text = g_strdup_printf (
      "Enter writes %s, which only you can read, and starts the node:", setup->path);

  y = draw_text (canvas, y, bottom, LANE_ROLE_DEFAULT, text) + gap;
  y = draw_settings (canvas, setup, y, bottom) + gap;
  draw_gaps (canvas, setup, y, bottom);
  lane_canvas_set_cursor (canvas, bottom + 1, 0);
}

static void
draw_welcome (LaneCanvas *canvas, const LaneSetup *setup, int y, int bottom, int gap)
{
  if (setup->node_id != NULL) {
    y = draw_text (canvas, y, bottom, LANE_ROLE_DEFAULT,
                   "This node's id, which the other side needs (y copies it):");
    draw_text (canvas, y + gap, bottom, LANE_ROLE_TITLE, setup->node_id);
  }
  lane_canvas_set_cursor (canvas, bottom + 1, 0);
}

static int
draw_bar_item (LaneCanvas *canvas, int y, int x, const char *key, const char *word, guint code)
{
  int at = x;

  at +=
      lane_canvas_put (canvas, y, at, lane_canvas_get_width (canvas) - at, LANE_ROLE_KEY, key) + 1;
  at +=
      lane_canvas_put (canvas, y, at, lane_canvas_get_width (canvas) - at, LANE_ROLE_DEFAULT, word);
  lane_canvas_add_hit (canvas, y, x, 1, at - x, LANE_HIT_ACTION, (int)code);
  return at + 2;
}

static void
draw_bar (LaneCanvas *canvas, const LaneSetup *setup, int y)
{
  LaneSetupPage page = setup->page;
  gboolean on_last_field = setup->field == 2;
  int x = 1;

  x = draw_bar_item (canvas, y, x, "Enter",
                     page == LANE_SETUP_WELCOME  ? "begin"
                     : page == LANE_SETUP_REVIEW ? "write and start"
                     : page == LANE_SETUP_SERVER && on_last_field && !setup->tested ? "test"
                                                                                    : "next",
                     LANE_KEY_ENTER);
  if (page == LANE_SETUP_SERVER)
    x = draw_bar_item (canvas, y, x, "F5", setup->tested ? "test again" : "test", LANE_KEY_F1 + 4);
  if (page != LANE_SETUP_REVIEW)
    x = draw_bar_item (canvas, y, x, "Esc", "skip", LANE_KEY_ESCAPE);
  if (page != LANE_SETUP_WELCOME)
    x = draw_bar_item (canvas, y, x, "Up", "back", LANE_KEY_UP);
  if ((page == LANE_SETUP_WELCOME || page == LANE_SETUP_REVIEW) && setup->node_id != NULL)
    x = draw_bar_item (canvas, y, x, "y", "copy our id", 'y');
  lane_canvas_put (canvas, y, x, 6, LANE_ROLE_KEY, "Ctrl-C");
  lane_canvas_put (canvas, y, x + 7, 5, LANE_ROLE_DEFAULT, "leave");
}

static void
draw_page (LaneCanvas *canvas, const LaneSetup *setup, int bottom, int gap)
{
  const Page *page = &pages[setup->page];
  int y = 1 + gap;

  lane_draw_rule (canvas, y, 0, lane_canvas_get_width (canvas), page->title);
  y += 1 + gap;
  /* Where rows are few, what a test says comes first. */
  if (page->text != NULL && (gap > 0 || setup->page != LANE_SETUP_SERVER || !setup->tested))
    y = draw_text (canvas, y, bottom, LANE_ROLE_DEFAULT, page->text) + gap;
  if (setup->page == LANE_SETUP_WELCOME)
    draw_welcome (canvas, setup, y, bottom, gap);
  else if (setup->page == LANE_SETUP_REVIEW)
    draw_review (canvas, setup, y, bottom, gap);
  else
    y = draw_fields (canvas, setup, y, bottom) + gap;
  if (setup->page == LANE_SETUP_SERVER)
    draw_test (canvas, setup, y, bottom);
}

void
lane_setup_draw (LaneCanvas *canvas, const LaneSetup *setup)
{
  int height = lane_canvas_get_height (canvas);
  int width = lane_canvas_get_width (canvas);

  lane_canvas_clear (canvas);
  if (setup->too_small) {
    g_autofree char *text =
        g_strdup_printf ("icelane needs %dx%d, this window is %dx%d. Ctrl-C twice leaves.",
                         LANE_MIN_WIDTH, LANE_MIN_HEIGHT, width, height);

    lane_canvas_put_wrapped (canvas, 0, 0, height, width, LANE_ROLE_NOTICE, text);
    return;
  }
  lane_canvas_put (canvas, 0, 1, width - 1, LANE_ROLE_TITLE, "icelane  First run");
  if (setup->page > LANE_SETUP_WELCOME && setup->page < LANE_SETUP_REVIEW) {
    g_autofree char *step =
        g_strdup_printf ("question %d of %d", (int)setup->page, LANE_SETUP_REVIEW - 1);

    lane_canvas_put_right (canvas, 0, 20, width - 21, LANE_ROLE_DEFAULT, step);
  }
  draw_page (canvas, setup, height - 2, height >= 18 ? 1 : 0);
  if (setup->message != NULL)
    lane_canvas_put (canvas, height - 2, 1, width - 1,
                     setup->message_is_error ? LANE_ROLE_LOG_ERROR : LANE_ROLE_NOTICE,
                     setup->message);
  draw_bar (canvas, setup, height - 1);
}
