/* The settings panel: what is selected in its list and its form, and the field that is open.
 *
 * Plain data around LaneSettings. Views draw it; actions (settings-actions.h) change it and call
 * lane_settings_panel_refresh() after every edit. */
#pragma once

#include "line-edit.h"
#include "list.h"
#include "settings-form.h"
#include "test-board.h"

typedef enum { LANE_PANEL_LIST, LANE_PANEL_FORM } LanePanelFocus;

/* What the name typed in the bottom line is for. */
typedef enum {
  LANE_NAMING_NEW, /* [server NAME] or [peer NAME] */
  LANE_NAMING_CLONE,
  LANE_NAMING_RENAME,
  LANE_NAMING_KEY /* of a section that takes any key */
} LaneNaming;

/* Where to once the edits are written. */
typedef enum {
  LANE_LEAVE_NOWHERE,
  LANE_LEAVE_TO_PEERS,
  LANE_LEAVE_TO_NETWORK,
  LANE_LEAVE_TO_LOG,
  LANE_LEAVE_QUIT
} LaneLeave;

typedef struct {
  LaneSettings *settings;
  LanePanelFocus focus;
  GPtrArray *items; /* of LaneSettingsItem */
  LaneList list;
  gboolean peers_listed;
  GPtrArray *rows; /* of LaneSettingsRow, of the selected item */
  LaneList form;
  gboolean revealed; /* the secret of the selected row is shown */

  /* The field that is open; @field_key NULL: none is. */
  char *field_section, *field_key;
  guint field_index;
  gboolean field_secret, field_shown;
  char *complaint; /* why what is typed would be refused; NULL: it would not be */

  LaneNaming naming;
  char *naming_section; /* `server` of a new one, else `server home` */

  /* The list to pick from; see LANE_OVERLAY_PICK. */
  char **choices;
  LaneList pick;

  GPtrArray *diff; /* of LaneDiffLine; see LANE_OVERLAY_DIFF */
  LaneList diff_list;
  char *diff_title;

  char *error;       /* why the file cannot be read; NULL */
  gboolean busy;     /* it is being read, written or edited: nothing may change */
  gboolean outdated; /* another program changed the file, and edits are waiting */
  gboolean merging;  /* what is read next is to be merged with them */
  LaneLeave leave;

  LaneTestBoard *tests;   /* of servers; drawn below their form */
  gboolean write_when_ok; /* once the tests that run have ended well */
} LaneSettingsPanel;

LaneSettingsPanel *lane_settings_panel_new (const LaneConfigSources *sources);
void lane_settings_panel_free (LaneSettingsPanel *panel);

/* Makes list and form what the settings say, and keeps what is selected, by name. */
void lane_settings_panel_refresh (LaneSettingsPanel *panel);
/* NULL: nothing is open or selected. */
const LaneSettingsItem *lane_settings_panel_get_item (const LaneSettingsPanel *panel);
const LaneSettingsRow *lane_settings_panel_get_row (const LaneSettingsPanel *panel);
void lane_settings_panel_select_item (LaneSettingsPanel *panel, int index);
void lane_settings_panel_select_row (LaneSettingsPanel *panel, int index);
/* Goes to a setting, or with @key NULL to a section; FALSE: it is not there. */
gboolean lane_settings_panel_show (LaneSettingsPanel *panel, const char *section, const char *key);
LaneList *lane_settings_panel_get_list (LaneSettingsPanel *panel); /* the one keys go to */

/* The values of the setting at @row with the one of @row replaced; @value NULL or empty: without
 * it. NULL-terminated. */
char **lane_settings_panel_get_values (const LaneSettingsPanel *panel, const char *section,
                                       const char *key, guint index, const char *value);
void lane_settings_panel_close_field (LaneSettingsPanel *panel);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneSettingsPanel, lane_settings_panel_free)
