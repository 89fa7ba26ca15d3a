/* A certificate authority for tests. */
#pragma once

#include <gio/gio.h>

typedef struct _TestCa TestCa;

/* Its certificate is written to @directory. */
TestCa *test_ca_new (const char *directory);
const char *test_ca_get_file (const TestCa *ca);
/* For the DNS name or IP literal @host, valid from and until so many seconds from now. */
GTlsCertificate *test_ca_issue (TestCa *ca, const char *host, gint64 from_s, gint64 until_s);
void test_ca_free (TestCa *ca); /* removes the file */
