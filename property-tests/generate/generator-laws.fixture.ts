/** Laws that every generator obeys, whatever it makes. Each throws with the value that breaks it. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { hash32 } from "../../core/common/index.ts";
import { sample } from "./index.ts";

export interface LawOptions {
  readonly seed: number;
  readonly samples: number;
}

const values = <T>(arbitrary: fc.Arbitrary<T>, { seed, samples }: LawOptions): T[] =>
  Array.from({ length: samples }, (_, index) => sample(arbitrary, seed, index));

function pass<T>(value: T, judge: (value: T) => readonly string[]): void {
  assert.deepEqual(judge(value), [], JSON.stringify(value));
}

/** The same seed gives the same value, from generators made anew, in whatever order they are asked. */
export function assertSameSeedSameValue<T>(make: () => fc.Arbitrary<T>, options: LawOptions): void {
  const first = values(make(), options);
  const again = make();
  for (let index = options.samples - 1; index >= 0; index -= 1) assert.deepEqual(sample(again, options.seed, index), first[index]);
}

/** Every value passes; `judge` throws or says what is wrong with one. */
export function assertCorrect<T>(arbitrary: fc.Arbitrary<T>, judge: (value: T) => readonly string[], options: LawOptions): void {
  for (const value of values(arbitrary, options)) pass(value, judge);
}

/**
 * Whatever is tried while a value shrinks passes, and is the same again or smaller than what it shrinks from. The way down is arbitrary, as a
 * value counts as failing by its hash.
 */
export function assertShrinksToSmaller<T>(
  arbitrary: fc.Arbitrary<T>,
  judge: (value: T) => readonly string[],
  sizeOf: (value: T) => number,
  { seed, samples }: LawOptions,
): void {
  for (let index = 0; index < samples; index += 1) {
    let broken: Error | undefined;
    let current: T | undefined;
    const fails = (value: T): boolean => {
      const text = JSON.stringify(value);
      pass(value, judge);
      if (current !== undefined && JSON.stringify(current) !== text)
        assert.ok(sizeOf(value) < sizeOf(current), `${JSON.stringify(current)} shrinks to ${text}, which is not smaller`);
      return current === undefined || hash32(`${index} ${text}`) % 4 !== 0;
    };
    const property = fc.property(arbitrary, (value) => {
      try {
        if (broken !== undefined || !fails(value)) return true;
        current = value;
        return false;
      } catch (error) {
        broken = error instanceof Error ? error : new Error(String(error));
        return true;
      }
    });
    fc.check(property, { seed: seed + index, numRuns: 1 });
    if (broken !== undefined) throw broken;
  }
}

/** Where everything fails, every value shrinks to the same one. */
export function assertShrinksTo<T>(arbitrary: fc.Arbitrary<T>, plainest: T, { seed, samples }: LawOptions): void {
  for (let index = 0; index < samples; index += 1) {
    const { counterexample } = fc.check(
      fc.property(arbitrary, () => false),
      { seed: seed + index, numRuns: 1 },
    );
    assert.deepEqual(counterexample, [plainest]);
  }
}

/** Every feature is there in one of the samples at least. */
export function assertCovers<T>(
  arbitrary: fc.Arbitrary<T>,
  featuresOf: (value: T) => Iterable<string>,
  features: readonly string[],
  options: LawOptions,
): void {
  const seen = new Set(values(arbitrary, options).flatMap((value) => [...featuresOf(value)]));
  assert.deepEqual(
    features.filter((feature) => !seen.has(feature)),
    [],
  );
}
