/* icelane themes [list|show NAME|check FILE] */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "nearest.h"
#include "settings.h"
#include "table.h"
#include "theme/legibility.h"

/* What there is, in the order of the dashboard's list. */

static LaneTheme *
load_quietly (const LaneShelf *shelf, const LaneShelfItem *item, GPtrArray *problems)
{
  return lane_theme_load (shelf, item->name, problems, NULL);
}

static void
add_member (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_theme (JsonBuilder *builder, const LaneShelf *shelf, const LaneShelfItem *item)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneTheme) theme = load_quietly (shelf, item, problems);

  json_builder_begin_object (builder);
  add_member (builder, "name", item->name);
  add_member (builder, "title", theme != NULL ? theme->title : NULL);
  add_member (builder, "background",
              theme != NULL ? lane_background_to_string (theme->background) : NULL);
  add_member (builder, "origin", lane_shelf_origin_to_string (item->origin));
  add_member (builder, "path", item->path);
  json_builder_set_member_name (builder, "problems");
  if (theme != NULL)
    json_builder_add_int_value (builder, problems->len);
  else
    json_builder_add_null_value (builder);
  json_builder_end_object (builder);
}

static void
print_list_json (const LaneShelf *shelf, const GPtrArray *items)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "schema");
  json_builder_add_int_value (builder, 1);
  json_builder_set_member_name (builder, "themes");
  json_builder_begin_array (builder);
  for (guint i = 0; i < items->len; i++)
    add_theme (builder, shelf, g_ptr_array_index (items, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  g_print ("%s\n", text);
}

static char *
describe (const LaneShelfItem *item, const LaneTheme *theme, guint n_problems)
{
  if (theme == NULL)
    return g_strdup ("cannot be read");
  if (n_problems == 0)
    return g_strdup ("");
  return g_strdup_printf ("%u mistake%s: icelane themes check %s", n_problems,
                          n_problems == 1 ? "" : "s", item->name);
}

static void
print_list (const LaneShelf *shelf, const GPtrArray *items)
{
  g_autoptr (LaneTable) table = lane_table_new (5);
  g_autofree char *text = NULL;

  lane_table_add (table, g_strdup ("NAME"), g_strdup ("TITLE"), g_strdup ("BACKGROUND"),
                  g_strdup ("WHERE"), g_strdup (""));
  for (guint i = 0; i < items->len; i++) {
    const LaneShelfItem *item = g_ptr_array_index (items, i);
    g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
    g_autoptr (LaneTheme) theme = load_quietly (shelf, item, problems);

    lane_table_add (
        table, g_strdup (item->name), g_strdup (theme != NULL ? theme->title : "unknown"),
        g_strdup (theme != NULL ? lane_background_to_string (theme->background) : "unknown"),
        g_strdup (item->path != NULL ? item->path : lane_shelf_origin_to_string (item->origin)),
        describe (item, theme, problems->len));
  }
  text = lane_table_to_string (table);
  g_print ("%s", text);
}

static int
list (const LaneCliOptions *options, const LaneShelf *shelf)
{
  g_autoptr (GPtrArray) items = lane_shelf_list (shelf);

  if (options->json)
    print_list_json (shelf, items);
  else
    print_list (shelf, items);
  return LANE_EXIT_OK;
}

/* One theme. @name may be a file here, in which case it is not looked for elsewhere. */
static LaneTheme *
load (const LaneShelf *shelf, const char *name, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *here = g_strconcat ("./", name, NULL);
  gboolean is_here = strchr (name, '/') == NULL && g_str_has_suffix (name, ".ini")
                     && g_file_test (here, G_FILE_TEST_EXISTS);
  LaneTheme *theme = lane_theme_load (shelf, is_here ? here : name, problems, &error);

  if (theme == NULL)
    g_printerr ("icelane: %s\n", error->message);
  return theme;
}

typedef enum { COLORS_NONE, COLORS_8 = 8, COLORS_16 = 16, COLORS_256 = 256, COLORS_ALL } Depth;

typedef struct {
  gboolean styled; /* else words alone */
  Depth depth;
} Look;

/* What the terminal's name says; true colour only where it does, as in the dashboard. */
static Depth
depth_of_terminal (void)
{
  const char *term = g_getenv ("TERM");

  if (term == NULL)
    return COLORS_8;
  if (g_str_has_suffix (term, "-direct"))
    return COLORS_ALL;
  if (strstr (term, "256color") != NULL)
    return COLORS_256;
  return strstr (term, "16color") != NULL ? COLORS_16 : COLORS_8;
}

static Look
look_of (const LaneCliOptions *options)
{
  const char *no_color = g_getenv ("NO_COLOR");
  gboolean always = g_strcmp0 (options->color, "always") == 0;
  gboolean never = g_strcmp0 (options->color, "never") == 0;
  Look look = { .styled = always || isatty (STDOUT_FILENO), .depth = depth_of_terminal () };

  if (never || (!always && no_color != NULL && *no_color != '\0'))
    look.depth = COLORS_NONE;
  return look;
}

/* ECMA-48, 8.3.117 SGR; @base is 30 for the foreground, 40 for the background. */
static void
append_color (GString *codes, const LaneHue *hue, guint base, Depth depth)
{
  int number = lane_hue_to_number (hue, MIN (depth, COLORS_256), depth == COLORS_ALL);

  if (number < 0 || depth == COLORS_NONE)
    return;
  if (depth == COLORS_ALL)
    g_string_append_printf (codes, ";%u;2;%d;%d;%d", base + 8, number >> 16 & 0xff,
                            number >> 8 & 0xff, number & 0xff);
  else if (depth == COLORS_256)
    g_string_append_printf (codes, ";%u;5;%d", base + 8, number);
  else
    g_string_append_printf (codes, ";%u", number < 8 ? base + number : base + 60 + number - 8);
}

static char *
sgr_of (const LaneStyle *style, Depth depth)
{
  static const struct {
    LaneAttr attr;
    const char *code;
  } codes[] = { { LANE_ATTR_BOLD, ";1" },
                { LANE_ATTR_DIM, ";2" },
                { LANE_ATTR_UNDERLINE, ";4" },
                { LANE_ATTR_REVERSE, ";7" } };
  g_autoptr (GString) text = g_string_new ("\033[0");

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (style->attrs & codes[i].attr)
      g_string_append (text, codes[i].code);
  append_color (text, &style->fg, 30, depth);
  append_color (text, &style->bg, 40, depth);
  g_string_append_c (text, 'm');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_role (const LaneTheme *theme, LaneRole role, const Look *look)
{
  const LaneStyle *style = &theme->styles[role];
  const char *name = lane_role_to_string (role);
  g_autofree char *sgr = sgr_of (style, look->depth);
  g_autofree char *fg = lane_hue_to_string (&style->fg);
  g_autofree char *bg = lane_hue_to_string (&style->bg);
  g_autofree char *attrs = lane_attrs_to_string (style->attrs);
  g_autofree char *line = g_strdup_printf ("%-8s %-8s %s", fg, bg, attrs);

  g_print ("%s%s%s%*s  %s\n", look->styled ? sgr : "", name, look->styled ? "\033[0m" : "",
           (int)(14 - strlen (name)), "", g_strchomp (line));
}

static int
show (const LaneCliOptions *options, const LaneShelf *shelf)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneTheme) theme = load (shelf, options->arguments[1], problems);
  const Look look = look_of (options);

  if (theme == NULL)
    return LANE_EXIT_CONFIG;
  lane_cli_print_problems (problems);
  for (LaneRole role = 0; role < LANE_N_ROLES; role++)
    print_role (theme, role, &look);
  return LANE_EXIT_OK;
}

static int
check (const LaneCliOptions *options, const LaneShelf *shelf)
{
  g_autoptr (GPtrArray) problems = lane_cli_problems_new ();
  g_autoptr (LaneTheme) theme = load (shelf, options->arguments[1], problems);

  if (theme == NULL)
    return LANE_EXIT_CONFIG;
  lane_theme_review (theme, problems);
  lane_cli_print_problems (problems);
  if (problems->len > 0)
    return LANE_EXIT_CONFIG;
  g_print ("%s is fine\n", theme->place);
  return LANE_EXIT_OK;
}

static const struct {
  const char *name, *arguments;
  guint n_arguments;
  gboolean json;
  int (*run) (const LaneCliOptions *options, const LaneShelf *shelf);
} actions[] = {
  { "list", "", 0, TRUE, list },
  { "show", " NAME", 1, FALSE, show },
  { "check", " FILE", 1, FALSE, check },
};

static int
refuse (const char *name)
{
  static const char *const names[] = { "list", "show", "check", NULL };
  g_autofree char *hint = lane_nearest_hint (name, names);

  g_printerr ("icelane: themes has no '%s'%s\n", name, hint);
  return LANE_EXIT_USAGE;
}

int
lane_cli_themes (const LaneCliOptions *options)
{
  g_autoptr (LaneShelf) shelf = lane_shelf_new_default ();
  const char *name = options->arguments[0];
  guint given = g_strv_length (options->arguments);
  guint i = 0;

  while (name != NULL && i < G_N_ELEMENTS (actions) && strcmp (actions[i].name, name) != 0)
    i++;
  if (i == G_N_ELEMENTS (actions))
    return refuse (name);
  if ((name != NULL && given != actions[i].n_arguments + 1)
      || (options->json && !actions[i].json)) {
    g_printerr ("usage: icelane themes %s%s%s\n", actions[i].name, actions[i].arguments,
                actions[i].json ? " [--json]" : "");
    return LANE_EXIT_USAGE;
  }
  return actions[i].run (options, shelf);
}
