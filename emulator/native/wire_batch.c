/* Frames that leave together; see wire.h. */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <string.h>

void wire_batch_begin(struct wire_batch *batch, struct wire_direction *direction) {
  batch->direction = direction;
  batch->count = 0;
  batch->spent = NULL;
}

void wire_batch_add(struct wire_batch *batch, const uint8_t *frame, size_t length) {
  if (batch->count == 2 * WIRE_BATCH) wire_batch_flush(batch);
  struct iovec *part = &batch->parts[batch->count];
  *part = (struct iovec){.iov_base = (void *)frame, .iov_len = length};
  batch->messages[batch->count] = (struct mmsghdr){.msg_hdr = {.msg_iov = part, .msg_iovlen = 1}};
  batch->count += 1;
}

void wire_batch_add_parcel(struct wire_batch *batch, struct parcel *parcel) {
  wire_batch_add(batch, parcel->frame, parcel->length);
  parcel->next = batch->spent;
  batch->spent = parcel;
}

/* What the far end does not take is lost, as on a cable; nobody waits for it. */
void wire_batch_flush(struct wire_batch *batch) {
  struct wire_counters *counters = &batch->direction->counters;
  int socket = batch->direction->to->socket;
  for (unsigned done = 0; done < batch->count;) {
    int sent = socket < 0 ? -1 : sendmmsg(socket, batch->messages + done, batch->count - done, MSG_DONTWAIT);
    if (sent < 0 && socket >= 0 && errno == EINTR) continue;
    counters->sent += sent > 0 ? (uint64_t)sent : 0;
    counters->not_sent += sent > 0 ? 0 : 1;
    done += sent > 0 ? (unsigned)sent : 1;
  }
  batch->count = 0;
  while (batch->spent != NULL) {
    struct parcel *parcel = batch->spent;
    batch->spent = parcel->next;
    parcel_free(parcel);
  }
}
