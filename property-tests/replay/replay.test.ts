import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { sizeOf } from "../reduce/index.ts";
import type { Reduction } from "../reduce/index.ts";
import { farmNamed, twoHidden } from "../reduce/farms.fixture.ts";
import type { PacketDecision } from "../run/happened.ts";
import type { ScenarioRunner } from "../run/scenario.ts";
import { brokenOf, reduced } from "./counterexample.ts";
import { capsuleOf, found } from "./capsule.fixture.ts";
import { makeCapsule } from "./make-capsule.ts";
import { readCapsule } from "./read-capsule.ts";
import { replay, usualRepeats } from "./replay.ts";
import { capsuleLines, noteLines, replayLines } from "./replay-text.ts";
import { capsuleText } from "./seal.ts";

const property = "EX-8 keeps the workload's own IPv6 address";

const result = (verdict: LawResult["verdict"], changes: Partial<LawResult> = {}): LawResult => ({
  ...{ law: "EX-8", property, verdict, runs: 1, needs: [], figures: [] },
  why: verdict === "passed" ? null : `why it ${verdict}`,
  ...changes,
});

/** Answers with these results, one a run. */
function runnerOf(...results: readonly (LawResult | undefined)[]): ScenarioRunner & { runs: number } {
  return {
    runs: 0,
    async run() {
      const law = results[this.runs % results.length];
      this.runs += 1;
      const laws = law === undefined ? [] : [law];
      return { laws, verdict: law?.verdict ?? "unknown", coverage: [], evidence: [], lab: "cold", durationMs: 1 };
    },
    close: async () => undefined,
  };
}

const loaded = expectValue(readCapsule(capsuleText(capsuleOf()), "x.capsule.json"));

describe("a replay", () => {
  it("ends with the first run that fires, and tells its story", async () => {
    const runner = runnerOf(result("passed"), result("failed"), result("passed"));
    const replayed = await replay(loaded, runner, 5);
    expect(replayed).toMatchObject({ outcome: "fires", fired: 1, of: 2, runs: 2, story: "why it failed" });
    expect(runner.runs).toBe(2);
    expect(replayLines(replayed)).toEqual(["it fires: 1 of 2 runs failed", "  why it failed"]);
  });

  it("counts it as gone when every run passed", async () => {
    const replayed = await replay(loaded, runnerOf(result("passed")), 3);
    expect(replayed).toMatchObject({ outcome: "gone", of: 3 });
    expect(replayLines(replayed)).toEqual(["it does not fire any more: 3 of 3 runs passed"]);
  });

  it("knows nothing where nobody could look, or the law had nothing to judge", async () => {
    for (const verdict of ["unknown", "skipped"] as const) {
      const replayed = await replay(loaded, runnerOf(result("passed"), result(verdict)), 2);
      expect(replayed).toMatchObject({ outcome: "unknown", of: 1, story: `why it ${verdict}` });
      expect(replayLines(replayed)).toEqual(["unknown: in 1 of 2 runs nobody could look", `  why it ${verdict}`]);
    }
    expect((await replay(loaded, runnerOf(undefined), 1)).outcome).toBe("unknown");
  });

  it("says what the host lacks, and asks once", async () => {
    const runner = runnerOf(result("skipped", { needs: ["tun"] }));
    const replayed = await replay(loaded, runner, 9);
    expect(replayed).toMatchObject({ outcome: "needs", needs: ["tun"] });
    expect(runner.runs).toBe(1);
    expect(replayLines(replayed)).toEqual(["it cannot be replayed here: needs tun"]);
  });

  it("is repeated as often as the failure's firing rate wants", async () => {
    expect(usualRepeats(loaded)).toBe(1);
    const capsule = { ...loaded.capsule, firing: { fired: 7, of: 10 } };
    expect(usualRepeats({ ...loaded, capsule })).toBe(3);
  });
});

const noParts = { ...sizeOf(farmNamed("exit-node")), nodes: 0, networks: 0, resources: 0, flows: 0, surroundings: 0, lines: 0 };

describe("what a capsule says of itself", () => {
  it("is what was reduced to what, and how sure that is", async () => {
    const reduction: Reduction = {
      document: farmNamed("exit-node"),
      from: { ...noParts, nodes: 6, networks: 2, resources: 8, flows: 21, surroundings: 15, happenings: 2, lines: 45 },
      to: { ...noParts, nodes: 3, networks: 1, resources: 3, surroundings: 8, happenings: 1, lines: 21 },
      ...{ end: "minimal", removals: { possible: 10, tried: 10, unknown: 0 }, firing: { fired: 7, of: 10 }, tries: 3, emulations: 28 },
    };
    const told = (["minimal", "unsure", "budget", "does not fire"] as const).map((end) => {
      const changed = { ...reduction, end, removals: { possible: 10, tried: end === "budget" ? 4 : 10, unknown: 2 } };
      return capsuleLines(capsuleOf({ reduction: changed })).join("\n");
    });
    const decision: PacketDecision = {
      by: "fault",
      position: 0,
      link: "home-a:wan",
      from: "home-a",
      flow: "icmp/8 10.0.0.1 > 10.0.0.2 #1",
      index: 1,
      action: "drop",
    };
    const decisions = Array.from({ length: 9 }, (_, index) => ({ ...decision, index: index + 1 }));
    const happened = capsuleLines(
      capsuleOf({ happened: { timeline: [{ atMs: 499.6, what: "packets at home-a:wan begins" }], decisions, more: 0, notes: [] } }),
    );
    await expect([capsuleLines(capsuleOf()).join("\n"), ...told, happened.join("\n")].join("\n\n")).toMatchFileSnapshot(
      "golden/capsule-lines.txt",
    );
  });

  it("is which versions differ", () => {
    const { versions } = capsuleOf();
    expect(noteLines(capsuleOf(), { ...versions })).toEqual([]);
    expect(noteLines(capsuleOf(), { farmlab: "0.2.0", commit: null, kernel: "6.19.0" })).toEqual([
      "note: it was written by farmlab 0.1.0; this is 0.2.0",
      "note: it was written at commit 0123456789ab; this is no commit",
      "note: it was written on kernel 6.18.0; this is 6.19.0",
    ]);
  });
});

describe("a counterexample", () => {
  it("is the smallest farm that breaks the same property, with the story that it tells itself", async () => {
    const runner: ScenarioRunner = {
      async run({ document }) {
        const size = Object.keys(document.nodes).length;
        const broken = twoHidden(document) ? result("failed", { why: `seen with ${size} nodes` }) : result("passed");
        const other = result("failed", { property: "EX-8 the internet reaches every service of a workload on IPv6" });
        return { laws: [other, broken], verdict: "failed", coverage: [], evidence: [], lab: "cold", durationMs: 1 };
      },
      close: async () => undefined,
    };
    const scenario = { ...loaded.scenario, document: farmNamed("behind-nat") };
    const run = await runner.run(scenario, []);
    const broken = brokenOf(scenario, { ...run, laws: run.laws.slice(1) }, [loaded.property]);
    expect(broken).toHaveLength(1);
    const kept = await reduced(broken[0]!, runner, {});
    expect(kept.reduction).toMatchObject({ end: "minimal", to: { nodes: 3 } });
    expect(kept.result.why).toBe("seen with 3 nodes");
    expect(makeCapsule(kept, found, "x")).toMatchObject({ story: "seen with 3 nodes", firing: { fired: 5, of: 5 } });
  });
});
