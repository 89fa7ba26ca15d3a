#include "exit-codes.h"

#include "options.h"

typedef struct {
  int code;
  const char *meaning;
} Row;

static const Row rows[] = {
  { LANE_EXIT_OK, "done; of `wait`, the peer is connected" },
  { LANE_EXIT_FAILED, "failed: no such peer, the node refused, a check found a fault" },
  { LANE_EXIT_USAGE, "wrong use of the command line" },
  { LANE_EXIT_CONFIG, "the settings have an error" },
  { LANE_EXIT_NOT_CONNECTED, "not connected, or out of time" },
  { LANE_EXIT_NOT_DIRECT, "connected, but not direct, with --direct" },
  { LANE_EXIT_NOT_RUNNING, "no node runs, or it ended meanwhile" },
  { LANE_EXIT_TERMINAL, "the dashboard has no terminal that it can use" },
};

void
lane_exit_codes_print (void)
{
  g_print ("Exit codes of every command:\n\n");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_print ("  %-5d  %s\n", rows[i].code, rows[i].meaning);
  g_print ("  %d+N  ended by signal N, as a shell has it: 130 is Ctrl-C\n", LANE_EXIT_SIGNAL);
}
