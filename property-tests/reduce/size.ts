/** How large a farm is, counted in what a reader has to take in. */
import type { FarmFile } from "../../core/farm/index.ts";
import { partsOf } from "./parts.ts";
import type { Part } from "./parts.ts";

export type PartKind = "nodes" | "networks" | "resources" | "flows" | "surroundings" | "happenings" | "conditions" | "packets" | "lines";

/** Parts by kind: nodes, networks, their resources; flows: workloads, services, forwards; routers, segments, hosts; what happens, to single packets too; the rest. */
export type Size = Readonly<Record<PartKind, number>>;

const surroundings: readonly unknown[] = ["allocations", "segments", "upstreams", "home-routers", "carriers"];
const flowsOfNetworks: readonly unknown[] = ["workloads", "port-forwards", "owned-ipv4"];

/** Which kind of part a path leads to. */
export function kindOf(part: Part): PartKind {
  const [top, , third] = part;
  const depth = part.length;
  if (top === "nodes" && depth === 2) return "nodes";
  if (top === "networks" && depth === 2) return "networks";
  if (top === "networks" && third === "resources" && depth === 4) return "resources";
  if (top === "networks" && flowsOfNetworks.includes(third) && (depth === 4 || part[4] === "services")) return "flows";
  if (surroundings.includes(top) && depth === 2) return "surroundings";
  if (top === "internet" && depth === 3) return "surroundings";
  if ((top === "timeline" || top === "expectations") && depth === 2) return "happenings";
  if (top === "conditions" && depth === 2) return "conditions";
  if ((top === "timeline" || top === "conditions") && third === "edits" && depth === 4) return "packets";
  return "lines";
}

export function sizeOf(document: FarmFile): Size {
  const size: Record<PartKind, number> = {
    ...{ nodes: 0, networks: 0, resources: 0, flows: 0 },
    ...{ surroundings: 0, happenings: 0, conditions: 0, packets: 0, lines: 0 },
  };
  for (const part of partsOf(document)) size[kindOf(part)] += 1;
  return size;
}

export const totalOf = (size: Size): number => Object.values(size).reduce((sum, count) => sum + count, 0);

/** Of one, and of several. */
const words: Readonly<Record<PartKind, readonly [string, string]>> = {
  nodes: ["node", "nodes"],
  networks: ["network", "networks"],
  resources: ["resource", "resources"],
  flows: ["flow", "flows"],
  surroundings: ["part of the surroundings", "parts of the surroundings"],
  happenings: ["timeline entry", "timeline entries"],
  conditions: ["condition", "conditions"],
  packets: ["decision about a packet", "decisions about packets"],
  lines: ["setting", "settings"],
};

/** `5 nodes, 1 network, ...`: what there is any of. Kinds of another version are called as they call themselves. */
export function sizeText(size: Readonly<Record<string, number>>): string {
  return Object.entries(size)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => {
      const [one, several] = kind in words ? words[kind as PartKind] : [kind, kind];
      return `${count} ${count === 1 ? one : several}`;
    })
    .join(", ");
}
