/* Reads the ring that the program in the kernel writes to (Documentation/bpf/ringbuf.rst). */
#define _GNU_SOURCE
#include "drops.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long *consumer;
static const unsigned long *producer;
static const uint8_t *records;

bool drops_ring_open(int ring) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  void *ours = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
  /* The records are mapped twice in a row, so that none is ever in two parts. */
  void *theirs = mmap(NULL, page + 2 * DROPS_RING_BYTES, PROT_READ, MAP_SHARED, ring, (off_t)page);
  if (ours == MAP_FAILED || theirs == MAP_FAILED) return false;
  consumer = ours;
  producer = theirs;
  records = (const uint8_t *)theirs + page;
  return true;
}

void drops_ring_read(void (*tell)(const struct drop *drop)) {
  unsigned long at = *consumer;
  while (at < __atomic_load_n(producer, __ATOMIC_ACQUIRE)) {
    const uint8_t *record = records + (at & (DROPS_RING_BYTES - 1));
    uint32_t length = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) break;
    size_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    if ((length & BPF_RINGBUF_DISCARD_BIT) == 0 && size >= sizeof(struct drop)) {
      struct drop drop;
      memcpy(&drop, record + BPF_RINGBUF_HDR_SZ, sizeof drop);
      tell(&drop);
    }
    at += (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    __atomic_store_n(consumer, at, __ATOMIC_RELEASE);
  }
}
