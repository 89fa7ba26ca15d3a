/* The first run, when there is no settings file yet: a few questions, a page each, and the file
 * that the answers make: the template, with every setting explained and ours filled in.
 *
 * Plain data. setup-view.h draws it; what reaches beyond it goes out through effects. */
#pragma once

#include "canvas.h"
#include "config.h"
#include "document.h"
#include "folders.h"
#include "key.h"
#include "line-edit.h"
#include "test-result.h"

typedef enum {
  LANE_SETUP_WELCOME,
  LANE_SETUP_NODE,
  LANE_SETUP_SIGNALING,
  LANE_SETUP_SERVER,
  LANE_SETUP_PEER,
  LANE_SETUP_REVIEW,
  LANE_N_SETUP_PAGES
} LaneSetupPage;

typedef enum {
  LANE_SETUP_FIELD_NODE_NAME,
  LANE_SETUP_FIELD_URL,
  LANE_SETUP_FIELD_URI,
  LANE_SETUP_FIELD_USERNAME,
  LANE_SETUP_FIELD_PASSWORD,
  LANE_SETUP_FIELD_PEER_NAME,
  LANE_SETUP_FIELD_PEER_ID,
  LANE_N_SETUP_FIELDS
} LaneSetupField;

#define LANE_SETUP_SERVER_NAME "home"

/* All with the user_data of lane_setup_new(). */
typedef struct {
  void (*copy_id) (gpointer user_data);
  /* Tests the server of the answers; what it finds goes to lane_setup_set_test(). */
  void (*test) (gpointer user_data);
  void (*stop_test) (gpointer user_data);
  void (*write) (gpointer user_data); /* the file */
  void (*leave) (gpointer user_data); /* without a file */
  void (*repaint) (gpointer user_data);
  void (*suspend) (gpointer user_data);
} LaneSetupEffects;

typedef struct {
  const LaneSetupEffects *effects;
  gpointer effects_data;
  const char *path;    /* where the file will be; borrowed */
  const char *node_id; /* in groups; borrowed; NULL: unknown */
  const LaneFolders *folders;
  LaneSetupPage page;
  guint field; /* that keys go to, where the page has any */
  LaneLineEdit *edits[LANE_N_SETUP_FIELDS];
  char *errors[LANE_N_SETUP_FIELDS]; /* NULL: nothing is wrong */
  LaneDocument *template, *document; /* without and with the answers */
  GPtrArray *results;                /* of LaneTestResult, shared: of the last test; NULL: none */
  char *test_error;
  gboolean testing;
  gboolean tested; /* the answers as they are, or it was begun */
  gboolean writing;
  gboolean leaving; /* asked already: the next Ctrl-C leaves */
  char *message;
  gboolean message_is_error;
  gboolean too_small; /* set by arranging for a size */
} LaneSetup;

/* Everything is borrowed. */
LaneSetup *lane_setup_new (const char *path, const char *node_id, const LaneFolders *folders,
                           const LaneSetupEffects *effects, gpointer user_data);
void lane_setup_free (LaneSetup *setup);

void lane_setup_key (LaneSetup *setup, const LaneKey *key, const LaneCanvas *canvas);
void lane_setup_interrupt (LaneSetup *setup); /* Ctrl-C */
/* A test has come further, or ended (@done), with @error when it could not be carried out. */
void lane_setup_set_test (LaneSetup *setup, GPtrArray *results, gboolean done, const char *error);
void
lane_setup_say (LaneSetup *setup, gboolean is_error, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Fields of @page: the first one, and how many. */
guint lane_setup_get_fields (LaneSetupPage page, LaneSetupField *first);
const char *lane_setup_get_text (const LaneSetup *setup, LaneSetupField field);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSetup, lane_setup_free)
