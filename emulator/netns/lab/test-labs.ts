/** Labs for the tests of this folder: small ones, taken down after each test. */
import { readFileSync } from "node:fs";
import { ensureRuntime } from "../../image/index.ts";
import type { UpOptions } from "../../lab.ts";
import type { Topology, TopologyNode } from "../../topology/index.ts";
import { findLab, type RunningLab } from "../../locate.ts";
import { netnsBackend, type NetnsLab } from "../index.ts";

export type Sketch = Omit<Topology, "name" | "seed">;

const labs: NetnsLab[] = [];
let count = 0;

export const userId: number = process.getuid?.() ?? 0;

export function newName(): string {
  count += 1;
  return `test-${process.pid}-${count}`;
}

export async function up(sketch: Sketch, name: string = newName(), options: Omit<UpOptions, "name"> = {}): Promise<NetnsLab> {
  const lab = await netnsBackend(await ensureRuntime()).up({ name, seed: 1, ...sketch }, { name, ...options });
  labs.push(lab);
  return lab;
}

export async function downAll(): Promise<void> {
  await Promise.all(labs.splice(0).map((lab) => lab.down()));
}

/** A running lab of this backend by its name. */
export async function findSandbox(name: string): Promise<Extract<RunningLab, { backend: "netns" }> | undefined> {
  const lab = await findLab(name, userId);
  return lab?.backend === "netns" ? lab : undefined;
}

/** Whether nothing of a lab is to be found by its name. */
export async function isGone(name: string): Promise<boolean> {
  return (await findLab(name, userId)) === undefined;
}

/** Whether a process runs; one that is dead and not yet asked after does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

export const plain: Pick<TopologyNode, "init" | "role" | "config"> = { init: false, role: "host", config: {} };

/** One node with farmlab-init. */
export const single: Sketch = { nodes: [{ ...plain, name: "node", init: true }], links: [] };

/** Two nodes with addresses of both families; `right` has farmlab-init. */
export const pair: Sketch = {
  nodes: [
    {
      ...plain,
      name: "left",
      config: {
        addresses: [
          { interface: "eth0", address: "10.0.0.1/24" },
          { interface: "eth0", address: "2001:db8::1/64" },
        ],
      },
    },
    {
      ...plain,
      name: "right",
      init: true,
      config: {
        addresses: [
          { interface: "eth0", address: "10.0.0.2/24" },
          { interface: "eth0", address: "2001:db8::2/64" },
        ],
      },
    },
  ],
  links: [
    {
      name: "wire",
      endpoints: [
        { node: "left", interface: "eth0" },
        { node: "right", interface: "eth0" },
      ],
    },
  ],
};

/** Command lines of a node's processes that match. */
export async function processesOf(lab: NetnsLab, node: string, pattern: RegExp): Promise<string[]> {
  const { stdout } = await lab.node(node).exec(["ps", "ax", "-o", "args"]);
  return stdout
    .split("\n")
    .filter((line) => pattern.test(line))
    .toSorted();
}
