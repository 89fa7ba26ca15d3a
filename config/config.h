/* Every setting of a node and its screen, as plain data.
 *
 * option.h holds the one table that reading, checking, saving and the settings screen walk; this
 * struct is what the table fills. Nothing here starts anything. */
#pragma once

#include <glib.h>

#include "origin.h"
#include "problem.h"
#include "uri.h"

typedef enum { LANE_SIGNALING_HTTP, LANE_SIGNALING_MQTT, LANE_SIGNALING_MANUAL } LaneSignalingType;
typedef enum {
  LANE_POLICY_AUTO,
  LANE_POLICY_DIRECT_ONLY,
  LANE_POLICY_RELAY_ONLY,
  LANE_POLICY_LOWEST_RTT
} LanePolicy;
typedef enum {
  LANE_LOG_LEVEL_ERROR,
  LANE_LOG_LEVEL_WARNING,
  LANE_LOG_LEVEL_INFO,
  LANE_LOG_LEVEL_DEBUG
} LaneLogLevel;
typedef enum { LANE_CONFIRM_ALWAYS, LANE_CONFIRM_DISRUPTIVE, LANE_CONFIRM_NEVER } LaneConfirm;
typedef enum {
  LANE_GLYPHS_AUTO,
  LANE_GLYPHS_ASCII,
  LANE_GLYPHS_BLOCKS,
  LANE_GLYPHS_BRAILLE
} LaneGlyphs;
typedef enum { LANE_COLOR_AUTO, LANE_COLOR_ALWAYS, LANE_COLOR_NEVER } LaneColor;

/* [server NAME] */
typedef struct {
  char *name;
  GPtrArray *uris; /* of LaneUri, in file order */
  char *username;  /* NULL when not given; so all secrets below */
  char *password;
  char *password_b64;
  char *password_file;
  char *password_command;
  char *auth_secret;
  char *auth_secret_command;
  guint auth_ttl_s;
  char *ca_file;
  gboolean enabled;
} LaneServerConfig;

/* [peer NAME] */
typedef struct {
  char *name;
  char *id;          /* 52 characters, lower case, no spaces: see core/secure/identity.h */
  LanePolicy policy; /* that of [ice] where none is given */
  char **servers;    /* names; empty = all */
  gboolean autoconnect;
  char **forwards; /* as written, one a line */
} LanePeerConfig;

/* One line of [keys]. */
typedef struct {
  char *command;
  char **keys; /* `x`, `F9`, ... */
} LaneKeyBinding;

typedef struct {
  struct {
    char *name;      /* default: the host's name */
    char *state_dir; /* absolute */
    char *control;   /* absolute path of the control socket */
    gboolean record; /* what links do, in state_dir/record */
    guint record_max_mb;
  } node;
  struct {
    LaneSignalingType type;
    char *url;        /* NULL: no rendezvous configured */
    char *token_file; /* NULL: none */
    char *token_command;
    char *ca_file; /* NULL: the system's trust */
  } signaling;
  struct {
    LanePolicy policy; /* of peers that have none of their own */
    gboolean trickle;
    guint keepalive_ms;
    guint check_timeout_ms;
    guint retry_direct_s;
    guint flap_hold_s;
    gboolean allow_loopback; /* candidates on 127/8 and ::1: for tests and single-host use */
    gboolean allow_link_local;
  } ice;
  struct {
    char **interfaces;         /* globs or CIDRs, ! excludes */
    gboolean ipv4, ipv6;       /* `families = 4 6` */
    guint port_low, port_high; /* 0, 0 = any */
    gboolean watch;
  } network;
  struct {
    char *theme;
    LaneGlyphs glyphs;
    LaneColor color;
    gboolean mouse;
    char *key_bar;
    guint refresh_ms;
    LaneConfirm confirm;
    gboolean title;
  } ui;
  struct {
    LaneLogLevel level;
    char *file; /* NULL: no file */
    guint max_size_mb;
    guint keep;
  } log;
  struct {
    char *file; /* NULL: no OpenMetrics file */
    guint interval_s;
  } metrics;
  struct {
    char *on_path_change; /* commands, run without a shell; NULL: none */
    char *on_state_change;
    guint timeout_s;
  } hooks;
  GPtrArray *keys;     /* of LaneKeyBinding, in file order; the rest keep their built-in keys */
  GPtrArray *servers;  /* of LaneServerConfig, in file order */
  GPtrArray *peers;    /* of LanePeerConfig, in file order */
  char *path;          /* the file it was read from, even when that does not exist yet */
  GBytes *text;        /* what the file held; NULL: there is none */
  GHashTable *origins; /* see lane_config_get_origin() */
} LaneConfig;

typedef struct {
  const char *path;            /* NULL: $XDG_CONFIG_HOME/icelane/icelane.ini */
  gboolean must_exist;         /* set for --config: then a missing file is an error */
  const char *const *environ_; /* NAME=value, NULL-terminated, as g_get_environ(); may be NULL */
  const char *const
      *overrides; /* `section.key=value` of each --set, NULL-terminated; may be NULL */
} LaneConfigSources;

/* What may override the file:
 *
 * - ICELANE_SECTION_KEY, with `_` for every character that is no letter or digit:
 *   ICELANE_ICE_KEEPALIVE_MS, and ICELANE_SERVER_HOME_URI for `uri` of an existing [server home].
 * - section.key=value; for named sections `server.NAME.key=value`, where NAME may hold dots. It
 * makes the section when the file has none. Given twice, the last one counts, or a list grows.
 *
 * A list that is overridden is replaced. An empty value means the default, here and in the file.
 * Secrets are refused in both: other processes can read them there. */

/* Reads defaults < file < environment < overrides. Never fails: what is wrong is left at its
 * default and described in @problems (of LaneProblem; the caller owns the array). A caller that
 * must not run on half a file asks lane_problems_have_error(). */
LaneConfig *lane_config_load (const LaneConfigSources *sources, GPtrArray *problems);
/* The same with @text in place of what the file holds, for a text that is not saved yet. */
LaneConfig *
lane_config_load_text (const LaneConfigSources *sources, GBytes *text, GPtrArray *problems);
LaneConfig *lane_config_new (void); /* every default */
void lane_config_free (LaneConfig *config);

/* Where the file is looked for without --config; @environ_ as above. */
char *lane_config_default_path (const char *const *environ_);

/* A commented file with every setting at its default, made from the table in option.h. */
char *lane_config_template (void);

/* Where a value comes from; @section as `ice` or `server home`. Strings are owned by @config. */
LaneOrigin lane_config_get_origin (const LaneConfig *config, const char *section, const char *key);
/* A value as lane_option_get() gives it, secrets too; NULL when there is no such section or value.
 * The caller frees it. */
char *lane_config_get (const LaneConfig *config, const char *section, const char *key);

/* NULL when there is none; owned by @config. */
const LanePeerConfig *lane_config_find_peer (const LaneConfig *config, const char *name);
const LaneServerConfig *lane_config_find_server (const LaneConfig *config, const char *name);

const char *lane_policy_to_string (LanePolicy policy);
const char *lane_log_level_to_string (LaneLogLevel level);
const char *lane_signaling_type_to_string (LaneSignalingType type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneConfig, lane_config_free)
