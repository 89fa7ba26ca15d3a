/* `icelane status --format '{direct}/{total}'`: text with fields in braces. */
#pragma once

#include "snapshot.h"

typedef struct _LaneStatusFormat LaneStatusFormat;

#define LANE_STATUS_FORMAT_ERROR (lane_status_format_error_quark ())
GQuark lane_status_format_error_quark (void);
typedef enum { LANE_STATUS_FORMAT_ERROR_SYNTAX, LANE_STATUS_FORMAT_ERROR_FIELD } LaneFormatError;

/* `{{` and `}}` are braces, `\n`, `\t` and `\\` what they are in C. */
LaneStatusFormat *lane_status_format_new (const char *text, GError **error);
void lane_status_format_free (LaneStatusFormat *format);

/* One line, or with a field that is of a peer one line for each, each with its end. @names: only
 * these peers are listed and counted; empty = all. */
char *lane_status_format_print (const LaneStatusFormat *format, const LaneSnapshot *snapshot,
                                const char *const *names);
/* Every field with what it is, for the help; the caller frees it. */
char *lane_status_format_help (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneStatusFormat, lane_status_format_free)
