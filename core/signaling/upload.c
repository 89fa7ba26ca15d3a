#include "signaling/upload.h"

/* Of a body too large: read on, or the client would not read our answer. */
#define MAX_REFUSED (1024 * 1024)

struct _LaneUploads {
  gsize bytes, max_bytes;
  LaneUploadLimit limit;
  LaneUploadExcess excess;
  gpointer user_data;
};

typedef struct {
  LaneUploads *uploads;
  gsize limit, received, held;
  guint refusal;
} Upload;

static const char upload_key[] = "lane-upload";

static void
upload_free (Upload *upload)
{
  upload->uploads->bytes -= upload->held;
  g_free (upload);
}

static void
refuse (SoupServerMessage *message, Upload *upload, guint status)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  upload->refusal = status;
  soup_message_body_set_accumulate (body, FALSE);
  soup_message_body_truncate (body);
  upload->uploads->bytes -= upload->held;
  upload->held = 0;
}

static void
on_got_headers (SoupServerMessage *message, gpointer data)
{
  Upload *upload = data;
  goffset announced =
      soup_message_headers_get_content_length (soup_server_message_get_request_headers (message));

  upload->limit = upload->uploads->limit (soup_server_message_get_method (message),
                                          g_uri_get_path (soup_server_message_get_uri (message)));
  if (announced > 0 && (guint64)announced > upload->limit)
    refuse (message, upload, 413);
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer data)
{
  Upload *upload = data;
  LaneUploads *uploads = upload->uploads;
  gsize length = g_bytes_get_size (chunk);

  upload->received += length;
  if (upload->refusal == 0) {
    upload->held += length;
    uploads->bytes += length;
    if (upload->received > upload->limit)
      refuse (message, upload, 413);
    else if (uploads->bytes > uploads->max_bytes)
      refuse (message, upload, 503);
  }
  if (upload->refusal != 0 && upload->received > upload->limit + MAX_REFUSED)
    uploads->excess (message, uploads->user_data);
}

LaneUploads *
lane_uploads_new (gsize max_bytes, LaneUploadLimit limit, LaneUploadExcess excess,
                  gpointer user_data)
{
  LaneUploads *uploads = g_new0 (LaneUploads, 1);

  uploads->max_bytes = max_bytes;
  uploads->limit = limit;
  uploads->excess = excess;
  uploads->user_data = user_data;
  return uploads;
}

void
lane_uploads_watch (LaneUploads *uploads, SoupServerMessage *message)
{
  Upload *upload = g_new0 (Upload, 1);

  upload->uploads = uploads;
  g_object_set_data_full (G_OBJECT (message), upload_key, upload, (GDestroyNotify)upload_free);
  g_signal_connect (message, "got-headers", G_CALLBACK (on_got_headers), upload);
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), upload);
}

guint
lane_uploads_get_refusal (SoupServerMessage *message)
{
  const Upload *upload = g_object_get_data (G_OBJECT (message), upload_key);

  return upload == NULL ? 0 : upload->refusal;
}

void
lane_uploads_free (LaneUploads *uploads)
{
  g_free (uploads);
}
