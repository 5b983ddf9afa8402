import { describe, expect, it } from "vitest";
import { failureNamed, trialOf, worldWith } from "./farm.fixture.ts";
import { judgeExpectation } from "./judge-expectations.ts";
import { judgeFailure } from "./judge-failure.ts";
import { whatIfMeaning } from "./meaning.ts";
import { rank, withOnlyTogether } from "./rank.ts";
import type { ExpectationResult, FailureResult } from "./result.ts";
import type { Trial } from "./try-failure.ts";

const world = worldWith();
const homeB = failureNamed(world, "node home-b");
const untilRepair = "+-----------++++++++";

describe("judgeFailure", () => {
  it("says who lost what and how it came back", () => {
    const result = judgeFailure(world, homeB, trialOf(world, { "blue-3": untilRepair, "red/red-1 > red/red-2": "+--" + "+".repeat(9) }));
    expect(result).toMatchObject({ failure: "node home-b", verdict: "standing", stoodMs: 1000, cutOff: ["blue/blue-3"], why: null });
    expect(result.lost).toHaveLength(11 + 2);
    expect(result.lost.find(({ flow }) => flow === "icmp blue/blue-1 > blue/blue-3 IPv6")).toEqual({
      flow: "icmp blue/blue-1 > blue/blue-3 IPv6",
      ...{ from: "blue/blue-1", to: "blue/blue-3", family: 6, service: "icmp" },
      ...{ comesBack: "repaired", outageMs: 1101, afterRepairMs: 201 },
    });
    expect(result.lost.find(({ from }) => from === "red/red-1")).toMatchObject({ comesBack: "alone", outageMs: 201, afterRepairMs: null });
  });

  it("tells what lasts from what passes and what does no harm", () => {
    const verdictOf = (fate: string, given: Partial<Trial> = {}): string =>
      judgeFailure(world, homeB, trialOf(world, { "blue-3": fate }, given)).verdict;
    expect(verdictOf("+".repeat(20))).toBe("harmless");
    expect(verdictOf("+--+++++++++++")).toBe("passing");
    expect(verdictOf(untilRepair)).toBe("standing");
    expect(verdictOf("+-------------")).toBe("lasting");
    expect(verdictOf("++++++++++++++-", { recovered: true })).toBe("harmless");
  });

  it("counts nothing that was lost before it began", () => {
    expect(judgeFailure(world, homeB, trialOf(world, { "blue-3": "--++++++" }, { beganMs: 200 })).lost).toEqual([]);
  });
});

describe("an expectation", () => {
  const rate = { everyMs: 100, waitMs: 1000 };
  const judge = (
    text: string,
    seen: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>,
    given: Partial<Trial> = {},
    silent: readonly string[] = [],
  ): ExpectationResult => {
    const own = worldWith(text);
    const trials = Object.entries(seen).map(([name, fates]) => ({
      failure: failureNamed(own, ...name.split(" + ")),
      trial: fates === undefined ? undefined : trialOf(own, fates, given),
    }));
    const all = [...trialOf(own, {}).probes.keys()].map((flow) => flow.text).filter((flow) => !flow.includes("10.26.188.2"));
    const atRest = new Set(all.filter((flow) => !silent.some((one) => flow.includes(one))));
    return judgeExpectation(own, own.farm.expectations[0]!, { atRest, seen: trials, rate });
  };
  const survives = "from: internet, to: blue/blue-3, family: ipv6, survives: [link, node]";

  it("holds where nothing is lost, and through failures that it does not name", () => {
    expect(judge(survives, { "link home-a:wan": {}, "process node-1/agent": { "blue-3": "---" } })).toEqual({
      expectation: "internet reaches blue/blue-3 on IPv6",
      ...{ verdict: "passed", failures: 1, why: [] },
    });
  });

  it("is broken by any loss where no time is allowed", () => {
    expect(judge(survives, { "link home-b:wan": { "internet > blue/blue-3": "+-+++" } })).toMatchObject({
      verdict: "failed",
      why: ["link home-b:wan: icmp internet > blue/blue-3 IPv6 was away for 0.1 s, and no answer may be missing"],
    });
  });

  it("is broken by more than the time that is allowed, and unknown where it was not looked so exactly", () => {
    const within = `${survives}, within-ms: 400`;
    expect(judge(within, { "link home-b:wan": { "blue-3": "+---++++" } }).verdict).toBe("passed");
    expect(judge(within, { "link home-b:wan": { "blue-3": "+----+++" } }).verdict).toBe("unknown");
    expect(judge(within, { "link home-b:wan": { "blue-3": "+------+" } }).verdict).toBe("failed");
    expect(judge(within, { "link home-b:wan": { "blue-3": "+--+++--" } }).verdict).toBe("failed");
  });

  it("is not held against two failures at once, nor against that of the node on which a party lives", () => {
    const lost = { "blue-3": "+-------" };
    expect(judge(survives, { "node node-3": lost, "node lan-a + node lan-b": lost })).toMatchObject({ verdict: "passed", failures: 0 });
  });

  it("that somebody is not reached is broken by one answer", () => {
    const isolated = "from: red/red-1, to: blue/blue-1, family: ipv4, reachable: false, survives: [node]";
    expect(judge(isolated, { "node lan-a": { "10.26.188.2": "----" } }).verdict).toBe("passed");
    expect(judge(isolated, { "node lan-a": { "10.26.188.2": "--+-" } })).toMatchObject({
      verdict: "failed",
      why: ["node lan-a: icmp red/red-1 > 10.26.188.2 IPv4 was answered"],
    });
  });

  it("is broken where it does not even hold while nothing has failed", () => {
    expect(judge(survives, {}, {}, ["internet > blue/blue-3"])).toMatchObject({
      verdict: "failed",
      why: ["icmp internet > blue/blue-3 IPv6 is not answered while nothing has failed"],
    });
  });

  it("is unknown where the harness could not look, or was itself held up", () => {
    expect(judge(survives, { "link home-b:wan": undefined }).verdict).toBe("unknown");
    expect(judge(survives, { "link home-b:wan": { "blue-3": "+-+++" } }, { lateMs: 600 }).verdict).toBe("unknown");
    expect(judge(survives, { "link home-b:wan": {} }, { lateMs: 600 }).verdict).toBe("unknown");
    const within = `${survives}, within-ms: 1000`;
    expect(judge(within, { "link home-b:wan": { "blue-3": "+--+++" } }, { lateMs: 600 }).verdict).toBe("passed");
    expect(judge(within, { "link home-b:wan": { "blue-3": `+${"-".repeat(18)}+` } }, { lateMs: 600 }).verdict).toBe("failed");
  });
});

const tried = (failure: string, fates: Readonly<Record<string, string>>, given: Partial<Trial> = {}): FailureResult =>
  judgeFailure(world, failureNamed(world, ...failure.split(" + ")), trialOf(world, fates, given));
const unseen: FailureResult = { ...tried("node node-1", {}), verdict: "unknown", why: "no lab" };

describe("the order of failures", () => {
  it("is by what is lost for good, then until the repair, then by time; what is unknown comes last", () => {
    const results = [
      unseen,
      tried("node grid", {}),
      tried("process node-1/agent", { "blue-3": "+-++" }),
      tried("process node-2/agent", { "blue-3": "+--++" }),
      tried("node home-b", { "blue-3": untilRepair }),
      tried("node home-a", { "blue-": untilRepair }),
      tried("link home-b:wan", { "red/red-1 > red/red-2": "+-----------" }),
    ];
    expect(rank(results).map(({ failure }) => failure)).toEqual([
      ...["link home-b:wan", "node home-a", "node home-b", "process node-2/agent", "process node-1/agent", "node grid", "node node-1"],
    ]);
    expect(rank(results.toReversed())).toEqual(rank(results));
  });

  it("says of a pair what neither of the two takes alone", () => {
    const both = tried("node home-a + node home-b", { "blue-3": untilRepair, "red-2 > internet IPv4": untilRepair });
    const singles = [tried("node home-a", { "red-1": untilRepair }), tried("node home-b", { "blue-3": untilRepair })];
    expect(withOnlyTogether([...singles, both]).map(({ onlyTogether }) => onlyTogether)).toEqual([
      null,
      null,
      ["icmp red/red-2 > internet IPv4"],
    ]);
    expect(withOnlyTogether([both])[0]?.onlyTogether).toBeNull();
    const small = tried("node home-a + node home-b", { "blue-3": untilRepair });
    expect(withOnlyTogether([...singles, small])[2]?.onlyTogether).toEqual([]);
  });
});

describe("the meaning of a result", () => {
  const expectation = (verdict: ExpectationResult["verdict"]): ExpectationResult => ({ expectation: "", verdict, failures: 1, why: [] });
  const meaning = (failures: readonly FailureResult[], ...expectations: readonly ExpectationResult[]): string =>
    whatIfMeaning({ failures, expectations, silent: [] });
  const lasting = tried("node home-b", { "blue-3": "+-----------" });

  it("is that of the expectations", () => {
    expect(meaning([lasting], expectation("passed"))).toBe("holds");
    expect(meaning([lasting])).toBe("holds");
    expect(meaning([unseen], expectation("passed"), expectation("failed"))).toBe("failed");
    expect(meaning([lasting], expectation("unknown"))).toBe("unknown");
  });

  it("is unknown where something could not be seen, and nothing where nothing was chosen", () => {
    expect(meaning([lasting, unseen], expectation("passed"))).toBe("unknown");
    expect(meaning([])).toBe("nothingSelected");
    expect(whatIfMeaning({ failures: [lasting], expectations: [], silent: ["a flow"] })).toBe("unknown");
  });
});
