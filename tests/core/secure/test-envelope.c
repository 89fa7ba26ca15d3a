#include "secure/envelope.h"

#include "suite.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define BOOT    "00112233445566778899aabbccddeeff"
#define NONCE   "ffeeddccbbaa99887766554433221100"
#define SESSION "0123456789abcdef0123456789abcdef"
#define PAYLOAD "{\"reason\":\"off\",\"x\":\"\xc3\xa9 \\\" \\u0001\"}"

static LaneIdentity *us;
static LaneIdentity *peer;

static void
setup (void)
{
  us = lane_identity_generate ();
  peer = lane_identity_generate ();
}

static void
teardown (void)
{
  lane_identity_unref (us);
  lane_identity_unref (peer);
}

static LaneEnvelope
example (void)
{
  return (LaneEnvelope){
    .type = (char *)"bye",
    .to = (char *)lane_identity_get_id (peer),
    .boot = (char *)BOOT,
    .nonce = (char *)NONCE,
    .session = (char *)SESSION,
    .sequence = 0x0102030405060,
    .payload = (char *)PAYLOAD,
  };
}

static char *
signed_example (void)
{
  LaneEnvelope envelope = example ();
  g_autoptr (GError) error = NULL;
  char *text = lane_envelope_sign (&envelope, us, &error);

  ck_assert_msg (text != NULL, "%s", error != NULL ? error->message : "");
  return text;
}

static LaneEnvelope *
parse_good (const char *text)
{
  g_autoptr (GError) error = NULL;
  LaneEnvelope *envelope = lane_envelope_parse (text, strlen (text), &error);

  ck_assert_msg (envelope != NULL, "%s: %s", error != NULL ? error->message : "", text);
  return envelope;
}

START_TEST (signed_envelope_is_read_back_and_verifies)
{
  g_autofree char *text = signed_example ();
  g_autoptr (LaneEnvelope) envelope = parse_good (text);
  g_autoptr (GError) error = NULL;

  ck_assert_str_eq (envelope->type, "bye");
  ck_assert_str_eq (envelope->from, lane_identity_get_id (us));
  ck_assert_str_eq (envelope->to, lane_identity_get_id (peer));
  ck_assert_str_eq (envelope->boot, BOOT);
  ck_assert_str_eq (envelope->nonce, NONCE);
  ck_assert_str_eq (envelope->session, SESSION);
  ck_assert_uint_eq (envelope->sequence, 0x0102030405060);
  ck_assert_str_eq (envelope->payload, PAYLOAD);
  ck_assert (g_bytes_equal (envelope->public_key, lane_identity_get_public_key (us)));
  ck_assert (lane_envelope_verify (envelope, &error));
  ck_assert_ptr_null (error);
}
END_TEST

static void
add (GByteArray *bytes, const char *field)
{
  guint8 length[4] = { 0, 0, strlen (field) >> 8, strlen (field) };

  g_byte_array_append (bytes, length, sizeof length);
  g_byte_array_append (bytes, (const guint8 *)field, strlen (field));
}

START_TEST (signed_bytes_are_those_of_the_documentation)
{
  static const guint8 sequence[] = { 0, 0, 0, 8, 0, 0, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60 };
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *text = signed_example ();
  g_autoptr (LaneEnvelope) envelope = parse_good (text);
  g_autoptr (GBytes) data = NULL;

  g_byte_array_append (bytes, (const guint8 *)"icelane-envelope-1", 19);
  add (bytes, "bye");
  add (bytes, lane_identity_get_id (us));
  add (bytes, lane_identity_get_id (peer));
  add (bytes, BOOT);
  add (bytes, NONCE);
  add (bytes, SESSION);
  g_byte_array_append (bytes, sequence, sizeof sequence);
  add (bytes, PAYLOAD);
  data = g_bytes_new (bytes->data, bytes->len);

  ck_assert (
      lane_identity_verify (lane_identity_get_public_key (us), data, envelope->signature, NULL));
}
END_TEST

/* The wire form with one member put, or taken away when @value is NULL. */
static char *
with_member (const char *text, const char *name, const char *value)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  JsonObject *object = json_node_get_object (root);

  json_object_remove_member (object, name);
  if (value != NULL)
    json_object_set_member (object, name, json_from_string (value, NULL));
  return json_to_string (root, FALSE);
}

static void
assert_forged (const LaneEnvelope *envelope, const char *what)
{
  g_autoptr (GError) error = NULL;

  ck_assert_msg (!lane_envelope_verify (envelope, &error), "verifies with another %s", what);
  ck_assert (g_error_matches (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_SIGNATURE));
}

START_TEST (no_field_can_be_changed_after_signing)
{
  g_autofree char *other_id = g_strdup_printf ("\"%s\"", lane_identity_get_id (us));
  const struct {
    const char *name, *value;
  } changes[] = {
    { "type", "\"offer\"" },     { "to", other_id },           { "boot", "\"" NONCE "\"" },
    { "nonce", "\"" BOOT "\"" }, { "seq", "282578800148577" }, { "session", "\"" BOOT "\"" },
    { "payload", "\"{}\"" },
  };
  g_autofree char *text = signed_example ();

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *changed = with_member (text, changes[i].name, changes[i].value);
    g_autoptr (LaneEnvelope) envelope = parse_good (changed);

    assert_forged (envelope, changes[i].name);
  }
}
END_TEST

START_TEST (sender_must_own_the_key)
{
  g_autofree char *text = signed_example ();
  g_autofree char *peer_id = g_strdup_printf ("\"%s\"", lane_identity_get_id (peer));
  g_autofree char *stolen_name = with_member (text, "from", peer_id);
  g_autoptr (LaneEnvelope) envelope = parse_good (stolen_name);
  g_autoptr (LaneEnvelope) other_key = parse_good (text);

  assert_forged (envelope, "sender");
  g_bytes_unref (other_key->public_key);
  other_key->public_key = g_bytes_ref (lane_identity_get_public_key (peer));
  assert_forged (other_key, "key");
}
END_TEST

START_TEST (unknown_members_are_skipped)
{
  g_autofree char *text = signed_example ();
  g_autofree char *more = with_member (text, "stamp", "{\"at\":[1,2,3]}");
  g_autoptr (LaneEnvelope) envelope = parse_good (more);

  ck_assert (lane_envelope_verify (envelope, NULL));
}
END_TEST

static void
assert_malformed (const char *text, gsize length, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LaneEnvelope) envelope = lane_envelope_parse (text, length, &error);

  ck_assert_msg (envelope == NULL, "taken: %.200s", text);
  ck_assert (g_error_matches (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_MALFORMED));
  ck_assert_msg (strstr (error->message, says) != NULL, "%.200s: '%s' does not say '%s'", text,
                 error->message, says);
}

START_TEST (malformed_envelopes_name_the_field)
{
  g_autofree char *spaced = lane_id_to_groups (lane_identity_get_id (us));
  g_autofree char *spaced_id = g_strdup_printf ("\"%s\"", spaced);
  const struct {
    const char *name, *value;
  } changes[] = {
    { "v", NULL },
    { "v", "2" },
    { "v", "\"1\"" },
    { "type", NULL },
    { "type", "\"\"" },
    { "type", "\"Offer\"" },
    { "type", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"" },
    { "from", NULL },
    { "from", "\"\"" },
    { "from", spaced_id },
    { "to", NULL },
    { "to", "\"abc\"" },
    { "boot", NULL },
    { "boot", "\"00112233445566778899aabbccddeef\"" },
    { "boot", "\"00112233445566778899AABBCCDDEEFF\"" },
    { "nonce", NULL },
    { "nonce", "\"00112233445566778899aabbccddeefff\"" },
    { "session", NULL },
    { "session", "\"0123456789abcdeg0123456789abcdef\"" },
    { "session", "17" },
    { "seq", NULL },
    { "seq", "0" },
    { "seq", "-1" },
    { "seq", "1.5" },
    { "seq", "9007199254740992" },
    { "payload", NULL },
    { "payload", "{}" },
    { "key", NULL },
    { "key", "\"\"" },
    { "key", "\"AAA\"" },
    { "key", "\"A A=\"" },
    { "key", "\"AB==\"" },
    { "sig", NULL },
    { "sig", "\"!!!!\"" },
    { "sig",
      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAA\"" },
  };
  g_autofree char *text = signed_example ();

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autofree char *changed = with_member (text, changes[i].name, changes[i].value);
    g_autofree char *place = g_strdup_printf ("'%s'", changes[i].name);

    assert_malformed (changed, strlen (changed), place);
  }
}
END_TEST

START_TEST (what_is_no_bounded_json_object_is_refused)
{
  g_autofree char *text = signed_example ();
  g_autofree char *big = g_strnfill (LANE_ENVELOPE_MAX_BYTES + 1, ' ');

  assert_malformed ("", 0, "JSON");
  assert_malformed ("[]", 2, "JSON");
  assert_malformed (text, strlen (text) - 1, "JSON");
  memcpy (big, text, strlen (text));
  assert_malformed (big, LANE_ENVELOPE_MAX_BYTES + 1, "65536");
}
END_TEST

START_TEST (fields_that_nobody_could_read_are_not_signed)
{
  g_autofree char *huge = g_strnfill (LANE_ENVELOPE_MAX_BYTES, 'x');
  LaneEnvelope bad[5];

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    bad[i] = example ();
  bad[0].sequence = 0;
  bad[1].sequence = G_GUINT64_CONSTANT (1) << 53;
  bad[2].payload = (char *)"\xff";
  bad[3].payload = huge;
  bad[4].nonce = (char *)"";

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *text = lane_envelope_sign (&bad[i], us, &error);

    ck_assert_msg (text == NULL, "%u", i);
    ck_assert (g_error_matches (error, LANE_ENVELOPE_ERROR, LANE_ENVELOPE_ERROR_MALFORMED));
  }
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("envelope");
  TCase *wire = tcase_create ("wire");

  tcase_add_checked_fixture (wire, setup, teardown);
  tcase_set_timeout (wire, 20);
  tcase_add_test (wire, signed_envelope_is_read_back_and_verifies);
  tcase_add_test (wire, signed_bytes_are_those_of_the_documentation);
  tcase_add_test (wire, no_field_can_be_changed_after_signing);
  tcase_add_test (wire, sender_must_own_the_key);
  tcase_add_test (wire, unknown_members_are_skipped);
  tcase_add_test (wire, malformed_envelopes_name_the_field);
  tcase_add_test (wire, what_is_no_bounded_json_object_is_refused);
  tcase_add_test (wire, fields_that_nobody_could_read_are_not_signed);
  suite_add_tcase (suite, wire);
  return lane_suite_run (suite);
}
