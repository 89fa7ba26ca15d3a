#include "stand-in.h"

#include <string.h>

/* Bytes of an address that name its network. */
#define NETWORK4 3
#define NETWORK6 8

typedef struct {
  char *name;   /* `private4#A` */
  guint n_made; /* addresses of it that have a stand-in */
} Network;

struct _LaneStandIns {
  GHashTable *networks; /* kind and network -> Network */
  GHashTable *made;     /* kind and word or address -> stand-in */
  GHashTable *counts;   /* kind -> how many letters are used */
};

static const char *const kinds[] = {
  "private4", "public4", "cgnat4", "link4", "reserved4", "public6",     "ula6",   "link6", "site6",
  "teredo6",  "host",    "id",     "mac",   "peer",      "fingerprint", "server", "node",
};

static void
network_free (gpointer data)
{
  Network *network = data;

  g_free (network->name);
  g_free (network);
}

LaneStandIns *
lane_stand_ins_new (void)
{
  LaneStandIns *stand_ins = g_new0 (LaneStandIns, 1);

  stand_ins->networks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, network_free);
  stand_ins->made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  stand_ins->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return stand_ins;
}

void
lane_stand_ins_free (LaneStandIns *stand_ins)
{
  if (stand_ins == NULL)
    return;
  g_hash_table_unref (stand_ins->networks);
  g_hash_table_unref (stand_ins->made);
  g_hash_table_unref (stand_ins->counts);
  g_free (stand_ins);
}

/* A B ... Z AA AB ... */
static void
append_letters (GString *out, guint number)
{
  char letters[8];
  guint n = 0;

  for (number++; number > 0; number = (number - 1) / 26)
    letters[n++] = (char)('A' + (number - 1) % 26);
  while (n > 0)
    g_string_append_c (out, letters[--n]);
}

static char *
make_name (LaneStandIns *stand_ins, const char *kind)
{
  GString *name = g_string_new (kind);
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (stand_ins->counts, kind));

  g_string_append_c (name, '#');
  append_letters (name, count);
  g_hash_table_replace (stand_ins->counts, g_strdup (kind), GUINT_TO_POINTER (count + 1));
  return g_string_free (name, FALSE);
}

static char *
make_key (const char *kind, const guint8 *bytes, gsize length)
{
  GString *key = g_string_new (kind);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (key, "/%02x", bytes[i]);
  return g_string_free (key, FALSE);
}

static gboolean
is_full (const LaneStandIns *stand_ins)
{
  return g_hash_table_size (stand_ins->made) >= LANE_STAND_INS_MAX;
}

static const char *
find_address (LaneStandIns *stand_ins, const char *kind, const guint8 *bytes, gsize length,
              gsize network_length)
{
  g_autofree char *key = make_key (kind, bytes, length);
  g_autofree char *network_key = make_key (kind, bytes, network_length);
  const char *known = g_hash_table_lookup (stand_ins->made, key);
  Network *network = g_hash_table_lookup (stand_ins->networks, network_key);
  char *made;

  if (known != NULL || is_full (stand_ins))
    return known;
  if (network == NULL) {
    network = g_new0 (Network, 1);
    network->name = make_name (stand_ins, kind);
    g_hash_table_insert (stand_ins->networks, g_steal_pointer (&network_key), network);
  }
  made = g_strdup_printf ("%s.%u", network->name, ++network->n_made);
  g_hash_table_insert (stand_ins->made, g_steal_pointer (&key), made);
  return made;
}

static void
append_found (GString *out, const char *kind, const char *found)
{
  if (found != NULL)
    g_string_append (out, found);
  else
    g_string_append_printf (out, "%s#more", kind);
}

/* NULL: it says nothing about anybody. */
static const char *
kind_of_v4 (const guint8 *a)
{
  if (a[0] == 127 || (a[0] & 0xf0) == 224 || (a[0] | a[1] | a[2] | a[3]) == 0
      || (a[0] & a[1] & a[2] & a[3]) == 255)
    return NULL;
  if (a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168))
    return "private4";
  if (a[0] == 100 && (a[1] & 0xc0) == 64)
    return "cgnat4";
  if (a[0] == 169 && a[1] == 254)
    return "link4";
  if (a[0] == 0 || a[0] >= 240 || (a[0] == 192 && a[1] == 0 && a[2] == 0))
    return "reserved4";
  return "public4";
}

/* The v4 address inside a v6 one, with the word for how it is in there; NULL: there is none. */
static const guint8 *
find_v4 (const guint8 *a, const char **how)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  static const guint8 compatible[12] = { 0 };
  static const guint8 nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

  *how = NULL;
  if (memcmp (a, mapped, 12) == 0)
    *how = "mapped6-";
  else if (memcmp (a, nat64, 12) == 0)
    *how = "nat64-";
  else if (memcmp (a, compatible, 12) == 0 && (a[12] | a[13] | a[14]) != 0)
    *how = "compat6-";
  if (*how != NULL)
    return a + 12;
  if (a[0] != 0x20 || a[1] != 0x02)
    return NULL;
  *how = "6to4-";
  return a + 2;
}

static const char *
kind_of_v6 (const guint8 *a)
{
  static const guint8 nothing[15] = { 0 };

  if (a[0] == 0xff || (memcmp (a, nothing, 15) == 0 && a[15] <= 1))
    return NULL;
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
    return "link6";
  if (a[0] == 0xfe && (a[1] & 0xc0) == 0xc0)
    return "site6";
  if ((a[0] & 0xfe) == 0xfc)
    return "ula6";
  return memcmp (a, "\x20\x01\x00\x00", 4) == 0 ? "teredo6" : "public6";
}

gboolean
lane_stand_ins_append_address (LaneStandIns *stand_ins, GString *out, GSocketFamily family,
                               const guint8 *bytes)
{
  const guint8 *v4 = bytes;
  const char *how = "";
  const char *kind;

  if (family == G_SOCKET_FAMILY_IPV6)
    v4 = find_v4 (bytes, &how);
  kind = v4 != NULL ? kind_of_v4 (v4) : kind_of_v6 (bytes);
  if (kind == NULL)
    return FALSE;
  if (v4 != NULL) {
    g_string_append (out, how);
    append_found (out, kind, find_address (stand_ins, kind, v4, 4, NETWORK4));
  } else {
    append_found (out, kind, find_address (stand_ins, kind, bytes, 16, NETWORK6));
  }
  return TRUE;
}

void
lane_stand_ins_append_word (LaneStandIns *stand_ins, GString *out, const char *kind,
                            const char *word, gsize length)
{
  g_autofree char *lower = g_ascii_strdown (word, (gssize)length);
  g_autofree char *key = g_strconcat (kind, " ", lower, NULL);
  const char *known = g_hash_table_lookup (stand_ins->made, key);

  if (known == NULL && !is_full (stand_ins)) {
    char *made = make_name (stand_ins, kind);

    known = made;
    g_hash_table_insert (stand_ins->made, g_steal_pointer (&key), made);
  }
  append_found (out, kind, known);
}

/* What follows the `#`. */
static gsize
measure_letters (const char *text)
{
  gsize length = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

  if (length == 0)
    return strncmp (text, "more", 4) == 0 && !g_ascii_isalnum (text[4]) ? 4 : 0;
  if (text[length] == '.' && g_ascii_isdigit (text[length + 1]))
    length += 1 + strspn (text + length + 1, "0123456789");
  return length <= 16 && !g_ascii_isalnum (text[length]) ? length : 0;
}

gsize
lane_stand_in_measure (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    gsize length = strlen (kinds[i]);

    if (strncmp (text, kinds[i], length) == 0 && text[length] == '#') {
      gsize letters = measure_letters (text + length + 1);

      return letters > 0 ? length + 1 + letters : 0;
    }
  }
  return 0;
}
