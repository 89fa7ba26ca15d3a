#include "setup.h"

#include <string.h>

#include "edit.h"
#include "setting-name.h"

typedef struct {
  const char *section, *key; /* of a peer the key alone */
} Place;

static const Place places[LANE_N_SETUP_FIELDS] = {
  [LANE_SETUP_FIELD_NODE_NAME] = { "node", "name" },
  [LANE_SETUP_FIELD_URL] = { "signaling", "url" },
  [LANE_SETUP_FIELD_URI] = { "server " LANE_SETUP_SERVER_NAME, "uri" },
  [LANE_SETUP_FIELD_USERNAME] = { "server " LANE_SETUP_SERVER_NAME, "username" },
  [LANE_SETUP_FIELD_PASSWORD] = { "server " LANE_SETUP_SERVER_NAME, "password" },
  [LANE_SETUP_FIELD_PEER_ID] = { NULL, "id" },
};

static const struct {
  LaneSetupField first;
  guint count;
} fields_of[LANE_N_SETUP_PAGES] = {
  [LANE_SETUP_NODE] = { LANE_SETUP_FIELD_NODE_NAME, 1 },
  [LANE_SETUP_SIGNALING] = { LANE_SETUP_FIELD_URL, 1 },
  [LANE_SETUP_SERVER] = { LANE_SETUP_FIELD_URI, 3 },
  [LANE_SETUP_PEER] = { LANE_SETUP_FIELD_PEER_NAME, 2 },
};

guint
lane_setup_get_fields (LaneSetupPage page, LaneSetupField *first)
{
  *first = fields_of[page].first;
  return fields_of[page].count;
}

const char *
lane_setup_get_text (const LaneSetup *setup, LaneSetupField field)
{
  return lane_line_edit_get_text (setup->edits[field]);
}

LaneSetup *
lane_setup_new (const char *path, const char *node_id, const LaneFolders *folders,
                const LaneSetupEffects *effects, gpointer user_data)
{
  LaneSetup *setup = g_new0 (LaneSetup, 1);
  char *text = lane_config_template ();
  g_autoptr (GBytes) template = g_bytes_new_take (text, strlen (text));

  setup->effects = effects;
  setup->effects_data = user_data;
  setup->path = path;
  setup->node_id = node_id;
  setup->folders = folders;
  setup->template = lane_document_parse (template);
  setup->document = lane_document_copy (setup->template);
  for (guint i = 0; i < LANE_N_SETUP_FIELDS; i++)
    setup->edits[i] = lane_line_edit_new ();
  return setup;
}

void
lane_setup_free (LaneSetup *setup)
{
  if (setup == NULL)
    return;
  for (guint i = 0; i < LANE_N_SETUP_FIELDS; i++) {
    lane_line_edit_free (setup->edits[i]);
    g_free (setup->errors[i]);
  }
  lane_document_free (setup->template);
  lane_document_free (setup->document);
  g_clear_pointer (&setup->results, g_ptr_array_unref);
  g_free (setup->test_error);
  g_free (setup->message);
  g_free (setup);
}

void
lane_setup_say (LaneSetup *setup, gboolean is_error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_free (setup->message);
  setup->message = g_strdup_vprintf (format, arguments);
  setup->message_is_error = is_error;
  va_end (arguments);
}

/* The answers */

static gboolean
is_empty (const LaneSetup *setup, LaneSetupField field)
{
  return *lane_setup_get_text (setup, field) == '\0';
}

static gboolean
fail (LaneSetup *setup, LaneSetupField field, const char *error)
{
  g_free (setup->errors[field]);
  setup->errors[field] = g_strdup (error);
  return FALSE;
}

static gboolean
put (LaneSetup *setup, LaneDocument *document, const char *section, LaneSetupField field)
{
  g_autofree char *value = g_strdup (lane_setup_get_text (setup, field));
  const char *values[] = { value, NULL };
  g_autoptr (GError) error = NULL;

  /* A pasted password may well begin or end with a blank. */
  if (field != LANE_SETUP_FIELD_PASSWORD)
    g_strstrip (value);
  if (*value == '\0'
      || lane_edit_set (document, section, places[field].key, values, setup->folders, &error))
    return TRUE;
  return fail (setup, field, error->message);
}

static gboolean
put_server (LaneSetup *setup, LaneDocument *document)
{
  if (is_empty (setup, LANE_SETUP_FIELD_URI)) {
    if (is_empty (setup, LANE_SETUP_FIELD_USERNAME) && is_empty (setup, LANE_SETUP_FIELD_PASSWORD))
      return TRUE;
    return fail (setup, LANE_SETUP_FIELD_URI, "is needed: write for example turn:turn.example.net");
  }
  for (LaneSetupField i = LANE_SETUP_FIELD_URI; i <= LANE_SETUP_FIELD_PASSWORD; i++)
    if (!put (setup, document, places[i].section, i))
      return FALSE;
  return TRUE;
}

static gboolean
is_own_id (const LaneSetup *setup)
{
  g_auto (GStrv) ours = g_strsplit (setup->node_id != NULL ? setup->node_id : "", " ", -1);
  g_auto (GStrv) theirs =
      g_strsplit_set (lane_setup_get_text (setup, LANE_SETUP_FIELD_PEER_ID), " -", -1);
  g_autofree char *one = g_strjoinv (NULL, ours);
  g_autofree char *other = g_strjoinv (NULL, theirs);

  return *one != '\0' && g_ascii_strcasecmp (one, other) == 0;
}

static gboolean
put_peer (LaneSetup *setup, LaneDocument *document)
{
  g_autofree char *name = g_strdup (lane_setup_get_text (setup, LANE_SETUP_FIELD_PEER_NAME));
  g_autofree char *section = g_strconcat ("peer ", g_strstrip (name), NULL);

  if (*name == '\0' && is_empty (setup, LANE_SETUP_FIELD_PEER_ID))
    return TRUE;
  if (*name == '\0')
    return fail (setup, LANE_SETUP_FIELD_PEER_NAME, "is needed: what you call that machine");
  if (!lane_name_is_sound (name))
    return fail (setup, LANE_SETUP_FIELD_PEER_NAME,
                 "may have no blanks, quotes and none of ,/;#=[]\\");
  if (is_empty (setup, LANE_SETUP_FIELD_PEER_ID))
    return fail (setup, LANE_SETUP_FIELD_PEER_ID, "is needed: what `icelane id` prints over there");
  if (is_own_id (setup))
    return fail (setup, LANE_SETUP_FIELD_PEER_ID, "is this node's own id");
  return put (setup, document, section, LANE_SETUP_FIELD_PEER_ID);
}

static void
clear_errors (LaneSetup *setup, LaneSetupPage page)
{
  for (guint i = 0; i < fields_of[page].count; i++)
    g_clear_pointer (&setup->errors[fields_of[page].first + i], g_free);
}

/* FALSE: an answer of @page is wrong; the others are taken. */
static gboolean
take_answers (LaneSetup *setup, LaneSetupPage page)
{
  LaneDocument *document = lane_document_copy (setup->template);
  gboolean fine[LANE_N_SETUP_PAGES];

  for (guint i = 0; i < LANE_N_SETUP_PAGES; i++)
    clear_errors (setup, i);
  fine[LANE_SETUP_WELCOME] = fine[LANE_SETUP_REVIEW] = TRUE;
  fine[LANE_SETUP_NODE] = put (setup, document, "node", LANE_SETUP_FIELD_NODE_NAME);
  fine[LANE_SETUP_SIGNALING] = put (setup, document, "signaling", LANE_SETUP_FIELD_URL);
  fine[LANE_SETUP_SERVER] = put_server (setup, document);
  fine[LANE_SETUP_PEER] = put_peer (setup, document);
  lane_document_free (setup->document);
  setup->document = document;
  return fine[page];
}

/* Going about */

static void
forget_test (LaneSetup *setup)
{
  if (setup->testing)
    setup->effects->stop_test (setup->effects_data);
  setup->testing = setup->tested = FALSE;
  g_clear_pointer (&setup->results, g_ptr_array_unref);
  g_clear_pointer (&setup->test_error, g_free);
}

static void
go_to (LaneSetup *setup, LaneSetupPage page)
{
  setup->page = page;
  setup->field = 0;
}

static void
go_to_error (LaneSetup *setup)
{
  for (guint i = 0; i < fields_of[setup->page].count; i++)
    if (setup->errors[fields_of[setup->page].first + i] != NULL)
      setup->field = i;
}

static void
go_on (LaneSetup *setup)
{
  if (!take_answers (setup, setup->page)) {
    go_to_error (setup);
    return;
  }
  if (setup->page == LANE_SETUP_REVIEW) {
    setup->writing = TRUE;
    setup->effects->write (setup->effects_data);
  } else
    go_to (setup, setup->page + 1);
}

static void
start_test (LaneSetup *setup)
{
  if (!take_answers (setup, LANE_SETUP_SERVER)) {
    go_to_error (setup);
    return;
  }
  if (is_empty (setup, LANE_SETUP_FIELD_URI)) {
    lane_setup_say (setup, TRUE, "there is no server to test yet");
    return;
  }
  forget_test (setup);
  setup->testing = setup->tested = TRUE;
  setup->effects->test (setup->effects_data);
}

/* On the last field: a server is tested once before it goes on. */
static void
enter (LaneSetup *setup)
{
  if (setup->field + 1 < fields_of[setup->page].count)
    setup->field++;
  else if (setup->page == LANE_SETUP_SERVER && !setup->tested
           && !is_empty (setup, LANE_SETUP_FIELD_URI))
    start_test (setup);
  else
    go_on (setup);
}

static void
skip (LaneSetup *setup)
{
  const guint count = fields_of[setup->page].count;

  if (setup->page == LANE_SETUP_REVIEW) {
    lane_setup_say (setup, FALSE, "Enter writes the file; Ctrl-C leaves without one.");
    return;
  }
  for (guint i = 0; i < count; i++)
    lane_line_edit_set (setup->edits[fields_of[setup->page].first + i], "");
  if (setup->page == LANE_SETUP_SERVER)
    forget_test (setup);
  go_on (setup);
}

static void
go_back (LaneSetup *setup)
{
  LaneSetupPage page = setup->page;

  if (setup->field > 0)
    setup->field--;
  else if (page > LANE_SETUP_WELCOME) {
    take_answers (setup, page);
    go_to (setup, page - 1);
    setup->field = fields_of[setup->page].count > 0 ? fields_of[setup->page].count - 1 : 0;
  }
}

static void
go_down (LaneSetup *setup)
{
  if (setup->field + 1 < fields_of[setup->page].count)
    setup->field++;
  else if (setup->page != LANE_SETUP_REVIEW)
    go_on (setup);
}

static void
type (LaneSetup *setup, const LaneKey *key)
{
  LaneSetupField field = fields_of[setup->page].first + setup->field;

  if (lane_line_edit_key (setup->edits[field], key) != LANE_LINE_CHANGED)
    return;
  g_clear_pointer (&setup->errors[field], g_free);
  if (setup->page == LANE_SETUP_SERVER)
    forget_test (setup);
}

/* Where there is nothing to type into. */
static void
press (LaneSetup *setup, guint code)
{
  g_autofree char *name = lane_key_to_string (code);

  if (code == 'y' && setup->node_id != NULL)
    setup->effects->copy_id (setup->effects_data);
  else if (code == 'q')
    setup->effects->leave (setup->effects_data);
  else
    lane_setup_say (setup, TRUE, "no key '%s' here", name);
}

static void
click (LaneSetup *setup, const LaneKey *key, const LaneCanvas *canvas)
{
  int index = -1;
  LaneHitKind kind = lane_canvas_find_hit (canvas, key->y, key->x, &index);
  const LaneKey pressed = { .code = (guint)index };

  if (kind == LANE_HIT_ACTION)
    lane_setup_key (setup, &pressed, canvas);
  else if (kind == LANE_HIT_TAB)
    setup->field = index;
}

void
lane_setup_key (LaneSetup *setup, const LaneKey *key, const LaneCanvas *canvas)
{
  g_clear_pointer (&setup->message, g_free);
  setup->leaving = FALSE;
  if (key->code == LANE_KEY_CTRL ('l'))
    setup->effects->repaint (setup->effects_data);
  else if (key->code == LANE_KEY_CTRL ('z'))
    setup->effects->suspend (setup->effects_data);
  if (key->code == LANE_KEY_CTRL ('l') || key->code == LANE_KEY_CTRL ('z') || setup->writing
      || setup->too_small)
    return;

  switch (key->code) {
  case LANE_KEY_CLICK:
    click (setup, key, canvas);
    return;
  case LANE_KEY_WHEEL_UP:
  case LANE_KEY_WHEEL_DOWN:
    return;
  case LANE_KEY_ENTER:
    enter (setup);
    return;
  case LANE_KEY_ESCAPE:
    skip (setup);
    return;
  case LANE_KEY_UP:
  case LANE_KEY_BACKTAB:
    go_back (setup);
    return;
  case LANE_KEY_DOWN:
  case LANE_KEY_TAB:
    go_down (setup);
    return;
  case LANE_KEY_F1 + 4:
    if (setup->page == LANE_SETUP_SERVER) {
      start_test (setup);
      return;
    }
    break;
  default:
    break;
  }
  if (fields_of[setup->page].count > 0)
    type (setup, key);
  else
    press (setup, key->code);
}

void
lane_setup_interrupt (LaneSetup *setup)
{
  if (setup->testing) {
    forget_test (setup);
    lane_setup_say (setup, FALSE, "The test was stopped.");
  } else if (setup->leaving)
    setup->effects->leave (setup->effects_data);
  else {
    lane_setup_say (setup, FALSE, "Ctrl-C again leaves without a file.");
    setup->leaving = TRUE;
  }
}

void
lane_setup_set_test (LaneSetup *setup, GPtrArray *results, gboolean done, const char *error)
{
  g_clear_pointer (&setup->results, g_ptr_array_unref);
  setup->results = g_ptr_array_ref (results);
  setup->testing = !done;
  g_free (setup->test_error);
  setup->test_error = g_strdup (error);
}
