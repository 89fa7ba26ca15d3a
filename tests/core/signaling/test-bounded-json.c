#include "signaling/bounded-json.h"

#include "suite.h"

#include <string.h>

#define MAX_BYTES  8192
#define MAX_STRING 16

START_TEST (json_of_every_kind_is_taken)
{
  static const char *const good[] = {
    "{}",
    " \t\r\n{ \"a\" : 1 , \"b\" : [ ] , \"c\" : { } } \n",
    "{\"a\":[1,-2,0,-0,3.25,1e3,1E+3,1.5e-3,true,false,null]}",
    "{\"a\":\"\",\"b\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"a\":\"\\u00e9\\ud83d\\ude00\"}",
    "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}",
    "{\"a\":999999999999999999,\"b\":-999999999999999999}",
    "{\"a\":\"0123456789abcdef\"}",
    "{\"a\":\"0123456789abcd\\u00e9\"}",
    "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}",
    "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node =
        lane_bounded_json_parse (good[i], strlen (good[i]), MAX_BYTES, MAX_STRING, &error);

    ck_assert_msg (node != NULL, "%s: %s", good[i], error != NULL ? error->message : "");
    ck_assert (JSON_NODE_HOLDS_OBJECT (node));
  }
}
END_TEST

static void
assert_refused (const char *text, gsize length, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = lane_bounded_json_parse (text, length, MAX_BYTES, MAX_STRING, &error);

  ck_assert_msg (node == NULL, "taken: %.60s", text);
  ck_assert (g_error_matches (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED));
  ck_assert_msg (strstr (error->message, says) != NULL, "%.60s: '%s' does not say '%s'", text,
                 error->message, says);
}

START_TEST (json_that_is_broken_or_too_generous_is_refused)
{
  static const struct {
    const char *text, *says;
  } bad[] = {
    { "", "an object was expected" },
    { "[]", "an object was expected" },
    { "null", "an object was expected" },
    { "\"a\"", "an object was expected" },
    { "\xef\xbb\xbf{}", "an object was expected" },
    { "var a = {}", "an object was expected" },
    { "{", "a string was expected" },
    { "{\"a\"", "':' was expected" },
    { "{\"a\":", "a broken number" },
    { "{\"a\":1", "',' or '}'" },
    { "{\"a\":1,}", "a string was expected" },
    { "{,}", "a string was expected" },
    { "{a:1}", "a string was expected" },
    { "{'a':1}", "a string was expected" },
    { "{\"a\":'b'}", "a broken number" },
    { "{\"a\":1}x", "text after" },
    { "{}{}", "text after" },
    { "{}//", "text after" },
    { "{/**/}", "a string was expected" },
    { "{\"a\":[1,]}", "a broken number" },
    { "{\"a\":[1 2]}", "',' or ']'" },
    { "{\"a\":[1}", "',' or ']'" },
    { "{\"a\":01}", "a broken number" },
    { "{\"a\":-}", "a broken number" },
    { "{\"a\":+1}", "a broken number" },
    { "{\"a\":.5}", "a broken number" },
    { "{\"a\":5.}", "a broken number" },
    { "{\"a\":5e}", "a broken number" },
    { "{\"a\":0x10}", "',' or '}'" },
    { "{\"a\":NaN}", "a broken number" },
    { "{\"a\":1000000000000000000}", "too big" },
    { "{\"a\":1e999}", "too big" },
    { "{\"a\":0.00000000000000000000000000000000001}", "too big" },
    { "{\"a\":tru}", "an unknown word" },
    { "{\"a\":nul", "an unknown word" },
    { "{\"a\":\"b", "no end" },
    { "{\"a\":\"b\nc\"}", "a control character" },
    { "{\"a\":\"\\x41\"}", "an unknown escape" },
    { "{\"a\":\"\\", "an unknown escape" },
    { "{\"a\":\"\\u12g4\"}", "a broken \\u escape" },
    { "{\"a\":\"\\u12", "a broken \\u escape" },
    { "{\"a\":\"\\u0000\"}", "\\u0000" },
    { "{\"a\":\"\\ud83d\"}", "half a surrogate pair" },
    { "{\"a\":\"\\ude00\"}", "half a surrogate pair" },
    { "{\"a\":\"\\ud83d\\u0041\"}", "half a surrogate pair" },
    { "{\"a\":\"0123456789abcdefg\"}", "a string is too long" },
    { "{\"a\":\"0123456789abcde\\u00e9\"}", "a string is too long" },
    { "{\"0123456789abcdefg\":1}", "a string is too long" },
    { "{\"a\":1,\"a\":2}", "twice" },
    { "{\"b\":{\"a\":1,\"x\":2,\"a\":3}}", "twice" },
    { "{\"\\u0061\":1}", "an escape in a key" },
    { "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", "too deeply" },
    { "{\"a\":\"\xff\"}", "UTF-8" },
    { "{\"a\":\"\xed\xa0\x80\"}", "UTF-8" },
    { "{\"a\":\"\xc0\x80\"}", "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i].text, strlen (bad[i].text), bad[i].says);
}
END_TEST

START_TEST (nul_byte_is_refused)
{
  assert_refused ("{\"a\":1}\0", 8, "UTF-8");
  assert_refused ("{\0\"a\":1}", 8, "UTF-8");
}
END_TEST

START_TEST (size_limit_counts_before_anything_is_read)
{
  g_autofree char *text = g_strnfill (MAX_BYTES + 1, ' ');

  text[0] = '{';
  text[1] = '}';
  assert_refused (text, MAX_BYTES + 1, "at most 8192");
  ck_assert_ptr_nonnull (text);
}
END_TEST

START_TEST (depth_of_a_bomb_does_not_reach_the_stack)
{
  g_autofree char *text = g_strnfill (MAX_BYTES, '[');

  memcpy (text, "{\"a\":", 5);
  assert_refused (text, MAX_BYTES, "too deeply");
}
END_TEST

static char *
object_with_keys (guint n)
{
  GString *text = g_string_new ("{");

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s\"k%u\":%u", i > 0 ? "," : "", i, i);
  g_string_append_c (text, '}');
  return g_string_free (text, FALSE);
}

START_TEST (object_may_have_64_keys_and_no_more)
{
  g_autofree char *full = object_with_keys (64);
  g_autofree char *over = object_with_keys (65);
  g_autoptr (JsonNode) node =
      lane_bounded_json_parse (full, strlen (full), MAX_BYTES, MAX_STRING, NULL);

  ck_assert_ptr_nonnull (node);
  ck_assert_uint_eq (json_object_get_size (json_node_get_object (node)), 64);
  assert_refused (over, strlen (over), "too many keys");
}
END_TEST

START_TEST (getters_want_exactly_their_kind)
{
  static const char text[] = "{\"s\":\"x\",\"i\":7,\"d\":7.0,\"n\":null,\"o\":{},\"b\":true}";
  static const char *const no_strings[] = { "i", "d", "n", "o", "b", "missing" };
  static const char *const no_integers[] = { "s", "d", "n", "o", "b", "missing" };
  g_autoptr (JsonNode) node =
      lane_bounded_json_parse (text, strlen (text), MAX_BYTES, MAX_STRING, NULL);
  JsonObject *object = json_node_get_object (node);
  gint64 value = 0;

  ck_assert_str_eq (lane_bounded_json_get_string (object, "s", NULL), "x");
  ck_assert (lane_bounded_json_get_integer (object, "i", 7, 7, &value, NULL));
  ck_assert_int_eq (value, 7);

  for (guint i = 0; i < G_N_ELEMENTS (no_strings); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert_ptr_null (lane_bounded_json_get_string (object, no_strings[i], &error));
    ck_assert (g_error_matches (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED));
    ck_assert_ptr_nonnull (strstr (error->message, no_strings[i]));
  }
  for (guint i = 0; i < G_N_ELEMENTS (no_integers); i++) {
    g_autoptr (GError) error = NULL;

    ck_assert (!lane_bounded_json_get_integer (object, no_integers[i], 0, 100, &value, &error));
    ck_assert (g_error_matches (error, LANE_BOUNDED_JSON_ERROR, LANE_BOUNDED_JSON_ERROR_REFUSED));
  }
  ck_assert (!lane_bounded_json_get_integer (object, "i", 8, 100, &value, NULL));
  ck_assert (!lane_bounded_json_get_integer (object, "i", 0, 6, &value, NULL));
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("bounded-json");
  TCase *parse = tcase_create ("parse");

  tcase_add_test (parse, json_of_every_kind_is_taken);
  tcase_add_test (parse, json_that_is_broken_or_too_generous_is_refused);
  tcase_add_test (parse, nul_byte_is_refused);
  tcase_add_test (parse, size_limit_counts_before_anything_is_read);
  tcase_add_test (parse, depth_of_a_bomb_does_not_reach_the_stack);
  tcase_add_test (parse, object_may_have_64_keys_and_no_more);
  tcase_add_test (parse, getters_want_exactly_their_kind);
  suite_add_tcase (suite, parse);
  return lane_suite_run (suite);
}
