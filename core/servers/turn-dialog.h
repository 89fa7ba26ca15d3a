/* The STUN and TURN messages (RFC 8489, RFC 8656) of one client with one server, and the long-term
 * credentials that go with them: a pure exchange of bytes, whatever carries them. */
#pragma once

#include <gio/gio.h>
#include <stun/stunagent.h>

typedef struct _LaneTurnDialog LaneTurnDialog;

#define LANE_TURN_REQUEST_MAX 2560 /* user name, realm and nonce at their longest */
#define LANE_TURN_ANSWER_MAX  4096

typedef struct {
  StunTransactionId id;
  StunMethod method;
  gboolean is_signed;
  gsize length;
  guint8 data[LANE_TURN_REQUEST_MAX];
} LaneTurnRequest;

typedef struct {
  int code;                                         /* 0: success */
  char *reason;                                     /* of an error, cleaned; NULL: none */
  char *realm;                                      /* as the answer has it, cleaned; NULL: none */
  GInetSocketAddress *mapped, *relayed, *alternate; /* NULL: not there */
  guint lifetime_s;
} LaneTurnAnswer;

typedef enum {
  LANE_TURN_READ_OTHER,  /* no answer to that request */
  LANE_TURN_READ_FORGED, /* one, but not signed with our password */
  LANE_TURN_READ_ANSWER
} LaneTurnReading;

/* Copies both; NULL: none. */
LaneTurnDialog *lane_turn_dialog_new (const char *username, const char *password);
void lane_turn_dialog_free (LaneTurnDialog *dialog); /* wipes the password */

/* FALSE: it does not fit, which only happens with a user name longer than RFC 8489 allows.
 * Allocate goes unsigned until an answer has brought realm and nonce. */
gboolean lane_turn_dialog_write_binding (LaneTurnDialog *dialog, LaneTurnRequest *request);
gboolean lane_turn_dialog_write_allocate (LaneTurnDialog *dialog, LaneTurnRequest *request);
gboolean lane_turn_dialog_write_permission (LaneTurnDialog *dialog, GInetAddress *peer,
                                            LaneTurnRequest *request);
/* With lifetime 0: the allocation ends. */
gboolean lane_turn_dialog_write_release (LaneTurnDialog *dialog, LaneTurnRequest *request);

/* Remembers realm and nonce of a 401 or 438. @answer is filled with LANE_TURN_READ_ANSWER only. An
 * error counts without a signature: servers forget it, and it gives nothing away. */
LaneTurnReading lane_turn_dialog_read (LaneTurnDialog *dialog, const LaneTurnRequest *request,
                                       const guint8 *data, gsize length, LaneTurnAnswer *answer);
gboolean lane_turn_dialog_has_credentials (const LaneTurnDialog *dialog);
gboolean lane_turn_dialog_is_challenged (const LaneTurnDialog *dialog); /* has realm and nonce */
/* Another server: its realm and nonce are not known yet. */
void lane_turn_dialog_forget_challenge (LaneTurnDialog *dialog);

void lane_turn_answer_clear (LaneTurnAnswer *answer);

/* How long the message is that a stream's bytes begin with (RFC 8489 section 6.2.2). 0: more bytes
 * are needed to tell. -1: no STUN message that we would take. */
gssize lane_turn_frame_length (const guint8 *data, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LaneTurnDialog, lane_turn_dialog_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LaneTurnAnswer, lane_turn_answer_clear)
