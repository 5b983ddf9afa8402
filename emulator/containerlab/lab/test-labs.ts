/** Labs for the tests of this folder: small ones, taken down after each test. */
import { execFileSync } from "node:child_process";
import { backendNamed } from "../../backend.ts";
import { ensureRuntime } from "../../image/index.ts";
import type { Lab, UpOptions } from "../../lab.ts";
import type { Topology } from "../../topology/index.ts";
import { markedContainers } from "../containers.ts";
import { engineAt } from "../engine.ts";
import { requireEngine } from "../require.ts";

const labs: Lab[] = [];
let count = 0;

export function newName(): string {
  count += 1;
  return `test-clab-${process.pid}-${count}`;
}

export type Sketch = Omit<Topology, "name" | "seed">;

/** Two nodes with a link between them. */
export const pair: Sketch = {
  nodes: ["left", "right"].map((name, index) => ({
    name,
    init: true,
    role: "host",
    config: { addresses: [{ interface: "eth1", address: `10.0.0.${index + 1}/24` }] },
  })),
  links: [
    {
      name: "wire",
      endpoints: [
        { node: "left", interface: "eth1" },
        { node: "right", interface: "eth1" },
      ],
    },
  ],
};

export async function up(name: string = newName(), options: Omit<UpOptions, "name"> = {}, sketch: Sketch = pair): Promise<Lab> {
  const lab = await backendNamed("containerlab", await ensureRuntime()).up({ name, seed: 1, ...sketch }, { name, ...options });
  labs.push(lab);
  return lab;
}

export async function downAll(): Promise<void> {
  await Promise.all(labs.splice(0).map((lab) => lab.down()));
}

/** Names of the containers that bear a lab's mark. */
export async function containersOf(lab: string): Promise<string[]> {
  const { socket } = await requireEngine();
  return (await markedContainers(engineAt(socket), lab)).map(({ name }) => name).toSorted();
}

/** Source of a program that brings a lab up and then does what it is told. */
export function programThatMakes(name: string, then: string): string {
  const backend = JSON.stringify(new URL("../../backend.ts", import.meta.url).href);
  const image = JSON.stringify(new URL("../../image/index.ts", import.meta.url).href);
  const topology = JSON.stringify({ name, seed: 1, ...pair });
  return `import { backendNamed } from ${backend};
    import { ensureRuntime } from ${image};
    const lab = await backendNamed("containerlab", await ensureRuntime()).up(${topology}, { name: ${JSON.stringify(name)} });
    ${then}`;
}

/** Interfaces of this machine. */
export function machineInterfaces(): string {
  return execFileSync("ip", ["-o", "link"], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.split(": ")[1] ?? "")
    .join(" ");
}
