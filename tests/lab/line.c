/* A network cable with faults: copies Ethernet frames between two interfaces of one namespace,
 * each way with its own constant delay, jitter, loss and reordering.
 *
 *   line INTERFACE INTERFACE
 *
 * Settings are lines on stdin, values of a key that is not named stay: `delay 25 jitter 3 loss 5
 * reorder 1 duplicate 1 corrupt 1 rate 8000` (milliseconds, per cent, kbit/s each way, 0 = no
 * limit). Each line is answered by `ok` once it holds. The end of stdin ends the program.
 *
 * PACKET_VNET_HDR carries a frame's offload state across, so that half-made checksums and large
 * segments of a veth arrive as they left. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX (65536 + 256)
#define QUEUE_MAX 16384

typedef struct {
  int64_t due_ns;
  uint64_t order; /* frames of one due time leave as they came */
  size_t length;
  uint8_t *bytes;
} Frame;

typedef struct {
  Frame *heap;
  size_t n;
} Queue;

typedef struct {
  double delay, jitter, loss, reorder, duplicate, corrupt, rate;
} Faults;

typedef struct {
  int sockets[2];
  Queue queues[2]; /* of frames that leave by that socket */
  int64_t busy_until_ns[2];
  uint64_t order;
  Faults faults;
} Line;

static int64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double
draw (void) /* 0..1 */
{
  return drand48 ();
}

static bool
happens (double percent)
{
  return percent > 0 && draw () * 100 < percent;
}

static bool
leaves_before (const Frame *a, const Frame *b)
{
  return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void
queue_push (Queue *queue, Frame frame)
{
  size_t i = queue->n;

  if (queue->n == QUEUE_MAX) { /* a full buffer of a real router drops the tail too */
    free (frame.bytes);
    return;
  }
  queue->n++;
  while (i > 0 && leaves_before (&frame, &queue->heap[(i - 1) / 2])) {
    queue->heap[i] = queue->heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  queue->heap[i] = frame;
}

static Frame
queue_pop (Queue *queue)
{
  Frame first = queue->heap[0];
  Frame last = queue->heap[--queue->n];
  size_t i = 0;

  for (;;) {
    size_t child = 2 * i + 1;

    if (child >= queue->n)
      break;
    if (child + 1 < queue->n && leaves_before (&queue->heap[child + 1], &queue->heap[child]))
      child++;
    if (!leaves_before (&queue->heap[child], &last))
      break;
    queue->heap[i] = queue->heap[child];
    i = child;
  }
  queue->heap[i] = last;
  return first;
}

static int
open_interface (const char *name)
{
  struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons (ETH_P_ALL) };
  const int on = 1, buffer = 4 << 20;
  int fd = socket (AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons (ETH_P_ALL));

  address.sll_ifindex = (int)if_nametoindex (name);
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (fd < 0 || address.sll_ifindex == 0
      || setsockopt (fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0
      || setsockopt (fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0
      || bind (fd, (struct sockaddr *)&address, sizeof address) != 0) {
    fprintf (stderr, "line: %s: %s\n", name, strerror (errno));
    exit (1);
  }
  return fd;
}

static void
delay_frame (Line *line, int out, const uint8_t *bytes, size_t length)
{
  Frame frame = { .due_ns = now_ns (), .order = line->order++, .length = length };

  if (line->faults.rate > 0) {
    int64_t start =
        frame.due_ns > line->busy_until_ns[out] ? frame.due_ns : line->busy_until_ns[out];

    line->busy_until_ns[out] = start + (int64_t)(length * 8 * 1e6 / line->faults.rate);
    frame.due_ns = line->busy_until_ns[out];
  }
  if (!happens (line->faults.reorder)) /* as netem does: the chosen ones overtake */
    frame.due_ns += (int64_t)((line->faults.delay + draw () * line->faults.jitter) * 1e6);
  frame.bytes = malloc (length);
  memcpy (frame.bytes, bytes, length);
  if (happens (line->faults.corrupt)) {
    size_t headers = sizeof (struct virtio_net_hdr) + sizeof (struct ether_header);

    frame.bytes[headers + (size_t)(draw () * (length - headers))] ^= 1 << (int)(draw () * 8);
  }
  queue_push (&line->queues[out], frame);
}

static void
read_frames (Line *line, int in)
{
  static uint8_t bytes[FRAME_MAX];

  for (int i = 0; i < 64; i++) {
    ssize_t length = recv (line->sockets[in], bytes, sizeof bytes, 0);

    if (length <= (ssize_t)(sizeof (struct virtio_net_hdr) + sizeof (struct ether_header)))
      return;
    if (happens (line->faults.loss))
      continue;
    delay_frame (line, 1 - in, bytes, (size_t)length);
    if (happens (line->faults.duplicate))
      delay_frame (line, 1 - in, bytes, (size_t)length);
  }
}

static void
send_due (Line *line, int out)
{
  Queue *queue = &line->queues[out];
  int64_t now = now_ns ();

  while (queue->n > 0 && queue->heap[0].due_ns <= now) {
    Frame frame = queue_pop (queue);

    /* A frame that finds the interface down or its buffer full is lost, as on a real cable. */
    if (send (line->sockets[out], frame.bytes, frame.length, 0) < 0 && errno == EINVAL)
      fprintf (stderr, "line: frame of %zu bytes refused\n", frame.length);
    free (frame.bytes);
  }
}

static bool
set_fault (Faults *faults, const char *key, double value)
{
  const struct {
    const char *key;
    double *value;
  } table[] = { { "delay", &faults->delay },     { "jitter", &faults->jitter },
                { "loss", &faults->loss },       { "reorder", &faults->reorder },
                { "corrupt", &faults->corrupt }, { "duplicate", &faults->duplicate },
                { "rate", &faults->rate } };

  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp (table[i].key, key) == 0) {
      *table[i].value = value;
      return true;
    }
  return false;
}

static bool
read_settings (Line *line)
{
  char text[512], *word, *place = NULL;

  if (fgets (text, sizeof text, stdin) == NULL)
    return false;
  for (word = strtok_r (text, " \n", &place); word != NULL; word = strtok_r (NULL, " \n", &place)) {
    const char *value = strtok_r (NULL, " \n", &place);

    if (value == NULL || !set_fault (&line->faults, word, strtod (value, NULL))) {
      fprintf (stderr, "line: unknown setting '%s'\n", word);
      exit (2);
    }
  }
  puts ("ok");
  fflush (stdout);
  return true;
}

static struct timespec
time_to_next (const Line *line)
{
  int64_t wait = 1000000000;
  int64_t now = now_ns ();

  for (int i = 0; i < 2; i++)
    if (line->queues[i].n > 0 && line->queues[i].heap[0].due_ns - now < wait)
      wait = line->queues[i].heap[0].due_ns - now;
  if (wait < 0)
    wait = 0;
  return (struct timespec){ .tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000 };
}

int
main (int argc, char **argv)
{
  Line line = { .order = 0 };
  struct pollfd fds[3];
  long seed;

  if (argc != 3) {
    fprintf (stderr, "usage: line INTERFACE INTERFACE < settings\n");
    return 2;
  }
  if (getrandom (&seed, sizeof seed, 0) == sizeof seed)
    srand48 (seed);
  setvbuf (stdin, NULL, _IONBF, 0); /* poll() must see what is left to read */
  for (int i = 0; i < 2; i++) {
    line.sockets[i] = open_interface (argv[1 + i]);
    line.queues[i].heap = calloc (QUEUE_MAX, sizeof (Frame));
    fds[i] = (struct pollfd){ .fd = line.sockets[i], .events = POLLIN };
  }
  fds[2] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };

  for (;;) {
    struct timespec wait = time_to_next (&line);

    if (ppoll (fds, 3, &wait, NULL) < 0 && errno != EINTR)
      return 1;
    for (int i = 0; i < 2; i++) {
      if (fds[i].revents & POLLIN)
        read_frames (&line, i);
      send_due (&line, 1 - i);
      send_due (&line, i);
    }
    if (fds[2].revents != 0 && !read_settings (&line))
      return 0;
  }
}
