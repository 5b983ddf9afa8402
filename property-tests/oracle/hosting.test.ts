/** Worked examples: an exit node that has a standby, through what may befall both. */
import { describe, expect, it } from "vitest";
import type { Fault, ScheduledFault } from "../../core/farm/index.ts";
import { farmNamed, flowTo, worldOf } from "../run/world.fixture.ts";
import { predictAt } from "./index.ts";
import type { Flow, World } from "./index.ts";

const farm = farmNamed("standby");
const world = (...faults: readonly ScheduledFault[]): World => worldOf(farm, { faults });
/** From 100 s to 200 s. */
const during = (...faults: readonly Fault[]): World => world(...faults.map((fault) => ({ atMs: 100_000, healAtMs: 200_000, fault })));

const outside = (of: World): Flow => flowTo(of, "box-1", "2001:db8:6::6");
const ofTheSpare = (of: World): Flow => flowTo(of, "ash-3", "198.51.100.4");
const toTheExitPoint = (of: World): Flow => {
  const target = of.workloads.find(({ name }) => name === "ash-1");
  if (target === undefined) throw new Error("ash-1 is not there");
  return { from: flowTo(of, "host-v6", "::1").from, to: target.ipv6, protocol: "tcp", port: 80 };
};
const modes = (of: World, flow: (of: World) => Flow, ...seconds: readonly number[]): readonly (string | undefined)[] =>
  seconds.map((second) => predictAt(of, flow(of), second * 1000, { settleMs: 6000 })?.mode);

const death: Fault = { kind: "node-death", node: "exit-3", carrier: "kept" };
const [before, begins, stands, over, after] = [99, 104, 150, 204, 250];
const times = [before, begins, stands, over, after];

describe("EX-14 the oracle knows who hosts an exit node", () => {
  it.each<[string, Fault]>([
    ["dead", death],
    ["cut off from everything", { kind: "partition", nodes: ["exit-3"] }],
    ["frozen", { kind: "node-pause", node: "exit-3" }],
    ["cut off from the store", { kind: "cut", link: "exit-3:eth0" }],
  ])("its standby while its node is %s", (_, fault) => {
    const of = during(fault);
    expect(modes(of, outside, ...times)).toEqual(["must", "may", "must", "may", "must"]);
    expect(modes(of, ofTheSpare, ...times)).toEqual(["must", "may", "must", "may", "must"]);
  });

  it("what runs behind the exit point on its own node is cut off with that", () => {
    expect(modes(during(death), toTheExitPoint, ...times)).toEqual(["must", "may", "must not", "may", "must"]);
  });

  it("the standby's death alone changes nothing for others", () => {
    expect(modes(during({ ...death, node: "spare" }), outside, ...times)).toEqual(["must", "must", "must", "must", "must"]);
  });

  it("nobody, where both are dead or the store is", () => {
    const both = during(death, { ...death, node: "spare" });
    expect(modes(both, outside, stands, after)).toEqual(["must not", "must"]);
    const store = during({ ...death, node: "grid" });
    expect(modes(store, outside, stands, after)).toEqual(["must not", "must"]);
  });

  it("perhaps another one, where it may have lost its lease and may not have", () => {
    const slow = during({ kind: "agent-clock", node: "exit-3", rate: 0.1 });
    const lossy = during({ kind: "packets", link: "exit-3:eth0", loss: 0.2 });
    expect([slow, lossy].map((of) => modes(of, outside, stands, after))).toEqual([
      ["may", "must"],
      ["may", "must"],
    ]);
  });

  it("its own node always, where nothing stands in for it", () => {
    const plain = {
      ...farm,
      nodes: farm.nodes.map(({ exitNode, ...node }) => {
        if (exitNode === undefined) return node;
        const { standbys: _none, ...config } = exitNode;
        return { ...node, exitNode: config };
      }),
    };
    const of = worldOf(plain, {
      faults: [{ atMs: 100_000, healAtMs: 200_000, fault: { kind: "node-death", node: "grid", carrier: "kept" } }],
    });
    expect(modes(of, outside, ...times)).toEqual(["must", "must", "must", "must", "must"]);
  });
});
