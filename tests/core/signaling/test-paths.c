/* What a client of the rendezvous does when the way there breaks: all of it within seconds, and
 * with nothing for the operator to see. */
#include "suite.h"

#include <string.h>

#include "proxy.h"
#include "world.h"

/* A client `near`, whose way to the rendezvous is the proxy, and one `far` who watches it. */
typedef struct {
  World *world;
  Proxy *proxy;
  Client *near, *far;
} Scene;

static gboolean
has_received (gpointer data)
{
  return ((Client *)data)->received->len > 0;
}

static gboolean
is_seen (gpointer data)
{
  Scene *scene = data;

  return g_strcmp0 (client_sees (scene->far, scene->near), scene->near->boot) == 0;
}

static void
near_client (Scene *scene, guint silence_ms)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", proxy_get_port (scene->proxy));

  scene->near = client_new (scene->world, NULL);
  scene->near->silence_ms = silence_ms;
  client_options (scene->near, url, NULL, NULL);
}

static Scene *
scene_new (guint silence_ms)
{
  Scene *scene = g_new0 (Scene, 1);

  scene->world = world_new ();
  world_serve (scene->world);
  scene->proxy = proxy_new (scene->world->context, scene->world->port);
  near_client (scene, silence_ms);
  scene->far = client_new (scene->world, NULL);
  client_watch (scene->far, scene->near);
  client_connect (scene->far);
  client_connect (scene->near);
  ck_assert (world_run_until (scene->world, is_seen, scene, 2));
  /* Both of its connections are there: the second one has carried something. */
  client_send (scene->near, scene->far, "begin");
  ck_assert (world_run_until (scene->world, has_received, scene->far, 2));
  world_run_for (scene->world, 50);
  g_ptr_array_set_size (scene->far->received, 0);
  return scene;
}

static void
scene_free (Scene *scene)
{
  client_free (scene->near);
  client_free (scene->far);
  world_run_for (scene->world, 50);
  proxy_free (scene->proxy);
  world_free (scene->world);
  g_free (scene);
}

static void
expect_received (Client *client, const char *text, double seconds)
{
  gint64 since = g_get_monotonic_time ();

  ck_assert_msg (world_run_until (client->world, has_received, client, seconds), "no '%s' in %g s",
                 text, seconds);
  ck_assert_ptr_nonnull (strstr (client->received->pdata[0], text));
  g_print ("'%s' after %.0f ms\n", text, (g_get_monotonic_time () - since) / 1000.0);
}

static void
expect_nothing_was_seen (const Scene *scene)
{
  ck_assert_uint_eq (scene->near->downs, 0);
  ck_assert_uint_eq (scene->near->connects, 1);
  ck_assert_uint_eq (scene->near->undelivered->len, 0);
  for (guint i = 0; i < scene->far->presences->len; i++)
    ck_assert_msg (!g_str_has_suffix (scene->far->presences->pdata[i], " -") || i == 0,
                   "presence %u is %s", i, (char *)scene->far->presences->pdata[i]);
}

START_TEST (hundreds_of_envelopes_take_two_connections)
{
  Scene *scene = scene_new (0);

  for (int i = 0; i < 200; i++) {
    client_send (scene->near, scene->far, "there");
    ck_assert (world_run_until (scene->world, has_received, scene->far, 2));
    g_ptr_array_set_size (scene->far->received, 0);
  }
  ck_assert_uint_eq (proxy_count (scene->proxy), 2);
  expect_nothing_was_seen (scene);
  scene_free (scene);
}
END_TEST

START_TEST (deaf_client_that_sends_hears_again_within_3_s)
{
  Scene *scene = scene_new (0);

  proxy_set_mood (scene->proxy, "GET /v1/events", PROXY_DROPS);
  client_send (scene->near, scene->far, "offer");
  expect_received (scene->far, "offer", 1);
  client_send (scene->far, scene->near, "answer");
  expect_received (scene->near, "answer", 3);
  expect_nothing_was_seen (scene);
  world_run_for (scene->world, 3500); /* nor when the grace for the old stream ends */
  expect_nothing_was_seen (scene);
  scene_free (scene);
}
END_TEST

START_TEST (deaf_client_that_is_silent_finds_out_by_itself)
{
  Scene *scene = scene_new (6000); /* asks after half of it, knows 2 s later */

  proxy_set_mood (scene->proxy, "GET /v1/events", PROXY_DROPS);
  client_send (scene->far, scene->near, "offer");
  expect_received (scene->near, "offer", 5.8);
  expect_nothing_was_seen (scene);
  scene_free (scene);
}
END_TEST

START_TEST (acknowledged_client_keeps_its_stream)
{
  Scene *scene = scene_new (0);

  for (int i = 0; i < 3; i++) {
    client_send (scene->near, scene->far, "offer");
    world_run_for (scene->world, 1200);
  }
  ck_assert_uint_eq (proxy_count (scene->proxy), 2);
  scene_free (scene);
}
END_TEST

START_TEST (forgotten_flows_are_replaced_within_4_s)
{
  Scene *scene = scene_new (0);

  proxy_set_mood (scene->proxy, NULL, PROXY_DROPS);
  client_send (scene->near, scene->far, "offer");
  expect_received (scene->far, "offer", 3);
  client_send (scene->far, scene->near, "answer");
  expect_received (scene->near, "answer", 1);
  expect_nothing_was_seen (scene);
  scene_free (scene);
}
END_TEST

START_TEST (flows_that_reset_are_replaced_at_once)
{
  Scene *scene = scene_new (0);

  proxy_set_mood (scene->proxy, NULL, PROXY_RESETS);
  client_send (scene->near, scene->far, "offer");
  expect_received (scene->far, "offer", 1);
  client_send (scene->far, scene->near, "answer");
  expect_received (scene->near, "answer", 1);
  expect_nothing_was_seen (scene);
  scene_free (scene);
}
END_TEST

static gboolean
is_connected_again (gpointer data)
{
  return ((Client *)data)->connects == 2;
}

START_TEST (session_that_held_and_is_lost_is_made_anew_within_a_second)
{
  Scene *scene = scene_new (0);

  world_run_for (scene->world, 1100);
  proxy_set_mood (scene->proxy, NULL, PROXY_CLOSES);
  ck_assert (world_run_until (scene->world, is_connected_again, scene->near, 1));
  ck_assert_uint_eq (scene->near->downs, 0);
  client_send (scene->far, scene->near, "offer");
  expect_received (scene->near, "offer", 1);
  ck_assert_uint_eq (scene->far->undelivered->len, 0);
  scene_free (scene);
}
END_TEST

START_TEST (session_lost_as_soon_as_it_was_there_waits_before_the_next)
{
  Scene *scene = scene_new (0);

  proxy_set_mood (scene->proxy, NULL, PROXY_CLOSES);
  ck_assert (world_run_until (scene->world, client_is_down, scene->near, 0.5));
  ck_assert_ptr_nonnull (strstr (scene->near->detail, "closed the connection"));
  ck_assert_int_gt (lane_signaling_get_next_try (scene->near->signaling) - g_get_monotonic_time (),
                    500 * 1000);
  scene_free (scene);
}
END_TEST

START_TEST (silent_connection_is_given_up)
{
  Scene *scene = scene_new (300);

  proxy_set_mood (scene->proxy, NULL, PROXY_DROPS);
  proxy_set_new_mood (scene->proxy, PROXY_DROPS);
  ck_assert (world_run_until (scene->world, client_is_down, scene->near, 1));
  ck_assert_ptr_nonnull (strstr (scene->near->detail, "no sign of life from 127.0.0.1 for 0.3 s"));
  scene_free (scene);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("signaling-paths");
  TCase *tcase = tcase_create ("paths");

  tcase_set_timeout (tcase, 30);
  tcase_add_test (tcase, hundreds_of_envelopes_take_two_connections);
  tcase_add_test (tcase, deaf_client_that_sends_hears_again_within_3_s);
  tcase_add_test (tcase, deaf_client_that_is_silent_finds_out_by_itself);
  tcase_add_test (tcase, acknowledged_client_keeps_its_stream);
  tcase_add_test (tcase, forgotten_flows_are_replaced_within_4_s);
  tcase_add_test (tcase, flows_that_reset_are_replaced_at_once);
  tcase_add_test (tcase, session_that_held_and_is_lost_is_made_anew_within_a_second);
  tcase_add_test (tcase, session_lost_as_soon_as_it_was_there_waits_before_the_next);
  tcase_add_test (tcase, silent_connection_is_given_up);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
