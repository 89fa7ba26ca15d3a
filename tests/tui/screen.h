/* A terminal for tests: runs a program on a pty and shows what a person would see of it.
 *
 * Everything happens on one GMainContext, which the waiting functions run; other doubles of a test
 * may live there too. No function sleeps. */
#pragma once

#include <glib.h>
#include <termios.h>

typedef struct _Screen Screen;

typedef struct {
  GMainContext *context;   /* NULL: the thread's default */
  const char *const *argv; /* a path, then arguments */
  const char *const *env;  /* NAME=value to set, NAME to unset; NULL: nothing */
  const char *directory;   /* to run in; NULL: here */
  int rows, cols;
  const char *background; /* `rgb:ffff/ffff/ffff`, to be told when asked; NULL: no answer */
} ScreenOptions;

Screen *screen_new (const ScreenOptions *options, GError **error);
void screen_free (Screen *screen); /* kills what still runs */

void screen_send (Screen *screen, const char *bytes, gssize len); /* len -1: a string */
/* `Enter`, `Esc`, `Tab`, `S-Tab`, `Up`, `PgDn`, `F9`, `C-l`, `Space`, or one character. */
gboolean screen_key (Screen *screen, const char *name);
void screen_resize (Screen *screen, int rows, int cols);
void screen_hang_up (Screen *screen); /* closes the terminal, as a lost ssh connection does */

void screen_turn (Screen *screen); /* one turn of the loop, at most 20 ms */
gboolean screen_has (Screen *screen, const char *text);
/* FALSE: it did not happen in time. An end of the program ends the waiting too. */
gboolean screen_wait_for (Screen *screen, const char *text, double seconds);
gboolean screen_wait_gone (Screen *screen, const char *text, double seconds);
/* @status: of waitpid(). */
gboolean screen_wait_exit (Screen *screen, double seconds, int *status);
/* Until the program has written nothing for 150 ms. */
gboolean screen_settle (Screen *screen, double seconds);
void screen_run (Screen *screen, double seconds); /* for what must not happen */

char *screen_dump (Screen *screen); /* one line a row, no trailing spaces */
char *screen_get_row (Screen *screen, int row);
guint64 screen_get_bytes (const Screen *screen);         /* written by the program so far */
const GString *screen_get_output (const Screen *screen); /* the same, themselves */
int screen_get_pid (const Screen *screen);
void screen_get_cursor (const Screen *screen, int *row, int *col);
const char *screen_get_title (const Screen *screen); /* of the window; empty: none was set */
gboolean screen_is_cursor_visible (const Screen *screen);
gboolean screen_is_alternate (const Screen *screen);
gboolean screen_has_mouse (const Screen *screen);
/* Of the first cell of @text on the screen; FALSE: it is not there. */
gboolean screen_find (Screen *screen, const char *text, int *row, int *col);
/* -1: the terminal's own; 0..255; 0x1rrggbb for true colour. */
int screen_get_foreground (Screen *screen, int row, int col);
int screen_get_background (Screen *screen, int row, int col);
gboolean screen_is_bold (Screen *screen, int row, int col);
gboolean screen_is_reverse (Screen *screen, int row, int col);
void screen_get_termios (const Screen *screen, struct termios *modes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Screen, screen_free)
