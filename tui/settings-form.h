/* The right side of the settings panel: one row for each value of what is selected on the left,
 * made from the table in option.h. */
#pragma once

#include "option.h"
#include "settings-list.h"

typedef enum {
  LANE_ROW_SECTION, /* [ice]: where a group has more than one */
  LANE_ROW_NAME,    /* of [server home] */
  LANE_ROW_LOGIN,   /* which way a server is told who we are */
  LANE_ROW_VALUE
} LaneSettingsRowKind;

typedef struct {
  LaneSettingsRowKind kind;
  char *section, *key;      /* `server home`, `uri`; no key in a SECTION */
  const LaneOption *option; /* NULL: the table does not have it */
  guint index;              /* of a setting that repeats: which */
  char *value;              /* as it is written; NULL: it is not. A secret is in it as it is */
  char *text;               /* as it is shown; a secret is masked */
  gboolean secret;
  gboolean is_default; /* the text is what holds without a value */
  gboolean changed;
  char *override;             /* where else it is set, so that it cannot be edited; NULL */
  const LaneProblem *problem; /* NULL: none */
  guint line;                 /* of the first value, in the file as it is to be; 0: none */
} LaneSettingsRow;

/* Of LaneSettingsRow; the caller owns the array. @add_section and @add_key: one more, empty row for
 * a value that is being added to it; NULL: none. */
GPtrArray *lane_settings_form_new (const LaneSettings *settings, const LaneSettingsItem *item,
                                   const char *add_section, const char *add_key);
/* -1: there is none. */
int
lane_settings_form_find (const GPtrArray *rows, const char *section, const char *key, guint index);

/* What @row is for and what it takes; the caller frees it. */
char *lane_settings_row_describe (const LaneSettingsRow *row);
/* What a secret is, in clear; NULL: it cannot be shown. The caller wipes and frees it. */
char *lane_settings_row_reveal (const LaneSettingsRow *row);
/* The words it is one of, NULL-terminated; NULL: any text. The caller frees the array only. */
const char **lane_settings_row_get_choices (const LaneSettingsRow *row);
gboolean lane_settings_row_is_switch (const LaneSettingsRow *row);
gboolean lane_settings_row_is_on (const LaneSettingsRow *row);
