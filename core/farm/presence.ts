/** Which networks and resources a farm has at a moment of its timeline. */
import type { Farm } from "./farm.ts";
import type { Change } from "./timeline.ts";

export interface Presence {
  readonly hasNetwork: (network: string) => boolean;
  /** Also that the network itself is there. */
  readonly hasResource: (network: string, node: string) => boolean;
}

/** What a change is of: a network, or a network's resource on a node. */
export const changedThing = ({ network, node }: Pick<Change, "network" | "node">): string =>
  node === undefined ? network : `${network}/${node}`;

/** The changes of each thing, in the order of time; those of one moment in the order of the file. */
export function changesByThing(changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  return Map.groupBy(
    changes.toSorted((one, other) => one.atMs - other.atMs),
    changedThing,
  );
}

/**
 * Who is there at `atMs`, with all that happens at that moment; before 0: who is there when the farm comes up. A thing is there from the beginning unless
 * the first that happens to it is that it joins.
 */
export function presenceAt(farm: Pick<Farm, "timeline">, atMs: number): Presence {
  const away = new Set<string>();
  for (const [thing, changes] of changesByThing(farm.timeline.changes)) {
    const last = changes.findLast((change) => change.atMs <= atMs);
    if (last === undefined ? changes[0]?.act === "join" : last.act === "leave") away.add(thing);
  }
  return {
    hasNetwork: (network) => !away.has(network),
    hasResource: (network, node) => !away.has(network) && !away.has(changedThing({ network, node })),
  };
}
