/* What the NATs in front of this node do, kept up to date: nat-behavior.h run for one address of
 * each family when addresses or servers change, when the operator asks, and every 10 minutes or so
 * (sooner while it is not known), but never more than a few times a minute.
 *
 * Belongs to one GMainContext. */
#pragma once

#include "ice/address-policy.h"
#include "servers/nat-report.h"

typedef struct _LaneNatWatch LaneNatWatch;

typedef struct {
  guint try_ms;             /* see LaneNatBehaviorOptions */
  guint settle_ms;          /* after a change, before a run: more of it may follow */
  guint recheck_ms;         /* and a quarter more or less */
  guint recheck_unknown_ms; /* likewise, doubled up to recheck_ms */
} LaneNatWatchTuning;

extern const LaneNatWatchTuning LANE_NAT_WATCH_TUNING;

/* The watch must survive them. */
typedef struct {
  /* A verdict that is another one than the last about this family. */
  void (*judged) (LaneNatWatch *watch, const LaneNatReport *report, gpointer user_data);
  /* Anything that is told is new: after each run, too. */
  void (*changed) (LaneNatWatch *watch, gpointer user_data);
} LaneNatWatchEvents;

/* @policy as for nat-behavior.h. Copies @events and @tuning. */
LaneNatWatch *lane_nat_watch_new (GMainContext *context, const LaneAddressPolicy *policy,
                                  const LaneNatWatchTuning *tuning,
                                  const LaneNatWatchEvents *events, gpointer user_data);
void lane_nat_watch_free (LaneNatWatch *watch); /* no callback follows */

/* What there is now: our addresses, IP literals, best first, and servers, of LaneNatServer, which
 * the watch takes over. Does nothing while both stay the same. */
void lane_nat_watch_set_addresses (LaneNatWatch *watch, const char *const *addresses);
void lane_nat_watch_take_servers (LaneNatWatch *watch, GPtrArray *servers);
/* Something else about the network is new, or the operator wants to know. */
void lane_nat_watch_check (LaneNatWatch *watch);
gboolean lane_nat_watch_is_checking (const LaneNatWatch *watch); /* or about to */

/* Measured apart (nat-lifetime.h), and told until the next run. */
void lane_nat_watch_set_lifetime (LaneNatWatch *watch, int family, guint min_s, guint max_s);

/* @family: 4 or 6. NULL: nothing is known. Owned by the watch, until the next change. */
const LaneNatReport *lane_nat_watch_get_report (const LaneNatWatch *watch, int family);
LaneNatBrief lane_nat_watch_get_brief (const LaneNatWatch *watch); /* NULL: nothing is known */

/* The object `nat` of a node (DESIGN section 8): mapping, filtering, confidence and so on of IPv4
 * or, if that is not known, of IPv6; then both families and the evidence. @watch may be NULL.
 * @public: our addresses as others know them. */
void lane_nat_watch_add_json (const LaneNatWatch *watch, const char *const *public,
                              JsonBuilder *builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneNatWatch, lane_nat_watch_free)
