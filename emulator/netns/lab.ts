/** A lab of the netns backend, from the side of the process that holds it. */
import { spawn } from "node:child_process";
import type { Lab, LabNode, UpOptions } from "../lab.ts";
import { nativeInLab, type Topology } from "../topology/index.ts";
import { endUpperLinks, enterArguments, execInNode, nodeServices, runCommands, startServices, unlessAborted } from "../node/index.ts";
import { buildTopology, planTopology, type NodePlan, type TopologyPlan } from "./build.ts";
import { stagedMounts, type StagedMounts } from "./binds.ts";
import { nodePower } from "./power.ts";
import { LabError } from "../lab-error.ts";
import { childrenOf } from "../lab-processes.ts";
import { namespacedPids, startSandbox, type Sandbox, type SandboxPrograms } from "./sandbox.ts";

/** What only this backend's labs offer besides. */
export interface NetnsLab extends Lab {
  readonly backend: "netns";
  /** The lab's first process, as this process sees it. */
  readonly sandboxPid: number;
}

/** farmlab-init's process ids as this process sees them, by their ids inside the sandbox. */
function outsidePids(sandboxPid: number): Map<number, number> {
  const depth = namespacedPids(sandboxPid).length;
  return new Map(
    childrenOf(sandboxPid).flatMap((pid) => {
      const inside = namespacedPids(pid)[depth - 1];
      return inside === undefined ? [] : [[inside, pid] as const];
    }),
  );
}

/** The first process of a node inside the sandbox, and as this process sees it; of a node without farmlab-init there is none, nor of one that is off. */
interface FirstProcess {
  readonly inside: number;
  readonly outside: number | undefined;
}

const nobody: FirstProcess = { inside: 0, outside: undefined };

interface MadeNode {
  readonly node: LabNode;
  readonly first: () => FirstProcess;
}

function makeNode(
  plan: NodePlan,
  mounts: StagedMounts,
  sandbox: Sandbox,
  sandboxPid: number,
  native: string,
  initPid: number,
  outside: number | undefined,
): MadeNode {
  const { node } = plan;
  let first: FirstProcess = { inside: initPid, outside };
  const hostPath = (path: string): string => {
    if (isOff()) throw new Error(`node ${node.name} is off`);
    if (first.outside === undefined) throw new Error(`node ${node.name} has no process: its files are only reached by exec`);
    return `/proc/${first.outside}/root${path}`;
  };
  const services = nodeServices(hostPath);
  const begun = (inside: number): void => void (first = { inside, outside: outsidePids(sandboxPid).get(inside) });
  const startDaemons = async (): Promise<void> => {
    for (const service of node.config.services ?? []) await services.start(service);
  };
  const endUppers = async (): Promise<void> => await endUpperLinks(native, sandboxPid, node.name);
  const { refusal, isOff, ...power } = nodePower({ sandbox, plan, mounts, begun, endUppers, startDaemons });
  const labNode: LabNode = {
    name: node.name,
    hostPath,
    services,
    exec: async (argv, options) => refusal() ?? (await execInNode(native, sandboxPid, node.name, argv, options)),
    ...power,
  };
  return { node: labNode, first: () => (isOff() ? nobody : first) };
}

async function makeLab(
  sandbox: Sandbox,
  topology: Topology,
  plan: TopologyPlan,
  options: UpOptions,
  programs: SandboxPrograms,
): Promise<NetnsLab> {
  options.onProgress?.(`making ${topology.nodes.length} nodes and ${topology.links.length} links`);
  const mounts = stagedMounts(topology);
  const built = await buildTopology(sandbox, plan, mounts);
  const sandboxPid = childrenOf(sandbox.pid)[0];
  if (sandboxPid === undefined) throw new LabError("lab-gone", "the lab ended while it was made");
  const outside = outsidePids(sandboxPid);
  const made = new Map(
    plan.map((one) => {
      const initPid = built.get(one.node.name)?.initPid ?? 0;
      return [one.node.name, makeNode(one, mounts, sandbox, sandboxPid, programs.native, initPid, outside.get(initPid))];
    }),
  );
  const nodes = new Map([...made].map(([name, { node }]) => [name, node]));
  options.onProgress?.("starting daemons");
  await startServices(topology, nodes, options.signal);
  await runCommands(topology, nodes, options.signal);
  return assemble(topology, options.name, sandbox, sandboxPid, made, programs.native);
}

/** Makes the lab; on failure or abort nothing of it is left. Throws a LabError, or an Error that says what is wrong in the topology. */
export async function upNetnsLab(topology: Topology, options: UpOptions, programs: SandboxPrograms): Promise<NetnsLab> {
  options.signal?.throwIfAborted();
  const plan = planTopology(topology);
  options.onProgress?.("making the sandbox");
  const sandbox = await startSandbox(options.name, programs, stagedMounts(topology));
  try {
    return await unlessAborted(makeLab(sandbox, topology, plan, options, programs), options.signal);
  } catch (error) {
    await sandbox.end();
    throw error;
  }
}

function assemble(
  topology: Topology,
  name: string,
  sandbox: Sandbox,
  sandboxPid: number,
  nodes: ReadonlyMap<string, MadeNode>,
  native: string,
): NetnsLab {
  return {
    name,
    backend: "netns",
    topology,
    sandboxPid,
    ended: sandbox.ended,
    node(nodeName) {
      const made = nodes.get(nodeName);
      if (made === undefined) throw new Error(`lab ${name} has no node ${nodeName}`);
      return made.node;
    },
    namespacePath(nodeName, namespace) {
      if (namespace === undefined) return `/run/farmlab/nodes/${nodeName}`;
      return `/proc/${nodes.get(nodeName)?.first().inside ?? 0}/root/run/netns/${namespace}`;
    },
    startHelper: (argv) => spawn(native, enterArguments(sandboxPid, undefined, undefined, [nativeInLab, ...argv]), { stdio: "pipe" }),
    detach: () => sandbox.detach(),
    down: () => sandbox.end(),
  };
}
