/**
 * How many scenarios a second are judged in labs: farms of four nodes, two of them with real agents, the others the upstream router with FRR
 * and the host with the store; three labs side by side. In processor time too, which a machine that has other work does not change.
 */
import { expectValue } from "../../core/common/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { createScenarioRunner, judgedBeforeLook, scenarioOf, selectProperties } from "../../property-tests/run/index.ts";
import type { CoverageWatch, Session } from "../../property-tests/run/index.ts";
import type { BenchFigure } from "../figures.ts";
import { processorTimes } from "../processor-times.ts";

const labsAtOnce = 3;
const coldRuns = 12;
const warmRuns = 45;
/** Two cores, all of whose time is spent on scenarios. */
const coldPerSecond = 4;
const warmPerSecond = 15;
const cores = 2;

/** One network with a resource and a workload on either node; its prefixes follow from the position. */
function farmAt(position: number): FarmFile {
  const hex = (offset: number): string => (0x1100 + 2 * (position % 100) + offset).toString(16);
  return {
    farm: "bench",
    about: "Two nodes with agents, an upstream router, and the store.",
    allocations: [{ prefix: "2a02:1802:5e::/48", number: 1, ipv4: "185.69.166.0/24" }],
    segments: ["prefix-zero"],
    internet: { hosts: { grid: { ipv4: "198.51.100.53", ipv6: "2001:db8:53::53", store: true } } },
    upstreams: {
      upstream: {
        ...{ segment: "prefix-zero", ipv4: "185.69.166.1/24", ipv6: "2a02:1802:5e::1/64", wan4: "192.0.2.10", wan6: "2001:db8:10::1" },
        routes: [
          { to: "2a02:1802:5e:1000::/52", via: "fe80::1000:0:0:1" },
          { to: "2a02:1802:5e::/48", unreachable: true },
        ],
      },
    },
    nodes: {
      "node-1": {
        nics: {
          eth0: { segment: "prefix-zero", ipv4: "185.69.166.2/24", ipv6: "2a02:1802:5e::2/64" },
          eth1: { segment: "prefix-zero" },
        },
        public: { nic: "eth0", ipv4: "185.69.166.3/24", ipv6: "2a02:1802:5e::3/64" },
        "exit-node": { number: 1, nic: "eth1", ipv4: "185.69.166.123/24" },
      },
      "node-2": { nics: { eth0: { segment: "prefix-zero", ipv4: "185.69.166.4/24", ipv6: "2a02:1802:5e::4/64" } } },
    },
    networks: {
      blue: {
        kind: "exit-node",
        resources: [
          { node: "node-1", prefix: `2a02:1802:5e:${hex(0)}::/64`, "exit-point": true },
          { node: "node-2", prefix: `2a02:1802:5e:${hex(1)}::/64` },
        ],
        workloads: {
          "blue-1": { node: "node-1", host: 2, services: ["tcp/80", "udp/53"] },
          "blue-2": { node: "node-2", host: 2, services: ["tcp/80", "udp/53"] },
        },
      },
    },
  };
}

/** The driver itself, which has no lab: what it spends on all of them. */
const driver = "driver";

interface Measured {
  readonly seconds: number;
  /** Processor milliseconds by program, of all scenarios together. Tear-downs are not in it. */
  readonly processor: ReadonlyMap<string, number>;
  readonly warm: number;
  readonly notPassed: number;
}

async function measure(count: number, reuse: boolean): Promise<Measured> {
  const ofLabs = new Map<string, ReadonlyMap<string, number>>();
  const watchCoverage = async ({ lab }: Session): Promise<CoverageWatch> => ({
    recentDrops: () => [],
    look: () => Promise.resolve(),
    async observe() {
      ofLabs.set(lab.name, await processorTimes(lab.name));
      return { covered: [], known: [] };
    },
    end: () => Promise.resolve(),
  });
  const signal = new AbortController().signal;
  let revised = 0;
  const lateLooks = { most: judgedBeforeLook, onRevised: (): void => void (revised += 1) };
  const runner = createScenarioRunner({ backend: "netns", jobs: labsAtOnce, reuse, signal, watchCoverage, lateLooks });
  const properties = selectProperties(["EX-7"]);
  const [beganMs, before] = [performance.now(), process.cpuUsage()];
  let next = 0;
  let warm = 0;
  let notPassed = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const position = next;
      next += 1;
      const run = await runner.run(expectValue(scenarioOf(farmAt(position), position, "bench")), properties);
      if (run.lab === "warm") warm += 1;
      if (run.verdict !== "passed") notPassed += 1;
    }
  };
  await Promise.all(Array.from({ length: labsAtOnce }, worker));
  // Labs that end are part of it.
  await runner.close();
  const { user, system } = process.cpuUsage(before);
  const processor = new Map([[driver, (user + system) / 1000]]);
  for (const times of ofLabs.values()) for (const [name, ms] of times) processor.set(name, (processor.get(name) ?? 0) + ms);
  return { seconds: (performance.now() - beganMs) / 1000, processor, warm, notPassed: notPassed + revised };
}

const sum = (times: ReadonlyMap<string, number>): number => [...times.values()].reduce((total, ms) => total + ms, 0);

/** What takes most, in milliseconds of processor time a scenario. */
function dominating({ processor }: Measured, count: number): string {
  const largest = [...processor].toSorted(([, one], [, other]) => other - one).slice(0, 8);
  return largest.map(([name, ms]) => `${name} ${(ms / count).toFixed(0)}`).join(", ");
}

function figuresOf(name: string, count: number, measured: Measured, perSecond: number): BenchFigure[] {
  return [
    { name: `${name}, the time of one`, value: (measured.seconds / count) * 1000, unit: "ms", target: 1000 / perSecond },
    {
      name: `${name}, processor time of one`,
      value: sum(measured.processor) / count,
      unit: "ms",
      target: (cores * 1000) / perSecond,
    },
    { name: `${name}, not passed`, value: measured.notPassed, unit: "", target: 0 },
  ];
}

/** A minute on a quiet machine with 2 cores. */
export async function emulationFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  // What is made once, as images and bundles, is made before.
  await measure(1, false);
  say(`${coldRuns} scenarios, each in a lab of its own, ${labsAtOnce} at once`);
  const cold = await measure(coldRuns, false);
  say(`${warmRuns} scenarios in labs that are used again, ${labsAtOnce} at once`);
  const warm = await measure(warmRuns, true);
  say(`processor ms a scenario: fresh: ${dominating(cold, coldRuns)}; used: ${dominating(warm, warmRuns)}`);
  return [
    ...figuresOf("a scenario in a fresh lab", coldRuns, cold, coldPerSecond),
    ...figuresOf("a scenario in a used lab, with the labs' own beginnings and ends", warmRuns, warm, warmPerSecond),
    { name: "scenarios in used labs", value: warm.warm, unit: `of ${warmRuns}`, target: null },
  ];
}
