/** Bring-up, first ping and tear-down of chains and stars: the netns backend beside containerlab, Mininet and a bare script, in one run. */
import { readFileSync } from "node:fs";
import { backendNamed } from "../emulator/backend.ts";
import { requireContainerlab, requireEngine } from "../emulator/containerlab/index.ts";
import { ensureRuntime, type Runtime } from "../emulator/image/index.ts";
import type { BackendName } from "../emulator/lab.ts";
import { timeBare } from "./emulator/bare.ts";
import { timeFarmlab } from "./emulator/farmlab.ts";
import { timeMininet } from "./emulator/mininet.ts";
import { chain, star, type Shape } from "./emulator/shapes.ts";
import { totalMs, type Timing } from "./emulator/timing.ts";
import { median, type BenchFigure, type BenchReport } from "./figures.ts";

const sizes = [16, 64, 128];
const rounds = 5;
/** containerlab takes a minute for a shape of 128, and is so far away that no noise matters. */
const containerlabRounds = 1;
/** Chains, so that no bridge is in it: the kernel looks at all ports of a bridge whenever one is added. */
const curveSizes = [16, 64, 128, 256, 512, 1000];
/** What the netns backend may take at most, as a part of what the other one takes; of the small size containerlab's figure is only told. */
const bounds: Readonly<Record<string, (size: number) => number | null>> = {
  bare: () => 1.5,
  mininet: () => 1 / 4,
  containerlab: (size) => (size < 64 ? null : 1 / 60),
};

let labs = 0;

type Take = (shape: Shape) => Promise<Timing | undefined>;

/** containerlab alone where it and an engine are there; Mininet is looked for by its own file. */
async function takes(runtime: Runtime): Promise<ReadonlyMap<string, Take>> {
  const of =
    (backend: BackendName): Take =>
    (shape) =>
      timeFarmlab(backend, runtime, shape, (labs += 1));
  const hasContainerlab = await Promise.all([requireContainerlab(), requireEngine()]).then(
    () => true,
    () => false,
  );
  return new Map<string, Take>([
    ["netns", of("netns")],
    ["bare", timeBare],
    ["mininet", timeMininet],
    ...(hasContainerlab ? [["containerlab", of("containerlab")] as const] : []),
  ]);
}

/** Every emulator takes its turn in every round, so that what else the machine does burdens all alike. */
async function sideBySide(shape: Shape, all: ReadonlyMap<string, Take>): Promise<Map<string, Timing[]>> {
  const timings = new Map<string, Timing[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, take] of all) {
      if (name === "containerlab" && round >= containerlabRounds) continue;
      const timing = await take(shape);
      if (timing !== undefined) timings.set(name, [...(timings.get(name) ?? []), timing]);
    }
  }
  return timings;
}

function figuresOf(shape: Shape, size: number, timings: ReadonlyMap<string, readonly Timing[]>): BenchFigure[] {
  const medianOf = (name: string): number => median((timings.get(name) ?? []).map(totalMs));
  const title = `${shape.name} of ${size}`;
  const own = medianOf("netns");
  return [...timings.keys()].flatMap((name): BenchFigure[] => {
    const total: BenchFigure = { name: `${title}, ${name}`, value: medianOf(name), unit: "ms", target: null };
    const bound = bounds[name]?.(size);
    if (bound === undefined) return [total];
    return [total, { name: `${title}, netns as a part of ${name}`, value: own / medianOf(name), unit: "x", target: bound }];
  });
}

const freeKilobytes = (): number => Number(/MemAvailable:\s+([0-9]+)/.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);

/** Cost of one node of a chain of so many: time, and memory that the machine has less. */
async function nodeCost(size: number, runtime: Runtime): Promise<{ ms: number; kilobytes: number }> {
  const { topology } = chain(size);
  const free = freeKilobytes();
  const started = performance.now();
  const lab = await backendNamed("netns", runtime).up(topology, { name: `bench-${process.pid}-${(labs += 1)}` });
  const cost = { ms: (performance.now() - started) / size, kilobytes: (free - freeKilobytes()) / size };
  await lab.down();
  return cost;
}

/** Runs the benchmark: about a minute, and several more where containerlab is there. */
export async function emulator(onProgress: (line: string) => void): Promise<BenchReport> {
  const runtime = await ensureRuntime();
  const all = await takes(runtime);
  const figures: BenchFigure[] = [];
  const parts: string[] = [];
  for (const make of [chain, star]) {
    for (const size of sizes) {
      const shape = make(size);
      onProgress(`${shape.name} of ${size}, ${rounds} rounds`);
      const timings = await sideBySide(shape, all);
      figures.push(...figuresOf(shape, size, timings));
      for (const [name, list] of timings) {
        const part = (pick: (timing: Timing) => number): string => median(list.map(pick)).toFixed(0).padStart(6);
        const columns = `up ${part((one) => one.upMs)}  ping ${part((one) => one.pingMs)}  down ${part((one) => one.downMs)}`;
        parts.push(`${`${shape.name} of ${size}, ${name}`.padEnd(28)} ms: ${columns}  (before it began ${part((one) => one.startMs)})`);
      }
    }
  }
  for (const size of curveSizes) {
    onProgress(`a chain of ${size} nodes`);
    const costs = [await nodeCost(size, runtime), await nodeCost(size, runtime), await nodeCost(size, runtime)];
    figures.push({ name: `one of ${size} nodes, time`, value: median(costs.map(({ ms }) => ms)), unit: "ms", target: null });
    if (size === curveSizes.at(-1))
      figures.push({
        name: `one of ${size} nodes, memory`,
        value: median(costs.map(({ kilobytes }) => kilobytes)),
        unit: "kB",
        target: 1000,
      });
  }
  return { schema: "farmlab.bench/1", name: "emulator", figures, dominates: parts };
}
