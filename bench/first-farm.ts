/** The first farm: how long until every agent is ready, from a store write to the first packet, tear-down, and what a plain node costs. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expectValue } from "../core/common/index.ts";
import { workloadIP6, workloadNamespace } from "../core/derive/index.ts";
import { loadFarm } from "../core/farm/index.ts";
import { intentsOf, networkWithout, wishesOf, type Intents } from "../core/intents/index.ts";
import { ensureRuntime } from "../emulator/image/index.ts";
import { netnsBackend } from "../emulator/netns/index.ts";
import type { Topology } from "../emulator/topology/index.ts";
import { openFarm } from "../property-tests/run/index.ts";
import { clock, firstPacketTimes } from "./first-packet.ts";
import { processorTimes } from "./processor-times.ts";
import { median, type BenchFigure, type BenchReport } from "./figures.ts";

const farmFile = fileURLToPath(new URL("../topologies/exit-node.farm.yml", import.meta.url));
const launcher = fileURLToPath(new URL("../farmlab", import.meta.url));
const repeats = 7;
const plainNodes = 200;
const firstPacketWaitMs = 10_000;
const never = new AbortController().signal;

interface Step {
  readonly step: string;
  readonly ms: number;
}

/** One whole bring-up and tear-down, with the time that each step took. */
async function bringUpOnce(count: number): Promise<{ readyMs: number; downMs: number; steps: Step[]; cpu: ReadonlyMap<string, number> }> {
  const farm = expectValue(loadFarm(readFileSync(farmFile, "utf8"), farmFile)).farm;
  const marks: { step: string; atMs: number }[] = [];
  const started = clock.nowMs();
  const onStep = (step: string): void => void marks.push({ step, atMs: clock.nowMs() });
  const live = await openFarm({ farm, wishes: wishesOf(farm), seed: 1, name: `bench-${process.pid}-${count}`, signal: never, onStep });
  const ready = clock.nowMs();
  const steps = marks.map(({ step, atMs }, index) => ({ step, ms: (marks[index + 1]?.atMs ?? ready) - atMs }));
  const cpu = await processorTimes(live.lab.name);
  const downAt = clock.nowMs();
  await live.close();
  return { readyMs: ready - started, downMs: clock.nowMs() - downAt, steps, cpu };
}

/** From writing an intent to the first answered packet through the new tunnel, again and again on one live farm. */
async function storeWriteToFirstPacket(intents: Intents): Promise<number[]> {
  const farm = expectValue(loadFarm(readFileSync(farmFile, "utf8"), farmFile)).farm;
  const network = intents.networks.find((one) => one.name === "red");
  const near = network?.resources.find((resource) => resource.exitPoint);
  const far = network?.resources.find((resource) => !resource.exitPoint);
  if (near === undefined || far === undefined) throw new Error("the farm has no network red with two resources");
  const wishes = wishesOf(farm);
  const networks = wishes.networks.map((one) => (one.name === "red" ? networkWithout(one, (node) => node === far.node) : one));
  const before = { ...wishes, networks };
  const live = await openFarm({
    farm,
    wishes: before,
    seed: 1,
    name: `bench-${process.pid}-packet`,
    signal: never,
    onStep: () => undefined,
  });
  const host = 2;
  const from = { node: near.node, namespace: workloadNamespace(near.prefix, host) };
  const to = workloadIP6(far.prefix, host).address;
  try {
    return await firstPacketTimes({ live, before, after: wishes, from, to, rounds: repeats, waitMs: firstPacketWaitMs });
  } finally {
    await live.close();
  }
}

/** A chain of nodes without processes: time and memory of one. */
async function plainNodeCost(): Promise<{ ms: number; kilobytes: number }> {
  const topology: Topology = {
    name: "chain",
    seed: 1,
    nodes: Array.from({ length: plainNodes }, (_, index) => ({ name: `n${index}`, init: false, role: "host", config: {} })),
    links: Array.from({ length: plainNodes - 1 }, (_, index) => ({
      name: `l${index}`,
      endpoints: [
        { node: `n${index}`, interface: "right" },
        { node: `n${index + 1}`, interface: "left" },
      ],
    })),
  };
  const backend = netnsBackend(await ensureRuntime());
  const freeKilobytes = (): number => Number(/MemAvailable:\s+([0-9]+)/.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);
  const free = freeKilobytes();
  const started = clock.nowMs();
  const lab = await backend.up(topology, { name: `bench-${process.pid}-chain` });
  const ms = (clock.nowMs() - started) / plainNodes;
  const kilobytes = (free - freeKilobytes()) / plainNodes;
  await lab.down();
  return { ms, kilobytes };
}

/** The whole of what `npm start` does once set up: the run of the first farm, by the launcher. */
async function wholeRun(): Promise<number> {
  const started = clock.nowMs();
  const code = await new Promise<number | null>((resolve) => {
    spawn(launcher, ["run", farmFile, "--quiet"], { stdio: "ignore" }).once("exit", resolve);
  });
  if (code !== 0) throw new Error(`the run ended with ${code}`);
  return clock.nowMs() - started;
}

/** Runs the benchmark; a minute or less on 2 cores. */
export async function firstFarm(onProgress: (line: string) => void): Promise<BenchReport> {
  const farm = expectValue(loadFarm(readFileSync(farmFile, "utf8"), farmFile)).farm;
  const intents = expectValue(intentsOf(farm));
  await ensureRuntime();
  onProgress(`bring-up and tear-down, ${repeats} times`);
  const rounds: Awaited<ReturnType<typeof bringUpOnce>>[] = [];
  for (let count = 0; count < repeats; count += 1) rounds.push(await bringUpOnce(count));
  onProgress(`store write to first packet, ${repeats} times`);
  const packets = await storeWriteToFirstPacket(intents);
  onProgress(`${plainNodes} plain nodes`);
  const plain = await plainNodeCost();
  onProgress("a whole run");
  const run = await wholeRun();

  const figures: BenchFigure[] = [
    { name: "lab up and every agent ready, median", value: median(rounds.map((round) => round.readyMs)), unit: "ms", target: 1500 },
    { name: "lab up and every agent ready, worst", value: Math.max(...rounds.map((round) => round.readyMs)), unit: "ms", target: null },
    { name: "store write to first packet, median", value: median(packets), unit: "ms", target: 60 },
    { name: "store write to first packet, worst", value: Math.max(...packets), unit: "ms", target: null },
    { name: "tear-down, median", value: median(rounds.map((round) => round.downMs)), unit: "ms", target: 200 },
    { name: "a node without agent, time", value: plain.ms, unit: "ms", target: 5 },
    { name: "a node without agent, memory", value: plain.kilobytes, unit: "kB", target: 1000 },
    { name: "a whole run with its start", value: run, unit: "ms", target: 10_000 },
  ];
  const steps = rounds[0]?.steps.map(({ step }, index) => ({ step, ms: median(rounds.map((round) => round.steps[index]?.ms ?? 0)) })) ?? [];
  const cpu = [...(rounds[0]?.cpu.keys() ?? [])].map((name) => ({ name, ms: median(rounds.map((round) => round.cpu.get(name) ?? 0)) }));
  const largest = <T extends { ms: number }>(list: T[]): T[] => list.toSorted((one, other) => other.ms - one.ms).slice(0, 6);
  return {
    schema: "farmlab.bench/1",
    name: "first-farm",
    figures,
    dominates: [
      ...largest(steps).map(({ step, ms }) => `${ms.toFixed(0).padStart(5)} ms  ${step}`),
      ...largest(cpu).map(({ name, ms }) => `${ms.toFixed(0).padStart(5)} ms of processor time until ready: ${name}`),
    ],
  };
}
