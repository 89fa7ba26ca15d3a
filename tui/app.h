/* The dashboard: a terminal, a client of one node, and the views between them. */
#pragma once

#include "config.h"
#include "theme/shelf.h"

typedef struct {
  const LaneConfig *config;
  const LaneConfigSources *sources; /* of the config; NULL: there is no settings panel */
  gboolean settings;                /* begin there */
  /* Called once, when settings that kept the node from starting are mended; NULL: not. */
  void (*start_node) (gpointer start_data);
  gpointer start_data;
  const char *socket_path;
  gboolean ascii;     /* --ascii */
  gboolean mouse;     /* FALSE with --no-mouse */
  gboolean read_only; /* --read-only */
  LaneColor color;    /* --color, else config's */
  const LaneShelf *themes;
  const char *notice; /* shown in the message line at first; NULL = none */
} LaneAppOptions;

/* Runs until the operator quits or the terminal goes away. Returns the exit code of UX section 4:
 * 0, 6 when the node ends and nothing is left to show, 7 when the terminal is unusable (after a
 * message on stderr). */
int lane_app_run (const LaneAppOptions *options);
