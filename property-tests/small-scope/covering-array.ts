/** Rows of settings in which any two values of any two factors occur together. */
import type { Random } from "../../core/common/index.ts";

/** How many values each factor has. */
export type Factors = readonly number[];
/** A value for each factor, from 0. */
export type Row = readonly number[];

/** `factor value factor value`, as one number; the factors in order. */
const pairOf = (one: number, first: number, other: number, second: number): number => ((one * 64 + first) * 64 + other) * 64 + second;

function pairsOf(factors: Factors): Set<number> {
  const pairs = new Set<number>();
  for (const [one, firsts] of factors.entries())
    for (let other = one + 1; other < factors.length; other += 1)
      for (let first = 0; first < firsts; first += 1)
        for (let second = 0; second < (factors[other] ?? 0); second += 1) pairs.add(pairOf(one, first, other, second));
  return pairs;
}

function pairsIn(row: Row): number[] {
  return row.flatMap((first, one) => row.slice(one + 1).map((second, step) => pairOf(one, first, one + step + 1, second)));
}

/** Pairs of values that no row holds. */
export function missingPairs(factors: Factors, rows: readonly Row[]): number {
  const pairs = pairsOf(factors);
  for (const row of rows) for (const pair of pairsIn(row)) pairs.delete(pair);
  return pairs.size;
}

/** One row: factors in an order by chance, each with the value that makes most new pairs with those before it. */
function greedyRow(factors: Factors, missing: ReadonlySet<number>, random: Random): Row {
  const row: number[] = factors.map(() => -1);
  for (const factor of random.shuffle(factors.map((_, position) => position))) {
    let best = { value: 0, pairs: -1 };
    for (const value of random.shuffle(Array.from({ length: factors[factor] ?? 0 }, (_, one) => one))) {
      const pairs = row.filter((second, other) => {
        if (second < 0) return false;
        return missing.has(other < factor ? pairOf(other, second, factor, value) : pairOf(factor, value, other, second));
      }).length;
      if (pairs > best.pairs) best = { value, pairs };
    }
    row[factor] = best.value;
  }
  return row;
}

const tries = 60;

/**
 * A covering array of strength 2, as AETG makes one: row after row the best of some tries (Cohen et al., "The AETG System", 1997). The first
 * row is all zeros. Factors have at most 64 values.
 */
export function coveringArray(factors: Factors, random: Random): Row[] {
  const missing = pairsOf(factors);
  const rows: Row[] = [];
  const take = (row: Row): void => {
    rows.push(row);
    for (const pair of pairsIn(row)) missing.delete(pair);
  };
  take(factors.map(() => 0));
  while (missing.size > 0) {
    const newIn = (row: Row): number => pairsIn(row).filter((pair) => missing.has(pair)).length;
    const candidates = Array.from({ length: tries }, () => greedyRow(factors, missing, random));
    const best = candidates.reduce((one, other) => (newIn(other) > newIn(one) ? other : one));
    take(newIn(best) > 0 ? best : rowWith(factors, missing));
  }
  return rows;
}

/** A row with the first pair that is missing, so that every row brings something. */
function rowWith(factors: Factors, missing: ReadonlySet<number>): Row {
  const [pair = 0] = missing;
  const row = factors.map(() => 0);
  row[Math.floor(pair / 64 ** 3)] = Math.floor(pair / 64 ** 2) % 64;
  row[Math.floor(pair / 64) % 64] = pair % 64;
  return row;
}
