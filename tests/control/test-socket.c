/* The control socket as strangers and clumsy clients meet it: listener and bus-peer together. */
#include "suite.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-node.h"

static FakeNode *node;

static void
setup (void)
{
  node = fake_node_new ();
}

static void
teardown (void)
{
  fake_node_free (node);
}

static void
ignore_client (GSocket *socket, gpointer user_data)
{
}

static LaneListener *
listen_on (const char *path, GError **error)
{
  return lane_listener_new (node->context, path, ignore_client, NULL, error);
}

static GSocket *
raw_client (void)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (node->path);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);

  ck_assert (g_socket_connect (socket, address, NULL, NULL));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

static void
put (GSocket *socket, const void *data, gsize size)
{
  const char *at = data;

  while (size > 0) {
    gssize sent = g_socket_send (socket, at, size, NULL, NULL);

    if (sent > 0) {
      at += sent;
      size -= (gsize)sent;
    } else {
      fake_node_turn (node);
      if (node->closed_because != NULL)
        return;
    }
  }
}

static void
authenticate (GSocket *socket)
{
  g_autofree char *uid = g_strdup_printf ("%u", geteuid ());
  g_autoptr (GString) talk = g_string_new ("AUTH EXTERNAL ");

  for (const char *digit = uid; *digit != '\0'; digit++)
    g_string_append_printf (talk, "%02x", *digit);
  g_string_append (talk, "\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n");
  put (socket, "", 1);
  put (socket, talk->str, talk->len);
}

static void
put_call (GSocket *socket, const char *member, GVariant *body)
{
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (NULL, "/org/icelane/Node1", "org.icelane.Node1", member);
  g_autofree guchar *blob = NULL;
  gsize size;

  g_dbus_message_set_serial (message, 1);
  if (body != NULL)
    g_dbus_message_set_body (message, body);
  blob = g_dbus_message_to_blob (message, &size, 0, NULL);
  put (socket, blob, size);
}

START_TEST (socket_is_private)
{
  struct stat info;

  ck_assert_int_eq (lstat (node->path, &info), 0);
  ck_assert (S_ISSOCK (info.st_mode));
  ck_assert_int_eq (info.st_mode & 07777, 0600);
}
END_TEST

START_TEST (the_directory_is_made_private)
{
  g_autofree char *directory = g_build_filename (node->directory, "a", "b", NULL);
  g_autofree char *parent = g_path_get_dirname (directory);
  g_autofree char *path = g_build_filename (directory, "control", NULL);
  g_autofree char *lock = g_strconcat (path, ".lock", NULL);
  LaneListener *listener = listen_on (path, NULL);
  struct stat info;

  ck_assert_ptr_nonnull (listener);
  ck_assert_int_eq (stat (directory, &info), 0);
  ck_assert_int_eq (info.st_mode & 07777, 0700);
  lane_listener_free (listener);
  ck_assert (!g_file_test (path, G_FILE_TEST_EXISTS));
  g_unlink (lock);
  g_rmdir (directory);
  g_rmdir (parent);
}
END_TEST

START_TEST (a_directory_open_to_others_is_refused)
{
  g_autofree char *directory = g_build_filename (node->directory, "open", NULL);
  g_autofree char *path = g_build_filename (directory, "control", NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_int_eq (g_mkdir (directory, 0755), 0);
  g_chmod (directory, 0755);
  ck_assert_ptr_null (listen_on (path, &error));
  ck_assert (g_error_matches (error, LANE_SERVICE_ERROR, LANE_SERVICE_ERROR_SOCKET));
  ck_assert_ptr_nonnull (strstr (error->message, "mode 0755"));
  g_rmdir (directory);
}
END_TEST

START_TEST (a_directory_behind_a_symlink_is_refused)
{
  g_autofree char *link = g_build_filename (node->directory, "link", NULL);
  g_autofree char *path = g_build_filename (link, "control2", NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_int_eq (symlink (node->directory, link), 0);
  ck_assert_ptr_null (listen_on (path, &error));
  ck_assert (g_error_matches (error, LANE_SERVICE_ERROR, LANE_SERVICE_ERROR_SOCKET));
  g_unlink (link);
}
END_TEST

START_TEST (a_second_owner_is_refused)
{
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (listen_on (node->path, &error));
  ck_assert (g_error_matches (error, LANE_SERVICE_ERROR, LANE_SERVICE_ERROR_BUSY));
  ck_assert (g_file_test (node->path, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST (a_live_stranger_on_the_path_is_left_alone)
{
  g_autofree char *path = g_build_filename (node->directory, "other", NULL);
  g_autofree char *lock = g_strconcat (path, ".lock", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) stranger = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert (g_socket_bind (stranger, address, FALSE, NULL) && g_socket_listen (stranger, NULL));
  ck_assert_ptr_null (listen_on (path, &error));
  ck_assert (g_error_matches (error, LANE_SERVICE_ERROR, LANE_SERVICE_ERROR_BUSY));
  ck_assert (g_file_test (path, G_FILE_TEST_EXISTS));
  g_unlink (path);
  g_unlink (lock);
}
END_TEST

START_TEST (a_stale_socket_is_replaced)
{
  g_autofree char *path = g_build_filename (node->directory, "stale", NULL);
  g_autofree char *lock = g_strconcat (path, ".lock", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) dead = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  LaneListener *listener;

  ck_assert (g_socket_bind (dead, address, FALSE, NULL));
  g_socket_close (dead, NULL);
  listener = listen_on (path, NULL);
  ck_assert_ptr_nonnull (listener);
  lane_listener_free (listener);
  g_unlink (lock);
}
END_TEST

START_TEST (a_file_on_the_path_is_left_alone)
{
  g_autofree char *path = g_build_filename (node->directory, "file", NULL);
  g_autofree char *lock = g_strconcat (path, ".lock", NULL);
  g_autoptr (GError) error = NULL;

  ck_assert (g_file_set_contents (path, "x", 1, NULL));
  ck_assert_ptr_null (listen_on (path, &error));
  ck_assert (g_error_matches (error, LANE_SERVICE_ERROR, LANE_SERVICE_ERROR_SOCKET));
  ck_assert (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  g_unlink (path);
  g_unlink (lock);
}
END_TEST

START_TEST (a_path_too_long_is_refused_with_the_limit)
{
  g_autofree char *name = g_strnfill (120, 'x');
  g_autofree char *path = g_build_filename (node->directory, name, NULL);
  g_autoptr (GError) error = NULL;

  ck_assert_ptr_null (listen_on (path, &error));
  ck_assert (g_error_matches (error, LANE_SERVICE_ERROR, LANE_SERVICE_ERROR_SOCKET));
  ck_assert_ptr_nonnull (strstr (error->message, "107"));
}
END_TEST

START_TEST (garbage_before_authentication_closes)
{
  static const char *const garbage[] = { "GET / HTTP/1.1\r\n\r\n", "\r\n", "\xff\xff\xff" };
  g_autoptr (GSocket) socket = raw_client ();

  put (socket, garbage[_i], strlen (garbage[_i]));
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "it does not speak D-Bus");
}
END_TEST

START_TEST (an_endless_line_closes)
{
  g_autoptr (GSocket) socket = raw_client ();
  g_autofree char *line = g_strnfill (4096, 'A');

  put (socket, "", 1);
  put (socket, line, 4096);
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "it does not speak D-Bus");
}
END_TEST

START_TEST (messages_before_authentication_close)
{
  g_autoptr (GSocket) socket = raw_client ();

  put (socket, "\0BEGIN\r\n", 8);
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "it does not authenticate");
}
END_TEST

START_TEST (another_uid_is_rejected)
{
  g_autoptr (GSocket) socket = raw_client ();
  char buffer[100];
  gssize length = -1;

  put (socket, "\0AUTH EXTERNAL 3939393939\r\n", 27); /* 99999 */
  fake_node_run_until (node,
                       (length = g_socket_receive (socket, buffer, sizeof buffer, NULL, NULL)) > 0);
  ck_assert_mem_eq (buffer, "REJECTED EXTERNAL\r\n", (gsize)length);
}
END_TEST

START_TEST (garbage_after_authentication_closes)
{
  g_autoptr (GSocket) socket = raw_client ();

  authenticate (socket);
  put (socket, "garbage garbage garbage", 23);
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "it does not speak D-Bus");
}
END_TEST

START_TEST (a_request_over_64_kib_closes)
{
  g_autoptr (GSocket) socket = raw_client ();
  g_autofree char *name = g_strnfill (70000, 'x');

  authenticate (socket);
  put_call (socket, "Connect", g_variant_new ("(s)", name));
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "a request of it is too long");
  ck_assert_str_eq (node->calls->str, "");
}
END_TEST

START_TEST (a_request_just_below_64_kib_passes)
{
  g_autoptr (GSocket) socket = raw_client ();
  g_autofree char *name = g_strnfill (65000, 'x');

  authenticate (socket);
  put_call (socket, "Connect", g_variant_new ("(s)", name));
  fake_node_run_until (node, node->calls->len > 65000);
  ck_assert_ptr_null (node->closed_because);
}
END_TEST

START_TEST (a_reader_that_never_reads_is_closed_at_1_mib)
{
  g_autoptr (GSocket) socket = raw_client ();
  g_autofree char *json = g_strnfill (10000, ' ');
  guint emitted = 0;

  authenticate (socket);
  put_call (socket, "Connect", NULL);
  fake_node_run_until (node, node->calls->len > 0);
  while (node->closed_because == NULL && emitted < 1000) {
    fake_node_emit (node, "PeersChanged", json);
    emitted++;
    g_main_context_iteration (node->context, FALSE);
  }
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "too much output waits for it");
  ck_assert_uint_ge (emitted, 100); /* not before the limit */
  ck_assert_uint_le (emitted, 250); /* the limit, and what the kernel took */
}
END_TEST

/* Requests whose answers nobody reads stop being read: no growth, and the others are served. */
START_TEST (a_flood_of_requests_does_not_starve_others)
{
  g_autoptr (GSocket) flooder = raw_client ();
  g_autoptr (GSocket) other = raw_client ();
  g_autofree char *status = g_strnfill (50000, ' ');
  guint sent = 0;

  node->status = status;
  authenticate (flooder);
  authenticate (other);
  for (guint i = 0; i < 20000; i++) {
    g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
        NULL, "/org/icelane/Node1", "org.icelane.Node1", "GetStatus");
    g_autofree guchar *blob = NULL;
    gsize size;

    g_dbus_message_set_serial (message, i + 1);
    blob = g_dbus_message_to_blob (message, &size, 0, NULL);
    if (g_socket_send (flooder, (char *)blob, size, NULL, NULL) != (gssize)size)
      break;
    sent++;
    g_main_context_iteration (node->context, FALSE);
  }
  ck_assert_uint_gt (sent, 10);
  ck_assert_uint_lt (sent, 20000); /* it was held back */

  put_call (other, "Connect", NULL);
  fake_node_run_until (node, node->calls->len > 0);
  ck_assert_ptr_null (node->closed_because);
}
END_TEST

START_TEST (a_client_that_leaves_is_forgotten)
{
  GSocket *socket = raw_client ();

  authenticate (socket);
  put_call (socket, "GetStatus", NULL);
  g_object_unref (socket);
  fake_node_run_until (node, node->closed_because != NULL);
  ck_assert_str_eq (node->closed_because, "gone");
  ck_assert_uint_eq (node->clients->len, 0);
}
END_TEST

int
main (void)
{
  Suite *suite = suite_create ("socket");
  TCase *tcase = tcase_create ("socket");

  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_test (tcase, socket_is_private);
  tcase_add_test (tcase, the_directory_is_made_private);
  tcase_add_test (tcase, a_directory_open_to_others_is_refused);
  tcase_add_test (tcase, a_directory_behind_a_symlink_is_refused);
  tcase_add_test (tcase, a_second_owner_is_refused);
  tcase_add_test (tcase, a_live_stranger_on_the_path_is_left_alone);
  tcase_add_test (tcase, a_stale_socket_is_replaced);
  tcase_add_test (tcase, a_file_on_the_path_is_left_alone);
  tcase_add_test (tcase, a_path_too_long_is_refused_with_the_limit);
  tcase_add_loop_test (tcase, garbage_before_authentication_closes, 0, 3);
  tcase_add_test (tcase, an_endless_line_closes);
  tcase_add_test (tcase, messages_before_authentication_close);
  tcase_add_test (tcase, another_uid_is_rejected);
  tcase_add_test (tcase, garbage_after_authentication_closes);
  tcase_add_test (tcase, a_request_over_64_kib_closes);
  tcase_add_test (tcase, a_request_just_below_64_kib_passes);
  tcase_add_test (tcase, a_reader_that_never_reads_is_closed_at_1_mib);
  tcase_add_test (tcase, a_flood_of_requests_does_not_starve_others);
  tcase_add_test (tcase, a_client_that_leaves_is_forgotten);
  tcase_set_timeout (tcase, 30);
  suite_add_tcase (suite, tcase);
  return lane_suite_run (suite);
}
