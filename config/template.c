#include <string.h>

#include "config.h"
#include "option.h"
#include "reader.h"

#define COMMENT_COLUMN 34

static const char head[] =
    "# icelane.ini: every setting, at its default and commented out.\n"
    "#\n"
    "# To change one, remove the '#' before it and write the value. Keys start at column 1. Text\n"
    "# after ' ;' is a comment. An empty value means the default. A line has at most 198 bytes.\n"
    "# `icelane config check` tells what is wrong and where.\n";

/* A server without uri and a peer without id are errors, so theirs are examples. */
static const char *
shown_value (const LaneOption *option)
{
  if (option->type == LANE_OPTION_URIS || option->type == LANE_OPTION_ID)
    return option->example;
  return option->fallback != NULL ? option->fallback : "";
}

static void
append_option (GString *text, const LaneOption *option)
{
  gsize start = text->len;
  const char *value = shown_value (option);
  g_autofree char *choices = NULL;

  g_string_append_printf (text, "#%s =%s%s ", option->key, *value != '\0' ? " " : "", value);
  while (text->len - start < COMMENT_COLUMN)
    g_string_append_c (text, ' ');
  g_string_append_printf (text, "; %s", option->help);
  if (option->choices != NULL) {
    choices = g_strjoinv (", ", (char **)option->choices);
    g_string_append_printf (text, ": %s", choices);
  } else if (option->type == LANE_OPTION_NUMBER)
    g_string_append_printf (text, " (%u-%u)", option->min, option->max);
  else if (*value == '\0' && option->example != NULL)
    g_string_append_printf (text, "; e.g. %s", option->example);
  g_string_append_c (text, '\n');
}

char *
lane_config_template (void)
{
  GString *text = g_string_new (head);
  gsize section_count, option_count;
  const LaneSection *sections = lane_sections (&section_count);
  const LaneOption *options = lane_options (&option_count);

  for (gsize i = 0; i < section_count; i++) {
    const char *name = sections[i].name;

    g_string_append_printf (text, "\n# %s\n", sections[i].help);
    if (sections[i].named)
      g_string_append_printf (text, "#[%s %s]\n", name,
                              strcmp (name, "server") == 0 ? "home" : "berlin");
    else
      g_string_append_printf (text, "[%s]\n", name);
    for (gsize j = 0; j < option_count; j++)
      if (strcmp (options[j].section, name) == 0)
        append_option (text, &options[j]);
  }
  return g_string_free (text, FALSE);
}
