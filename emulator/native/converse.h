/* Flows that last: who answers them, who keeps them, and what is told of each. See converse.c. */
#ifndef FARMLAB_CONVERSE_H
#define FARMLAB_CONVERSE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum converse_kind { CONVERSE_TCP, CONVERSE_UDP, CONVERSE_ICMP };

/* One flow, from whom it is kept. Times are milliseconds of the monotonic clock. */
struct converse_flow {
  enum converse_kind kind;
  int family;
  int fd;          /* -1: over */
  uint16_t id;     /* of an echo */
  uint16_t number; /* of the last word sent */
  uint32_t seen;   /* the port that the answerer of udp saw first, in network order; 0: none yet */
  bool is_open;    /* answered at least once */
  bool has_moved;  /* seen with another port */
  unsigned sent, answered;
  int64_t answered_at, longest_gap;
};

int64_t converse_now(void);

/* Opens a socket of the calling thread's namespace; -1 on failure. `address` is text. */
int converse_open(struct converse_flow *flow, enum converse_kind kind, const char *address, unsigned port, uint16_t id);
/* Sends the next word; what cannot be sent is as good as lost. */
void converse_send(struct converse_flow *flow);
/* Reads whatever has come. */
void converse_read(struct converse_flow *flow);

/* Answers what comes to a port, of tcp and udp, in the calling thread's namespace; -1 on failure. */
int converse_answer(unsigned port, int *tcp, int *udp);
/* Takes a connection: its descriptor, or -1. */
int converse_accept(int tcp);
/* Sends back what has come; -1: the connection is over. */
int converse_echo_tcp(int connection);
void converse_echo_udp(int udp);

#endif
