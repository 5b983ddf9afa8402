import { describe, expect, it } from "vitest";
import { healing, stepsOf, type Fault, type Schedule } from "../../core/farm/index.ts";
import type { Topology, TopologyNode } from "../topology/index.ts";
import { wireOf, withWire, type Wire } from "../wire/index.ts";
import { withFaults, type FaultContext, type FaultLab, type FaultNode, type Happened } from "./index.ts";

const agent = { name: "agent", argv: ["agent"], restart: "always" } as const;
const node = (name: string): TopologyNode => ({ name, init: true, role: "host", config: name === "a" ? { services: [agent] } : {} });
const linked = (one: string, other: string): Topology["links"][number] => ({
  name: `${one}-${other}`,
  endpoints: [
    { node: one, interface: other },
    { node: other, interface: one },
  ],
});
const topology: Topology = { name: "t", seed: 1, nodes: ["a", "b", "c"].map(node), links: [linked("a", "b"), linked("c", "b")] };

interface Bench {
  readonly context: FaultContext;
  /** What was asked of nodes and wire, in order, with the time. */
  readonly asked: readonly string[];
  /** Lets time pass. */
  pass(milliseconds: number): Promise<void>;
}

/** A lab and a wire that do nothing but tell, and a clock that is moved by hand; `broken` fails whenever it is asked for. */
function bench(wired: readonly string[], broken: readonly string[] = []): Bench {
  const asked: string[] = [];
  let now = 1000;
  const waiting: { readonly atMs: number; readonly resolve: () => void }[] = [];
  const ask = async (what: string): Promise<void> => {
    asked.push(`${now - 1000} ${what}`);
    await Promise.resolve();
    if (broken.some((one) => what.startsWith(one))) throw new Error(`${what} is broken`);
  };
  const nodeOf = (name: string): FaultNode => ({
    exec: async (argv, { input } = {}) => {
      await ask([name, argv[0], ...(input === undefined ? [] : [input.trim()])].join(" "));
      return { code: 0, stdout: argv[0] === "stat" ? "100 4096\n" : "", stderr: argv[0] === "dd" ? "dd: No space left on device" : "" };
    },
    services: { kill: (service, signal) => ask(`${name} ${signal} ${service}`) },
    pause: () => ask(`${name} pause`),
    resume: () => ask(`${name} resume`),
    powerOff: () => ask(`${name} off`),
    powerOn: () => ask(`${name} on`),
    reboot: () => ask(`${name} reboot`),
  });
  const wiredTopology = withWire(topology, wired);
  const plan = wireOf(wiredTopology);
  const lab: FaultLab = {
    topology: wiredTopology,
    node(name) {
      if (!wiredTopology.nodes.some((one) => one.name === name)) throw new Error(`lab t has no node ${name}`);
      return nodeOf(name);
    },
  };
  const wire: Wire | undefined = plan && {
    plan,
    setRule: (link, direction, name, rule) => ask(`set ${link} ${direction} ${name}${rule.cut === true ? " cut" : ""}`),
    clearRule: (link, direction, name) => ask(`clear ${link} ${direction} ${name}`),
    setCarrier: (link, end, state) => ask(`carrier ${link} ${end} ${state}`),
    decisions: () => Promise.resolve({ decisions: [], cut: 0 }),
    counters: () => Promise.resolve([]),
  };
  const clock = {
    nowMs: () => now,
    pause: (milliseconds: number) => new Promise<void>((resolve) => void waiting.push({ atMs: now + milliseconds, resolve })),
  };
  const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  return {
    asked,
    context: { lab, wire, clock, rules: { stepsOf, healing } },
    async pass(milliseconds) {
      const end = now + milliseconds;
      for (await settled(); now < end; await settled()) {
        now = Math.min(end, ...waiting.map(({ atMs }) => atMs));
        for (const due of waiting.filter(({ atMs }) => atMs <= now)) {
          waiting.splice(waiting.indexOf(due), 1);
          due.resolve();
        }
      }
    },
  };
}

const reboot: Fault = { kind: "node-reboot", node: "a" };
const full: Fault = { kind: "disk-full", node: "b", folder: "/var" };
const cut: Fault = { kind: "cut", link: "a-b", from: "b" };
const inWords = ({ act, position, plannedMs, begunMs, error }: Happened): string =>
  [act, position, plannedMs, begunMs, ...(error === undefined ? [] : [error])].join(" ");

const until = (end: number, one: Bench): (() => Promise<string>) => {
  return async () => {
    await one.pass(end);
    return "done";
  };
};

describe("withFaults", () => {
  it("does each step at its time, and heals at the end what still stands, the latest first", async () => {
    const one = bench(["a-b"]);
    const schedule: Schedule = {
      seed: 1,
      faults: [
        { atMs: 50, fault: full },
        { atMs: 10, fault: cut, healAtMs: 30 },
        { atMs: 60, fault: reboot },
        { atMs: 70, fault: cut },
        { atMs: 500, fault: reboot },
      ],
    };
    const { value, timeline } = await withFaults(schedule, one.context, until(100, one));
    expect(value).toBe("done");
    expect(one.asked).toEqual([
      "10 set a-b 1 fault-2 cut",
      "30 clear a-b 1 fault-2",
      "50 b stat",
      "50 b dd",
      "60 a reboot",
      "70 set a-b 1 fault-4 cut",
      "100 clear a-b 1 fault-4",
      "100 b rm",
    ]);
    expect(timeline.map(inWords)).toEqual([
      "begin 1 10 10",
      "heal 1 30 30",
      "begin 0 50 50",
      "begin 2 60 60",
      "begin 3 70 70",
      "heal 3  100",
      "heal 0  100",
    ]);
  });

  it("heals also when the work fails, and throws what the work threw", async () => {
    const one = bench([]);
    const failing = withFaults({ seed: 1, faults: [{ atMs: 0, fault: full }] }, one.context, async () => {
      await one.pass(5);
      throw new Error("the work");
    });
    await expect(failing).rejects.toThrow("the work");
    expect(one.asked).toEqual(["0 b stat", "0 b dd", "5 b rm"]);
  });

  it("heals what a failed step had half done, goes on healing when that fails, and tells the work", async () => {
    const one = bench(["a-b", "c-b"], ["a off", "a on"]);
    const schedule: Schedule = {
      seed: 1,
      faults: [
        { atMs: 0, fault: full },
        { atMs: 10, fault: { kind: "node-death", node: "a", carrier: "kept" } },
        { atMs: 20, fault: reboot },
      ],
    };
    const seen: Happened[] = [];
    const running = withFaults(schedule, { ...one.context, onHappened: (happened) => void seen.push(happened) }, async ({ signal }) => {
      await one.pass(100);
      signal.throwIfAborted();
    });
    await expect(running).rejects.toThrow("fault 2 (node-death) did not begin: a off is broken");
    expect(one.asked.slice(2)).toEqual(["10 set a-b 0 fault-2 cut", "10 set a-b 1 fault-2 cut", "10 a off", "100 a on", "100 b rm"]);
    expect(seen.map(inWords)).toEqual(["begin 0 0 0", "begin 1 10 10 a off is broken", "heal 1  100 a on is broken", "heal 0  100"]);
  });

  it("ends when it is interrupted, and heals", async () => {
    const one = bench([]);
    const abort = new AbortController();
    const schedule: Schedule = {
      seed: 1,
      faults: [
        { atMs: 0, fault: full },
        { atMs: 50, fault: reboot },
      ],
    };
    const running = withFaults(schedule, { ...one.context, signal: abort.signal }, async ({ signal }) => {
      await one.pass(10);
      abort.abort(new Error("interrupted"));
      await one.pass(100);
      signal.throwIfAborted();
    });
    await expect(running).rejects.toThrow("interrupted");
    expect(one.asked).toEqual(["0 b stat", "0 b dd", "110 b rm"]);
  });
});

describe("faults of nodes", () => {
  it("cut the links before the node falls silent, and after it is back", async () => {
    const one = bench(["a-b", "c-b"]);
    const faults = (["kept", "lost"] as const).map((carrier, index): Schedule["faults"][number] => ({
      atMs: 10 * index,
      healAtMs: 10 * index + 5,
      fault: { kind: "node-death", node: "c", carrier },
    }));
    await withFaults(
      { seed: 1, faults: [...faults, { atMs: 20, healAtMs: 25, fault: { kind: "node-pause", node: "c" } }] },
      one.context,
      until(30, one),
    );
    const set = (name: string): string[] => [`set c-b 0 ${name} cut`, `set c-b 1 ${name} cut`];
    const clear = (name: string): string[] => [`clear c-b 1 ${name}`, `clear c-b 0 ${name}`];
    expect(one.asked.map((line) => line.slice(line.indexOf(" ") + 1))).toEqual([
      ...[...set("fault-1"), "c off", "c on", ...clear("fault-1")],
      ...[...set("fault-2"), "c off", "carrier c-b 1 down", "c on", "carrier c-b 1 up", ...clear("fault-2")],
      ...[...set("fault-3"), "c pause", "c resume", ...clear("fault-3")],
    ]);
  });

  it("put the clock of a node's agent wrong, and right again", async () => {
    const one = bench([]);
    const fault: Fault = { kind: "agent-clock", node: "a", aheadMs: -5000, rate: 2 };
    await withFaults({ seed: 1, faults: [{ atMs: 0, fault }] }, one.context, until(5, one));
    expect(one.asked).toEqual(['0 a tee {"aheadMs":-5000,"rate":2}', "5 a rm"]);
  });

  it("cut every link that leads out of a partition, and no other", async () => {
    const one = bench(["a-b", "c-b"]);
    await withFaults({ seed: 1, faults: [{ atMs: 0, fault: { kind: "partition", nodes: ["a", "b"] } }] }, one.context, until(5, one));
    expect(one.asked).toEqual(["0 set c-b 0 fault-1 cut", "0 set c-b 1 fault-1 cut", "5 clear c-b 1 fault-1", "5 clear c-b 0 fault-1"]);
  });
});

describe("a fault that a lab cannot be put through", () => {
  it.each<[Fault, readonly string[], string]>([
    [cut, [], "the lab has no wire"],
    [cut, ["c-b"], "link a-b is not wired"],
    [{ ...cut, from: "c" }, ["a-b"], "c is at neither end of link a-b"],
    [{ kind: "link-down", link: "x" }, ["a-b"], "link x is not wired"],
    [{ kind: "node-pause", node: "b" }, ["a-b"], "link c-b of b is not wired"],
    [{ kind: "partition", nodes: ["c"] }, ["a-b"], "link c-b leads out of the partition"],
    [{ kind: "node-reboot", node: "d" }, [], "has no node d"],
    [{ kind: "agent-clock", node: "b", rate: 2 }, [], "b has no agent"],
    [{ kind: "agent-clock", node: "a", rate: 0 }, [], "count 0 seconds in one"],
  ])("is refused before anything begins: %j with %j wired", async (fault, wired, message) => {
    const one = bench(wired);
    const schedule = {
      seed: 1,
      faults: [
        { atMs: 0, fault: full },
        { atMs: 0, fault },
      ],
    };
    await expect(withFaults(schedule, one.context, until(5, one))).rejects.toThrow(message);
    expect(one.asked).toEqual([]);
  });
});
