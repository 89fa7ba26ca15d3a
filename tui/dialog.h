/* A question with a few answers, of which the first loses nothing. */
#pragma once

#include <glib.h>

#define LANE_DIALOG_BUTTONS 4

typedef struct {
  const char *label; /* `Yes` */
  guint key;         /* a letter */
} LaneDialogButton;

typedef struct _LaneDialog LaneDialog;

/* @answer: index of the button; 0 also for Esc. @user_data belongs to the dialog. */
typedef void (*LaneDialogAnswer) (int answer, gpointer context, gpointer user_data);

struct _LaneDialog {
  char *title, *text;
  LaneDialogButton buttons[LANE_DIALOG_BUTTONS]; /* the rest have label NULL */
  int n_buttons;
  int focus;
  LaneDialogAnswer answer;
  gpointer context;   /* of the answer; borrowed */
  gpointer user_data; /* of the answer */
  GDestroyNotify destroy;
};

/* Takes @title and @text. */
LaneDialog *lane_dialog_new (char *title, char *text, const LaneDialogButton *buttons,
                             int n_buttons, LaneDialogAnswer answer, gpointer context,
                             gpointer user_data, GDestroyNotify destroy);
void lane_dialog_free (LaneDialog *dialog);

typedef enum { LANE_DIALOG_IGNORED, LANE_DIALOG_MOVED, LANE_DIALOG_ANSWERED } LaneDialogResult;

/* ANSWERED: @answer holds which; the caller then calls lane_dialog_finish(). */
LaneDialogResult lane_dialog_key (LaneDialog *dialog, guint code, int *answer);
void lane_dialog_finish (LaneDialog *dialog, int answer); /* frees it, then tells */
