/** One node of a lab: a container, by its first process as this machine sees it. */
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
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
  requestEarly,
  requestState,
} from "../node/index.ts";
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
    const state = planState(node, names, interfaces);
    await allOf([...requestEarly(worker, state), ...requestState(worker, state), worker.request(["settle"])]);
  } finally {
    await worker.end();
  }
}

/** The node as the harness drives it; `running` tells what runs it now. */
export function containerNode(name: string, native: string, running: () => Running): LabNode {
  const hostPath = (path: string): string => `${rootOf(running())}${path}`;
  return {
    name,
    hostPath,
    services: nodeServices(hostPath),
    exec: async (argv, options) => await execInNode(native, running().pid, undefined, argv, options),
  };
}
