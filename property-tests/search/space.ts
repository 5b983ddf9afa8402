/** What is searched: whole farms, or other networks and events in a farm that is given. */
import { seededRandom } from "../../core/common/index.ts";
import type { Random } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { contents, documentOf, limitsOf, sample, sketches } from "../generate/index.ts";
import type { FarmOptions, Sketch } from "../generate/index.ts";
import { placesOf } from "../generate/places.ts";
import { groundOf, withNetworks } from "../generate/variation.ts";
import { evaluate, evaluateOn } from "./evaluate.ts";
import type { Coverage } from "./keys.ts";
import { changedContents, changedSketch, someContents, someSketch } from "./mutate.ts";
import type { Contents } from "./mutate.ts";

export interface Space<T> {
  /** By the generators, whose values statistics may speak of. */
  readonly drawn: (seed: number, index: number) => T;
  readonly byChance: (random: Random) => T;
  /** Something like the one, or with parts of the other. */
  readonly changed: (random: Random, one: T, other: T) => T;
  readonly evaluated: (value: T) => Coverage;
  readonly documentOf: (value: T) => FarmFile;
}

export function wholeFarms(options: FarmOptions): Space<Sketch> {
  const limits = limitsOf(options);
  const arbitrary = sketches(options);
  return {
    drawn: (seed, index) => sample(arbitrary, seed, index),
    byChance: (random) => someSketch(random, limits),
    changed: (random, one, other) => changedSketch(random, one, other, limits),
    evaluated: evaluate,
    documentOf,
  };
}

/** Throws for a farm without an exit node, in which no network can be. */
export function networksIn(base: FarmFile, options: FarmOptions): Space<Contents> {
  const given = groundOf(base);
  if (given === undefined) throw new Error(`farm ${base.farm} has no exit node, and so no networks to search for`);
  const limits = limitsOf({ maxNodes: Object.keys(base.nodes).length, ...options });
  const arbitrary = contents(limits);
  const places = placesOf(base);
  return {
    drawn(seed, index) {
      const value = sample(arbitrary, seed, index);
      // One to which nothing happens finds a lab that others had, and takes a fraction of the time.
      return seededRandom(seed, `quiet ${index}`).below(2) === 0 ? { ...value, events: [] } : value;
    },
    byChance: (random) => someContents(random, limits),
    changed: (random, one) => changedContents(random, one, limits),
    evaluated: (value) => evaluateOn(given.ground, places, value),
    documentOf: (value) => withNetworks(given, value),
  };
}
