/* The text of a report while it is written, line by line, and its parts that fill files of their
 * own. */
#pragma once

#include "report-data.h"
#include "table.h"

typedef struct {
  const LaneReport *report;
  GString *out;
} LaneReportPage;

/* A line. It is masked before it is cleaned, which may cut it: no part of an address gets away. */
void lane_report_say (const LaneReportPage *page, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A line that is masked already, set in. */
void lane_report_append (const LaneReportPage *page, const char *masked);
void lane_report_head (const LaneReportPage *page, const char *title);
/* For a table, masked; NULL is `none`. The caller frees it, and the next. */
char *lane_report_cell (const LaneReportPage *page, const char *value);
char *lane_report_time (gint64 time_us); /* in UTC, as everything in files */
void lane_report_append_table (const LaneReportPage *page, const LaneTable *table);

gboolean lane_report_is_relayed (const LanePeerView *peer);

void lane_report_say_network (const LaneReportPage *page);
void lane_report_say_servers (const LaneReportPage *page);
/* Pairs, candidates and timeline. */
void lane_report_say_peer (const LaneReportPage *page, const LanePeerView *peer,
                           const LanePeerDetail *detail);
