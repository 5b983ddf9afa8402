/** What a relation is. */
import type { FarmFile } from "../../core/farm/index.ts";

/** A document changed in a way that must not matter. */
export interface Applied {
  readonly document: FarmFile;
  /** New names of nodes, by the old ones; who is not in it kept its name. */
  readonly renamed: ReadonlyMap<string, string>;
  /** A network that leaves and comes back before anything is judged. */
  readonly rejoins?: string;
}

/** The reason for which a relation says nothing of a farm. */
export interface NotApplicable {
  readonly because: string;
}

export interface Relation {
  /** What is done to the farm: `renaming its nodes`. */
  readonly name: string;
  /** What has to hold of the farm, in a sentence. */
  readonly precondition: string;
  /** Whatever is left to choice follows from the seed. */
  apply(document: FarmFile, seed: number): Applied | NotApplicable;
}

export const isApplied = (outcome: Applied | NotApplicable): outcome is Applied => "document" in outcome;

export const notApplicable = (because: string): NotApplicable => ({ because });

export const sameNames: ReadonlyMap<string, string> = new Map();

/** A map of the file with its keys and values changed; the order stays. */
export function mapEntries<T>(
  map: Readonly<Record<string, T>>,
  change: (key: string, value: T) => readonly [string, T],
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => change(key, value)));
}
