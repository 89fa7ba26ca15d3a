/* What a long-running node does to its own process (SECURITY section 2, "Process"). */
#pragma once

#include <glib.h>

/* Files of ours are private, writing to closed ends and full quotas is an error instead of a death,
 * every descriptor the system allows may be used; without @dumpable no core dump and no debugger
 * sees the keys. */
void lane_process_harden (gboolean dumpable);

/* Goes on as a child in a session of its own; the parent exits. Before any thread is started. */
void lane_process_detach (void);
/* Ends the tie to whoever started it: standard input, output and error become /dev/null. */
void lane_process_silence (void);
