/* The flows that a rule has seen since it was set: each with its number among flows of its name, and how many packets it had. */
#ifndef FARMLAB_WIRE_TABLE_H
#define FARMLAB_WIRE_TABLE_H

#include "siphash.h"
#include "wire_flow.h"

enum { WIRE_FLOWS_MAX = 65536 }; /* of one rule, names counted too */

/* A flow's name, held as long as a flow or a decision has it. */
struct flow_name {
  unsigned users;
  char text[];
};
void flow_name_drop(struct flow_name *name);

struct flow_entry {
  struct flow_key key;
  uint64_t packets;
  uint64_t hash; /* of what the flow's decisions depend on, but for the packet's index */
  uint32_t tcp_sequence;
  uint32_t number;
  struct flow_name *name; /* NULL: the entry counts flows of a name */
};

struct flow_table {
  struct flow_entry *entries;
  uint32_t used, room;
  uint32_t *slots; /* 1 + the entry's position, 0: free */
  uint32_t slot_count;
};

/*
 * Counts a packet of the flow; the answer's `packets` is its index in the flow, from 1. `place` names link and direction.
 * NULL: there is no room for another flow. The answer is valid until the next call.
 */
struct flow_entry *flow_table_count(struct flow_table *table, const struct flow *flow, struct siphash_key key, const char *place);
void flow_table_free(struct flow_table *table);

#endif
