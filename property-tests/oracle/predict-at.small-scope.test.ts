/** Everything small: each flow of small farms through each single fault, and relations that hold between predictions whatever the farm. */
import { describe, expect, it } from "vitest";
import type { Fault, ScheduledFault, Timeline } from "../../core/farm/index.ts";
import { everyFlow, predict, predictAt, waysOf } from "./index.ts";
import type { Flow, TimedPrediction, World } from "./index.ts";
import { linkHubs } from "./underlay.ts";
import { farmNamed, worldOf } from "../run/world.fixture.ts";

const internetPort = 7007;
const settleMs = 1000;
const [beginMs, middleMs, healMs] = [10_000, 15_000, 20_000];
const farms = ["exit-node", "three-exit-nodes"].map((name) => ({ name, farm: farmNamed(name) }));

const nodesOf = (world: World): string[] => [
  ...new Set([...linkHubs(world.farm)].flatMap(([link, hub]) => [hub, link.slice(0, link.indexOf(":"))])),
];

/** Each kind once at each place, but for what differs in numbers alone. */
function everyFault(world: World): Fault[] {
  const links = [...linkHubs(world.farm)];
  return [
    ...links.flatMap(([link, hub]): Fault[] => [
      { kind: "cut", link },
      { kind: "cut", link, from: hub },
      { kind: "link-down", link },
      { kind: "packets", link, loss: 0.2 },
      { kind: "packets", link, loss: 1 },
      { kind: "packets", link, delayMs: 50 },
      { kind: "packets", link, corrupt: 0.1, only: { protocol: "tcp" } },
    ]),
    ...nodesOf(world).flatMap((node): Fault[] => [
      { kind: "node-death", node, carrier: "lost" },
      { kind: "node-pause", node },
      { kind: "node-reboot", node },
      { kind: "partition", nodes: [node] },
      { kind: "process-kill", node, service: "agent", signal: "SIGKILL" },
      { kind: "process-kill", node, service: "zebra", signal: "SIGTERM" },
      { kind: "agent-clock", node, rate: 2 },
      { kind: "disk-full", node, folder: "/run" },
    ]),
  ];
}

const scheduled = (fault: Fault): ScheduledFault =>
  fault.kind === "node-reboot" || fault.kind === "process-kill" ? { atMs: middleMs, fault } : { atMs: beginMs, healAtMs: healMs, fault };

/** Whether the fault is at something that is on some of the flow's ways: said here in other words than the oracle's. */
function isOnWay(fault: Fault, names: ReadonlySet<string>): boolean {
  if ("link" in fault) return names.has(fault.link);
  if ("nodes" in fault) return fault.nodes.some((node) => names.has(node));
  return names.has(fault.node);
}

const text = (timed: TimedPrediction | undefined): string => {
  if (timed === undefined) return "no law";
  const { mode, prediction } = timed;
  return prediction.delivered
    ? `${mode} by ${prediction.answeredBy.name} ${prediction.sourceSeen?.value}`
    : `${mode} ${prediction.refusal}`;
};

describe.each(farms)("every flow of $name through every single fault", ({ farm }) => {
  const calm = worldOf(farm);
  const flows = everyFlow(calm, internetPort);
  const faults = everyFault(calm);
  const namesOn = new Map<Flow, ReadonlySet<string>>(
    flows.map((flow) => [flow, new Set(waysOf(calm, flow, predict(calm, flow)!).flatMap((way) => way.map(({ name }) => name)))]),
  );
  const nothing: Timeline = { changes: [], faults: [] };
  const only = (fault: Fault): Timeline => ({ changes: [], faults: [scheduled(fault)] });
  const at = (timeline: Timeline, flow: Flow, atMs: number): TimedPrediction | undefined =>
    predictAt(calm, flow, atMs, { settleMs, timeline });

  it("there are many of both, and a way is known of all that is delivered", () => {
    expect(flows.length).toBeGreaterThan(250);
    expect(faults.length).toBeGreaterThan(100);
    const lost = flows.filter((flow) => predict(calm, flow)?.delivered === true && namesOn.get(flow)?.size === 0);
    expect(lost).toEqual([]);
  });

  it("is predicted at every time, and without the fault as if time did not count", () => {
    for (const flow of flows) {
      const prediction = predict(calm, flow)!;
      const timed = at(nothing, flow, middleMs);
      expect(timed?.prediction).toEqual(prediction);
      expect(timed?.mode).toBe(prediction.delivered ? "must" : "must not");
    }
  });

  it("changes for flows alone whose way holds the fault, never before it and no longer once all is settled", () => {
    const wrong: string[] = [];
    const usually = new Map(flows.map((flow) => [flow, text(at(nothing, flow, middleMs))]));
    for (const fault of faults) {
      const timeline = only(fault);
      for (const [flow, usual] of usually) {
        const [before, meanwhile, after] = [beginMs - 1, middleMs, healMs + settleMs].map((atMs) => text(at(timeline, flow, atMs)));
        const isTouched = isOnWay(fault, namesOn.get(flow) ?? new Set());
        if (before !== usual || after !== usual || meanwhile === "no law" || (!isTouched && meanwhile !== usual)) {
          wrong.push(`${JSON.stringify(fault)}: ${flow.from.name} to ${flow.to.value}: ${before}, ${meanwhile}, ${after}; usual: ${usual}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it("what cuts everything that a flow must pass is a must not, and nothing is made deliverable by a fault", () => {
    for (const fault of faults.filter(({ kind }) => kind === "cut" || kind === "link-down" || kind === "node-death")) {
      const timeline = only(fault);
      for (const flow of flows) {
        const usual = at(nothing, flow, middleMs);
        const meanwhile = at(timeline, flow, middleMs);
        const isPassed = usual?.path.mustPass.some(
          ({ kind, name }) => (kind === "link" || kind === "node") && isOnWay(fault, new Set([name])),
        );
        if (isPassed === true) expect(meanwhile?.mode).toBe("must not");
        if (usual?.mode === "must not") expect(meanwhile?.mode).toBe("must not");
      }
    }
  });
});

describe("relations between predictions", () => {
  const { farm } = farms[0]!;
  const calm = worldOf(farm);
  const flows = everyFlow(calm, internetPort);
  const faults = everyFault(calm);
  const withAll = (...faults: readonly ScheduledFault[]): Timeline => ({ changes: [], faults });
  /** How much a mode allows: two faults together never allow more than one of them. */
  const rank = { must: 2, may: 1, "must not": 0 };
  const mode = (timeline: Timeline, flow: Flow, atMs: number): TimedPrediction["mode"] =>
    predictAt(calm, flow, atMs, { settleMs, timeline })!.mode;
  const pairs = faults.flatMap((one, index) => [{ one, other: faults[(index * 37 + 11) % faults.length]! }]);
  const some = flows.filter((_, index) => index % 5 === 0);

  it("the order of a timeline's entries says nothing, and a second fault makes nothing better", () => {
    for (const { one, other } of pairs) {
      const [first, second] = [scheduled(one), scheduled(other)];
      for (const flow of some) {
        const together = mode(withAll(first, second), flow, middleMs);
        expect(mode(withAll(second, first), flow, middleMs)).toBe(together);
        const alone = [first, second].map((fault) => rank[mode(withAll(fault), flow, middleMs)]);
        expect(rank[together]).toBeLessThanOrEqual(Math.min(...alone));
      }
    }
  });

  it("a timeline that is later by some time says the same later by that time", () => {
    const laterMs = 12_345;
    for (const { one } of pairs) {
      const fault = scheduled(one);
      const later = {
        ...fault,
        atMs: fault.atMs + laterMs,
        ...(fault.healAtMs === undefined ? {} : { healAtMs: fault.healAtMs + laterMs }),
      };
      for (const atMs of [beginMs - 1, beginMs, middleMs, healMs, healMs + settleMs]) {
        for (const flow of some.slice(0, 20)) expect(mode(withAll(later), flow, atMs + laterMs)).toBe(mode(withAll(fault), flow, atMs));
      }
    }
  });

  it("a longer time to settle makes a must or a must not a may, and nothing else", () => {
    for (const { one } of pairs) {
      const timeline = withAll(scheduled(one));
      for (const atMs of [beginMs + 500, healMs + 500, middleMs + 500]) {
        for (const flow of some.slice(0, 30)) {
          const [soon, late] = [100, 5000].map((ms) => predictAt(calm, flow, atMs, { settleMs: ms, timeline })!.mode);
          if (late !== soon) expect(late).toBe("may");
        }
      }
    }
  });
});
