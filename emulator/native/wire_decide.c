/* What a rule decides about one packet; see wire_rule.h. */
#include "wire_rule.h"

#include <string.h>

/* What a number is drawn for: each has numbers of its own. */
enum draw { DRAW_LOSS = 1, DRAW_REORDER = 2, DRAW_DUPLICATE = 3, DRAW_CORRUPT = 4, DRAW_JITTER = 5, DRAW_BIT = 6 };

static void put_little(uint8_t *out, uint64_t value) {
  for (int index = 0; index < 8; index += 1) out[index] = (uint8_t)(value >> (8 * index));
}

static uint64_t draw(const struct rule *rule, const struct flow_entry *flow, enum draw what) {
  uint8_t message[24];
  put_little(message, flow->hash);
  put_little(message + 8, flow->packets);
  put_little(message + 16, what);
  return siphash(rule->key, message, sizeof message);
}

/* 53 bits as a number in [0, 1), exactly. */
static bool happens(const struct rule *rule, const struct flow_entry *flow, enum draw what, double probability) {
  return probability > 0 && (double)(draw(rule, flow, what) >> 11) * 0x1p-53 < probability;
}

/* A whole number below `bound`, which is below 2^32. */
static uint64_t below(const struct rule *rule, const struct flow_entry *flow, enum draw what, uint64_t bound) {
  return ((draw(rule, flow, what) >> 32) * bound) >> 32;
}

static const struct edit *find_edit(const struct rule *rule, const struct flow_entry *flow) {
  size_t low = 0, high = rule->edit_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (rule->edits[middle].index < flow->packets) low = middle + 1;
    else high = middle;
  }
  for (; low < rule->edit_count && rule->edits[low].index == flow->packets; low += 1) {
    const char *wanted = rule->edits[low].flow;
    if (strcmp(wanted, "*") == 0 || strcmp(wanted, flow->name->text) == 0) return &rule->edits[low];
  }
  return NULL;
}

/* A bit of what follows the network header, whose checksum stays as it was; nothing where there is nothing. */
static void choose_bit(const struct rule *rule, const struct flow_entry *entry, const struct flow *flow, struct decision *out) {
  if (flow->end <= flow->body) return;
  out->corrupt = true;
  out->corrupt_bit = flow->body * 8 + below(rule, entry, DRAW_BIT, (flow->end - flow->body) * 8);
}

static void decide_by_hand(const struct rule *rule, const struct flow_entry *entry, const struct flow *flow, const struct edit *edit,
                           struct decision *out) {
  out->delay_us = rule->delay_us;
  switch (edit->action) {
  case EDIT_PASS: break;
  case EDIT_DROP: out->drop = true; break;
  case EDIT_DELAY: out->extra_us = edit->amount; break;
  case EDIT_DUPLICATE: out->duplicate = true; break;
  case EDIT_CORRUPT: choose_bit(rule, entry, flow, out); break;
  }
}

static void decide_by_draw(const struct rule *rule, const struct flow_entry *entry, const struct flow *flow, struct decision *out) {
  out->drop = happens(rule, entry, DRAW_LOSS, rule->loss);
  out->hold = happens(rule, entry, DRAW_REORDER, rule->reorder);
  out->duplicate = !out->hold && happens(rule, entry, DRAW_DUPLICATE, rule->duplicate);
  if (happens(rule, entry, DRAW_CORRUPT, rule->corrupt)) choose_bit(rule, entry, flow, out);
  out->delay_us = rule->delay_us;
  if (rule->jitter_us == 0) return;
  out->delay_us += (int64_t)below(rule, entry, DRAW_JITTER, 2 * (uint64_t)rule->jitter_us + 1) - rule->jitter_us;
  if (out->delay_us < 0) out->delay_us = 0;
}

bool rule_decide(struct rule *rule, const struct flow *flow, const char *place, struct decision *out) {
  struct flow_entry *entry = flow_table_count(&rule->flows, flow, rule->key, place);
  if (entry == NULL) return false;
  const struct edit *edit = find_edit(rule, entry);
  if (edit != NULL) decide_by_hand(rule, entry, flow, edit, out);
  else decide_by_draw(rule, entry, flow, out);
  if (out->drop) {
    wire_log_add(place, rule, entry, "drop", 0);
    return true;
  }
  int64_t delay_us = out->delay_us + out->extra_us;
  if (delay_us != rule->delay_us) wire_log_add(place, rule, entry, "delay", (uint64_t)delay_us);
  if (out->hold) wire_log_add(place, rule, entry, "reorder", (uint64_t)rule->reorder_behind);
  if (out->duplicate) wire_log_add(place, rule, entry, "duplicate", 0);
  if (out->corrupt) wire_log_add(place, rule, entry, "corrupt", out->corrupt_bit);
  return true;
}
