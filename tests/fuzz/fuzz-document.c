/* A settings file, then edits taken from the end of the input: a sound text stays one, says what it
 * was told and nothing else; a broken one is not touched. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "diff.h"
#include "document.h"
#include "merge.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define EDITS_MAX 16

static const char *const names[] = { "ice", "server home", "server b", "peer \xc3\xa9", "x" };
static const char *const keys[] = { "uri", "k", "password", "trickle" };

typedef struct {
  const uint8_t *data;
  size_t left; /* bytes are taken from the end */
} Input;

static guint
take (Input *input)
{
  return input->left > 0 ? input->data[--input->left] : 0;
}

/* Any bytes but NUL. */
static char *
take_text (Input *input)
{
  guint length = take (input);
  GString *text = g_string_new (NULL);

  while (length-- > 0 && input->left > 0) {
    guint byte = take (input);

    if (byte != 0)
      g_string_append_c (text, (char)byte);
  }
  return g_string_free (text, FALSE);
}

/* A known name, one of the document's own, or any. */
static char *
take_section (Input *input, const LaneDocument *document)
{
  guint choice = take (input);
  g_auto (GStrv) sections = lane_document_get_sections (document);
  guint count = g_strv_length (sections);

  if (choice < 100)
    return g_strdup (names[choice % G_N_ELEMENTS (names)]);
  if (choice < 240 && count > 0)
    return g_strdup (sections[choice % count]);
  return take_text (input);
}

static char *
take_key (Input *input)
{
  guint choice = take (input);

  return choice < 240 ? g_strdup (keys[choice % G_N_ELEMENTS (keys)]) : take_text (input);
}

static void
assert_holds (const LaneDocument *document, const char *section, const char *key,
              const char *const *expected)
{
  g_auto (GStrv) values = lane_document_get_values (document, section, key);

  g_assert (g_strv_equal ((const char *const *)values, expected));
}

static gboolean
set_values (Input *input, LaneDocument *document)
{
  g_autofree char *section = take_section (input, document);
  g_autofree char *key = take_key (input);
  g_autofree char *first = take_text (input);
  g_autofree char *second = take_text (input);
  guint count = take (input) % 3;
  const char *const values[] = { count > 0 ? first : NULL, count > 1 ? second : NULL, NULL };

  if (!lane_document_set_values (document, section, key, values, NULL))
    return FALSE;
  assert_holds (document, section, key, values);
  return TRUE;
}

static gboolean
reverse_sections (LaneDocument *document)
{
  g_auto (GStrv) order = lane_document_get_sections (document);
  guint count = g_strv_length (order);

  for (guint i = 0; i < count / 2; i++) {
    char *swapped = order[i];

    order[i] = order[count - 1 - i];
    order[count - 1 - i] = swapped;
  }
  return lane_document_order_sections (document, (const char *const *)order, NULL);
}

static gboolean
edit (Input *input, LaneDocument *document)
{
  guint choice = take (input) % 6;
  g_autofree char *section = NULL;
  g_autofree char *other = NULL;

  if (choice < 2)
    return set_values (input, document);
  if (choice == 2)
    return reverse_sections (document);
  section = take_section (input, document);
  if (choice == 3)
    return lane_document_add_section (document, section, NULL);
  if (choice == 4)
    return lane_document_remove_section (document, section, NULL);
  other = take_section (input, document);
  return lane_document_rename_section (document, section, other, NULL);
}

/* What is written reads as what the document says. */
static void
check_reading (const LaneDocument *document)
{
  g_autoptr (GBytes) text = lane_document_to_bytes (document);
  g_autoptr (LaneDocument) again = lane_document_parse (text);
  g_auto (GStrv) sections = lane_document_get_sections (document);
  g_auto (GStrv) sections_again = lane_document_get_sections (again);

  g_assert (lane_document_check (again, NULL));
  g_assert (g_strv_equal ((const char *const *)sections, (const char *const *)sections_again));
  for (guint i = 0; sections[i] != NULL; i++) {
    g_auto (GStrv) section_keys = lane_document_get_keys (document, sections[i]);
    g_auto (GStrv) keys_again = lane_document_get_keys (again, sections[i]);

    g_assert (g_strv_equal ((const char *const *)section_keys, (const char *const *)keys_again));
    for (guint j = 0; section_keys[j] != NULL; j++) {
      g_auto (GStrv) values = lane_document_get_values (document, sections[i], section_keys[j]);

      assert_holds (again, sections[i], section_keys[j], (const char *const *)values);
    }
  }
}

/* Edits of one side only come out of a merge as they went in. */
static void
check_merge (const LaneDocument *base, const LaneDocument *edited)
{
  g_autoptr (GPtrArray) conflicts =
      g_ptr_array_new_with_free_func ((GDestroyNotify)lane_conflict_free);
  g_autoptr (LaneDocument) theirs = lane_merge (base, base, edited, FALSE, conflicts, NULL);
  g_autoptr (LaneDocument) ours = lane_merge (base, edited, base, FALSE, conflicts, NULL);
  g_autoptr (GPtrArray) lines = lane_diff (base, edited, 3);

  g_assert (theirs != NULL && lane_document_equal (theirs, edited));
  g_assert_cmpuint (conflicts->len, ==, 0);
  if (ours != NULL)
    check_reading (ours);
  g_assert (lines->len > 0 || lane_document_get_length (base) == lane_document_get_length (edited));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Input input = { .data = data, .left = size };
  guint edits = take (&input) % EDITS_MAX;
  gsize tail = take (&input) * 4u;
  g_autoptr (GBytes) text = g_bytes_new (data, input.left - MIN (input.left, tail));
  g_autoptr (LaneDocument) base = lane_document_parse (text);
  g_autoptr (LaneDocument) document = lane_document_copy (base);
  g_autoptr (GBytes) written = lane_document_to_bytes (base);
  gboolean sound = lane_document_check (base, NULL);

  g_assert (g_bytes_equal (text, written));
  for (guint i = 0; i < edits; i++) {
    g_autoptr (LaneDocument) before = lane_document_copy (document);

    if (!edit (&input, document))
      g_assert (lane_document_equal (before, document));
  }
  if (!sound) {
    g_assert (lane_document_equal (base, document));
    return 0;
  }
  check_reading (document);
  check_merge (base, document);
  return 0;
}
