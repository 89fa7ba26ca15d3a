#include "original.h"

#include <gio/gio.h>

#include "reader.h"

static LaneOriginal *
original_new (const char *path, gboolean exists, LaneDocument *document)
{
  LaneOriginal *original = g_new0 (LaneOriginal, 1);

  original->path = g_strdup (path);
  original->exists = exists;
  original->document = document;
  return original;
}

LaneOriginal *
lane_original_read (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) text = NULL;
  mode_t mode;

  text = lane_reader_read_file (path, &mode, &local);
  if (text != NULL)
    return original_new (path, TRUE, lane_document_parse (text));
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return original_new (path, FALSE, lane_document_new ());
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

LaneOriginal *
lane_original_copy (const LaneOriginal *original)
{
  return original_new (original->path, original->exists, lane_document_copy (original->document));
}

void
lane_original_free (LaneOriginal *original)
{
  if (original == NULL)
    return;
  lane_document_free (original->document);
  g_free (original->path);
  g_free (original);
}
