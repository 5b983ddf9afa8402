/* The decisions that were made, for who asks afterwards; see wire_rule.h. The first ones are kept: how many there are is bounded. */
#include "wire_rule.h"

#include <stdio.h>
#include <stdlib.h>

static struct log_entry *entries;
static size_t used, room;
static uint64_t cut;

static bool make_room(void) {
  if (used < room) return true;
  if (room >= WIRE_LOG_MAX) return false;
  size_t wanted = room == 0 ? 1024 : room * 2 > WIRE_LOG_MAX ? WIRE_LOG_MAX : room * 2;
  struct log_entry *grown = realloc(entries, wanted * sizeof *grown);
  if (grown == NULL) return false;
  entries = grown;
  room = wanted;
  return true;
}

void wire_log_add(const char *place, const struct rule *rule, const struct flow_entry *flow, const char *what, uint64_t amount) {
  if (!make_room()) {
    cut += 1;
    return;
  }
  struct log_entry *entry = &entries[used];
  *entry = (struct log_entry){.flow = flow->name, .index = flow->packets, .what = what, .amount = amount};
  snprintf(entry->place, sizeof entry->place, "%s", place);
  snprintf(entry->rule, sizeof entry->rule, "%s", rule->name);
  entry->flow->users += 1;
  used += 1;
}

const struct log_entry *wire_log_entry(size_t position) { return position < used ? &entries[position] : NULL; }

uint64_t wire_log_cut(void) { return cut; }
