/** SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages. emulator/native/siphash.c is the same in C. */

const mask = 0xffff_ffff_ffff_ffffn;
const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask;

export interface SiphashKey {
  /** The key's first 8 bytes as a little-endian number; then the others. */
  readonly low: bigint;
  readonly high: bigint;
}

type State = [bigint, bigint, bigint, bigint];

function mix(state: State, rounds: number): void {
  let [v0, v1, v2, v3] = state;
  for (let round = 0; round < rounds; round += 1) {
    v0 = (v0 + v1) & mask;
    v2 = (v2 + v3) & mask;
    v1 = rotate(v1, 13n) ^ v0;
    v3 = rotate(v3, 16n) ^ v2;
    v0 = rotate(v0, 32n);
    v2 = (v2 + v1) & mask;
    v0 = (v0 + v3) & mask;
    v1 = rotate(v1, 17n) ^ v2;
    v3 = rotate(v3, 21n) ^ v0;
    v2 = rotate(v2, 32n);
  }
  state.splice(0, 4, v0, v1, v2, v3);
}

function take(state: State, word: bigint): void {
  state[3] ^= word;
  mix(state, 2);
  state[0] ^= word;
}

/** 64 bits. */
export function siphash(key: SiphashKey, data: Uint8Array): bigint {
  const state: State = [
    key.low ^ 0x736f6d6570736575n,
    key.high ^ 0x646f72616e646f6dn,
    key.low ^ 0x6c7967656e657261n,
    key.high ^ 0x7465646279746573n,
  ];
  const padded = Buffer.alloc((Math.floor(data.length / 8) + 1) * 8);
  padded.set(data);
  padded[padded.length - 1] = data.length & 0xff;
  for (let offset = 0; offset < padded.length; offset += 8) take(state, padded.readBigUInt64LE(offset));
  state[2] ^= 0xffn;
  mix(state, 4);
  return state[0] ^ state[1] ^ state[2] ^ state[3];
}
