/* Turning a private main context until something holds. */
#pragma once

#include <check.h>
#include <glib.h>

#define UNTIL_DEADLINE_US (5 * G_USEC_PER_SEC)

static inline gboolean
until_wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* A deadline fails the test. */
#define iterate_until(context, condition)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 deadline_us_ = g_get_monotonic_time () + UNTIL_DEADLINE_US;                             \
    GSource *wake_ = g_timeout_source_new (20);                                                    \
    g_source_set_callback (wake_, until_wake, NULL, NULL);                                         \
    g_source_attach (wake_, (context));                                                            \
    while (!(condition)) {                                                                         \
      ck_assert_msg (g_get_monotonic_time () < deadline_us_, "never: %s", #condition);             \
      g_main_context_iteration ((context), TRUE);                                                  \
    }                                                                                              \
    g_source_destroy (wake_);                                                                      \
    g_source_unref (wake_);                                                                        \
  }                                                                                                \
  G_STMT_END
