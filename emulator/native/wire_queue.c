/* Frames that wait, a heap by the time at which they are due; see wire.h. */
#define _GNU_SOURCE
#include "wire.h"

#include <stdlib.h>
#include <string.h>

static struct parcel **heap;
static size_t used, room, bytes;
static uint64_t sequence;

static bool is_before(const struct parcel *one, const struct parcel *other) {
  return one->due_ns != other->due_ns ? one->due_ns < other->due_ns : one->sequence < other->sequence;
}

static void put(size_t index, struct parcel *parcel) {
  heap[index] = parcel;
  parcel->place = index + 1;
}

static void rise(size_t index, struct parcel *parcel) {
  for (; index > 0 && is_before(parcel, heap[(index - 1) / 2]); index = (index - 1) / 2) put(index, heap[(index - 1) / 2]);
  put(index, parcel);
}

static void sink(size_t index, struct parcel *parcel) {
  for (size_t child; (child = 2 * index + 1) < used; index = child) {
    if (child + 1 < used && is_before(heap[child + 1], heap[child])) child += 1;
    if (!is_before(heap[child], parcel)) break;
    put(index, heap[child]);
  }
  put(index, parcel);
}

static bool make_room(void) {
  if (used < room) return true;
  size_t wanted = room == 0 ? 256 : room * 2;
  struct parcel **grown = realloc(heap, wanted * sizeof *grown);
  if (grown == NULL) return false;
  heap = grown;
  room = wanted;
  return true;
}

struct parcel *parcel_wait(struct wire_direction *direction, const uint8_t *frame, size_t length, int64_t due_ns) {
  bool full = direction->waiting >= WIRE_WAITING_MAX || bytes + length > WIRE_WAITING_BYTES_MAX;
  struct parcel *parcel = full || !make_room() ? NULL : malloc(sizeof *parcel + length);
  if (parcel == NULL) {
    direction->counters.waiting_full += 1;
    return NULL;
  }
  *parcel = (struct parcel){.due_ns = due_ns, .own_due_ns = due_ns, .sequence = sequence++, .direction = direction, .length = length};
  memcpy(parcel->frame, frame, length);
  direction->waiting += 1;
  bytes += length;
  used += 1;
  rise(used - 1, parcel);
  return parcel;
}

static void leave(struct parcel *parcel) {
  size_t index = parcel->place - 1;
  parcel->place = 0;
  used -= 1;
  struct parcel *last = heap[used];
  if (last == parcel) return;
  if (index > 0 && is_before(last, heap[(index - 1) / 2])) rise(index, last);
  else sink(index, last);
}

void parcel_hold(struct parcel *parcel, const struct rule *holder) {
  struct parcel **link = &parcel->direction->held;
  while (*link != NULL) link = &(*link)->next;
  *link = parcel;
  parcel->holder = holder;
}

static void let_go(struct parcel *parcel) {
  if (parcel->holder == NULL) return;
  struct parcel **link = &parcel->direction->held;
  while (*link != parcel) link = &(*link)->next;
  *link = parcel->next;
  parcel->next = NULL;
  parcel->holder = NULL;
}

void parcel_put_off(struct parcel *parcel, int64_t due_ns) {
  let_go(parcel);
  leave(parcel);
  parcel->due_ns = due_ns;
  parcel->sequence = sequence++;
  used += 1;
  rise(used - 1, parcel);
}

void parcel_take(struct parcel *parcel) {
  let_go(parcel);
  leave(parcel);
}

void parcel_free(struct parcel *parcel) {
  parcel->direction->waiting -= 1;
  bytes -= parcel->length;
  free(parcel);
}

void parcels_send_due(int64_t now_ns) {
  static struct wire_batch batch;
  while (used > 0 && heap[0]->due_ns <= now_ns) {
    wire_batch_begin(&batch, heap[0]->direction);
    while (used > 0 && heap[0]->due_ns <= now_ns && heap[0]->direction == batch.direction && batch.count < WIRE_BATCH) {
      struct parcel *parcel = heap[0];
      parcel_take(parcel);
      wire_batch_add_parcel(&batch, parcel);
    }
    wire_batch_flush(&batch);
  }
}

/* Never before its time; but where many wait, late by a little, so that several leave at once. */
int64_t parcels_next_due_ns(void) {
  enum { MANY = 32, LATE_NS = 50000 };
  return used == 0 ? -1 : used > MANY ? heap[0]->due_ns + LATE_NS : heap[0]->due_ns;
}

void parcels_let_go(struct wire_direction *direction, const struct rule *holder) {
  for (struct parcel *parcel = direction->held, *next; parcel != NULL; parcel = next) {
    next = parcel->next;
    if (parcel->holder == holder) parcel_put_off(parcel, parcel->own_due_ns);
  }
}
