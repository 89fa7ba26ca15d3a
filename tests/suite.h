/* The main() every unit test shares: runs one Check suite and says how it went. */
#pragma once

#include <check.h>
#include <signal.h>
#include <stdlib.h>

/* 1 in a build with AddressSanitizer, which costs time and memory that are not ours. */
#if defined(__SANITIZE_ADDRESS__)
#define LANE_SANITIZED 1
#elif defined(__has_feature)
#define LANE_SANITIZED __has_feature (address_sanitizer)
#else
#define LANE_SANITIZED 0
#endif

static inline int
lane_suite_run (Suite *suite)
{
  SRunner *runner = srunner_create (suite);
  int failed;

  signal (SIGPIPE, SIG_IGN); /* a child may end before it has read all its input */
  srunner_run_all (runner, CK_ENV);
  failed = srunner_ntests_failed (runner);
  srunner_free (runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
