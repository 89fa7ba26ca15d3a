#include "mask.h"

#include <arpa/inet.h>
#include <string.h>

#include "stand-in.h"

#define ID_LENGTH     52 /* of a node id, DESIGN section 4 */
#define LONG_WORD     40
#define ADDRESS6_MAX  (INET6_ADDRSTRLEN - 1)
#define MAC_GROUPS    6
#define ADDRESS6_MOST 8 /* groups; what has more is a fingerprint */

/* A word that is to be treated in a certain way. */
typedef struct {
  char *kind; /* of its stand-in; NULL: it is kept */
  char *text;
} Word;

typedef struct {
  char *path, *shown;
} Folder;

struct _LaneMask {
  LaneStandIns *stand_ins;
  GHashTable *words;  /* lower-case text -> Word */
  GPtrArray *phrases; /* of Word: those with more than letters, digits, dots and dashes */
  GPtrArray *folders; /* of Folder */
  gsize longest;      /* of the words */
};

/* One text while it is masked. */
typedef struct {
  LaneMask *mask;
  const char *start, *at;
  const char *path_end; /* path and query of a URI are left out up to here; NULL: none */
  GString *out;
} Scan;

static const struct {
  const char *name;
  gboolean web; /* its path and query are nobody else's business */
} schemes[] = { { "stun", FALSE }, { "stuns", FALSE }, { "turn", FALSE }, { "turns", FALSE },
                { "http", TRUE },  { "https", TRUE },  { "mqtt", TRUE },  { "mqtts", TRUE },
                { "ws", TRUE },    { "wss", TRUE } };

static void
word_free (gpointer data)
{
  Word *word = data;

  g_free (word->kind);
  g_free (word->text);
  g_free (word);
}

static void
folder_free (gpointer data)
{
  Folder *folder = data;

  g_free (folder->path);
  g_free (folder->shown);
  g_free (folder);
}

LaneMask *
lane_mask_new (void)
{
  LaneMask *mask = g_new0 (LaneMask, 1);

  mask->stand_ins = lane_stand_ins_new ();
  mask->words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, word_free);
  mask->phrases = g_ptr_array_new_with_free_func (word_free);
  mask->folders = g_ptr_array_new_with_free_func (folder_free);
  return mask;
}

void
lane_mask_free (LaneMask *mask)
{
  if (mask == NULL)
    return;
  lane_stand_ins_free (mask->stand_ins);
  g_hash_table_unref (mask->words);
  g_ptr_array_unref (mask->phrases);
  g_ptr_array_unref (mask->folders);
  g_free (mask);
}

/* Bytes of the letter or digit at @at; 0: it is none. */
static gsize
measure_letter (const char *at)
{
  gunichar c;

  if (*at == '\0' || g_ascii_isalnum (*at))
    return *at != '\0';
  if ((guchar)*at < 0x80)
    return 0;
  c = g_utf8_get_char_validated (at, -1);
  if (c == (gunichar)-1 || c == (gunichar)-2 || !g_unichar_isalnum (c))
    return 0;
  return g_utf8_skip[(guchar)*at];
}

/* Letters, digits, dashes, and dots between them: a host name, if it is one. */
static gsize
measure_name (const char *text)
{
  gsize length = 0, letters;

  for (;;) {
    if ((letters = measure_letter (text + length)) > 0)
      length += letters;
    else if (text[length] == '-' || text[length] == '_')
      length++;
    else if (text[length] == '.' && measure_letter (text + length + 1) > 0)
      length++;
    else
      break;
  }
  while (length > 0 && (text[length - 1] == '-' || text[length - 1] == '_'))
    length--;
  return length;
}

/* `icelane.ini` looks like a host name too. */
static gboolean
is_file_name (const char *text, gsize length, const char *suffix)
{
  static const char *const suffixes[] = { "conf", "ini",  "json", "jsonl", "log",
                                          "pem",  "prom", "sock", "tmp",   "txt" };
  gsize rest = text + length - suffix;

  if (memchr (text, '.', suffix - 1 - text) != NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (strlen (suffixes[i]) == rest && strncmp (suffixes[i], suffix, rest) == 0)
      return TRUE;
  return FALSE;
}

/* No top-level domain is short or begins with a digit, and `0.5ms` and `1.2.3` are no hosts. */
static gboolean
is_domain (const char *text, gsize length)
{
  const char *dot = g_strrstr_len (text, (gssize)length, ".");
  const char *last = dot != NULL ? dot + 1 : NULL;

  if (last == NULL || is_file_name (text, length, last))
    return FALSE;
  if ((guchar)*last >= 0x80)
    return TRUE;
  return text + length - last >= 2 && g_ascii_isalpha (last[0])
         && (g_ascii_isalpha (last[1]) || (guchar)last[1] >= 0x80 || last[1] == '-');
}

static const Word *
find_word (const LaneMask *mask, const char *text, gsize length)
{
  g_autofree char *lower = NULL;

  if (length == 0 || length > mask->longest)
    return NULL;
  lower = g_ascii_strdown (text, (gssize)length);
  return g_hash_table_lookup (mask->words, lower);
}

static void
add_word (LaneMask *mask, const char *kind, const char *text)
{
  gsize length = text != NULL ? strlen (text) : 0;
  Word *word;

  if (length == 0 || strcmp (text, "localhost") == 0)
    return;
  word = g_new0 (Word, 1);
  word->kind = g_strdup (kind);
  word->text = g_strdup (text);
  if (measure_name (text) < length) {
    g_ptr_array_add (mask->phrases, word);
    return;
  }
  g_hash_table_replace (mask->words, g_ascii_strdown (text, -1), word);
  mask->longest = MAX (mask->longest, length);
}

void
lane_mask_keep (LaneMask *mask, const char *word)
{
  if (word != NULL && measure_name (word) == strlen (word)
      && find_word (mask, word, strlen (word)) == NULL)
    add_word (mask, NULL, word);
}

void
lane_mask_keep_name (LaneMask *mask, const char *name)
{
  g_autofree char *masked = lane_mask_text (mask, name);

  if (g_strcmp0 (masked, name) == 0)
    lane_mask_keep (mask, name);
}

void
lane_mask_add_host (LaneMask *mask, const char *host)
{
  const Word *known = host != NULL ? find_word (mask, host, strlen (host)) : NULL;

  /* An address is found as such, and a name with a dot too. */
  if (host != NULL && (known == NULL || known->kind == NULL) && measure_name (host) == strlen (host)
      && strpbrk (host, ".:") == NULL)
    add_word (mask, "host", host);
}

void
lane_mask_add_name (LaneMask *mask, const char *kind, const char *name)
{
  add_word (mask, kind, name);
}

void
lane_mask_add_folder (LaneMask *mask, const char *path, const char *shown)
{
  Folder *folder;

  if (path == NULL || path[0] != '/' || path[1] == '\0')
    return;
  folder = g_new0 (Folder, 1);
  folder->path = g_strdup (path);
  folder->shown = g_strdup (shown);
  g_ptr_array_add (mask->folders, folder);
}

/* What may be at a place: each of these takes it and goes on behind it, or gives FALSE. */

static gboolean
pass (Scan *scan, gsize length)
{
  g_string_append_len (scan->out, scan->at, (gssize)length);
  scan->at += length;
  return TRUE;
}

static gboolean
replace (Scan *scan, const char *kind, gsize length)
{
  lane_stand_ins_append_word (scan->mask->stand_ins, scan->out, kind, scan->at, length);
  scan->at += length;
  return TRUE;
}

static gboolean
take_address (Scan *scan, GSocketFamily family, const guint8 *bytes, gsize length)
{
  if (!lane_stand_ins_append_address (scan->mask->stand_ins, scan->out, family, bytes))
    return pass (scan, length);
  scan->at += length;
  return TRUE;
}

static gboolean
take_stand_in (Scan *scan)
{
  gsize length = lane_stand_in_measure (scan->at);

  return length > 0 && pass (scan, length);
}

static gboolean
take_folder (Scan *scan)
{
  const GPtrArray *folders = scan->mask->folders;

  for (guint i = 0; i < folders->len; i++) {
    const Folder *folder = folders->pdata[i];
    gsize length = strlen (folder->path);

    if (strncmp (scan->at, folder->path, length) == 0 && measure_letter (scan->at + length) == 0) {
      g_string_append (scan->out, folder->shown);
      scan->at += length;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
take_known (Scan *scan, const Word *word, gsize length)
{
  return word->kind != NULL ? replace (scan, word->kind, length) : pass (scan, length);
}

static gboolean
take_phrase (Scan *scan)
{
  const GPtrArray *phrases = scan->mask->phrases;

  for (guint i = 0; i < phrases->len; i++) {
    const Word *phrase = phrases->pdata[i];
    gsize length = strlen (phrase->text);

    if (strncmp (scan->at, phrase->text, length) == 0 && measure_letter (scan->at + length) == 0)
      return take_known (scan, phrase, length);
  }
  return FALSE;
}

static gboolean
is_base32 (char c)
{
  c = g_ascii_tolower (c);
  return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

/* A node id in groups of four: the same as in one piece. */
static gboolean
take_grouped_id (Scan *scan)
{
  char id[ID_LENGTH];
  const char *at = scan->at;

  for (guint i = 0; i < ID_LENGTH; i++) {
    if (i > 0 && i % 4 == 0 && *at++ != ' ')
      return FALSE;
    if (!is_base32 (*at))
      return FALSE;
    id[i] = *at++;
  }
  if (measure_letter (at) > 0)
    return FALSE;
  lane_stand_ins_append_word (scan->mask->stand_ins, scan->out, "id", id, ID_LENGTH);
  scan->at = at;
  return TRUE;
}

static gboolean
take_long_word (Scan *scan)
{
  gsize length = 0;

  while (g_ascii_isalnum (scan->at[length]))
    length++;
  return length >= LONG_WORD && replace (scan, "id", length);
}

/* `aa:bb:cc:dd:ee:ff`; eight groups are an IPv6 address. */
static gboolean
take_hexadecimal (Scan *scan)
{
  const char *at = scan->at;
  guint groups = 0;

  while (g_ascii_isxdigit (at[0]) && g_ascii_isxdigit (at[1]) && !g_ascii_isxdigit (at[2])) {
    groups++;
    at += 2;
    if (at[0] != ':' || !g_ascii_isxdigit (at[1]) || !g_ascii_isxdigit (at[2])
        || g_ascii_isxdigit (at[3]))
      break;
    at++;
  }
  if (groups == MAC_GROUPS && *at != ':')
    return replace (scan, "mac", at - scan->at);
  return groups > ADDRESS6_MOST && replace (scan, "fingerprint", at - scan->at);
}

/* The longest start of the text that is an address. */
static gboolean
take_v6 (Scan *scan)
{
  gsize run = strspn (scan->at, "0123456789abcdefABCDEF:.");
  const char *colon = memchr (scan->at, ':', run);
  guint8 bytes[16];

  if (colon == NULL || memchr (colon + 1, ':', scan->at + run - colon - 1) == NULL)
    return FALSE;
  for (gsize length = MIN (run, ADDRESS6_MAX); length >= 2; length--) {
    char text[ADDRESS6_MAX + 1];

    if (g_ascii_isxdigit (scan->at[length]) && scan->at[length - 1] != ':')
      continue;
    memcpy (text, scan->at, length);
    text[length] = '\0';
    if (inet_pton (AF_INET6, text, bytes) == 1)
      return take_address (scan, G_SOCKET_FAMILY_IPV6, bytes, length);
  }
  return FALSE;
}

static gboolean
take_v4 (Scan *scan)
{
  const char *at = scan->at;
  guint8 bytes[4];

  for (guint i = 0; i < 4; i++) {
    gsize digits = strspn (at, "0123456789");
    guint64 value = digits > 0 && digits <= 3 ? g_ascii_strtoull (at, NULL, 10) : 256;

    if (value > 255)
      return FALSE;
    bytes[i] = (guint8)value;
    at += digits;
    if (i < 3 && *at++ != '.')
      return FALSE;
  }
  return take_address (scan, G_SOCKET_FAMILY_IPV4, bytes, at - scan->at);
}

/* Up to the blank or quote that ends a URI. */
static const char *
find_end (const char *at)
{
  return at + strcspn (at, " \t\r\n\"'<>");
}

/* What stands between scheme and host. */
static void
take_login (Scan *scan)
{
  const char *end = find_end (scan->at);
  const char *login = g_strrstr_len (scan->at, end - scan->at, "@");

  if (login == NULL)
    return;
  g_string_append (scan->out, "(login)");
  scan->at = login;
  pass (scan, 1);
}

/* A word that is known, or looks like a host. */
static gboolean
take_name (Scan *scan)
{
  gsize length = measure_name (scan->at);
  const Word *word = find_word (scan->mask, scan->at, length);

  if (word != NULL)
    return take_known (scan, word, length);
  if (is_domain (scan->at, length))
    return replace (scan, "host", length);
  /* Known words with something behind a dash or dot: `home-udp`. */
  for (gsize part = MIN (length, scan->mask->longest + 1); part-- > 1;) {
    if (measure_letter (scan->at + part) > 0 || (guchar)scan->at[part] >= 0x80)
      continue;
    word = find_word (scan->mask, scan->at, part);
    if (word != NULL && word->kind != NULL)
      return take_known (scan, word, part);
  }
  return FALSE;
}

static gboolean
is_number (const char *text, gsize length)
{
  return strspn (text, "0123456789.") >= length;
}

/* A host needs no dot here. */
static void
take_host (Scan *scan)
{
  gsize length = measure_name (scan->at);

  if (length == 0 || is_number (scan->at, length) || take_stand_in (scan) || take_name (scan))
    return;
  if (length == strlen ("localhost") && g_ascii_strncasecmp (scan->at, "localhost", length) == 0)
    pass (scan, length);
  else
    replace (scan, "host", length);
}

static gboolean
take_uri (Scan *scan)
{
  gsize length = strspn (scan->at, "abcdefghijklmnopqrstuvwxyz");
  guint i = 0;

  if (scan->at[length] != ':')
    return FALSE;
  while (
      i < G_N_ELEMENTS (schemes)
      && (strlen (schemes[i].name) != length || strncmp (schemes[i].name, scan->at, length) != 0))
    i++;
  if (i == G_N_ELEMENTS (schemes))
    return FALSE;
  if (strncmp (scan->at + length, "://", 3) == 0)
    length += 2;
  else if (schemes[i].web)
    return FALSE;
  pass (scan, length + 1);
  if (schemes[i].web)
    scan->path_end = find_end (scan->at);
  take_login (scan);
  take_host (scan);
  return TRUE;
}

/* The path of a web URI. */
static gboolean
take_path (Scan *scan)
{
  if (scan->path_end == NULL || scan->at >= scan->path_end || strchr ("/?#", *scan->at) == NULL)
    return FALSE;
  if (*scan->at == '/' && scan->at + 1 == scan->path_end)
    return pass (scan, 1);
  g_string_append (scan->out, "/...");
  scan->at = scan->path_end;
  return TRUE;
}

static gboolean
take_word (Scan *scan)
{
  return take_stand_in (scan) || take_uri (scan) || take_grouped_id (scan)
         || take_hexadecimal (scan) || take_v6 (scan) || take_name (scan) || take_long_word (scan)
         || take_v4 (scan);
}

/* Whether a letter or digit, or part of one, is before the place. */
static gboolean
is_in_word (const Scan *scan)
{
  const char *before;

  if (scan->at == scan->start)
    return FALSE;
  if ((guchar)scan->at[-1] < 0x80)
    return g_ascii_isalnum (scan->at[-1]);
  before = g_utf8_find_prev_char (scan->start, scan->at);
  return before != NULL && before + measure_letter (before) == scan->at;
}

static gboolean
take_something (Scan *scan)
{
  char c = *scan->at;

  if (take_path (scan))
    return TRUE;
  if (c == '/')
    return take_folder (scan);
  if (c == ':' && scan->at[1] == ':')
    return !is_in_word (scan) && take_v6 (scan);
  if (!is_in_word (scan))
    return take_phrase (scan) || (measure_letter (scan->at) > 0 && take_word (scan));
  return g_ascii_isdigit (c) && !g_ascii_isdigit (scan->at[-1]) && take_v4 (scan);
}

char *
lane_mask_text (LaneMask *mask, const char *text)
{
  Scan scan = { .mask = mask, .start = text, .at = text };

  if (text == NULL)
    return NULL;
  scan.out = g_string_sized_new (strlen (text) + 16);
  while (*scan.at != '\0')
    if (!take_something (&scan))
      pass (&scan, 1);
  return g_string_free (scan.out, FALSE);
}

static JsonNode *
mask_object (LaneMask *mask, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *masked = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    json_object_set_member (masked, name, lane_mask_json (mask, member));
  json_node_take_object (node, masked);
  return node;
}

static JsonNode *
mask_array (LaneMask *mask, JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *masked = json_array_new ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (masked, lane_mask_json (mask, json_array_get_element (array, i)));
  json_node_take_array (node, masked);
  return node;
}

JsonNode *
lane_mask_json (LaneMask *mask, JsonNode *node)
{
  JsonNode *copy;
  g_autofree char *text = NULL;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return mask_object (mask, json_node_get_object (node));
  if (JSON_NODE_HOLDS_ARRAY (node))
    return mask_array (mask, json_node_get_array (node));
  copy = json_node_copy (node);
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING) {
    text = lane_mask_text (mask, json_node_get_string (node));
    json_node_set_string (copy, text);
  }
  return copy;
}
