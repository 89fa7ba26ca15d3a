#include "core/servers/test-ca.h"

#include <arpa/inet.h>
#include <check.h>
#include <glib/gstdio.h>
#include <gnutls/x509.h>
#include <string.h>

struct _TestCa {
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
  char *file;
};

static gnutls_x509_privkey_t
make_key (void)
{
  gnutls_x509_privkey_t key;

  ck_assert_int_eq (gnutls_x509_privkey_init (&key), 0);
  ck_assert_int_eq (gnutls_x509_privkey_generate (
                        key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0),
                    0);
  return key;
}

static gnutls_x509_crt_t
make_certificate (gnutls_x509_privkey_t key, const char *name, gint64 from_s, gint64 until_s)
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  guint8 serial[8];
  gnutls_x509_crt_t certificate;

  for (guint i = 0; i < sizeof serial; i++)
    serial[i] = (guint8)g_random_int_range (1, 127);
  gnutls_x509_crt_init (&certificate);
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen (name));
  gnutls_x509_crt_set_activation_time (certificate, (time_t)(now_s + from_s));
  gnutls_x509_crt_set_expiration_time (certificate, (time_t)(now_s + until_s));
  ck_assert_int_eq (gnutls_x509_crt_set_key (certificate, key), 0);
  return certificate;
}

static char *
to_pem (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t pem;
  char *text;

  ck_assert_int_eq (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM, &pem), 0);
  text = g_strndup ((const char *)pem.data, pem.size);
  gnutls_free (pem.data);
  return text;
}

TestCa *
test_ca_new (const char *directory)
{
  TestCa *ca = g_new0 (TestCa, 1);
  g_autofree char *pem = NULL;

  ca->key = make_key ();
  ca->certificate = make_certificate (ca->key, "Test authority", -86400 * 365, 86400 * 365);
  gnutls_x509_crt_set_basic_constraints (ca->certificate, 1, 0);
  gnutls_x509_crt_set_key_usage (ca->certificate, GNUTLS_KEY_KEY_CERT_SIGN);
  ck_assert_int_eq (
      gnutls_x509_crt_sign2 (ca->certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0), 0);
  pem = to_pem (ca->certificate);
  ca->file = g_strdup_printf ("%s/ca-%08x.pem", directory, g_random_int ());
  ck_assert (g_file_set_contents (ca->file, pem, -1, NULL));
  return ca;
}

const char *
test_ca_get_file (const TestCa *ca)
{
  return ca->file;
}

static void
set_name (gnutls_x509_crt_t certificate, const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    gnutls_x509_crt_set_subject_alt_name (
        certificate, GNUTLS_SAN_IPADDRESS, g_inet_address_to_bytes (address),
        (unsigned)g_inet_address_get_native_size (address), GNUTLS_FSAN_SET);
  else
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME, host,
                                          (unsigned)strlen (host), GNUTLS_FSAN_SET);
}

GTlsCertificate *
test_ca_issue (TestCa *ca, const char *host, gint64 from_s, gint64 until_s)
{
  gnutls_x509_privkey_t key = make_key ();
  gnutls_x509_crt_t certificate = make_certificate (key, host, from_s, until_s);
  g_autoptr (GError) error = NULL;
  g_autofree char *pem = NULL;
  g_autofree char *both = NULL;
  GTlsCertificate *issued;
  gnutls_datum_t secret;

  set_name (certificate, host);
  gnutls_x509_crt_set_key_usage (certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
  ck_assert_int_eq (
      gnutls_x509_crt_sign2 (certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0), 0);
  pem = to_pem (certificate);
  ck_assert_int_eq (gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_PEM, NULL,
                                                       GNUTLS_PKCS_PLAIN, &secret),
                    0);
  both = g_strdup_printf ("%s%.*s", pem, (int)secret.size, (const char *)secret.data);
  issued = g_tls_certificate_new_from_pem (both, -1, &error);
  ck_assert_msg (issued != NULL, "%s", error != NULL ? error->message : "");
  gnutls_free (secret.data);
  gnutls_x509_crt_deinit (certificate);
  gnutls_x509_privkey_deinit (key);
  return issued;
}

void
test_ca_free (TestCa *ca)
{
  g_remove (ca->file);
  gnutls_x509_crt_deinit (ca->certificate);
  gnutls_x509_privkey_deinit (ca->key);
  g_free (ca->file);
  g_free (ca);
}
