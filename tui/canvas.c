#include "canvas.h"

#include <string.h>
#include <wchar.h>

typedef struct {
  int y, x, height, width;
  LaneHitKind kind;
  int index;
} Hit;

struct _LaneCanvas {
  int width, height;
  gboolean utf8;
  LaneCell *cells;
  int cursor_y, cursor_x;
  GArray *hits;
  LaneMask *mask; /* NULL: texts are shown as they are */
};

/* Writes cells of one row from x up to (not including) end. */
typedef struct {
  LaneCanvas *canvas;
  int y, x, end;
  LaneRole role;
  LaneCell *last; /* the character marks would combine with */
  gboolean clipped;
} Pen;

LaneCanvas *
lane_canvas_new (int width, int height, gboolean utf8)
{
  LaneCanvas *canvas = g_new0 (LaneCanvas, 1);

  canvas->utf8 = utf8;
  canvas->hits = g_array_new (FALSE, FALSE, sizeof (Hit));
  lane_canvas_resize (canvas, width, height);
  return canvas;
}

void
lane_canvas_free (LaneCanvas *canvas)
{
  if (canvas == NULL)
    return;
  g_array_unref (canvas->hits);
  g_free (canvas->cells);
  g_free (canvas);
}

void
lane_canvas_resize (LaneCanvas *canvas, int width, int height)
{
  canvas->width = MAX (width, 1);
  canvas->height = MAX (height, 1);
  g_free (canvas->cells);
  canvas->cells = g_new (LaneCell, (gsize)canvas->width * canvas->height);
  lane_canvas_clear (canvas);
}

void
lane_canvas_clear (LaneCanvas *canvas)
{
  g_array_set_size (canvas->hits, 0);
  canvas->cursor_y = canvas->cursor_x = 0;
  lane_canvas_fill (canvas, 0, 0, canvas->height, canvas->width, LANE_ROLE_DEFAULT);
}

LaneMask *
lane_canvas_set_mask (LaneCanvas *canvas, LaneMask *mask)
{
  LaneMask *before = canvas->mask;

  canvas->mask = mask;
  return before;
}

int
lane_canvas_get_width (const LaneCanvas *canvas)
{
  return canvas->width;
}

int
lane_canvas_get_height (const LaneCanvas *canvas)
{
  return canvas->height;
}

const LaneCell *
lane_canvas_get_row (const LaneCanvas *canvas, int y)
{
  g_return_val_if_fail (y >= 0 && y < canvas->height, NULL);
  return &canvas->cells[(gsize)y * canvas->width];
}

static LaneCell *
cell_at (LaneCanvas *canvas, int y, int x)
{
  if (y < 0 || y >= canvas->height || x < 0 || x >= canvas->width)
    return NULL;
  return &canvas->cells[(gsize)y * canvas->width + x];
}

static void
set_blank (LaneCell *cell, LaneRole role)
{
  memset (cell, 0, sizeof *cell);
  cell->text[0] = ' ';
  cell->width = 1;
  cell->role = role;
}

/* A wide character that loses one half loses the other too. */
static void
split_wide (LaneCanvas *canvas, int y, int x)
{
  LaneCell *cell = cell_at (canvas, y, x);
  LaneCell *other;

  if (cell == NULL)
    return;
  if (cell->width == 0 && (other = cell_at (canvas, y, x - 1)) != NULL)
    set_blank (other, other->role);
  if (cell->width == 2 && (other = cell_at (canvas, y, x + 1)) != NULL)
    set_blank (other, other->role);
}

static void
set_char (LaneCanvas *canvas, int y, int x, gunichar c, int width, LaneRole role)
{
  LaneCell *cell = cell_at (canvas, y, x);
  LaneCell *half;

  if (cell == NULL)
    return;
  split_wide (canvas, y, x);
  set_blank (cell, role);
  cell->text[0] = c;
  cell->width = width;
  if (width < 2)
    return;
  split_wide (canvas, y, x + 1);
  half = cell_at (canvas, y, x + 1);
  if (half == NULL) {
    set_blank (cell, role);
    return;
  }
  set_blank (half, role);
  half->text[0] = 0;
  half->width = 0;
}

/* FALSE once there is no room for it. */
static gboolean
pen_char (Pen *pen, gunichar c, int width)
{
  if (pen->x + width > pen->end) {
    pen->clipped = TRUE;
    return FALSE;
  }
  set_char (pen->canvas, pen->y, pen->x, c, width, pen->role);
  pen->last = cell_at (pen->canvas, pen->y, pen->x);
  pen->x += width;
  return TRUE;
}

static gboolean
pen_ascii (Pen *pen, const char *text)
{
  gboolean room = TRUE;

  for (; room && *text != '\0'; text++)
    room = pen_char (pen, (guchar)*text, 1);
  pen->last = NULL;
  return room;
}

static void
pen_mark (Pen *pen, gunichar c)
{
  for (int i = 1; pen->last != NULL && i < LANE_CELL_CHARS; i++)
    if (pen->last->text[i] == 0) {
      pen->last->text[i] = c;
      return;
    }
}

typedef enum { SHOW_AS_IS, SHOW_MARK, SHOW_ESCAPED, SHOW_UNKNOWN } Show;

static Show
classify (const LaneCanvas *canvas, gunichar c, int *width, char escaped[16])
{
  *width = 1;
  if (c < 0x20 || c == 0x7f) {
    g_snprintf (escaped, 16, "^%c", (char)(c ^ 0x40));
    return SHOW_ESCAPED;
  }
  if (c < 0x7f)
    return SHOW_AS_IS;

  switch (g_unichar_type (c)) {
  case G_UNICODE_CONTROL:
  case G_UNICODE_FORMAT:
  case G_UNICODE_LINE_SEPARATOR:
  case G_UNICODE_PARAGRAPH_SEPARATOR:
  case G_UNICODE_SURROGATE:
  case G_UNICODE_PRIVATE_USE:
  case G_UNICODE_UNASSIGNED:
    g_snprintf (escaped, 16, "<%04X>", c);
    return SHOW_ESCAPED;
  default:
    break;
  }
  if (!canvas->utf8)
    return SHOW_UNKNOWN;
  /* The terminal library measures with wcwidth too; a second opinion would tear the rows. */
  *width = wcwidth ((wchar_t)c);
  if (*width == 0)
    return g_unichar_ismark (c) ? SHOW_MARK : SHOW_UNKNOWN;
  return *width < 0 || *width > 2 ? SHOW_UNKNOWN : SHOW_AS_IS;
}

static gboolean
pen_show (Pen *pen, gunichar c)
{
  char escaped[16];
  int width;

  switch (classify (pen->canvas, c, &width, escaped)) {
  case SHOW_AS_IS:
    return pen_char (pen, c, width);
  case SHOW_MARK:
    pen_mark (pen, c);
    return TRUE;
  case SHOW_ESCAPED:
    return pen_ascii (pen, escaped);
  case SHOW_UNKNOWN:
  default:
    return pen_char (pen, '?', 1);
  }
}

static gunichar
next_char (const char **text)
{
  gunichar c = g_utf8_get_char_validated (*text, -1);

  if (c == (gunichar)-1 || c == (gunichar)-2) {
    *text += 1;
    return 0xfffd;
  }
  *text = g_utf8_next_char (*text);
  return c;
}

static int
put (LaneCanvas *canvas, int y, int x, int width, LaneRole role, const char *text)
{
  Pen pen = { .canvas = canvas, .y = y, .x = x, .end = x + width, .role = role };

  if (text == NULL || width <= 0)
    return 0;
  while (*text != '\0' && pen_show (&pen, next_char (&text)))
    ;
  if (pen.clipped) {
    if (pen.x == pen.end)
      pen.x--;
    set_char (canvas, y, pen.x, '>', 1, role);
    pen.x++;
  }
  return pen.x - x;
}

int
lane_canvas_put (LaneCanvas *canvas, int y, int x, int width, LaneRole role, const char *text)
{
  g_autofree char *masked = canvas->mask != NULL ? lane_mask_text (canvas->mask, text) : NULL;

  return put (canvas, y, x, width, role, masked != NULL ? masked : text);
}

static int
measure (const LaneCanvas *canvas, const char *text)
{
  int columns = 0;

  while (text != NULL && *text != '\0') {
    char escaped[16];
    int width;

    switch (classify (canvas, next_char (&text), &width, escaped)) {
    case SHOW_ESCAPED:
      columns += strlen (escaped);
      break;
    case SHOW_MARK:
      break;
    case SHOW_AS_IS:
      columns += width;
      break;
    case SHOW_UNKNOWN:
    default:
      columns += 1;
    }
  }
  return columns;
}

int
lane_canvas_measure (const LaneCanvas *canvas, const char *text)
{
  g_autofree char *masked = canvas->mask != NULL ? lane_mask_text (canvas->mask, text) : NULL;

  return measure (canvas, masked != NULL ? masked : text);
}

int
lane_canvas_put_right (LaneCanvas *canvas, int y, int x, int width, LaneRole role, const char *text)
{
  int columns = MIN (lane_canvas_measure (canvas, text), width);

  return lane_canvas_put (canvas, y, x + width - columns, columns, role, text);
}

int
lane_canvas_printf (LaneCanvas *canvas, int y, int x, int width, LaneRole role, const char *format,
                    ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return lane_canvas_put (canvas, y, x, width, role, text);
}

/* The longest start of @text that fits, ended at a space when there is one. */
static const char *
find_break (const LaneCanvas *canvas, const char *text, int width)
{
  const char *end = text;
  const char *space = NULL;
  int columns = 0;

  while (*end != '\0') {
    const char *next = end;
    char one[8] = { 0 };

    if (*end == ' ')
      space = end;
    next_char (&next);
    memcpy (one, end, MIN ((gsize)(next - end), sizeof one - 1));
    columns += measure (canvas, one);
    if (columns > width)
      return space != NULL && space > text ? space : MAX (end, text + 1);
    end = next;
  }
  return end;
}

int
lane_canvas_put_wrapped (LaneCanvas *canvas, int y, int x, int height, int width, LaneRole role,
                         const char *text)
{
  /* Before it is broken: an address must not get away in two parts. */
  g_autofree char *masked = canvas->mask != NULL ? lane_mask_text (canvas->mask, text) : NULL;
  int rows = 0;

  if (masked != NULL)
    text = masked;
  while (text != NULL && *text != '\0' && rows < height && width > 0) {
    const char *end = find_break (canvas, text, width);
    g_autofree char *line = g_strndup (text, end - text);

    if (rows == height - 1)
      put (canvas, y + rows, x, width, role, text);
    else
      put (canvas, y + rows, x, width, role, line);
    rows++;
    text = end;
    while (*text == ' ')
      text++;
  }
  return rows;
}

void
lane_canvas_fill (LaneCanvas *canvas, int y, int x, int height, int width, LaneRole role)
{
  for (int row = y; row < y + height; row++)
    for (int column = x; column < x + width; column++)
      set_char (canvas, row, column, ' ', 1, role);
}

void
lane_canvas_overlay (LaneCanvas *canvas, int y, int x, int width, LaneRole overlay)
{
  for (int column = x; column < x + width; column++) {
    LaneCell *cell = cell_at (canvas, y, column);

    if (cell != NULL)
      cell->overlay = overlay;
  }
}

void
lane_canvas_set_cursor (LaneCanvas *canvas, int y, int x)
{
  canvas->cursor_y = CLAMP (y, 0, canvas->height - 1);
  canvas->cursor_x = CLAMP (x, 0, canvas->width - 1);
}

void
lane_canvas_get_cursor (const LaneCanvas *canvas, int *y, int *x)
{
  *y = canvas->cursor_y;
  *x = canvas->cursor_x;
}

void
lane_canvas_add_hit (LaneCanvas *canvas, int y, int x, int height, int width, LaneHitKind kind,
                     int index)
{
  const Hit hit = { y, x, height, width, kind, index };

  g_array_append_val (canvas->hits, hit);
}

LaneHitKind
lane_canvas_find_hit (const LaneCanvas *canvas, int y, int x, int *index)
{
  for (guint i = canvas->hits->len; i > 0; i--) {
    const Hit *hit = &g_array_index (canvas->hits, Hit, i - 1);

    if (y >= hit->y && y < hit->y + hit->height && x >= hit->x && x < hit->x + hit->width) {
      *index = hit->index;
      return hit->kind;
    }
  }
  *index = -1;
  return LANE_HIT_NONE;
}

char *
lane_canvas_to_text (const LaneCanvas *canvas)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int y = 0; y < canvas->height; y++) {
    const LaneCell *row = lane_canvas_get_row (canvas, y);

    for (int x = 0; x < canvas->width; x++)
      for (int i = 0; i < LANE_CELL_CHARS && row[x].text[i] != 0; i++)
        g_string_append_unichar (text, row[x].text[i]);
    while (text->len > 0 && text->str[text->len - 1] == ' ')
      g_string_truncate (text, text->len - 1);
    g_string_append_c (text, '\n');
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
