#include "suite.h"

#include "sasl.h"

#define GUID "0123456789abcdef0123456789abcdef"
#define UID  1000

typedef struct {
  const char *lines[5];
  const char *replies[5]; /* NULL: none */
  LaneSaslResult last;
} Talk;

static const Talk talks[] = {
  { { "AUTH EXTERNAL 31303030", "BEGIN" }, { "OK " GUID "\r\n", NULL }, LANE_SASL_BEGUN },
  /* GDBus asks for the mechanisms first and offers descriptors. */
  { { "AUTH", "AUTH EXTERNAL 31303030", "NEGOTIATE_UNIX_FD", "BEGIN" },
    { "REJECTED EXTERNAL\r\n", "OK " GUID "\r\n", "ERROR\r\n", NULL },
    LANE_SASL_BEGUN },
  /* sd-bus leaves its name to the kernel. */
  { { "AUTH EXTERNAL", "DATA", "BEGIN" },
    { "DATA\r\n", "OK " GUID "\r\n", NULL },
    LANE_SASL_BEGUN },
  { { "AUTH EXTERNAL 30" }, { "REJECTED EXTERNAL\r\n" }, LANE_SASL_REPLY },
  { { "AUTH EXTERNAL 3130303030" }, { "REJECTED EXTERNAL\r\n" }, LANE_SASL_REPLY },
  { { "AUTH EXTERNAL 313030" }, { "REJECTED EXTERNAL\r\n" }, LANE_SASL_REPLY },
  { { "AUTH EXTERNAL zz" }, { "REJECTED EXTERNAL\r\n" }, LANE_SASL_REPLY },
  { { "AUTH ANONYMOUS" }, { "REJECTED EXTERNAL\r\n" }, LANE_SASL_REPLY },
  { { "AUTH DBUS_COOKIE_SHA1 31303030" }, { "REJECTED EXTERNAL\r\n" }, LANE_SASL_REPLY },
  { { "AUTH EXTERNAL", "CANCEL", "BEGIN" },
    { "DATA\r\n", "REJECTED EXTERNAL\r\n", NULL },
    LANE_SASL_REFUSED },
  { { "AUTH EXTERNAL 31303030", "CANCEL", "BEGIN" },
    { "OK " GUID "\r\n", "REJECTED EXTERNAL\r\n", NULL },
    LANE_SASL_REFUSED },
  { { "BEGIN" }, { NULL }, LANE_SASL_REFUSED },
  { { "AUTH EXTERNAL", "BEGIN" }, { "DATA\r\n", NULL }, LANE_SASL_REFUSED },
  { { "GET / HTTP/1.1" }, { "ERROR\r\n" }, LANE_SASL_REPLY },
  { { "" }, { "ERROR\r\n" }, LANE_SASL_REPLY },
};

START_TEST (talks_as_the_specification_says)
{
  const Talk *talk = &talks[_i];
  LaneSaslState state = LANE_SASL_WAIT_AUTH;
  LaneSaslResult result = LANE_SASL_REPLY;

  for (guint i = 0; i < 5 && talk->lines[i] != NULL; i++) {
    g_autofree char *reply = NULL;

    ck_assert_int_eq (result, LANE_SASL_REPLY);
    result = lane_sasl_feed (&state, talk->lines[i], UID, GUID, &reply);
    ck_assert_pstr_eq (reply, talk->replies[i]);
  }
  ck_assert_int_eq (result, talk->last);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("sasl");
  TCase *tcase = tcase_create ("sasl");

  tcase_add_loop_test (tcase, talks_as_the_specification_says, 0, G_N_ELEMENTS (talks));
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
