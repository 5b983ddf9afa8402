/** In which order a farm is taken apart: what takes most along comes first, and what costs a lab most. */
import type { FarmFile } from "../../core/farm/index.ts";
import { partsOf } from "./parts.ts";
import type { Part } from "./parts.ts";
import { kindOf } from "./size.ts";
import type { PartKind } from "./size.ts";

export interface Stage {
  readonly name: string;
  /** What may go, in an order that keeps together what belongs together. */
  readonly partsOf: (document: FarmFile) => readonly Part[];
  /** Whether to try without all of them first: where most failures need none. */
  readonly allAtOnce: boolean;
  /** What goes with any of these is left for the end: without such parts it was tried before, as a rule in vain. */
  readonly keeps: readonly PartKind[];
}

const ofKind =
  (...kinds: readonly PartKind[]) =>
  (document: FarmFile): readonly Part[] =>
    partsOf(document).filter((part) => kinds.includes(kindOf(part)));

/**
 * What makes a network or an exit node another than the usual one: an overlay, a standby, a partner, routing tables, a node that labs do not
 * have. Most failures need none, and each takes processes, NICs and whole nodes along later.
 */
const unusualParts = (document: FarmFile): readonly Part[] =>
  partsOf(document).filter((part) => {
    const [top, , third, fourth] = part;
    if (top === "networks" && part.length === 3) return third === "overlay";
    if (top !== "nodes") return false;
    const isOfExitNode = third === "exit-node" && ["isolation", "standby", "partner"].includes(`${fourth}`);
    return (part.length === 3 && third === "emulate") || (isOfExitNode && part.length === (fourth === "standby" ? 5 : 4));
  });

function idleNodes(document: FarmFile): readonly Part[] {
  const busy = new Set(Object.values(document.networks ?? {}).flatMap(({ resources }) => resources.map(({ node }) => node)));
  return Object.keys(document.nodes)
    .filter((name) => !busy.has(name))
    .map((name) => ["nodes", name]);
}

/** Every part is in one of these stages but the first and that of what is unusual. */
export const stages: readonly Stage[] = [
  { name: "nodes without a network", partsOf: idleNodes, allAtOnce: true, keeps: [] },
  { name: "what happens", partsOf: ofKind("happenings"), allAtOnce: true, keeps: [] },
  { name: "conditions", partsOf: ofKind("conditions"), allAtOnce: true, keeps: [] },
  { name: "decisions about packets", partsOf: ofKind("packets"), allAtOnce: false, keeps: [] },
  { name: "what is unusual", partsOf: unusualParts, allAtOnce: true, keeps: ["networks", "nodes", "resources", "flows"] },
  { name: "networks", partsOf: ofKind("networks"), allAtOnce: false, keeps: [] },
  { name: "nodes left without a network", partsOf: idleNodes, allAtOnce: true, keeps: [] },
  { name: "nodes", partsOf: ofKind("nodes"), allAtOnce: false, keeps: ["networks", "happenings", "conditions", "packets"] },
  { name: "flows", partsOf: ofKind("flows"), allAtOnce: true, keeps: ["happenings", "packets"] },
  { name: "resources", partsOf: ofKind("resources"), allAtOnce: false, keeps: ["networks", "flows", "happenings", "packets"] },
  {
    name: "surroundings",
    partsOf: ofKind("surroundings"),
    allAtOnce: true,
    keeps: ["networks", "nodes", "resources", "flows", "happenings", "conditions", "packets"],
  },
  {
    name: "settings",
    partsOf: ofKind("lines"),
    allAtOnce: true,
    keeps: ["networks", "nodes", "resources", "flows", "happenings", "conditions", "packets", "surroundings"],
  },
];
