/* What tests have found about the servers of a document while it is edited: results hold for a
 * [server NAME] as long as it says what it said when it was tested.
 *
 * Plain data; no secret is kept. */
#pragma once

#include "document.h"
#include "test-result.h"

typedef struct _LaneTestBoard LaneTestBoard;

typedef enum {
  LANE_STANDING_UNTESTED, /* as it is now */
  LANE_STANDING_CHECKING,
  LANE_STANDING_OK,
  LANE_STANDING_FAILED
} LaneStanding;

LaneTestBoard *lane_test_board_new (void);
void lane_test_board_free (LaneTestBoard *board);

/* A test of the sections [server NAME] of @document begins; @names is NULL-terminated. What an
 * earlier one had not finished is forgotten. */
void lane_test_board_begin (LaneTestBoard *board, const LaneDocument *document,
                            const char *const *names);
/* Of LaneTestResult, of all servers that are being tested. */
void lane_test_board_take (LaneTestBoard *board, const GPtrArray *results);
/* It has ended; @error: why what is still CHECKING was not tested to the end; NULL: it was. */
void lane_test_board_end (LaneTestBoard *board, const char *error);

LaneStanding
lane_test_board_get (const LaneTestBoard *board, const LaneDocument *document, const char *name);
/* As lane_test_words_lines(): what to show for it, empty when UNTESTED; the caller owns the array.
 */
GPtrArray *lane_test_board_get_lines (const LaneTestBoard *board, const LaneDocument *document,
                                      const char *name, int width);
/* `38 ms ok`, `checking`, `unauthorized`; NULL when UNTESTED; the caller frees it. */
char *lane_test_board_get_word (const LaneTestBoard *board, const LaneDocument *document,
                                const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTestBoard, lane_test_board_free)
