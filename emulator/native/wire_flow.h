/*
 * What a frame says of its flow. A flow's name repeats in every run of one lab: it has no port that a kernel picked, no ICMP
 * identifier, no token. Flows that differ only in those are numbered in the order in which they come.
 */
#ifndef FARMLAB_WIRE_FLOW_H
#define FARMLAB_WIRE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOW_TEXT_MAX = 192 };

/* No padding: keys are compared and hashed as bytes. */
struct flow_key {
  /* What differs from run to run and tells flows of one name apart. */
  uint64_t token; /* hash of a farmlab probe's token, else 0 */
  uint16_t ports[2];
  uint16_t icmp_id;
  /* What the flow is named by. */
  uint16_t vlan; /* NO_VLAN: untagged */
  uint16_t ethertype;
  uint8_t protocol;
  uint8_t type; /* of ICMP; for other protocols 1: a fragment that is not the first and has no ports */
  uint16_t named_ports[2]; /* 0: picked by a kernel, or none */
  uint8_t source[16], destination[16];
};

#define FLOW_NAME_OFFSET offsetof(struct flow_key, vlan)

struct flow {
  struct flow_key key;
  bool tcp_opens; /* a TCP segment with SYN begins another connection where its sequence number is another */
  uint32_t tcp_sequence;
  size_t body, end; /* the bytes after the network header, without padding of the link; equal: there are none */
};

void flow_read(const uint8_t *frame, size_t length, struct flow *flow);

/* The flow's name with its number among flows of that name, as `udp 10.0.0.1:* > 10.0.0.2:7000 #1`. */
void flow_text(const struct flow_key *key, uint32_t number, char out[FLOW_TEXT_MAX]);

#endif
