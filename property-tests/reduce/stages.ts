/** In which order a farm is taken apart: what takes most along comes first, and what costs a lab most. */
import type { FarmFile } from "../../core/farm/index.ts";
import { partsOf } from "./parts.ts";
import type { Part } from "./parts.ts";
import { kindOf } from "./size.ts";
import type { PartKind } from "./size.ts";

export interface Stage {
  readonly name: string;
  /** What may go, in an order that keeps together what belongs together. */
  partsOf(document: FarmFile): readonly Part[];
  /** Whether to try without all of them first: where most failures need none. */
  readonly allAtOnce: boolean;
}

const ofKind =
  (...kinds: readonly PartKind[]) =>
  (document: FarmFile): readonly Part[] =>
    partsOf(document).filter((part) => kinds.includes(kindOf(part)));

function idleNodes(document: FarmFile): readonly Part[] {
  const busy = new Set(Object.values(document.networks ?? {}).flatMap(({ resources }) => resources.map(({ node }) => node)));
  return Object.keys(document.nodes)
    .filter((name) => !busy.has(name))
    .map((name) => ["nodes", name]);
}

/** Every part is in one of these stages but the first. */
export const stages: readonly Stage[] = [
  { name: "nodes without a network", partsOf: idleNodes, allAtOnce: true },
  { name: "what happens", partsOf: ofKind("happenings"), allAtOnce: true },
  { name: "conditions", partsOf: ofKind("conditions"), allAtOnce: true },
  { name: "networks", partsOf: ofKind("networks"), allAtOnce: false },
  { name: "nodes left without a network", partsOf: idleNodes, allAtOnce: true },
  { name: "nodes", partsOf: ofKind("nodes"), allAtOnce: false },
  { name: "flows", partsOf: ofKind("flows"), allAtOnce: true },
  { name: "resources", partsOf: ofKind("resources"), allAtOnce: false },
  { name: "surroundings", partsOf: ofKind("surroundings"), allAtOnce: false },
  { name: "settings", partsOf: ofKind("lines"), allAtOnce: true },
];
