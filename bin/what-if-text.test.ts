import { describe, expect, it } from "vitest";
import type { FailureResult, LostFlow, WhatIfResult } from "../property-tests/what-if/index.ts";
import { whatIfText } from "./what-if-text.ts";

const lost = (from: string, to: string, family: 4 | 6, given: Partial<LostFlow> = {}): LostFlow => ({
  ...{ flow: `icmp ${from} > ${to} IPv${family}`, from, to, family, service: "icmp" },
  ...{ comesBack: "repaired", outageMs: 3412, afterRepairMs: 412, ...given },
});
const alone = { comesBack: "alone", afterRepairMs: null } as const;
const both = (one: string, other: string): LostFlow[] =>
  ([4, 6] as const).flatMap((family) => [lost(one, other, family), lost(other, one, family)]);

const failure = (kind: "link" | "node" | "process", name: string, given: Partial<FailureResult> = {}): FailureResult => ({
  ...{ failure: `${kind} ${name}`, parts: [{ kind, name }], verdict: "harmless", stoodMs: kind === "process" ? null : 3000 },
  ...{ lost: [], cutOff: [], onlyTogether: null, why: null, ...given },
});
const pair = (given: Partial<FailureResult>): FailureResult => ({
  ...failure("link", "a:wan"),
  ...{
    failure: "link a:wan + link b:wan",
    parts: [
      { kind: "link", name: "a:wan" },
      { kind: "link", name: "b:wan" },
    ],
    ...given,
  },
});

const cut = [...both("blue/blue-1", "blue/blue-2"), ...both("blue/blue-2", "internet")];
const result: WhatIfResult = {
  ...{ schema: "farmlab.what-if/1", farm: "home", seed: 7, backend: "netns", farmlab: "0.0.0", host: { choices: {} } },
  ...{ probeEveryMs: 100, probeWaitMs: 1000, flows: { watched: 20, known: 31 }, silent: ["icmp blue/blue-9 > internet IPv6"] },
  failures: [
    failure("process", "store/wg", {
      verdict: "lasting",
      lost: [lost("blue/blue-1", "internet", 4, { comesBack: "never", outageMs: null })],
      why: "not everything came back by itself: the lab was made anew",
    }),
    failure("node", "upstream", {
      verdict: "standing",
      cutOff: ["internet", "blue/blue-1"],
      lost: Array.from({ length: 20 }, () => lost("blue/blue-1", "internet", 4)),
    }),
    failure("link", "home-a:wan", {
      ...{ verdict: "standing", cutOff: ["blue/blue-2"] },
      lost: [...cut, lost("red/red-1", "internet", 6), lost("red/red-2", "red/red-1", 4, alone)],
    }),
    failure("link", "node-1:eth1", { verdict: "standing", cutOff: ["internet"], lost: both("blue/blue-1", "internet") }),
    failure("process", "upstream/staticd", {
      verdict: "passing",
      lost: ["b", "c", "d", "e", "f"].map((name) => lost("blue/a", `blue/${name}`, 6, { ...alone, outageMs: 201 })),
    }),
    failure("process", "node-1/agent"),
    failure("node", "grid"),
    pair({ verdict: "standing", lost: cut, onlyTogether: ["icmp red/red-1 > red/red-2 IPv6"] }),
    pair({ verdict: "standing", lost: cut, onlyTogether: [] }),
    { ...pair({ verdict: "standing", lost: cut, cutOff: ["blue/blue-2"] }), failure: "link a:wan + link c:wan" },
    failure("node", "lan-a", { verdict: "unknown", why: "not everything works without it: waited" }),
  ],
  expectations: [
    { expectation: "internet reaches blue/blue-1 tcp/80", verdict: "passed", failures: 12, why: [] },
    { expectation: "red/red-1 does not reach blue/blue-1", verdict: "passed", failures: 0, why: [] },
    {
      expectation: "internet reaches blue/blue-2",
      verdict: "failed",
      failures: 1,
      why: ["link home-a:wan: icmp internet > blue/blue-2 IPv6 was away for 3.4 s, and no answer may be missing"],
    },
    { expectation: "blue/blue-2 reaches internet", verdict: "unknown", failures: 1, why: ["node lan-a: it could not be looked at"] },
  ],
  notTried: ["link x:wan", "link y:wan"],
  durationMs: 65_432,
};

describe("what what-if prints for people", () => {
  it("is known", async () => {
    await expect(whatIfText(result)).toMatchFileSnapshot("golden/what-if.txt");
  });

  it("is short for a farm in which nothing is lost", () => {
    const quiet = {
      ...result,
      silent: [],
      expectations: [],
      notTried: [],
      failures: [failure("node", "grid")],
      flows: { watched: 3, known: 3 },
    };
    expect(whatIfText(quiet)).toBe(
      "home: 1 failure, 3 flows, each probed every 100 ms (seed 7)\n\nnothing lost: node grid\n\ndone in 65.4 s\n",
    );
  });

  it("shows no control character of what programs said", () => {
    expect(whatIfText({ ...result, failures: [failure("node", "a", { verdict: "unknown", why: "\u001b[2J" })] })).not.toContain("\u001b");
  });
});
