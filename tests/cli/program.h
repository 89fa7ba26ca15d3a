/* Runs the icelane program of this build against a fake node, from the node's own loop. */
#pragma once

#include "control/fake-node.h"

typedef struct {
  int exit_code; /* of a signal: its number, negative */
  char *out, *err;
} Outcome;

typedef struct _Program Program;

/* No settings but those in the node's directory: call it before the others. */
void program_isolate (FakeNode *node);

/* @line is split at blanks. The program is the one in $ICELANE; its standard input is no terminal.
 */
Program *program_start (FakeNode *node, const char *line);
/* Its standard input is @input and then ends. */
Program *program_start_with_input (FakeNode *node, const char *line, const char *input);
/* Waits until the program has a handler for it: a signal before that would just end it. */
void program_until_it_handles (Program *program, int number);
void program_signal (Program *program, int number);
Outcome *program_finish (Program *program); /* waits for its end, at most 20 s */

Outcome *program_run (FakeNode *node, const char *line);
void outcome_free (Outcome *outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Outcome, outcome_free)
