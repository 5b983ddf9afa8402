/** Seeded choice: the same seed and label give the same values on every machine. Not for secrets. */

/** 32-bit FNV-1a with a final mix, over UTF-16 code units. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A stream of choices. */
export interface Random {
  /** A whole number in [0, bound). */
  below(bound: number): number;
  /** One element; the list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** A new list in random order. */
  shuffle<T>(list: readonly T[]): T[];
}

/** mulberry32 seeded by (seed, label): streams of different labels are independent. */
export function seededRandom(seed: number, label: string): Random {
  let state = (hash32(label) ^ Math.imul(seed | 0, 0x9e3779b1)) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => Math.floor((next() / 0x1_0000_0000) * bound);
  return {
    below,
    pick(list) {
      const chosen = list[below(list.length)];
      if (chosen === undefined) throw new Error("pick from an empty list");
      return chosen;
    },
    shuffle(list) {
      const result = [...list];
      for (let last = result.length - 1; last > 0; last -= 1) {
        const other = below(last + 1);
        [result[last], result[other]] = [result[other]!, result[last]!];
      }
      return result;
    },
  };
}

/** A locally administered unicast MAC address from (seed, node, interface), so that labs repeat. */
export function seededMac(seed: number, node: string, link: string): string {
  const high = hash32(`mac:${seed}:${node}:${link}:high`);
  const low = hash32(`mac:${seed}:${node}:${link}:low`);
  const bytes = [0x02, (high >>> 8) & 0xff, high & 0xff, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
