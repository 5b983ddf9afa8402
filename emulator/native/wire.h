/*
 * `native wire`: passes frames between the two ends of links, as they are or as the rules of a link's direction say. One thread does it; a
 * frame that nothing is to happen to goes from the kernel's ring to the other end without being copied here.
 */
#ifndef FARMLAB_WIRE_H
#define FARMLAB_WIRE_H

#include "wire_rule.h"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

enum {
  WIRE_LINKS_MAX = 256,
  WIRE_RULES_MAX = 16,     /* of one direction */
  WIRE_NAME_MAX = 64,      /* bytes of a link's name */
  WIRE_WAITING_MAX = 10000, /* frames that wait in one direction */
  WIRE_BATCH = 64,
};
#define WIRE_WAITING_BYTES_MAX ((size_t)128 << 20)

struct wire_counters {
  uint64_t received, sent, lost, cut, delayed, reordered, duplicated, corrupted;
  uint64_t rate_full;    /* dropped: more waits for the rate than its queue takes */
  uint64_t waiting_full; /* dropped: more frames wait than WIRE_WAITING_MAX, or than there is memory for */
  uint64_t flows_full;   /* passed undecided: more flows than WIRE_FLOWS_MAX */
  uint64_t ring_full;    /* dropped by the kernel: they came faster than they were taken */
  uint64_t too_long, not_sent;
};

struct wire_link;

struct wire_port {
  char name[IFNAMSIZ];
  struct wire_link *link;
  int end;         /* which of the link's ends */
  int socket;      /* -1 while there is no such interface */
  int index;       /* of the interface that the socket is bound to */
  uint8_t *ring;
  size_t ring_size;
  unsigned frame_size, frame_count, next;
};

/* What comes in at one end and leaves at the other. */
struct wire_direction {
  struct wire_port *to;
  char place[WIRE_NAME_MAX + 4]; /* link and direction, as the decisions depend on them */
  struct rule *rules[WIRE_RULES_MAX];
  int rule_count;
  int waiting;
  struct parcel *held;
  struct wire_counters counters;
};

struct wire_link {
  char name[WIRE_NAME_MAX + 1];
  struct wire_port ports[2];
  struct wire_direction directions[2]; /* [0]: from ports[0] to ports[1] */
};

extern struct wire_link wire_links[WIRE_LINKS_MAX];
extern int wire_link_count;

struct wire_link *wire_link_named(const char *name);
int64_t wire_now_ns(void);

/* wire_batch.c: frames that leave together. */
struct wire_batch {
  struct wire_direction *direction;
  unsigned count;
  struct mmsghdr messages[2 * WIRE_BATCH];
  struct iovec parts[2 * WIRE_BATCH];
  struct parcel *spent; /* to be freed once they have left */
};
void wire_batch_begin(struct wire_batch *batch, struct wire_direction *direction);
void wire_batch_add(struct wire_batch *batch, const uint8_t *frame, size_t length);
/* The parcel has left the queue, and is freed when the batch has left. */
void wire_batch_add_parcel(struct wire_batch *batch, struct parcel *parcel);
void wire_batch_flush(struct wire_batch *batch);

/* wire_port.c */
/* Binds each port whose interface has come, and lets go of each whose interface has gone. */
void wire_ports_follow(int poll_set);
/* The next frame that waits in the ring, or NULL; it stays there until wire_port_release has been told of `count` frames. */
uint8_t *wire_port_take(struct wire_port *port, unsigned ahead, size_t *length);
void wire_port_release(struct wire_port *port, unsigned count);
int wire_port_set_up(const struct wire_port *port, bool up);
void wire_port_count_drops(struct wire_port *port);
/* The socket's own error, such as that of an interface that went down, is told once and is no end. */
void wire_port_clear_error(const struct wire_port *port);

/* wire_pass.c */
void wire_pass(struct wire_batch *batch, uint8_t *frame, size_t length);

/* wire_queue.c: frames that wait. */
struct parcel {
  int64_t due_ns;
  uint64_t sequence;  /* of equal times, the first come is the first to go */
  size_t place;       /* 1 + its position among those that wait, 0: not there */
  struct wire_direction *direction;
  const struct rule *holder; /* the rule that holds it back behind others */
  unsigned behind;    /* how many frames are to pass it still */
  int64_t own_due_ns; /* when it would leave if nobody held it */
  struct parcel *next; /* of those that are held back, or of a batch's spent ones */
  size_t length;
  uint8_t frame[];
};
/* A copy of the frame waits; NULL, counted, where there is no room. */
struct parcel *parcel_wait(struct wire_direction *direction, const uint8_t *frame, size_t length, int64_t due_ns);
/* It is held back: it waits for others to pass, and for its time at most. */
void parcel_hold(struct parcel *parcel, const struct rule *holder);
/* Another time; no longer held back. At an equal time it goes after those that are there. */
void parcel_put_off(struct parcel *parcel, int64_t due_ns);
/* Out of the queue. */
void parcel_take(struct parcel *parcel);
void parcel_free(struct parcel *parcel);
void parcels_send_due(int64_t now_ns);
/* When it is time to send those that are due; -1: none waits. */
int64_t parcels_next_due_ns(void);
/* What a rule holds back leaves. */
void parcels_let_go(struct wire_direction *direction, const struct rule *holder);

/* wire_control.c: requests, from the file that it starts with and from the socket. */
bool wire_control_start(const char *file, char *error, size_t error_size);
int wire_control_listen(void);
void wire_control_serve(void);

#endif
