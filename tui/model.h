/* What the screen shows: a copy of the node's snapshot, and where the operator is in it.
 *
 * Plain data. Views draw it and change nothing; actions change it and draw nothing. What reaches
 * beyond the screen (commands to the node, the clipboard, leaving) goes out through effects. */
#pragma once

#include "client.h"
#include "config.h"
#include "dialog.h"
#include "history-view.h"
#include "line-edit.h"
#include "list.h"
#include "log.h"
#include "settings-panel.h"
#include "look.h"
#include "mask.h"
#include "network-view.h"
#include "snapshot.h"

typedef enum {
  LANE_VIEW_PEERS,
  LANE_VIEW_PEER,
  LANE_VIEW_NETWORK,
  LANE_VIEW_LOG,
  LANE_VIEW_SETTINGS,
  LANE_N_VIEWS
} LaneView;
typedef enum {
  LANE_PANE_PAIRS,
  LANE_PANE_CANDIDATES,
  LANE_PANE_TIMELINE,
  LANE_PANE_HISTORY,
  LANE_PANE_LOG,
  LANE_N_PANES
} LanePane;
typedef enum {
  LANE_OVERLAY_NONE,
  LANE_OVERLAY_HELP,
  LANE_OVERLAY_RECORD,
  LANE_OVERLAY_PICK, /* one of the choices of a setting */
  LANE_OVERLAY_DIFF, /* of the settings */
  LANE_OVERLAY_THEMES,
  LANE_OVERLAY_HOLD /* a policy for peers */
} LaneOverlay;
typedef enum {
  LANE_PROMPT_NONE,
  LANE_PROMPT_COMMAND,
  LANE_PROMPT_FILTER, /* of the peers */
  LANE_PROMPT_FIND,   /* in a log */
  LANE_PROMPT_KEEP,   /* lines of a log */
  LANE_PROMPT_HELP,   /* in the help */
  LANE_PROMPT_FIELD,  /* of a setting; in its row */
  LANE_PROMPT_NAME,   /* of a server or peer */
  LANE_N_PROMPTS
} LanePrompt;
typedef enum {
  LANE_SORT_FILE, /* the order of the configuration */
  LANE_SORT_NAME,
  LANE_SORT_PATH,
  LANE_SORT_RTT,
  LANE_SORT_LOSS,
  LANE_SORT_SINCE,
  LANE_SORT_TRAFFIC,
  LANE_N_SORTS
} LaneSort;

typedef struct _LaneKeymap LaneKeymap;           /* keymap.h */
typedef struct _LaneThemePicker LaneThemePicker; /* theme-picker.h */

typedef struct {
  void (*command) (LaneCommand command, const char *peer, gpointer user_data);
  void (*hold) (const char *peer, const char *policy, gpointer user_data); /* "": no hold */
  void (*copy) (const char *text, const char *what, gpointer user_data);
  /* Into a new file. */
  void (*export_log) (const char *path, const char *lines, gpointer user_data);
  /* Has the node test a server, NULL: all, and measure its NAT again. */
  void (*check_servers) (const char *server, gpointer user_data);
  void (*copy_peer_json) (const char *peer, gpointer user_data); /* asks the node for it */
  void (*set_mouse) (gboolean on, gpointer user_data);
  void (*repaint) (gpointer user_data);
  void (*save_theme) (const char *choice, gpointer user_data); /* as [ui] theme */
  void (*suspend) (gpointer user_data);
  /* The answers go to settings-save.h. */
  void (*read_settings) (gpointer user_data);
  void (*save_settings) (LaneSaveMode mode, gpointer user_data);
  void (*edit_settings) (guint line, gpointer user_data); /* in $EDITOR */
  /* The file says this now; @first: it was read, not changed. */
  void (*settings_say) (const LaneConfig *config, gboolean first, gpointer user_data);
  /* As they are staged, by name; what it finds goes to settings-test.h. An earlier test ends. */
  void (*test_servers) (const char *const *names, gpointer user_data);
  /* Of a recording. */
  void (*seek) (const char *to, gpointer user_data);
  void (*play) (double speed, gpointer user_data); /* 0 pauses */
  void (*quit) (gboolean stop_node, gpointer user_data);
} LaneEffects;

typedef struct {
  /* Settings of the run. */
  LaneGlyphs glyphs; /* not AUTO */
  LaneConfirm confirm;
  gboolean read_only;
  gboolean bar, bar_fkeys; /* [ui] key-bar */
  const char *config_path; /* borrowed; NULL: unknown */
  LaneKeymap *keymap;      /* [keys]; NULL: none */
  const LaneEffects *effects;
  gpointer effects_data;

  /* The node. */
  LaneSnapshot *snapshot;
  gboolean attached;
  gboolean ever_attached;
  char *gone; /* why it is not attached; NULL: it never was */
  gboolean paused;
  double replay_speed; /* at which a recording plays when it does */
  LaneLog log;
  gint64 now_us; /* wall clock, set before drawing */

  /* Where the operator is. */
  LaneView view, previous_view; /* the peer's view returns to the previous one */
  gboolean log_focused;         /* in the peers' view: keys go to the log pane */
  LanePane pane;                /* of the peer's view */
  GPtrArray *shown;             /* of const LanePeerView in snapshot: filtered and sorted */
  LaneList peers;
  char *selected; /* a peer's name; NULL: none shown */
  GHashTable *marks;
  char *filter; /* NULL: none */
  LaneSort sort;
  gboolean sort_reversed;
  LaneLogPane all_log, peer_log;
  char *peer;               /* of the peer's view */
  LanePeerDetail *detail;   /* NULL: not known yet; of the peer it names */
  LaneHistoryView *history; /* NULL: not known yet; of the peer it names */
  LaneHistoryViewSpan history_span;
  LaneList pane_list;
  LaneNetworkView *network; /* NULL: not known yet */
  LaneList network_list;
  int network_top;          /* the first line shown: there are others beside the rows of the list */
  char *network_key;        /* of the selected row, wherever it moves to; NULL: none */
  gboolean network_folded;  /* set by arranging */
  LaneSettingsPanel *panel; /* NULL: no file is known */

  LaneLook look;
  gboolean masked; /* addresses are shown as stand-ins */
  LaneMask *mask;  /* kept from the first time, so that one address stays one stand-in */

  /* On top of the view. */
  LaneOverlay overlay;
  char *overlay_text;  /* of the record */
  char *overlay_title; /* NULL: an event's */
  char *help_filter;
  LaneThemePicker *theme_picker; /* NULL: closed */
  char **hold_names;             /* whom the overlay is about; NULL: nobody yet */
  LaneList overlay_list;
  LaneDialog *dialog; /* NULL: none */
  LanePrompt prompt;
  LaneLineEdit *edits[LANE_N_PROMPTS];
  char *filter_before; /* to go back to when the prompt is left */
  char *message;
  gboolean message_is_error;
  gboolean mouse;

  /* Set by arranging for a size. */
  int width;
  gboolean too_small;
  gboolean wants_detail; /* what is drawn needs the subject's detail */
  gboolean wants_network;
  gboolean wants_history; /* of the subject */
} LaneModel;

LaneModel *lane_model_new (const LaneEffects *effects, gpointer user_data);
void lane_model_free (LaneModel *model);

/* Copies @snapshot, unless paused. TRUE when a word changed, not only numbers. */
gboolean lane_model_set_snapshot (LaneModel *model, const LaneSnapshot *snapshot);
void lane_model_add_event (LaneModel *model, const LaneEventView *event); /* copies it */
void lane_model_forget_events (LaneModel *model);
void lane_model_set_detail (LaneModel *model, const LanePeerDetail *detail);
void lane_model_set_history (LaneModel *model, LaneHistoryView *history); /* refs it */
void lane_model_set_network (LaneModel *model, const LaneNetworkView *network);
void lane_model_refilter (LaneModel *model); /* after a change of filter or order */

void lane_model_say (LaneModel *model, const char *format, ...) G_GNUC_PRINTF (2, 3);
void lane_model_complain (LaneModel *model, const char *format, ...) G_GNUC_PRINTF (2, 3);

void lane_model_select (LaneModel *model, int row);
const LanePeerView *lane_model_get_selected (const LaneModel *model); /* NULL: none */
/* The peer actions and panes are about: of the peer's view, else the selected one. */
const LanePeerView *lane_model_get_subject (const LaneModel *model);
void lane_model_open_peer (LaneModel *model, const char *name);
LaneLogPane *lane_model_get_log_pane (LaneModel *model); /* the one keys go to; NULL: none */

const char *lane_sort_to_string (LaneSort sort);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneModel, lane_model_free)
