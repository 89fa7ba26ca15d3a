/* Text and JSON that others may see: addresses, host names and ids are replaced by stand-ins
 * (stand-in.h), wherever in a text they are.
 *
 * Found without help: IPv4; IPv6, also in brackets, with a zone (which stays) or with a v4 address
 * inside; names with a dot (`turn.example.net`); the host of a stun:, turn:, http: or mqtt: URI,
 * where login, path and query of the last two go too; node ids, also in groups of four; MAC
 * addresses and fingerprints; 40 letters and digits in a row. Ports stay, and so do `localhost`,
 * `::1` and what else says nothing about anybody. In doubt a word is masked. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct _LaneMask LaneMask;

LaneMask *lane_mask_new (void);
void lane_mask_free (LaneMask *mask);

/* A word with a dot that is no host name, as that of a setting. */
void lane_mask_keep (LaneMask *mask, const char *word);
/* A name that somebody chose, to leave alone in `turn:home`; one that is a host name or an address
 * is masked all the same. */
void lane_mask_keep_name (LaneMask *mask, const char *name);
/* A host name without a dot, which nothing would tell from another word. */
void lane_mask_add_host (LaneMask *mask, const char *host);
/* A name to be masked after all: @kind is `peer`, `server` or `node`. Wins over keep. */
void lane_mask_add_name (LaneMask *mask, const char *kind, const char *name);
/* A folder whose path is to be shown as @shown, as the home of the user as `~`. */
void lane_mask_add_folder (LaneMask *mask, const char *path, const char *shown);

/* Any bytes; NULL gives NULL. */
char *lane_mask_text (LaneMask *mask, const char *text);
/* A copy with every string in it masked; names of members stay. */
JsonNode *lane_mask_json (LaneMask *mask, JsonNode *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneMask, lane_mask_free)
