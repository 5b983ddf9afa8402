/* What becomes of one frame; see wire.h. Rules are applied in the order in which they were set. */
#define _GNU_SOURCE
#include "wire.h"

#define NS_PER_US 1000LL

/* What the rules said so far. */
struct passage {
  int64_t at_ns; /* when it leaves */
  bool duplicate;
  struct rule *holder;
};

/* The line that serves one frame after the other; false: too much waits for it. */
static bool pass_rate(struct rule *rule, size_t length, struct passage *passage) {
  int64_t begin = rule->free_ns > passage->at_ns ? rule->free_ns : passage->at_ns;
  if (begin - passage->at_ns > rule->queue_us * NS_PER_US) return false;
  passage->at_ns = rule->free_ns = begin + (int64_t)length * 8 * 1000000 / rule->rate_kbit;
  return true;
}

/* Delay and jitter keep the order of frames; a delay by hand does not. */
static void pass_delay(struct rule *rule, const struct decision *decision, struct passage *passage) {
  if (rule->delay_us > 0 || rule->jitter_us > 0) {
    int64_t due = passage->at_ns + decision->delay_us * NS_PER_US;
    passage->at_ns = rule->last_due_ns = due > rule->last_due_ns ? due : rule->last_due_ns;
  }
  passage->at_ns += decision->extra_us * NS_PER_US;
}

/* False: the frame ends here. */
static bool pass_rule(struct wire_direction *direction, struct rule *rule, const struct flow *flow, uint8_t *frame, size_t length,
                      struct passage *passage) {
  struct wire_counters *counters = &direction->counters;
  struct decision decision = {.delay_us = rule->delay_us};
  if (rule->cut) return counters->cut += 1, false;
  if (rule_decides(rule) && !rule_decide(rule, flow, direction->place, &decision)) counters->flows_full += 1;
  if (decision.drop) return counters->lost += 1, false;
  if (decision.corrupt) {
    frame[decision.corrupt_bit / 8] ^= (uint8_t)(1 << decision.corrupt_bit % 8);
    counters->corrupted += 1;
  }
  passage->duplicate = passage->duplicate || decision.duplicate;
  if (decision.hold && passage->holder == NULL) passage->holder = rule;
  if (rule->rate_kbit > 0 && !pass_rate(rule, length, passage)) return counters->rate_full += 1, false;
  pass_delay(rule, &decision, passage);
  return true;
}

static void hold(struct wire_direction *direction, const uint8_t *frame, size_t length, const struct passage *passage) {
  int64_t latest = passage->at_ns + passage->holder->reorder_hold_us * NS_PER_US;
  struct parcel *parcel = parcel_wait(direction, frame, length, latest);
  if (parcel == NULL) return;
  parcel->own_due_ns = passage->at_ns;
  parcel->behind = (unsigned)passage->holder->reorder_behind;
  parcel_hold(parcel, passage->holder);
  direction->counters.reordered += 1;
}

static void emit(struct wire_batch *batch, const uint8_t *frame, size_t length, int64_t now_ns, int64_t at_ns) {
  if (at_ns <= now_ns) {
    wire_batch_add(batch, frame, length);
    return;
  }
  if (parcel_wait(batch->direction, frame, length, at_ns) != NULL) batch->direction->counters.delayed += 1;
}

/* Those that this frame has passed for long enough follow it. */
static void release_held(struct wire_batch *batch, const bool *applied, int64_t now_ns, int64_t at_ns) {
  struct wire_direction *direction = batch->direction;
  for (struct parcel *parcel = direction->held, *next; parcel != NULL; parcel = next) {
    next = parcel->next;
    int position = 0;
    while (position < direction->rule_count && direction->rules[position] != parcel->holder) position += 1;
    if (position == direction->rule_count || !applied[position]) continue;
    parcel->behind -= 1;
    if (parcel->behind > 0) continue;
    int64_t due = parcel->own_due_ns > at_ns ? parcel->own_due_ns : at_ns;
    parcel_put_off(parcel, due);
    if (due > now_ns) continue;
    parcel_take(parcel);
    wire_batch_add_parcel(batch, parcel);
  }
}

void wire_pass(struct wire_batch *batch, uint8_t *frame, size_t length) {
  struct wire_direction *direction = batch->direction;
  direction->counters.received += 1;
  if (direction->rule_count == 0) {
    wire_batch_add(batch, frame, length);
    return;
  }
  struct flow flow;
  bool applied[WIRE_RULES_MAX] = {false};
  int64_t now = wire_now_ns();
  struct passage passage = {.at_ns = now};
  flow_read(frame, length, &flow);
  for (int position = 0; position < direction->rule_count; position += 1) {
    struct rule *rule = direction->rules[position];
    applied[position] = rule_wants(rule, &flow.key);
    if (applied[position] && !pass_rule(direction, rule, &flow, frame, length, &passage)) return;
  }
  if (passage.holder != NULL) {
    hold(direction, frame, length, &passage);
    return;
  }
  emit(batch, frame, length, now, passage.at_ns);
  if (passage.duplicate) {
    direction->counters.duplicated += 1;
    emit(batch, frame, length, now, passage.at_ns);
  }
  if (direction->held != NULL) release_held(batch, applied, now, passage.at_ns);
}
