/**
 * The containerlab backend: nodes are containers of a Docker engine on this machine, made and linked by containerlab. Their state, their
 * daemons and the programs run in them are those of every backend (emulator/node). Knows topologies, not farms.
 */
import type { Runtime } from "../image/index.ts";
import type { UpOptions } from "../lab.ts";
import type { Topology } from "../topology/index.ts";
import { upContainerlabLab, type ContainerlabLab } from "./lab.ts";

export { collectLeftovers, type Leftover } from "./collect.ts";
export { requireContainerlab, requireEngine } from "./require.ts";
export { containerIn, nodesIn } from "./running.ts";

export type { ContainerlabLab } from "./lab.ts";

export interface ContainerlabBackend {
  readonly name: "containerlab";
  up(topology: Topology, options: UpOptions): Promise<ContainerlabLab>;
}

export function containerlabBackend(runtime: Runtime): ContainerlabBackend {
  return { name: "containerlab", up: async (topology, options) => await upContainerlabLab(topology, options, runtime) };
}
