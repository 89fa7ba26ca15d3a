#include "dialog.h"

#include "key.h"

LaneDialog *
lane_dialog_new (char *title, char *text, const LaneDialogButton *buttons, int n_buttons,
                 LaneDialogAnswer answer, gpointer context, gpointer user_data,
                 GDestroyNotify destroy)
{
  LaneDialog *dialog = g_new0 (LaneDialog, 1);

  g_assert (n_buttons > 0 && n_buttons <= LANE_DIALOG_BUTTONS);
  dialog->title = title;
  dialog->text = text;
  for (int i = 0; i < n_buttons; i++)
    dialog->buttons[i] = buttons[i];
  dialog->n_buttons = n_buttons;
  dialog->answer = answer;
  dialog->context = context;
  dialog->user_data = user_data;
  dialog->destroy = destroy;
  return dialog;
}

void
lane_dialog_free (LaneDialog *dialog)
{
  if (dialog == NULL)
    return;
  if (dialog->destroy != NULL)
    dialog->destroy (dialog->user_data);
  g_free (dialog->title);
  g_free (dialog->text);
  g_free (dialog);
}

static LaneDialogResult
move_focus (LaneDialog *dialog, int step)
{
  dialog->focus = (dialog->focus + step + dialog->n_buttons) % dialog->n_buttons;
  return LANE_DIALOG_MOVED;
}

LaneDialogResult
lane_dialog_key (LaneDialog *dialog, guint code, int *answer)
{
  for (int i = 0; i < dialog->n_buttons; i++)
    if (dialog->buttons[i].key == code) {
      *answer = i;
      return LANE_DIALOG_ANSWERED;
    }
  switch (code) {
  case LANE_KEY_ESCAPE:
  case 'q':
    *answer = 0;
    return LANE_DIALOG_ANSWERED;
  case LANE_KEY_ENTER:
  case ' ':
    *answer = dialog->focus;
    return LANE_DIALOG_ANSWERED;
  case LANE_KEY_TAB:
  case LANE_KEY_RIGHT:
  case 'l':
    return move_focus (dialog, 1);
  case LANE_KEY_BACKTAB:
  case LANE_KEY_LEFT:
  case 'h':
    return move_focus (dialog, -1);
  default:
    return LANE_DIALOG_IGNORED;
  }
}

void
lane_dialog_finish (LaneDialog *dialog, int answer)
{
  if (dialog->answer != NULL)
    dialog->answer (answer, dialog->context, dialog->user_data);
  lane_dialog_free (dialog);
}
