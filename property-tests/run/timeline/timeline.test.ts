import { describe, expect, it } from "vitest";
import type { Fault } from "../../../core/farm/index.ts";
import { wireOf } from "../../../emulator/wire/index.ts";
import { compileFarm } from "../../../topologies/index.ts";
import { predict, predictAt } from "../../oracle/index.ts";
import { farmNamed, worldOf } from "../world.fixture.ts";
import { chosenFlows } from "./chosen-flows.ts";
import { timelineWaitMs, wiredLinks } from "./index.ts";

const farm = farmNamed("timeline");

describe("the links of a timeline's faults", () => {
  const linksOf = (...faults: readonly Fault[]): string[] =>
    wiredLinks({ ...farm, timeline: { changes: [], faults: faults.map((fault) => ({ atMs: 0, fault })) } });

  it("are those named, all that a partition crosses, and all of a node that goes silent", () => {
    expect(wiredLinks(farm)).toEqual(["attic:eth0", "home-a:wan"]);
    expect(linksOf({ kind: "partition", nodes: ["lan-a", "attic"] })).toEqual(["home-a:lan"]);
    expect(linksOf({ kind: "node-death", node: "exit-1", carrier: "lost" })).toEqual(["exit-1:eth0", "exit-1:eth1"]);
    expect(linksOf({ kind: "node-pause", node: "lan-a" })).toEqual(["home-a:lan", "attic:eth0"]);
    expect(linksOf({ kind: "node-reboot", node: "attic" }, { kind: "cut", link: "attic:eth0" })).toEqual(["attic:eth0"]);
  });

  it("can be wired", () => {
    const wired = wireOf(compileFarm(farm, { seed: 1, wired: wiredLinks(farm) }))?.links.map(({ name }) => name);
    expect(wired?.toSorted()).toEqual(wiredLinks(farm).toSorted());
  });
});

describe("the flows that are watched", () => {
  const world = worldOf(farm, farm.timeline);
  const flows = chosenFlows(world, 1, 7007);

  it("are of every law, some touched by the timeline and some not, and follow from the seed", () => {
    const laws = new Set(flows.map((flow) => predict(world, flow)?.law));
    expect([...laws].toSorted()).toEqual(["EX-10", "EX-11", "EX-7", "EX-8", "EX-9"]);
    const modes = flows.map((flow) => predictAt(world, flow, 1700, { settleMs: 0 })?.mode ?? "away");
    expect(new Set(modes)).toEqual(new Set(["must", "must not", "away"]));
    expect(flows.length).toBeLessThan(81);
    expect(chosenFlows(world, 1, 7007)).toEqual(flows);
    expect(chosenFlows(world, 2, 7007)).not.toEqual(flows);
  });
});

it("a timeline may take as long as it says, and as its changes and what comes after may", () => {
  expect(timelineWaitMs(farm)).toBeGreaterThan(3000 + 40_000);
  expect(timelineWaitMs({ ...farm, timeline: { faults: [], changes: [] } })).toBeLessThan(timelineWaitMs(farm));
});
