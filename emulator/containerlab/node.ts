/** One node of a lab: a container, by its first process as this machine sees it. */
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { startDeadline } from "../../core/common/index.ts";
import { LabError } from "../lab-error.ts";
import type { LabNode } from "../lab.ts";
import {
  allOf,
  enterArguments,
  execInNode,
  HelperProcess,
  nodeServices,
  observedInterfaces,
  planState,
  requestCarriers,
  requestEarly,
  requestState,
  stateAfterReboot,
} from "../node/index.ts";
import { nodePower, type PoweredNode } from "./power.ts";
import { nativeInLab, type Topology, type TopologyNode } from "../topology/index.ts";

const initSocket = "/run/farmlab/init.sock";
const initWaitMs = 20_000;
const workerGraceMs = 2000;
const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };

/** A container that runs a node. */
export interface Running {
  readonly id: string;
  readonly pid: number;
}

export const rootOf = ({ pid }: Running): string => `/proc/${pid}/root`;

/** Until farmlab-init listens: by then it has made the node's private folders. */
async function untilSettled(node: string, running: Running): Promise<void> {
  await startDeadline(clock, initWaitMs).until(
    `farmlab-init of node ${node}`,
    async () => {
      if (existsSync(`${rootOf(running)}${initSocket}`)) return { done: undefined };
      if (!existsSync(`/proc/${running.pid}`)) throw new LabError("node", `the container of node ${node} ended while starting`);
      return { seen: `no ${initSocket}` };
    },
    2,
  );
}

/** Brings a node whose links are there to the state that it starts with, by the requests that every backend sends, inside it. */
export async function bringToState(
  native: string,
  topology: Topology,
  node: TopologyNode,
  names: readonly string[],
  running: Running,
  isReboot = false,
): Promise<void> {
  await untilSettled(node.name, running);
  const argv = enterArguments(running.pid, undefined, undefined, [nativeInLab, "work"]);
  const worker = await HelperProcess.start({ native, argv, what: `entering node ${node.name}`, endGraceMs: workerGraceMs });
  try {
    const answers = await Promise.all(
      names.map(async (name) => [name, Number((await worker.request(["index", node.name, name]))[0])] as const),
    );
    const indexes = new Map(answers);
    const interfaces = observedInterfaces(topology, (_, name) => indexes.get(name) ?? 0);
    const first = planState(node, names, interfaces);
    const state = isReboot ? stateAfterReboot(first) : first;
    await allOf([
      ...requestEarly(worker, state),
      ...requestState(worker, state),
      ...requestCarriers(worker, state),
      worker.request(["settle"]),
    ]);
  } finally {
    await worker.end();
  }
}

/** What an engine says of a container's use of the machine. */
export interface NodeStats {
  readonly memoryBytes: number;
  readonly processorMs: number;
  readonly processes: number;
}

/** What only this backend's nodes offer besides. */
export interface ContainerNode extends LabNode {
  stats(): Promise<NodeStats>;
}

const nanosecondsPerMs = 1e6;

async function statsOf(docker: Docker, id: string): Promise<NodeStats> {
  const { memory_stats: memory, cpu_stats: processor, pids_stats: processes } = await docker.getContainer(id).stats({ stream: false });
  return {
    memoryBytes: memory.usage,
    processorMs: processor.cpu_usage.total_usage / nanosecondsPerMs,
    processes: processes?.current ?? 0,
  };
}

/** The node as the harness drives it. */
export function containerNode(node: PoweredNode): ContainerNode {
  const { name, native, running } = node;
  const { refusal, isOff, ...power } = nodePower(node);
  const hostPath = (path: string): string => {
    if (isOff()) throw new Error(`node ${name} is off`);
    return `${rootOf(running())}${path}`;
  };
  return {
    name,
    hostPath,
    services: nodeServices(hostPath),
    exec: async (argv, options) => refusal() ?? (await execInNode(native, running().pid, undefined, argv, options)),
    stats: async () => await statsOf(node.docker, running().id),
    ...power,
  };
}
