import { describe, expect, it } from "vitest";
import type { Condition, PacketConditions } from "../../core/farm/index.ts";
import { predictAtRest } from "../oracle/index.ts";
import { farmNamed, flowTo, worldOf } from "../run/world.fixture.ts";
import { improbable, isSure, losesPackets, probesFor } from "./lossy.ts";

const farm = farmNamed("exit-node");

const withCondition = (up: PacketConditions, more: Partial<Condition> = {}): typeof farm => ({
  ...farm,
  conditions: [{ on: { kind: "link", link: "host-v6:wan" }, up, ...more }],
});

describe("probes of a flow that may be lost", () => {
  it("are so many that chance alone does not lose them all, and none where that takes too many", () => {
    for (const chance of [0.5, 0.6, 0.81, 0.99]) {
      const probes = probesFor(chance) ?? 0;
      expect((1 - chance) ** probes).toBeLessThanOrEqual(improbable);
      expect((1 - chance) ** (probes - 1)).toBeGreaterThan(improbable);
    }
    expect([0, 0.1, 0.4, 1].map(probesFor)).toEqual([undefined, undefined, undefined, 1]);
  });
});

describe("a flow over a link that does something to packets all the time", () => {
  const toHost = (given: typeof farm): ReturnType<typeof predictAtRest> => {
    const world = worldOf(given);
    return predictAtRest(world, flowTo(world, "blue-1", "2001:db8:6::6"));
  };
  const isSureOf = (given: typeof farm): boolean => {
    const world = worldOf(given);
    return isSure(world, flowTo(world, "blue-1", "2001:db8:6::6"));
  };

  it("may be lost with the chance that both ways have, and nobody can say it of decisions by hand", () => {
    expect(toHost(farm)).toMatchObject({ mode: "must" });
    expect(toHost(withCondition({ loss: 0.1 }, { down: { loss: 0.2 } }))).toMatchObject({ mode: "may", chance: 0.9 * 0.8 });
    const byHand = toHost(withCondition({}, { edits: [{ flow: "*", index: 1, action: "drop" }] }));
    expect(byHand).toMatchObject({ mode: "may", because: "the conditions of host-v6:wan" });
    expect(byHand).not.toHaveProperty("chance");
    expect(toHost(withCondition({ loss: 1 }))).toMatchObject({ mode: "must not" });
  });

  it("is sure where it is only late", () => {
    expect([farm, withCondition({ delayMs: 20 }), withCondition({ loss: 0.1 }), withCondition({ loss: 1 })].map(isSureOf)).toEqual([
      ...[true, true, false, false],
    ]);
    expect([farm, withCondition({ delayMs: 20 }), withCondition({ loss: 0.1 })].map(losesPackets)).toEqual([false, false, true]);
  });
});
