#include "secure/identity.h"

#include "suite.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *directory;
static char *state_dir;
static char *key_file;

static void
setup (void)
{
  directory = g_dir_make_tmp ("lane-identity-XXXXXX", NULL);
  ck_assert_ptr_nonnull (directory);
  state_dir = g_build_filename (directory, "state", "icelane", NULL);
  key_file = g_build_filename (state_dir, "node.key", NULL);
}

static void
teardown (void)
{
  g_autofree char *parent = g_path_get_dirname (state_dir);

  g_remove (key_file);
  g_rmdir (state_dir);
  g_rmdir (parent);
  g_rmdir (directory);
  g_free (key_file);
  g_free (state_dir);
  g_free (directory);
}

static mode_t
mode_of (const char *path)
{
  struct stat status;

  ck_assert_int_eq (lstat (path, &status), 0);
  return status.st_mode & 07777;
}

static GBytes *
bytes_of (const char *text)
{
  return g_bytes_new_static (text, strlen (text));
}

static void
assert_load_refused (const char *what)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneIdentity) identity = lane_identity_load (state_dir, &error);

  ck_assert_msg (identity == NULL, "loaded although it should say: %s", what);
  ck_assert (g_error_matches (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_FILE));
  ck_assert_msg (strstr (error->message, what) != NULL, "'%s' does not say '%s'", error->message,
                 what);
  ck_assert_msg (strstr (error->message, state_dir) != NULL, "'%s' names no place", error->message);
}

START_TEST (first_load_makes_a_private_key_that_the_next_one_finds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneIdentity) first = NULL;
  g_autoptr (LaneIdentity) second = NULL;

  umask (0);
  first = lane_identity_load (state_dir, &error);
  ck_assert_msg (first != NULL, "%s", error != NULL ? error->message : "");
  ck_assert_int_eq (mode_of (state_dir), 0700);
  ck_assert_int_eq (mode_of (key_file), 0600);

  second = lane_identity_load (state_dir, &error);
  ck_assert_ptr_nonnull (second);
  ck_assert_str_eq (lane_identity_get_id (first), lane_identity_get_id (second));
  ck_assert (
      g_bytes_equal (lane_identity_get_public_key (first), lane_identity_get_public_key (second)));
}
END_TEST

START_TEST (two_first_starts_at_once_agree_on_one_key)
{
  char ids[4][LANE_ID_LENGTH];
  int pipes[2];

  ck_assert_int_eq (pipe (pipes), 0);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    if (fork () == 0) {
      LaneIdentity *identity = lane_identity_load (state_dir, NULL);
      const char *id = identity != NULL ? lane_identity_get_id (identity) : "";

      _exit (write (pipes[1], id, strlen (id)) == LANE_ID_LENGTH ? 0 : 1);
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    int status = -1;

    ck_assert_int_gt (wait (&status), 0);
    ck_assert_int_eq (status, 0);
    ck_assert_int_eq (read (pipes[0], ids[i], LANE_ID_LENGTH), LANE_ID_LENGTH);
    ck_assert_mem_eq (ids[0], ids[i], LANE_ID_LENGTH);
  }
}
END_TEST

START_TEST (key_that_others_can_read_is_refused)
{
  lane_identity_unref (lane_identity_load (state_dir, NULL));
  ck_assert_int_eq (g_chmod (key_file, 0640), 0);
  assert_load_refused ("chmod 600");
  ck_assert_int_eq (g_chmod (key_file, 0604), 0);
  assert_load_refused ("chmod 600");
}
END_TEST

START_TEST (directory_that_others_can_write_is_refused)
{
  lane_identity_unref (lane_identity_load (state_dir, NULL));
  ck_assert_int_eq (g_chmod (state_dir, 0770), 0);
  assert_load_refused ("chmod 700");
}
END_TEST

START_TEST (symbolic_link_in_place_of_the_key_is_not_followed)
{
  g_autofree char *target = g_build_filename (directory, "elsewhere", NULL);

  ck_assert_int_eq (g_mkdir_with_parents (state_dir, 0700), 0);
  ck_assert_int_eq (symlink (target, key_file), 0);
  assert_load_refused ("symbolic link");
  ck_assert (!g_file_test (target, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (symbolic_link_in_place_of_the_directory_is_not_followed)
{
  g_autofree char *parent = g_path_get_dirname (state_dir);

  ck_assert_int_eq (g_mkdir_with_parents (parent, 0700), 0);
  ck_assert_int_eq (symlink (directory, state_dir), 0);
  assert_load_refused ("not a directory");
  g_remove (state_dir);
}
END_TEST

START_TEST (fifo_in_place_of_the_key_does_not_hold_us)
{
  ck_assert_int_eq (g_mkdir_with_parents (state_dir, 0700), 0);
  ck_assert_int_eq (mkfifo (key_file, 0600), 0);
  assert_load_refused ("not a regular file");
}
END_TEST

START_TEST (rubbish_in_the_key_file_is_refused_and_kept)
{
  g_autofree char *text = NULL;

  ck_assert_int_eq (g_mkdir_with_parents (state_dir, 0700), 0);
  ck_assert (g_file_set_contents_full (key_file, "no key\n", -1, 0, 0600, NULL));
  assert_load_refused ("not a private key");
  ck_assert (g_file_get_contents (key_file, &text, NULL, NULL));
  ck_assert_str_eq (text, "no key\n");
}
END_TEST

START_TEST (key_of_another_curve_is_refused)
{
  gnutls_x509_privkey_t key;
  gnutls_datum_t pem;

  gnutls_x509_privkey_init (&key);
  ck_assert_int_eq (gnutls_x509_privkey_generate (
                        key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP384R1), 0),
                    0);
  ck_assert_int_eq (gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &pem), 0);
  ck_assert_int_eq (g_mkdir_with_parents (state_dir, 0700), 0);
  ck_assert (g_file_set_contents_full (key_file, (const char *)pem.data, pem.size, 0, 0600, NULL));
  gnutls_free (pem.data);
  gnutls_x509_privkey_deinit (key);

  assert_load_refused ("not an ECDSA P-256");
}
END_TEST

START_TEST (directory_that_cannot_be_made_is_reported)
{
  g_free (state_dir);
  state_dir = g_strdup ("/proc/nowhere/icelane");
  assert_load_refused ("/proc/nowhere");
}
END_TEST

START_TEST (id_is_the_base32_sha256_of_the_public_key)
{
  g_autoptr (LaneIdentity) identity = lane_identity_generate ();
  GBytes *key = lane_identity_get_public_key (identity);
  g_autofree char *id =
      lane_id_from_public_key (g_bytes_get_data (key, NULL), g_bytes_get_size (key));

  ck_assert_str_eq (id, lane_identity_get_id (identity));
  ck_assert_uint_eq (strlen (id), LANE_ID_LENGTH);
}
END_TEST

START_TEST (base32_agrees_with_an_outside_implementation)
{
  /* printf abc | openssl dgst -sha256 -binary | base32 */
  g_autofree char *id = lane_id_from_public_key ((const guint8 *)"abc", 3);

  ck_assert_str_eq (id, "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacwwq");
}
END_TEST

START_TEST (signature_holds_for_its_data_and_key_only)
{
  g_autoptr (LaneIdentity) us = lane_identity_generate ();
  g_autoptr (LaneIdentity) other = lane_identity_generate ();
  g_autoptr (GBytes) data = bytes_of ("to berlin");
  g_autoptr (GBytes) changed = bytes_of ("to Berlin");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) signature = lane_identity_sign (us, data, &error);

  ck_assert_ptr_nonnull (signature);
  ck_assert (lane_identity_verify (lane_identity_get_public_key (us), data, signature, &error));
  ck_assert_ptr_null (error);

  ck_assert (!lane_identity_verify (lane_identity_get_public_key (us), changed, signature, &error));
  ck_assert (g_error_matches (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE));
  g_clear_error (&error);

  ck_assert (!lane_identity_verify (lane_identity_get_public_key (other), data, signature, &error));
  ck_assert (g_error_matches (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE));
}
END_TEST

START_TEST (public_key_in_any_other_form_is_refused)
{
  g_autoptr (LaneIdentity) us = lane_identity_generate ();
  g_autoptr (GBytes) data = bytes_of ("data");
  g_autoptr (GBytes) signature = lane_identity_sign (us, data, NULL);
  gsize size;
  const guint8 *spki = g_bytes_get_data (lane_identity_get_public_key (us), &size);
  g_autofree guint8 *copy = g_memdup2 (spki, size);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) cut = g_bytes_new (spki, size - 1);
  g_autoptr (GBytes) off_curve = NULL;
  g_autoptr (GBytes) compressed = NULL;
  GBytes *bad[4];

  copy[size - 1] ^= 1; /* no longer a point of the curve */
  off_curve = g_bytes_new (copy, size);
  copy[26] = 0x02;
  compressed = g_bytes_new (copy, size);

  bad[0] = empty;
  bad[1] = cut;
  bad[2] = off_curve;
  bad[3] = compressed;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert_msg (!lane_identity_verify (bad[i], data, signature, &error), "key %u", i);
    ck_assert (g_error_matches (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_SIGNATURE));
  }
}
END_TEST

START_TEST (fingerprint_is_of_the_certificate_whose_key_is_ours)
{
  g_autoptr (LaneIdentity) identity = lane_identity_generate ();
  gnutls_x509_crt_t *list = NULL;
  gnutls_pubkey_t key;
  gnutls_datum_t spki;
  unsigned n_list = 0;
  guint8 hash[32];
  size_t size = sizeof hash;
  g_autoptr (GString) text = g_string_new (NULL);

  ck_assert_int_eq (
      gnutls_certificate_get_x509_crt (lane_identity_get_credentials (identity), 0, &list, &n_list),
      0);
  ck_assert_uint_eq (n_list, 1);
  ck_assert_int_eq (gnutls_x509_crt_get_fingerprint (list[0], GNUTLS_DIG_SHA256, hash, &size), 0);
  for (guint i = 0; i < size; i++)
    g_string_append_printf (text, "%s%02X", i > 0 ? ":" : "", hash[i]);
  ck_assert_str_eq (text->str, lane_identity_get_fingerprint (identity));

  gnutls_pubkey_init (&key);
  ck_assert_int_eq (gnutls_pubkey_import_x509 (key, list[0], 0), 0);
  ck_assert_int_eq (gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &spki), 0);
  ck_assert_mem_eq (spki.data, g_bytes_get_data (lane_identity_get_public_key (identity), NULL),
                    spki.size);
  ck_assert_int_gt (gnutls_x509_crt_get_expiration_time (list[0]),
                    gnutls_x509_crt_get_activation_time (list[0]));
  ck_assert (gnutls_x509_crt_check_issuer (list[0], list[0]));

  gnutls_free (spki.data);
  gnutls_pubkey_deinit (key);
  gnutls_x509_crt_deinit (list[0]);
  gnutls_free (list);
}
END_TEST

#define ID     "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacwwq"
#define GROUPS "xj4b np4p ahh6 uqkb idpf 3lrc eoya gynd sylx vhfu cd7w d4qa cwwq"

START_TEST (id_is_taken_in_every_way_people_write_it)
{
  static const char *const good[] = {
    ID,
    GROUPS,
    "  " ID "\n",
    "XJ4B-NP4P-AHH6-UQKB-IDPF-3LRC-EOYA-GYND-SYLX-VHFU-CD7W-D4QA-CWWQ",
    "Xj4Bnp4pahh6uqkbidpf3lrc\teoyagyndsylxvhfucd7wd4qacwwq",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autofree char *id = lane_id_normalize (good[i], NULL);

    ck_assert_str_eq (id, ID);
  }
}
END_TEST

START_TEST (what_is_no_id_is_refused_with_the_reason)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
    { "", "52 characters, this has 0" },
    { "xj4b", "this has 4" },
    { ID "a", "this has 53" },
    { ID ID, "this has 104" },
    { "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacww", "this has 51" },
    { "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacwwb", "ends in 'a' or 'q'" },
    { "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacww1", "'1' cannot stand" },
    { "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacw\033q", "byte 27 cannot stand" },
    { "xj4bnp4pahh6uqkbidpf3lrceoyagyndsylxvhfucd7wd4qacw\xc3\xa9", "byte 195 cannot stand" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *id = lane_id_normalize (bad[i].text, &error);

    ck_assert_ptr_null (id);
    ck_assert (g_error_matches (error, LANE_IDENTITY_ERROR, LANE_IDENTITY_ERROR_ID));
    ck_assert_msg (strstr (error->message, bad[i].says) != NULL, "'%s' does not say '%s'",
                   error->message, bad[i].says);
  }
}
END_TEST

START_TEST (id_is_shown_in_groups_of_four)
{
  g_autofree char *groups = lane_id_to_groups (ID);

  ck_assert_str_eq (groups, GROUPS);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("identity");
  TCase *files = tcase_create ("files");
  TCase *keys = tcase_create ("keys");
  TCase *ids = tcase_create ("ids");

  tcase_add_checked_fixture (files, setup, teardown);
  tcase_set_timeout (files, 20);
  tcase_add_test (files, first_load_makes_a_private_key_that_the_next_one_finds);
  tcase_add_test (files, two_first_starts_at_once_agree_on_one_key);
  tcase_add_test (files, key_that_others_can_read_is_refused);
  tcase_add_test (files, directory_that_others_can_write_is_refused);
  tcase_add_test (files, symbolic_link_in_place_of_the_key_is_not_followed);
  tcase_add_test (files, symbolic_link_in_place_of_the_directory_is_not_followed);
  tcase_add_test (files, fifo_in_place_of_the_key_does_not_hold_us);
  tcase_add_test (files, rubbish_in_the_key_file_is_refused_and_kept);
  tcase_add_test (files, key_of_another_curve_is_refused);
  tcase_add_test (files, directory_that_cannot_be_made_is_reported);
  suite_add_tcase (suite, files);

  tcase_set_timeout (keys, 20);
  tcase_add_test (keys, id_is_the_base32_sha256_of_the_public_key);
  tcase_add_test (keys, base32_agrees_with_an_outside_implementation);
  tcase_add_test (keys, signature_holds_for_its_data_and_key_only);
  tcase_add_test (keys, public_key_in_any_other_form_is_refused);
  tcase_add_test (keys, fingerprint_is_of_the_certificate_whose_key_is_ours);
  suite_add_tcase (suite, keys);

  tcase_add_test (ids, id_is_taken_in_every_way_people_write_it);
  tcase_add_test (ids, what_is_no_id_is_refused_with_the_reason);
  tcase_add_test (ids, id_is_shown_in_groups_of_four);
  suite_add_tcase (suite, ids);
  return lane_suite_run (suite);
}
