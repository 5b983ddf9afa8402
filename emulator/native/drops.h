/* `native drops`: which packets of some network namespaces the kernel throws away, and why it says it does. */
#ifndef FARMLAB_DROPS_H
#define FARMLAB_DROPS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

enum { DROP_BYTES = 192, DROP_NAMESPACES_MAX = 8192, DROPS_RING_BYTES = 1 << 20 };

/* What the program in the kernel (drops_program.c) tells of one packet. */
struct drop {
  uint64_t time_ns; /* CLOCK_MONOTONIC */
  uint64_t location;
  uint32_t reason, namespace;
  char interface[IFNAMSIZ];
  uint8_t bytes[DROP_BYTES]; /* from the network header on; what lies behind the packet's linear part is not its own */
};

/* drops_program.c: descriptors of the kernel's objects; the program is gone with the last of them. */
struct drops_program {
  int namespaces, ring, lost, program, link;
};
/* False after filling `why` in words. */
bool drops_attach(struct drops_program *program, char *why, unsigned long room);
bool drops_add_namespace(const struct drops_program *program, uint32_t inode);
uint64_t drops_lost(const struct drops_program *program);

/* drops_ring.c: what the program has told. */
bool drops_ring_open(int ring);
void drops_ring_read(void (*tell)(const struct drop *drop));

#endif
