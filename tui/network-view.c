/* The Network view: addresses, NAT, ports seen, servers in one list, and below it the selected row
 * in full. */
#include "view.h"

#include "network-actions.h"
#include "network-rows.h"
#include "words.h"

#define GUTTER      2
#define STATE_WIDTH 8
#define MIN_NOTE    21
#define MIN_ERROR   28
#define MAX_NAME    15
#define MAX_SOCKET  47 /* `[2001:db8:...]:65535` */
#define MAX_WHAT    47

typedef enum { LINE_HEAD, LINE_ROW, LINE_NEXT, LINE_NOTHING, LINE_BLANK } LineKind;

typedef struct {
  LineKind kind;
  LaneNetworkSection section;
  int row; /* -1: none */
} Line;

typedef struct {
  int top; /* of the list */
  int list_rows;
  int below_y;       /* the rule */
  int below_rows;    /* with it */
  gboolean airy;     /* a blank line between sections */
  gboolean evidence; /* all of it is below, not only a sentence */
} Layout;

static void
lay_out (const LaneModel *model, int height, Layout *layout)
{
  layout->top = model->attached ? 1 : 2; /* there the frame says that the node is gone */
  layout->evidence = height >= 34;
  layout->airy = height >= 30;
  layout->below_rows = height >= 50 ? 17 : layout->evidence ? 12 : height >= 20 ? 5 : 3;
  layout->list_rows = MAX (height - layout->top - layout->below_rows, 1);
  layout->below_y = layout->top + layout->list_rows;
}

/* Lines */

static void
add_line (GArray *lines, LineKind kind, LaneNetworkSection section, int row)
{
  const Line line = { .kind = kind, .section = section, .row = row };

  g_array_append_val (lines, line);
}

static GArray *
make_lines (const GPtrArray *rows, gboolean airy)
{
  GArray *lines = g_array_new (FALSE, FALSE, sizeof (Line));

  for (LaneNetworkSection section = 0; section < LANE_N_NETWORK_SECTIONS; section++) {
    gboolean any = FALSE;

    if (airy && section > 0)
      add_line (lines, LINE_BLANK, section, -1);
    add_line (lines, LINE_HEAD, section, -1);
    for (guint i = 0; i < rows->len; i++) {
      const LaneNetworkRow *row = g_ptr_array_index (rows, i);

      if (row->section != section)
        continue;
      any = TRUE;
      add_line (lines, LINE_ROW, section, i);
      if (row->wrong && row->next != NULL)
        add_line (lines, LINE_NEXT, section, i);
    }
    if (!any)
      add_line (lines, LINE_NOTHING, section, -1);
  }
  return lines;
}

/* The first and last line that should be seen with row @row: its heading when that comes just
 * before, and its advice. */
static void
find_lines_of (const GArray *lines, int row, int *first, int *last)
{
  *first = *last = 0;
  for (guint i = 0; i < lines->len; i++) {
    const Line *line = &g_array_index (lines, Line, i);

    if (line->row != row || row < 0)
      continue;
    if (line->kind == LINE_ROW)
      *first = i > 0 && g_array_index (lines, Line, i - 1).kind == LINE_HEAD ? (int)i - 1 : (int)i;
    *last = i;
  }
}

static void
select_by_key (LaneModel *model, const GPtrArray *rows)
{
  for (guint i = 0; model->network_key != NULL && i < rows->len; i++)
    if (g_strcmp0 (((LaneNetworkRow *)g_ptr_array_index (rows, i))->key, model->network_key) == 0) {
      lane_list_select (&model->network_list, i);
      return;
    }
  /* What is shown while the node is being asked is not yet a choice. */
  if (model->network != NULL)
    lane_network_select (model, model->network_list.selected);
}

void
lane_network_view_arrange (LaneModel *model, int height, int width)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GArray) lines = NULL;
  Layout layout;
  int first, last;

  lay_out (model, height, &layout);
  model->network_folded = !layout.airy;
  rows = lane_network_rows_collect (model->network, model->snapshot, model->network_folded);
  lane_list_set_page (&model->network_list, layout.list_rows);
  lane_list_set_count (&model->network_list, rows->len);
  select_by_key (model, rows);
  lines = make_lines (rows, layout.airy);
  find_lines_of (lines, rows->len > 0 ? model->network_list.selected : -1, &first, &last);
  model->network_top = MAX (model->network_top, last - layout.list_rows + 1);
  model->network_top = MIN (model->network_top, first);
  model->network_top = MIN (model->network_top, (int)lines->len - layout.list_rows);
  model->network_top = MAX (model->network_top, 0);
  model->wants_network = TRUE;
}

/* Columns */

typedef struct {
  int name, what, state, note;
} Columns;

static int
widest (LaneCanvas *canvas, const GPtrArray *rows, LaneNetworkSection section, gboolean name)
{
  int width = 0;

  for (guint i = 0; i < rows->len; i++) {
    const LaneNetworkRow *row = g_ptr_array_index (rows, i);

    if (row->section == section)
      width = MAX (width, lane_canvas_measure (canvas, name ? row->name : row->what));
  }
  return width;
}

/* Names of interfaces, families and servers stand in one column. */
static int
name_width (LaneCanvas *canvas, const GPtrArray *rows)
{
  int width = MAX (widest (canvas, rows, LANE_NETWORK_INTERFACES, TRUE),
                   widest (canvas, rows, LANE_NETWORK_SERVERS, TRUE));

  return CLAMP (width, 6, MAX_NAME);
}

static void
lay_out_columns (LaneCanvas *canvas, const GPtrArray *rows, LaneNetworkSection section, int width,
                 Columns *columns)
{
  int room = width - GUTTER;
  int what = CLAMP (widest (canvas, rows, section, FALSE), 12, MAX_WHAT);
  int note = section == LANE_NETWORK_SERVERS ? MIN_ERROR : MIN_NOTE;

  columns->name = section == LANE_NETWORK_PORTS
                      ? CLAMP (widest (canvas, rows, section, TRUE), 15, MAX_SOCKET)
                      : name_width (canvas, rows);
  columns->state =
      section == LANE_NETWORK_INTERFACES || section == LANE_NETWORK_SERVERS ? STATE_WIDTH : 0;
  if (section == LANE_NETWORK_NAT) {
    columns->note = width >= 110 ? 44 : 0;
    columns->what = MIN (room - columns->name - 2 - columns->note,
                         MAX (widest (canvas, rows, section, FALSE), 12) + 2);
    return;
  }
  if (section == LANE_NETWORK_PORTS)
    columns->name = MIN (columns->name, (room - MIN_NOTE) / 2 - 1);
  columns->what = MIN (what, room - columns->name - 1 - columns->state - 1 - note);
  columns->note =
      room - columns->name - 1 - columns->what - 1 - (columns->state > 0 ? columns->state + 1 : 0);
}

/* Drawing */

static LaneRole
state_role (const LaneNetworkRow *row)
{
  if (row->wrong)
    return LANE_ROLE_LOG_ERROR;
  if (row->address != NULL && row->address->used)
    return LANE_ROLE_PATH_DIRECT;
  return row->server != NULL && g_strcmp0 (row->state, "ok") == 0 ? LANE_ROLE_DEFAULT
                                                                  : LANE_ROLE_MUTED;
}

static void
draw_row (LaneCanvas *canvas, const LaneNetworkRow *row, const Columns *columns, int y, int width)
{
  gboolean skipped = row->interface != NULL && (row->address == NULL || !row->address->used);
  LaneRole plain = skipped ? LANE_ROLE_MUTED : LANE_ROLE_DEFAULT;
  int x = GUTTER;

  lane_canvas_put (canvas, y, x, columns->name, LANE_ROLE_DEFAULT, row->name);
  x += columns->name + 1;
  lane_canvas_put (canvas, y, x, columns->what,
                   row->nat != NULL && row->wrong ? LANE_ROLE_LOG_WARNING : plain, row->what);
  x += columns->what + 1;
  if (columns->state > 0) {
    lane_canvas_put (canvas, y, x, columns->state, state_role (row), row->state);
    x += columns->state + 1;
  }
  if (columns->note > 0)
    lane_canvas_put (canvas, y, x, width - x, plain, row->note);
}

static void
draw_head (LaneCanvas *canvas, const LaneModel *model, LaneNetworkSection section, int y, int width)
{
  g_autofree char *note = lane_network_section_note (section, model->network, model->snapshot);
  gboolean again = section == LANE_NETWORK_NAT && model->network != NULL
                   && !model->network->checking && !model->read_only;
  int x = 1;

  x += lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_TITLE,
                        lane_network_section_title (section));
  lane_canvas_printf (canvas, y, x + 2, width - x - 2, LANE_ROLE_MUTED, "%s%s", note,
                      again ? ", F5 again" : "");
}

static const char *
say_unknown (const LaneModel *model)
{
  return model->attached ? "Asking the node." : "Not known without a node.";
}

static const char *
say_nothing (const LaneModel *model, LaneNetworkSection section)
{
  switch (section) {
  case LANE_NETWORK_SERVERS:
    return "No server is set up. Next: a in Settings (4) adds one";
  case LANE_NETWORK_PORTS:
    return model->network == NULL     ? say_unknown (model)
           : model->network->checking ? "The servers are being asked."
                                      : "No server has told what it sees of us.";
  default:
    return model->network == NULL ? say_unknown (model) : "none";
  }
}

static void
draw_next (LaneCanvas *canvas, const LaneNetworkRow *row, const Columns *columns, int y, int width)
{
  int x = GUTTER + columns->name + 1;

  x += lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_NOTICE, "Next: ");
  lane_canvas_put (canvas, y, x, width - x, LANE_ROLE_DEFAULT, row->next);
}

static void
draw_line (LaneCanvas *canvas, const LaneModel *model, const GPtrArray *rows, const Line *line,
           const Columns *columns, int y, int width)
{
  const LaneNetworkRow *row = line->row >= 0 ? g_ptr_array_index (rows, line->row) : NULL;

  switch (line->kind) {
  case LINE_HEAD:
    draw_head (canvas, model, line->section, y, width);
    return;
  case LINE_NOTHING:
    lane_canvas_put (canvas, y, GUTTER, width - GUTTER, LANE_ROLE_MUTED,
                     say_nothing (model, line->section));
    return;
  case LINE_ROW:
    draw_row (canvas, row, &columns[line->section], y, width);
    break;
  case LINE_NEXT:
    draw_next (canvas, row, &columns[line->section], y, width);
    break;
  case LINE_BLANK:
  default:
    return;
  }
  lane_canvas_add_hit (canvas, y, 0, 1, width, LANE_HIT_PANE, line->row);
  if (line->kind == LINE_ROW && line->row == model->network_list.selected)
    lane_draw_selection (canvas, y, 0, width, TRUE);
}

static void
draw_sentence (LaneCanvas *canvas, const LaneNetworkRow *row, int y, int height, int width)
{
  g_autofree char *next =
      g_strdup_printf ("Next: %s.", row->next != NULL ? row->next : "nothing to do");
  int next_rows = MIN (lane_canvas_measure (canvas, next) / (width - 4) + 1, MAX (height - 1, 1));
  int used = lane_canvas_put_wrapped (canvas, y, 1, MAX (height - next_rows, 1), width - 2,
                                      LANE_ROLE_DEFAULT, row->sentence);

  if (used < height)
    lane_canvas_put_wrapped (canvas, y + used, 1, height - used, width - 2, LANE_ROLE_DEFAULT,
                             next);
}

static void
draw_evidence (LaneCanvas *canvas, const LaneModel *model, const LaneNetworkRow *row, int y,
               int height, int width)
{
  g_autofree char *text = lane_network_row_evidence (row, model->network, width - 4);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  int count = g_strv_length (lines);

  for (int i = 0; i < height && i < count; i++) {
    if (i == height - 1 && count > height)
      lane_canvas_printf (canvas, y + i, 1, width - 2, LANE_ROLE_MUTED,
                          "%d more lines: Enter shows them", count - i);
    else
      lane_canvas_put (canvas, y + i, 1, width - 2, LANE_ROLE_DEFAULT, lines[i]);
  }
}

static void
draw_below (LaneCanvas *canvas, const LaneModel *model, const GPtrArray *rows, const Layout *layout,
            int hidden, int width)
{
  const LaneNetworkRow *row =
      rows->len > 0 ? g_ptr_array_index (rows, model->network_list.selected) : NULL;
  g_autofree char *title = NULL;

  if (row == NULL)
    title = g_strdup ("nothing selected");
  else if (hidden > 0)
    title = g_strdup_printf ("%s (%d more lines below)", row->name, hidden);
  else
    title = g_strdup (row->name);
  lane_draw_rule (canvas, layout->below_y, 0, width, title);
  if (row != NULL && layout->evidence)
    draw_evidence (canvas, model, row, layout->below_y + 1, layout->below_rows - 1, width);
  else if (row != NULL)
    draw_sentence (canvas, row, layout->below_y + 1, layout->below_rows - 1, width);
}

void
lane_network_view_draw (LaneCanvas *canvas, const LaneModel *model, int height, int width)
{
  g_autoptr (GPtrArray) rows =
      lane_network_rows_collect (model->network, model->snapshot, model->network_folded);
  g_autoptr (GArray) lines = NULL;
  Columns columns[LANE_N_NETWORK_SECTIONS];
  Layout layout;

  lay_out (model, height, &layout);
  lines = make_lines (rows, layout.airy);
  for (LaneNetworkSection i = 0; i < LANE_N_NETWORK_SECTIONS; i++)
    lay_out_columns (canvas, rows, i, width, &columns[i]);
  lane_draw_tabs (canvas, model, width);
  if (rows->len == 0)
    lane_canvas_set_cursor (canvas, 1, 0);
  for (int i = 0; i < layout.list_rows && model->network_top + i < (int)lines->len; i++)
    draw_line (canvas, model, rows, &g_array_index (lines, Line, model->network_top + i), columns,
               layout.top + i, width);
  draw_below (canvas, model, rows, &layout, (int)lines->len - model->network_top - layout.list_rows,
              width);
}
