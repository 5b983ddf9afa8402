/*
 * `native capture`: packets of any interfaces in any network namespaces, as one pcapng stream on stdout. Judges and decodes nothing.
 * All rings are in one thread; a reader that is too slow costs packets, which the kernel counts, and never memory.
 */
#ifndef FARMLAB_CAPTURE_H
#define FARMLAB_CAPTURE_H

#include "line.h"

#include <linux/filter.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
  CAPTURE_INTERFACES_MAX = 4096,
  CAPTURE_NAME_MAX = 256,        /* bytes of an interface's name in the file */
  CAPTURE_DESCRIPTION_MAX = 1024,
  CAPTURE_SNAP_MAX = 65535,
};

/* capture_ring.c: a packet socket whose packets are in memory that it shares with the kernel. */
struct ring {
  int fd;
  uint8_t *memory; /* NULL where the ring is not open */
  size_t slots, slot_size, block_size, next, snap;
  unsigned index; /* of its interface */
};
struct ring_options {
  size_t snap;                     /* bytes of a packet that are kept; 0: what the interface's MTU asks for */
  const struct sock_fprog *filter; /* NULL: every packet */
};
struct ring_packet {
  int64_t time_ns; /* since 1970 */
  const uint8_t *data;
  size_t kept, length;
  unsigned char type; /* PACKET_HOST, ..., PACKET_OUTGOING */
  bool has_tag;
  uint16_t tag_protocol, tag; /* the 802.1Q tag that the kernel took out of the frame */
};
struct ring_link {
  unsigned hardware; /* ARPHRD_... */
  uint8_t address[6];
  unsigned snap, mtu, index;
};
bool ring_open(struct ring *ring, int namespace, const char *interface, const struct ring_options *options, struct ring_link *link);
bool ring_start(struct ring *ring, size_t memory);
bool ring_peek(const struct ring *ring, struct ring_packet *out);
void ring_drop(struct ring *ring);
void ring_clear_error(const struct ring *ring);
void ring_counts(const struct ring *ring, uint64_t *received, uint64_t *dropped);
void ring_close(struct ring *ring);

/* capture_request.c: what is to be captured. */
struct captured {
  char name[CAPTURE_NAME_MAX], description[CAPTURE_DESCRIPTION_MAX], interface[IFNAMSIZ];
  int namespace;
  const struct sock_fprog *filter;
  struct ring ring;
  int error; /* why its ring did not start */
};
struct capture_request {
  struct captured *captured;
  uint32_t count;
  size_t memory, snap;             /* 0: not said */
  const struct sock_fprog *filter; /* of the interfaces that follow */
};
/* Reads until `start`; false at the end of stdin, and after telling what is wrong. */
bool capture_request_read(struct line_reader *reader, struct capture_request *request);
/* Tells it on stderr; false. */
bool capture_error(const char *name, const char *words);

/* capture_pcapng.c: blocks (draft-ietf-opsawg-pcapng) in this machine's byte order. */
struct pcapng_interface {
  const char *name, *description;
  ino_t namespace;
  struct ring_link link;
};
bool pcapng_knows(unsigned hardware);
void pcapng_section(void);
void pcapng_interface(const struct pcapng_interface *interface);
void pcapng_packet(uint32_t interface, const struct ring_packet *packet);
void pcapng_statistics(uint32_t interface, int64_t from_ns, int64_t until_ns, uint64_t received, uint64_t dropped);
bool pcapng_flush(void);

#endif
