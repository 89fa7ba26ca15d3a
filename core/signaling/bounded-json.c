#include "signaling/bounded-json.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX       16
#define KEYS_MAX        64
#define NUMBER_MAX      32 /* bytes of a literal */
#define DIGITS_MAX      18 /* of an integer: always fits in 63 bits */
#define SURROGATE_HIGH  0xd800
#define SURROGATE_LOW   0xdc00
#define SURROGATE_LIMIT 0xe000

/* A strict reader of RFC 8259 that keeps nothing. json-glib also takes comments, octal, single
 * quotes and what not: whatever it would read more generously is refused here. */
typedef struct {
  const char *at, *end;
  const char *start;
  gsize max_string;
  const char *refusal; /* NULL: none yet */
  guint depth;
} Scanner;

typedef struct {
  const char *text;
  gsize length;
} Key;

G_DEFINE_QUARK (lane_bounded_json_error, lane_bounded_json_error)

static gboolean scan_value (Scanner *scanner);

static gboolean
refuse (Scanner *scanner, const char *why)
{
  if (scanner->refusal == NULL)
    scanner->refusal = why;
  return FALSE;
}

static int
peek (const Scanner *scanner)
{
  return scanner->at < scanner->end ? (guint8)*scanner->at : -1;
}

static void
skip_space (Scanner *scanner)
{
  while (scanner->at < scanner->end && strchr (" \t\r\n", *scanner->at) != NULL)
    scanner->at++;
}

static gboolean
take (Scanner *scanner, char wanted)
{
  if (peek (scanner) != wanted)
    return FALSE;
  scanner->at++;
  return TRUE;
}

static gboolean
scan_hex4 (Scanner *scanner, guint *value)
{
  *value = 0;
  for (int i = 0; i < 4; i++) {
    if (scanner->at == scanner->end || !g_ascii_isxdigit (*scanner->at))
      return refuse (scanner, "a broken \\u escape");
    *value = *value << 4 | g_ascii_xdigit_value (*scanner->at++);
  }
  return TRUE;
}

/* After `\u`. NUL would cut the string for every C reader, half a surrogate pair is no
 * character. */
static gboolean
scan_unicode_escape (Scanner *scanner, gsize *bytes)
{
  guint value, low;

  if (!scan_hex4 (scanner, &value))
    return FALSE;
  if (value == 0)
    return refuse (scanner, "\\u0000 in a string");
  if (value >= SURROGATE_LOW && value < SURROGATE_LIMIT)
    return refuse (scanner, "half a surrogate pair");
  if (value >= SURROGATE_HIGH && value < SURROGATE_LOW) {
    if (!take (scanner, '\\') || !take (scanner, 'u') || !scan_hex4 (scanner, &low)
        || low < SURROGATE_LOW || low >= SURROGATE_LIMIT)
      return refuse (scanner, "half a surrogate pair");
    *bytes += 4;
    return TRUE;
  }
  *bytes += value < 0x80 ? 1 : value < 0x800 ? 2 : 3;
  return TRUE;
}

static gboolean
scan_escape (Scanner *scanner, gsize *bytes)
{
  int c = peek (scanner);

  if (c <= 0 || strchr ("\"\\/bfnrtu", c) == NULL)
    return refuse (scanner, "an unknown escape");
  scanner->at++;
  if (c == 'u')
    return scan_unicode_escape (scanner, bytes);
  *bytes += 1;
  return TRUE;
}

static gboolean
scan_string (Scanner *scanner)
{
  gsize bytes = 0;

  if (!take (scanner, '"'))
    return refuse (scanner, "a string was expected");

  while (scanner->at < scanner->end && bytes <= scanner->max_string) {
    guint8 c = *scanner->at++;

    if (c == '"')
      return TRUE;
    if (c < 0x20)
      return refuse (scanner, "a control character in a string");
    if (c != '\\')
      bytes++;
    else if (!scan_escape (scanner, &bytes))
      return FALSE;
  }
  return refuse (scanner,
                 bytes > scanner->max_string ? "a string is too long" : "a string has no end");
}

static gsize
scan_digits (Scanner *scanner)
{
  const char *from = scanner->at;

  while (scanner->at < scanner->end && g_ascii_isdigit (*scanner->at))
    scanner->at++;
  return scanner->at - from;
}

static gboolean
is_finite (const char *text, gsize length)
{
  char literal[NUMBER_MAX + 1];

  memcpy (literal, text, length);
  literal[length] = '\0';
  return isfinite (g_ascii_strtod (literal, NULL));
}

static gboolean
scan_number (Scanner *scanner)
{
  const char *from = scanner->at;
  gboolean leading_zero;
  gsize digits;

  take (scanner, '-');
  leading_zero = peek (scanner) == '0';
  digits = scan_digits (scanner);
  if (digits == 0 || (leading_zero && digits > 1))
    return refuse (scanner, "a broken number");
  if (digits > DIGITS_MAX)
    return refuse (scanner, "a number is too big");

  if (take (scanner, '.') && scan_digits (scanner) == 0)
    return refuse (scanner, "a broken number");
  if (take (scanner, 'e') || take (scanner, 'E')) {
    if (!take (scanner, '-'))
      take (scanner, '+');
    if (scan_digits (scanner) == 0)
      return refuse (scanner, "a broken number");
  }
  if (scanner->at - from > NUMBER_MAX || !is_finite (from, scanner->at - from))
    return refuse (scanner, "a number is too big");
  return TRUE;
}

static gboolean
scan_word (Scanner *scanner, const char *word)
{
  gsize length = strlen (word);

  if ((gsize)(scanner->end - scanner->at) < length || memcmp (scanner->at, word, length) != 0)
    return refuse (scanner, "an unknown word");
  scanner->at += length;
  return TRUE;
}

static gboolean
scan_array (Scanner *scanner)
{
  scanner->at++;
  skip_space (scanner);
  if (take (scanner, ']'))
    return TRUE;

  do {
    if (!scan_value (scanner))
      return FALSE;
    skip_space (scanner);
  } while (take (scanner, ','));

  return take (scanner, ']') || refuse (scanner, "',' or ']' was expected");
}

/* Escapes in a key are refused: nothing we speak needs them, and they would hide a second spelling
 * of the same key. */
static gboolean
scan_key (Scanner *scanner, Key *keys, guint n_keys)
{
  const char *from = scanner->at + 1;
  Key *key = &keys[n_keys];

  if (n_keys == KEYS_MAX)
    return refuse (scanner, "an object has too many keys");
  if (!scan_string (scanner))
    return FALSE;

  *key = (Key){ .text = from, .length = scanner->at - 1 - from };
  if (memchr (key->text, '\\', key->length) != NULL)
    return refuse (scanner, "an escape in a key");
  for (guint i = 0; i < n_keys; i++)
    if (keys[i].length == key->length && memcmp (keys[i].text, key->text, key->length) == 0)
      return refuse (scanner, "a key stands twice in one object");
  return TRUE;
}

static gboolean
scan_object (Scanner *scanner)
{
  Key keys[KEYS_MAX + 1];
  guint n_keys = 0;

  scanner->at++;
  skip_space (scanner);
  if (take (scanner, '}'))
    return TRUE;

  do {
    skip_space (scanner);
    if (!scan_key (scanner, keys, n_keys++))
      return FALSE;
    skip_space (scanner);
    if (!take (scanner, ':'))
      return refuse (scanner, "':' was expected");
    if (!scan_value (scanner))
      return FALSE;
    skip_space (scanner);
  } while (take (scanner, ','));

  return take (scanner, '}') || refuse (scanner, "',' or '}' was expected");
}

static gboolean
scan_container (Scanner *scanner, gboolean (*scan) (Scanner *))
{
  gboolean fine;

  if (scanner->depth == DEPTH_MAX)
    return refuse (scanner, "nested too deeply");
  scanner->depth++;
  fine = scan (scanner);
  scanner->depth--;
  return fine;
}

static gboolean
scan_value (Scanner *scanner)
{
  skip_space (scanner);
  switch (peek (scanner)) {
  case '{':
    return scan_container (scanner, scan_object);
  case '[':
    return scan_container (scanner, scan_array);
  case '"':
    return scan_string (scanner);
  case 't':
    return scan_word (scanner, "true");
  case 'f':
    return scan_word (scanner, "false");
  case 'n':
    return scan_word (scanner, "null");
  default:
    return scan_number (scanner);
  }
}

static gboolean
scan_document (Scanner *scanner)
{
  skip_space (scanner);
  if (peek (scanner) != '{')
    return refuse (scanner, "an object was expected");
  if (!scan_value (scanner))
    return FALSE;
  skip_space (scanner);
  return scanner->at == scanner->end || refuse (scanner, "text after the object");
}

JsonNode *
lane_bounded_json_parse (const char *text, gsize length, gsize max_bytes, gsize max_string,
                         GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) cause = NULL;
  Scanner scanner = { .at = text, .end = text + length, .start = text, .max_string = max_string };

  if (length > max_bytes) {
    g_set_error (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED,
                 "JSON of %" G_GSIZE_FORMAT " bytes, at most %" G_GSIZE_FORMAT " are taken", length,
                 max_bytes);
    return NULL;
  }
  if (!g_utf8_validate_len (text, length, NULL)) {
    g_set_error (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED,
                 "JSON that is not UTF-8");
    return NULL;
  }
  if (!scan_document (&scanner)) {
    g_set_error (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED,
                 "JSON, byte %" G_GSIZE_FORMAT ": %s", (gsize)(scanner.at - scanner.start),
                 scanner.refusal);
    return NULL;
  }

  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, length, &cause)) {
    g_set_error (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED, "JSON: %s",
                 cause->message);
    return NULL;
  }
  return json_parser_steal_root (parser);
}

static JsonNode *
get_value (JsonObject *object, const char *name, GType type)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != type)
    return NULL;
  return node;
}

const char *
lane_bounded_json_get_string (JsonObject *object, const char *name, GError **error)
{
  JsonNode *node = get_value (object, name, G_TYPE_STRING);

  if (node == NULL) {
    g_set_error (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED,
                 "'%s' must be there and be a string", name);
    return NULL;
  }
  return json_node_get_string (node);
}

gboolean
lane_bounded_json_get_integer (JsonObject *object, const char *name, gint64 min, gint64 max,
                               gint64 *value, GError **error)
{
  JsonNode *node = get_value (object, name, G_TYPE_INT64);

  if (node == NULL || json_node_get_int (node) < min || json_node_get_int (node) > max) {
    g_set_error (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED,
                 "'%s' must be there and be an integer in %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                 name, min, max);
    return FALSE;
  }
  *value = json_node_get_int (node);
  return TRUE;
}
