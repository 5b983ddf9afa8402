/*
 * A rule: what is to happen to the frames of one direction of one link. Each decision about a frame is a function of (seed, link,
 * direction, flow, index within the flow); emulator/wire/decide.ts is the same in TypeScript.
 */
#ifndef FARMLAB_WIRE_RULE_H
#define FARMLAB_WIRE_RULE_H

#include "wire_table.h"

enum { RULE_NAME_MAX = 64, RULE_EDITS_MAX = 4000 };

struct flow_filter {
  bool active;
  int protocol, ethertype; /* -1: any */
  int ports[2];            /* source and destination; -1: any */
  struct {
    int family; /* 0: any */
    uint8_t bytes[16];
    int bits;
  } hosts[2];
};

enum edit_action { EDIT_PASS, EDIT_DROP, EDIT_DELAY, EDIT_DUPLICATE, EDIT_CORRUPT };

/* What is decided by hand about one packet of a flow. */
struct edit {
  uint64_t index;
  enum edit_action action;
  int64_t amount;   /* microseconds of delay */
  const char *flow; /* its name; `*`: any */
};

struct rule {
  char name[RULE_NAME_MAX + 1];
  struct siphash_key key;
  struct flow_filter filter;
  bool cut;
  double loss, reorder, duplicate, corrupt; /* probabilities */
  int64_t delay_us, jitter_us, reorder_hold_us;
  int64_t reorder_behind;
  int64_t rate_kbit, queue_us;
  struct edit *edits; /* by index */
  size_t edit_count;
  char *text; /* where the edits' flows stand */
  struct flow_table flows;
  int64_t last_due_ns, free_ns; /* of the latest frame; of the line whose rate it is */
};

/* From `key=value` fields; NULL with `error` filled in. */
struct rule *rule_read(const char *name, char **fields, int count, char *error, size_t error_size);
void rule_free(struct rule *rule);

bool rule_wants(const struct rule *rule, const struct flow_key *key);
/* Whether it decides packet by packet. */
bool rule_decides(const struct rule *rule);

struct decision {
  bool drop, duplicate, corrupt, hold;
  int64_t delay_us; /* keeps the order of frames */
  int64_t extra_us; /* by hand: others may overtake */
  uint64_t corrupt_bit; /* counted from the frame's first */
};

/* `place` names link and direction. False: nothing could be decided, for there is no room for another flow. */
bool rule_decide(struct rule *rule, const struct flow *flow, const char *place, struct decision *out);

/* wire_log.c: the decisions that were made, but for those to pass a packet as it is. */
enum { WIRE_LOG_MAX = 100000 };
void wire_log_add(const char *place, const struct rule *rule, const struct flow_entry *flow, const char *what, uint64_t amount);
struct log_entry {
  char place[72];
  char rule[RULE_NAME_MAX + 1];
  struct flow_name *flow;
  uint64_t index;
  const char *what;
  uint64_t amount;
};
/* NULL beyond the last. */
const struct log_entry *wire_log_entry(size_t position);
/* How many did not fit. */
uint64_t wire_log_cut(void);

#endif
