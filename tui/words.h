/* The words the screen uses for what a snapshot says. Unknown is a word too, never a blank.
 *
 * The strings are new, the caller frees them, and may hold text from peers: draw them through the
 * canvas. */
#pragma once

#include "config.h"
#include "snapshot.h"
#include "theme/role.h"

typedef struct {
  const char *glyph; /* one column */
  char *word;        /* `Direct/4`, `Relay:home`, `Retry 23:50:10` */
  LaneRole role;     /* of the glyph */
} LanePathWord;

/* @glyphs: not AUTO. */
void lane_path_word_init (LanePathWord *path, const LanePeerView *peer, LaneGlyphs glyphs);
void lane_path_word_clear (LanePathWord *path);

typedef struct {
  guint direct, relay, other;
} LanePathCounts;

void lane_words_count_paths (const LaneSnapshot *snapshot, LanePathCounts *counts);

/* Connected, suspect or restarting: data flows. */
gboolean lane_words_is_up (const LanePeerView *peer);
/* What was measured last; NAN too when no data flows, since it then says nothing any more. */
double lane_words_live (const LanePeerView *peer, double value);
/* The code, borrowed from @peer or const; of the table's WHY column, where `expect relay` stands
 * while nothing else is to be said. */
const char *lane_words_why (const LanePeerView *peer);
const char *lane_words_why_or_expect (const LanePeerView *peer);
/* One sentence: why it is as it is; and what comes next. */
char *lane_words_why_sentence (const LanePeerView *peer);
char *lane_words_next (const LanePeerView *peer);
/* `expect relay: ...`, `as expected: ...`, `expected direct, is relay: ...`, `no forecast: ...`;
 * NULL: the node does not say, or said nothing before the path was there. */
char *lane_words_forecast (const LanePeerView *peer, gint64 now_us);
char *lane_words_pair (const LanePeerView *peer);
/* `relay would be 18 ms slower (measured 23:50)`; NULL: nothing that holds for the path in use. */
char *lane_words_comparison (const LanePeerView *peer);

char *lane_words_ms (double ms);                           /* `61 ms`, `0.3 ms`, `no data` */
char *lane_words_loss (double loss);                       /* `0.4%`, `none` */
char *lane_words_since (gint64 since_us, gint64 now_us);   /* `<10s`, `12m`, `3d`, `none` */
char *lane_words_bytes (guint64 bytes);                    /* `1.2M` */
char *lane_words_clock (gint64 time_us);                   /* local `23:50:10` */
char *lane_words_endpoint (const LaneCandidateView *side); /* `192.0.2.9:50112`, `[::1]:9` */
char *
lane_words_candidate (const LaneCandidateView *side); /* `relay 192.0.2.9:50112 (home, udp)` */
typedef enum { LANE_NAT_SENTENCE, LANE_NAT_PHRASE, LANE_NAT_WORD } LaneNatLength;
const char *lane_words_nat (const char *mapping, LaneNatLength length);
/* `2 of 3 ok`; @why: and what is wrong with the first that fails, `, backup: timeout +1`. */
char *lane_words_servers (const LaneSnapshot *snapshot, gboolean why);

/* One column for the answers of 5 s; NAN: none came. */
const char *lane_words_spark (double ms, LaneGlyphs glyphs);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LanePathWord, lane_path_word_clear)
