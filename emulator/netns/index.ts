/**
 * The netns backend, the embedded default: a whole lab in one sandbox of Linux namespaces, without daemon or container engine. When
 * the sandbox's first process dies, the kernel takes everything with it. Knows topologies, not farms.
 */
import type { UpOptions } from "../lab.ts";
import type { Topology } from "../topology/index.ts";
import { upNetnsLab, type NetnsLab } from "./lab.ts";
import type { SandboxPrograms } from "./sandbox.ts";

export { enterArguments } from "./exec.ts";
export type { NetnsLab } from "./lab.ts";
export { findLab, listLabs, type RunningLab } from "./locate.ts";
export { SandboxError, type SandboxPrograms } from "./sandbox.ts";

export interface NetnsBackend {
  readonly name: "netns";
  up(topology: Topology, options: UpOptions): Promise<NetnsLab>;
}

export function netnsBackend(programs: SandboxPrograms): NetnsBackend {
  return { name: "netns", up: (topology, options) => upNetnsLab(topology, options, programs) };
}
