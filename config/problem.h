/* Something an operator should mend in the configuration, with the place where it stands. */
#pragma once

#include <glib.h>

typedef enum { LANE_PROBLEM_WARNING, LANE_PROBLEM_ERROR } LaneProblemLevel;

typedef struct {
  LaneProblemLevel level;
  char *place;   /* the file, `ICELANE_ICE_TRICKLE`, or `--set` */
  int line;      /* from 1 in a file; 0 when the place has no lines */
  char *section; /* as written, e.g. `server home`; NULL when none applies */
  char *key;     /* NULL when none applies */
  char *text;    /* what is wrong and what would be right, no full stop */
} LaneProblem;

LaneProblem *
lane_problem_new (LaneProblemLevel level, const char *place, int line, const char *section,
                  const char *key, const char *format, ...) G_GNUC_PRINTF (6, 7);
void lane_problem_free (LaneProblem *problem);

/* `icelane.ini:33: [server home] uri: port 99999 is not in 1-65535`; the caller frees it. */
char *lane_problem_to_string (const LaneProblem *problem);

/* @problems holds LaneProblem. */
gboolean lane_problems_have_error (const GPtrArray *problems);

/* @text as a message may show it: in quotes, cut after 48 characters, with what is not printable as
 * `\x1b`. The caller frees it. */
char *lane_problem_quote (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneProblem, lane_problem_free)
