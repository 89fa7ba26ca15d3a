/* The left side of the settings panel: servers and peers by name, then the other settings in
 * groups. Every section of the table in option.h is in exactly one of them. */
#pragma once

#include "settings.h"

typedef enum {
  LANE_ITEM_HEADING, /* SERVERS or PEERS: what is below it are its sections */
  LANE_ITEM_NAMED,   /* [server home] */
  LANE_ITEM_GROUP    /* one or a few sections without names */
} LaneSettingsItemKind;

typedef struct {
  LaneSettingsItemKind kind;
  char *title;      /* `SERVERS`, `home`, `NETWORK / ICE` */
  char **sections;  /* `server home`; `network`, `ice`; of a heading: `server` */
  guint count;      /* of a heading: how many there are */
  gboolean in_file; /* else only the environment or --set has it */
  gboolean changed;
  const LaneProblem *problem; /* the worst; NULL: none */
} LaneSettingsItem;

/* Of LaneSettingsItem; the caller owns the array. @peers: those are listed, not only counted. */
GPtrArray *lane_settings_list_new (const LaneSettings *settings, gboolean peers);
/* -1: it is in none of them. @section also as `ice`. */
int lane_settings_list_find (const GPtrArray *items, const char *section);

/* What the sections of an item are for; borrowed. */
const char *lane_settings_item_get_help (const LaneSettingsItem *item);
