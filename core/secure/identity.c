#include "secure/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE            "node.key"
#define KEY_FILE_MAX        (16 * 1024)
#define SHA256_BYTES        32
#define SPKI_BYTES          91
#define CERTIFICATE_NAME    "icelane"
#define CERTIFICATE_BEGIN_S 1577836800 /* 2020: before any clock this may meet */

/* Every P-256 public key, uncompressed (RFC 5480 section 2), begins like this. Asking for these
 * very bytes leaves no second spelling of a key and no algorithm to choose. */
static const guint8 SPKI_PREFIX[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

static const char BASE32[] = "abcdefghijklmnopqrstuvwxyz234567";

/* Guarantee G6. Node keys are ECDSA P-256, so nothing else has to be offered. */
static const char PRIORITY[] =
    "NONE:+VERS-DTLS1.2:+ECDHE-ECDSA:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:+AEAD"
    ":+SIGN-ECDSA-SHA256:+GROUP-SECP256R1:+GROUP-X25519:+CTYPE-X509:+COMP-NULL"
    ":%SAFE_RENEGOTIATION:%PROFILE_MEDIUM";

struct _LaneIdentity {
  gatomicrefcount references;
  gnutls_privkey_t key;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  GBytes *public_key;
  char *id;
  char *fingerprint;
};

G_DEFINE_QUARK (lane_identity_error, lane_identity_error)

G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t, gnutls_x509_privkey_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit, NULL)
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_pubkey_t, gnutls_pubkey_deinit, NULL)

static gboolean
set_gnutls_error (int code, const char *what, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_FILE, "%s: %s", what,
               gnutls_strerror (code));
  return FALSE;
}

static gnutls_datum_t
datum_of (GBytes *bytes)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  return (gnutls_datum_t){ .data = (unsigned char *)data, .size = size };
}

static GBytes *
bytes_take (gnutls_datum_t *datum)
{
  GBytes *bytes = g_bytes_new (datum->data, datum->size);

  gnutls_free (datum->data);
  datum->data = NULL;
  return bytes;
}

static char *
base32_encode (const guint8 *data, gsize length)
{
  GString *text = g_string_sized_new (length * 8 / 5 + 2);
  guint buffer = 0;
  int bits = 0;

  for (gsize i = 0; i < length; i++) {
    buffer = buffer << 8 | data[i];
    for (bits += 8; bits >= 5; bits -= 5)
      g_string_append_c (text, BASE32[buffer >> (bits - 5) & 31]);
  }
  if (bits > 0)
    g_string_append_c (text, BASE32[buffer << (5 - bits) & 31]);
  return g_string_free (text, FALSE);
}

static char *
fingerprint_of (const gnutls_datum_t *der)
{
  guint8 hash[SHA256_BYTES];
  GString *text = g_string_sized_new (SHA256_BYTES * 3);

  if (gnutls_hash_fast (GNUTLS_DIG_SHA256, der->data, der->size, hash) < 0)
    g_error ("GnuTLS has no SHA-256");
  for (gsize i = 0; i < sizeof hash; i++)
    g_string_append_printf (text, i == 0 ? "%02X" : ":%02X", hash[i]);
  return g_string_free (text, FALSE);
}

/* The certificate is only a container for the key: peers compare its hash, never its names or
 * dates (guarantee G1), so both are constant and it is drawn anew at each start. */
static gboolean
fill_certificate (gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, GError **error)
{
  guint8 serial[16];
  int code = gnutls_rnd (GNUTLS_RND_NONCE, serial, sizeof serial);

  serial[0] = (serial[0] & 0x3f) | 0x40; /* positive and not zero: RFC 5280 section 4.1.2.2 */
  if (code >= 0)
    code = gnutls_x509_crt_set_version (certificate, 3);
  if (code >= 0)
    code = gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
  if (code >= 0)
    code = gnutls_x509_crt_set_activation_time (certificate, CERTIFICATE_BEGIN_S);
  if (code >= 0)
    code =
        gnutls_x509_crt_set_expiration_time (certificate, GNUTLS_X509_NO_WELL_DEFINED_EXPIRATION);
  if (code >= 0)
    code = gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                          CERTIFICATE_NAME, strlen (CERTIFICATE_NAME));
  if (code >= 0)
    code = gnutls_x509_crt_set_key (certificate, key);
  if (code >= 0)
    code = gnutls_x509_crt_sign2 (certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
  return set_gnutls_error (code, "cannot make a certificate", error);
}

static gboolean
make_credentials (LaneIdentity *identity, gnutls_x509_privkey_t key, GError **error)
{
  g_auto (gnutls_x509_crt_t) certificate = NULL;
  gnutls_datum_t der = { NULL, 0 };
  int code;

  if (!set_gnutls_error (gnutls_x509_crt_init (&certificate), "cannot make a certificate", error)
      || !fill_certificate (certificate, key, error))
    return FALSE;

  code = gnutls_certificate_allocate_credentials (&identity->credentials);
  if (code >= 0)
    code = gnutls_priority_init (&identity->priority, PRIORITY, NULL);
  if (code >= 0)
    code = gnutls_certificate_set_x509_key (identity->credentials, &certificate, 1, key);
  if (code >= 0)
    code = gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der);
  if (!set_gnutls_error (code, "cannot use the certificate", error))
    return FALSE;

  identity->fingerprint = fingerprint_of (&der);
  gnutls_free (der.data);
  return TRUE;
}

static gboolean
make_public_key (LaneIdentity *identity, GError **error)
{
  g_auto (gnutls_pubkey_t) public_key = NULL;
  gnutls_datum_t der = { NULL, 0 };
  int code = gnutls_pubkey_init (&public_key);

  if (code >= 0)
    code = gnutls_pubkey_import_privkey (public_key, identity->key, 0, 0);
  if (code >= 0)
    code = gnutls_pubkey_export2 (public_key, GNUTLS_X509_FMT_DER, &der);
  if (!set_gnutls_error (code, "cannot read the public key", error))
    return FALSE;

  identity->public_key = bytes_take (&der);
  identity->id = lane_id_from_public_key (g_bytes_get_data (identity->public_key, NULL),
                                          g_bytes_get_size (identity->public_key));
  return TRUE;
}

static gboolean
is_p256 (gnutls_x509_privkey_t key)
{
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;

  return gnutls_x509_privkey_get_pk_algorithm (key) == GNUTLS_PK_ECDSA
         && gnutls_x509_privkey_export_ecc_raw (key, &curve, NULL, NULL, NULL) >= 0
         && curve == GNUTLS_ECC_CURVE_SECP256R1;
}

static LaneIdentity *
identity_from_key (gnutls_x509_privkey_t key, GError **error)
{
  g_autoptr (LaneIdentity) identity = g_new0 (LaneIdentity, 1);
  int code;

  g_atomic_ref_count_init (&identity->references);
  if (!is_p256 (key)) {
    g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_FILE,
                 "not an ECDSA P-256 private key");
    return NULL;
  }

  code = gnutls_privkey_init (&identity->key);
  if (code >= 0)
    code = gnutls_privkey_import_x509 (identity->key, key, GNUTLS_PRIVKEY_IMPORT_COPY);
  if (!set_gnutls_error (code, "cannot use the key", error) || !make_public_key (identity, error)
      || !make_credentials (identity, key, error))
    return NULL;

  return g_steal_pointer (&identity);
}

static gboolean
generate_key (gnutls_x509_privkey_t *key, GError **error)
{
  int code = gnutls_x509_privkey_init (key);

  if (code >= 0)
    code = gnutls_x509_privkey_generate (*key, GNUTLS_PK_ECDSA,
                                         GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  return set_gnutls_error (code, "cannot make a key", error);
}

static void
set_file_error (GError **error, const char *path, const char *text)
{
  g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_FILE, "%s: %s", path, text);
}

/* The directory stays locked until the descriptor is closed, so that two first starts at once
 * agree on one key. */
static int
open_state_dir (const char *state_dir, GError **error)
{
  struct stat status;
  int fd;

  if (g_mkdir_with_parents (state_dir, 0700) != 0) {
    set_file_error (error, state_dir, g_strerror (errno));
    return -1;
  }

  fd = open (state_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    set_file_error (error, state_dir,
                    errno == ELOOP || errno == ENOTDIR
                        ? "not a directory (symbolic links are not followed)"
                        : g_strerror (errno));
    return -1;
  }

  if (fstat (fd, &status) != 0 || status.st_uid != geteuid ())
    set_file_error (error, state_dir, "belongs to another user");
  else if ((status.st_mode & 022) != 0)
    set_file_error (error, state_dir, "others can write to it; run chmod 700 on it");
  else if (TEMP_FAILURE_RETRY (flock (fd, LOCK_EX)) != 0)
    set_file_error (error, state_dir, g_strerror (errno));
  else
    return fd;

  close (fd);
  return -1;
}

static gboolean
check_key_file (const struct stat *status, const char *path, GError **error)
{
  if (!S_ISREG (status->st_mode))
    set_file_error (error, path, "not a regular file");
  else if (status->st_uid != geteuid ())
    set_file_error (error, path, "belongs to another user");
  else if ((status->st_mode & 077) != 0)
    set_file_error (error, path, "others can read this private key; run chmod 600 on it");
  else if (status->st_size > KEY_FILE_MAX)
    set_file_error (error, path, "too big for a private key");
  else
    return TRUE;

  return FALSE;
}

/* FALSE without @error: there is no file yet. */
static gboolean
read_key_file (int dir_fd, const char *path, guint8 *pem, gsize *size, GError **error)
{
  struct stat status;
  gssize got = -1;
  /* Not blocking, or a FIFO in its place would hold us for ever. */
  int fd = openat (dir_fd, KEY_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0) {
    if (errno != ENOENT)
      set_file_error (error, path,
                      errno == ELOOP ? "a symbolic link, which is not followed"
                                     : g_strerror (errno));
    return FALSE;
  }

  if (fstat (fd, &status) != 0)
    set_file_error (error, path, g_strerror (errno));
  else if (check_key_file (&status, path, error)) {
    got = TEMP_FAILURE_RETRY (read (fd, pem, KEY_FILE_MAX));
    if (got < 0)
      set_file_error (error, path, g_strerror (errno));
  }

  close (fd);
  *size = MAX (got, 0);
  return got >= 0;
}

static LaneIdentity *
identity_from_pem (const guint8 *pem, gsize size, const char *path, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  gnutls_datum_t datum = { .data = (unsigned char *)pem, .size = size };
  LaneIdentity *identity;
  int code = gnutls_x509_privkey_init (&key);

  if (code >= 0)
    code = gnutls_x509_privkey_import2 (key, &datum, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
  if (!set_gnutls_error (code, "not a private key in PEM", error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }

  identity = identity_from_key (key, error);
  if (identity == NULL)
    g_prefix_error (error, "%s: ", path);
  return identity;
}

static gboolean
write_key_file (gnutls_x509_privkey_t key, const char *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gnutls_datum_t pem = { NULL, 0 };
  gboolean written;

  if (!set_gnutls_error (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL,
                                                            GNUTLS_PKCS_PLAIN, &pem),
                         "cannot write the key", error))
    return FALSE;

  written = g_file_set_contents_full (path, (const char *)pem.data, pem.size,
                                      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                      0600, &cause);
  explicit_bzero (pem.data, pem.size);
  gnutls_free (pem.data);
  if (!written)
    set_file_error (error, path, cause->message);
  return written;
}

static LaneIdentity *
create_key_file (const char *path, GError **error)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  g_autoptr (LaneIdentity) identity = NULL;

  if (!generate_key (&key, error))
    return NULL;
  identity = identity_from_key (key, error);
  if (identity == NULL || !write_key_file (key, path, error))
    return NULL;
  return g_steal_pointer (&identity);
}

LaneIdentity *
lane_identity_load (const char *state_dir, GError **error)
{
  g_autofree char *path = g_build_filename (state_dir, KEY_FILE, NULL);
  g_autoptr (GError) cause = NULL;
  LaneIdentity *identity = NULL;
  guint8 pem[KEY_FILE_MAX];
  gsize size = 0;
  int dir_fd = open_state_dir (state_dir, error);

  if (dir_fd < 0)
    return NULL;

  if (read_key_file (dir_fd, path, pem, &size, &cause))
    identity = identity_from_pem (pem, size, path, error);
  else if (cause == NULL)
    identity = create_key_file (path, error);
  else
    g_propagate_error (error, g_steal_pointer (&cause));

  explicit_bzero (pem, sizeof pem);
  close (dir_fd);
  return identity;
}

LaneIdentity *
lane_identity_generate (void)
{
  g_auto (gnutls_x509_privkey_t) key = NULL;
  g_autoptr (GError) error = NULL;
  LaneIdentity *identity = NULL;

  if (generate_key (&key, &error))
    identity = identity_from_key (key, &error);
  if (identity == NULL)
    g_error ("%s", error->message);
  return identity;
}

LaneIdentity *
lane_identity_ref (LaneIdentity *identity)
{
  g_atomic_ref_count_inc (&identity->references);
  return identity;
}

void
lane_identity_unref (LaneIdentity *identity)
{
  if (identity == NULL || !g_atomic_ref_count_dec (&identity->references))
    return;

  if (identity->credentials != NULL)
    gnutls_certificate_free_credentials (identity->credentials);
  if (identity->priority != NULL)
    gnutls_priority_deinit (identity->priority);
  if (identity->key != NULL)
    gnutls_privkey_deinit (identity->key);
  g_clear_pointer (&identity->public_key, g_bytes_unref);
  g_free (identity->id);
  g_free (identity->fingerprint);
  g_free (identity);
}

const char *
lane_identity_get_id (const LaneIdentity *identity)
{
  return identity->id;
}

GBytes *
lane_identity_get_public_key (const LaneIdentity *identity)
{
  return identity->public_key;
}

const char *
lane_identity_get_fingerprint (const LaneIdentity *identity)
{
  return identity->fingerprint;
}

gnutls_priority_t
lane_identity_get_priority (const LaneIdentity *identity)
{
  return identity->priority;
}

gnutls_certificate_credentials_t
lane_identity_get_credentials (const LaneIdentity *identity)
{
  return identity->credentials;
}

GBytes *
lane_identity_sign (const LaneIdentity *identity, GBytes *data, GError **error)
{
  gnutls_datum_t input = datum_of (data);
  gnutls_datum_t signature = { NULL, 0 };
  int code =
      gnutls_privkey_sign_data2 (identity->key, GNUTLS_SIGN_ECDSA_SHA256, 0, &input, &signature);

  if (code < 0) {
    g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE, "cannot sign: %s",
                 gnutls_strerror (code));
    return NULL;
  }
  return bytes_take (&signature);
}

static gboolean
is_p256_spki (GBytes *public_key)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (public_key, &size);

  return size == SPKI_BYTES && memcmp (data, SPKI_PREFIX, sizeof SPKI_PREFIX) == 0;
}

gboolean
lane_identity_verify (GBytes *public_key, GBytes *data, GBytes *signature, GError **error)
{
  g_auto (gnutls_pubkey_t) key = NULL;
  gnutls_datum_t spki = datum_of (public_key);
  gnutls_datum_t input = datum_of (data);
  gnutls_datum_t proof = datum_of (signature);
  int code;

  if (!is_p256_spki (public_key)) {
    g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE,
                 "the public key is not an uncompressed ECDSA P-256 key");
    return FALSE;
  }

  code = gnutls_pubkey_init (&key);
  if (code >= 0)
    code = gnutls_pubkey_import (key, &spki, GNUTLS_X509_FMT_DER);
  if (code >= 0)
    code = gnutls_pubkey_verify_data2 (key, GNUTLS_SIGN_ECDSA_SHA256, 0, &input, &proof);
  if (code >= 0)
    return TRUE;

  g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE,
               "the signature does not verify: %s", gnutls_strerror (code));
  return FALSE;
}

char *
lane_id_from_public_key (const guint8 *spki, gsize length)
{
  guint8 hash[SHA256_BYTES];

  if (gnutls_hash_fast (GNUTLS_DIG_SHA256, spki, length, hash) < 0)
    g_error ("GnuTLS has no SHA-256");
  return base32_encode (hash, sizeof hash);
}

char *
lane_id_normalize (const char *text, GError **error)
{
  char id[LANE_ID_LENGTH + 1];
  gsize length = 0;

  for (const char *c = text; *c != '\0'; c++) {
    char lower = g_ascii_tolower (*c);

    if (g_ascii_isspace (*c) || *c == '-')
      continue;
    if (strchr (BASE32, lower) == NULL) {
      g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_ID,
                   g_ascii_isgraph (*c) ? "'%c' cannot stand in a node id (a-z and 2-7)"
                                        : "byte %d cannot stand in a node id (a-z and 2-7)",
                   (guint8)*c);
      return NULL;
    }
    if (length < LANE_ID_LENGTH)
      id[length] = lower;
    length++;
  }

  if (length != LANE_ID_LENGTH) {
    g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_ID,
                 "a node id has %d characters, this has %" G_GSIZE_FORMAT, LANE_ID_LENGTH, length);
    return NULL;
  }
  /* 256 bits fill 51 characters and one bit of the last. */
  if (id[LANE_ID_LENGTH - 1] != 'a' && id[LANE_ID_LENGTH - 1] != 'q') {
    g_set_error (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_ID,
                 "a node id ends in 'a' or 'q', this in '%c'", id[LANE_ID_LENGTH - 1]);
    return NULL;
  }

  return g_strndup (id, LANE_ID_LENGTH);
}

gboolean
lane_id_is_canonical (const char *text)
{
  g_autofree char *id = lane_id_normalize (text, NULL);

  return id != NULL && strcmp (id, text) == 0;
}

char *
lane_id_to_groups (const char *id)
{
  GString *text = g_string_sized_new (LANE_ID_LENGTH + LANE_ID_LENGTH / 4);

  for (gsize i = 0; id[i] != '\0'; i++) {
    if (i > 0 && i % 4 == 0)
      g_string_append_c (text, ' ');
    g_string_append_c (text, id[i]);
  }
  return g_string_free (text, FALSE);
}
