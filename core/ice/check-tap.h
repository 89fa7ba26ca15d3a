/* Hands the debug lines of each NiceAgent to its check log, and to nobody else.
 *
 * libnice debugs through GLib's log, whose handlers belong to the process: so this is the one place
 * with a table for the whole process. While any agent is tapped, debug lines of libnice reach
 * neither the screen nor a file, whatever G_MESSAGES_DEBUG says: they hold passwords. */
#pragma once

#include "ice/check-log.h"

#include <nice/agent.h>

/* What the log tells its owner comes from within calls into libnice, which holds its lock then: the
 * owner must not call libnice. @log must outlive the tap. */
void lane_check_tap_add (NiceAgent *agent, LaneCheckLog *log);
void lane_check_tap_remove (NiceAgent *agent);
