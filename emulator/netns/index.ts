/**
 * The netns backend, the embedded default: a whole lab in one sandbox of Linux namespaces, without daemon or container engine. When
 * the sandbox's first process dies, the kernel takes everything with it. Knows topologies, not farms.
 */
import type { Runtime } from "../image/index.ts";
import type { UpOptions } from "../lab.ts";
import type { Topology } from "../topology/index.ts";
import { upNetnsLab, type NetnsLab } from "./lab.ts";

export type { NetnsLab } from "./lab.ts";

export interface NetnsBackend {
  readonly name: "netns";
  up(topology: Topology, options: UpOptions): Promise<NetnsLab>;
}

export function netnsBackend(runtime: Runtime): NetnsBackend {
  const programs = {
    rootfs: runtime.rootfs,
    ofHost: runtime.image === "host",
    subordinate: runtime.subordinate,
    native: runtime.native,
    programs: { [runtime.bundle]: "agent.cjs", [runtime.nodeBinary]: "node" },
  };
  return { name: "netns", up: (topology, options) => upNetnsLab(topology, options, programs) };
}
