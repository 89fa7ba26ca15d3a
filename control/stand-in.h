/* What is shown in place of an address, a host name or an id that is not to be shown.
 *
 * The same one always gets the same stand-in and two different ones never do, as long as the table
 * lives. An address keeps what a diagnosis needs: its kind and family, and with its letters which
 * ones share a network (/24 or /64): `private4#A.1` and `private4#A.2` are neighbours. A v4 address
 * inside a v6 one keeps its own: `mapped6-public4#B.1`. Others are `host#A`, `id#B`. No host name
 * and no address can hold a `#`. */
#pragma once

#include <gio/gio.h>

typedef struct _LaneStandIns LaneStandIns;

#define LANE_STAND_INS_MAX 16384 /* beyond it all that is new is `#more` */

LaneStandIns *lane_stand_ins_new (void);
void lane_stand_ins_free (LaneStandIns *stand_ins);

/* @bytes: 4 or 16 of them, as @family has it. FALSE, and nothing appended: an address that says
 * nothing about anybody (loopback, unspecified, multicast, broadcast), which may be shown. */
gboolean lane_stand_ins_append_address (LaneStandIns *stand_ins, GString *out, GSocketFamily family,
                                        const guint8 *bytes);
/* @kind: `host`, `id` and the like; one word is the same whatever its case. */
void lane_stand_ins_append_word (LaneStandIns *stand_ins, GString *out, const char *kind,
                                 const char *word, gsize length);

/* The bytes of the stand-in that @text begins with; 0: it is none. */
gsize lane_stand_in_measure (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneStandIns, lane_stand_ins_free)
