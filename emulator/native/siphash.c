/* See siphash.h. */
#include "siphash.h"

static uint64_t rotate(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

static uint64_t read_little(const uint8_t *bytes, size_t count) {
  uint64_t value = 0;
  for (size_t index = 0; index < count; index += 1) value |= (uint64_t)bytes[index] << (8 * index);
  return value;
}

static void mix(uint64_t v[4], int rounds) {
  for (int round = 0; round < rounds; round += 1) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
  }
}

static void take(uint64_t v[4], uint64_t word) {
  v[3] ^= word;
  mix(v, 2);
  v[0] ^= word;
}

uint64_t siphash(struct siphash_key key, const void *data, size_t length) {
  const uint8_t *bytes = data;
  uint64_t v[4] = {key.low ^ 0x736f6d6570736575, key.high ^ 0x646f72616e646f6d, key.low ^ 0x6c7967656e657261, key.high ^ 0x7465646279746573};
  size_t whole = length & ~(size_t)7;
  for (size_t index = 0; index < whole; index += 8) take(v, read_little(bytes + index, 8));
  take(v, read_little(bytes + whole, length - whole) | (uint64_t)length << 56);
  v[2] ^= 0xff;
  mix(v, 4);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}
