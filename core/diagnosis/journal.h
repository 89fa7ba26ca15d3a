/* Events as records of systemd's journal, with fields to filter by.
 *
 * MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, ICELANE_KIND, ICELANE_FACT, ICELANE_PEER where there is
 * one, and each member of the fact as ICELANE_ and its name in capitals. */
#pragma once

#include "diagnosis/event.h"

#define LANE_JOURNAL_SOCKET "/run/systemd/journal/socket"

/* What is written to @fd ends in the journal: $JOURNAL_STREAM names it (systemd.exec(5)). */
gboolean lane_journal_is_behind (int fd);

/* One datagram of the journal's native protocol: lines, the last one without its newline. */
char *lane_journal_format (const LaneEvent *event);
