/* A recording for the tests of replaying. */
#pragma once

#define HEADER(peer, node)                                                                         \
  "{\"record\":\"header\",\"time\":\"2026-11-22T10:00:00.000Z\",\"schema\":1,"                     \
  "\"node\":{\"name\":\"" node "\",\"id\":\"id-" node "\"},"                                       \
  "\"peer\":{\"name\":\"" peer "\",\"id\":\"abcd\"},\"version\":\"0.1.0\"}\n"
#define LINE(kind, time, rest)                                                                     \
  "{\"record\":\"" kind "\",\"time\":\"2026-11-22T10:" time "Z\"" rest "}\n"
#define STATE(time, state, path, generation)                                                       \
  LINE ("state", time,                                                                             \
        ",\"state\":{\"name\":\"cam\",\"state\":\"" state "\",\"path\":" path                      \
        ",\"generation\":" generation ",\"rtt_ms\":{\"last\":20}}")
#define SAMPLE(time, rtt)                                                                          \
  LINE ("sample", time, ",\"sample\":{\"rtt_ms\":{\"last\":" rtt "},\"tx_bytes\":7}")
#define EVENT(time, text)                                                                          \
  LINE ("event", time,                                                                             \
        ",\"event\":{\"time\":\"2026-11-22T10:" time "Z\",\"sequence\":9,\"level\":\"info\","      \
        "\"kind\":\"state\",\"peer\":\"cam\",\"text\":\"" text "\"}")
/* Gathered at 100 ms, connected at 400; one pair of each, and a candidate at 50 and 300 ms. */
#define GENERATION(time, number, started, current)                                                 \
  LINE ("generation", time,                                                                        \
        ",\"generation\":{\"generation\":" number ",\"role\":\"controlling\","                     \
        "\"state\":\"connected\",\"current\":" current ",\"started_at\":\"2026-11-22T10:" started  \
        "Z\",\"local\":[{\"type\":\"host\",\"ms\":50},{\"type\":\"relay\",\"ms\":300}],"           \
        "\"remote\":[],\"gathered_ms\":100,\"connected_ms\":400,\"failed_ms\":null,"               \
        "\"now_ms\":9000,\"pairs\":[{\"state\":\"answered\",\"result\":\"in 20 ms\","              \
        "\"selected\":true,\"nominated\":true,\"formed_ms\":120,\"sent_ms\":150,"                  \
        "\"answered_ms\":350,\"nominated_ms\":400,\"ended_ms\":350,\"sent\":1,\"answered\":1}]}")

/* Up at :10, a relay from :30 on, direct again at :50, ended at 01:00, started again at 02:00. */
#define CAM                                                                                        \
  HEADER ("cam", "oslo")                                                                           \
  LINE ("start", "00:00", "")                                                                      \
  STATE ("00:01", "waiting", "null", "0")                                                          \
  EVENT ("00:02", "began")                                                                         \
  STATE ("00:10", "connected", "\"direct\"", "1")                                                  \
  GENERATION ("00:10", "1", "00:09", "true")                                                       \
  SAMPLE ("00:15", "21")                                                                           \
  SAMPLE ("00:20", "22")                                                                           \
  EVENT ("00:30", "moved")                                                                         \
  GENERATION ("00:30", "1", "00:09", "false")                                                      \
  STATE ("00:30", "connected", "\"relay\"", "2")                                                   \
  EVENT ("00:50", "moved back")                                                                    \
  STATE ("00:50", "connected", "\"direct\"", "3")                                                  \
  LINE ("stop", "01:00", "")                                                                       \
  LINE ("start", "02:00", "")                                                                      \
  STATE ("02:01", "gathering", "null", "0")
