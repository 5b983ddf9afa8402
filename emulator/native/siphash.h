/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages. emulator/wire/siphash.ts is the same in TypeScript. */
#ifndef FARMLAB_SIPHASH_H
#define FARMLAB_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
  uint64_t low, high;
};

uint64_t siphash(struct siphash_key key, const void *data, size_t length);

#endif
