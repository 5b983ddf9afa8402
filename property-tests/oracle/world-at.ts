/** The world while some of its networks or their resources are away, as a timeline's changes have them come and go. */
import type { Change } from "../../core/farm/index.ts";
import { resourceKey } from "./world.ts";
import type { World } from "./world.ts";

/** A whole network, by its name, or one of its resources, by its key. */
const subjectOf = ({ network, node }: Change): string => (node === undefined ? network : resourceKey(network, node));

/** Who is away once the changes up to a moment have been made: what joins before it has ever left was away from the beginning. */
export function awayAfter(changes: readonly Change[], isMade: (change: Change) => boolean): ReadonlySet<string> {
  const inOrder = changes.toSorted((one, other) => one.atMs - other.atMs);
  const away = new Set<string>();
  const seen = new Set<string>();
  for (const change of inOrder) {
    const subject = subjectOf(change);
    if (!seen.has(subject) && change.act === "join") away.add(subject);
    seen.add(subject);
  }
  for (const change of inOrder.filter(isMade)) {
    if (change.act === "leave") away.add(subjectOf(change));
    else away.delete(subjectOf(change));
  }
  return away;
}

const made = new WeakMap<World, Map<string, World>>();

/** The same objects, without those that are away: nobody is at their addresses, and their prefixes are unassigned. */
export function worldWithout(world: World, away: ReadonlySet<string>): World {
  if (away.size === 0) return world;
  const key = [...away].toSorted().join(" ");
  const known = made.get(world)?.get(key);
  if (known !== undefined) return known;
  const isHere = (network: string, node: string): boolean => !away.has(network) && !away.has(resourceKey(network, node));
  const reduced: World = {
    ...world,
    networks: world.networks
      .filter(({ network }) => !away.has(network.name))
      .map((one) => ({ ...one, resources: one.resources.filter(({ network, node }) => isHere(network, node)) })),
    workloads: world.workloads.filter(({ network, node }) => isHere(network, node)),
  };
  made.set(world, (made.get(world) ?? new Map<string, World>()).set(key, reduced));
  return reduced;
}
