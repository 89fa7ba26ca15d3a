/* A node's words from a file of tests/tui/data: {"now", "status", "events", "detail"}; what it says
 * to GetNetwork is in NAME-network.json. */
#pragma once

#include "model.h"

typedef struct {
  gint64 now_us;
  char *status;  /* JSON, as of GetStatus */
  char *detail;  /* as of GetPeer; NULL: none */
  char *network; /* as of GetNetwork; NULL: none */
  char *history; /* as of GetHistory, made up for the peer that the file names; NULL: none */
  char **events;
} Fixture;

Fixture *fixture_load (const char *name);
Fixture *fixture_with_peers (guint n); /* made up: `peer-000` and on, connected */
void fixture_apply (const Fixture *fixture, LaneModel *model); /* as attached to that node */
/* The settings panel on a copy of tests/tui/data/NAME.ini that no other has. */
void fixture_open_settings (LaneModel *model, const char *name);
void fixture_free (Fixture *fixture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* Presses keys named as in key.h, separated by spaces; `"text"` types letters. */
void press_keys (LaneModel *model, const char *keys);
