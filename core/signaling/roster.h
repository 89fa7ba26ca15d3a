/* Who is at a rendezvous, who wants to know of whom, and what is on its way to each.
 *
 * Works on ids it is told are proved; HTTP, JSON and signatures are the caller's. Presence is
 * state, not a queue: a slow reader gets the latest word on each id, however often it changed. */
#pragma once

#include <gio/gio.h>

#include "secure/identity.h"

typedef struct _LaneRoster LaneRoster;
typedef struct _LaneMember LaneMember;

#define LANE_ROSTER_ERROR (lane_roster_error_quark ())
GQuark lane_roster_error_quark (void);
typedef enum {
  LANE_ROSTER_ERROR_FULL,    /* no room for another member, or for that many watched ids */
  LANE_ROSTER_ERROR_TAKEN,   /* another run of the same id is here and the caller yields */
  LANE_ROSTER_ERROR_TOO_MANY /* more ids than one member may watch */
} LaneRosterError;

#define LANE_ROSTER_MAX_WATCH 4096

LaneRoster *lane_roster_new (GMainContext *context);
void lane_roster_free (LaneRoster *roster);

/* The session of one run (@boot) of @id. The same run again keeps its place and what is queued; a
 * different run ends the older one, unless @yield. Others see it once it listens; if it does not
 * within 10 s, it is forgotten. @source: whom members are counted by; may be NULL. */
LaneMember *lane_roster_join (LaneRoster *roster, const char *id, const char *boot,
                              const char *source, gboolean yield, GError **error);
LaneMember *lane_roster_find (LaneRoster *roster, const char *token);

/* FALSE: @to is not here, or its queue is full. */
gboolean lane_roster_deliver (LaneRoster *roster, const char *to, const char *text, gsize length);

const char *lane_member_get_id (const LaneMember *member);
const char *lane_member_get_token (const LaneMember *member);
/* Replaces the watched ids, each checked by the caller; presence of those that are new follows. */
gboolean
lane_member_watch (LaneMember *member, const char *const *ids, gsize count, GError **error);
/* Events go to @connection from now on, @head first. Takes the reference. */
void lane_member_listen (LaneMember *member, GIOStream *connection, const char *head);
/* What the member sent was taken: it hears so on its event stream, and where it does not, it knows
 * that it is deaf. */
void lane_member_acknowledge (LaneMember *member);
/* FALSE when the member asked too much lately. */
gboolean lane_member_spend (LaneMember *member, guint cost);
/* A clean end: gone at once, and with it @member. */
void lane_member_leave (LaneMember *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneRoster, lane_roster_free)
