import { describe, expect, it } from "vitest";
import { expectValue, formatProblem } from "../../core/common/index.ts";
import { fileSizeLimit } from "../../core/common/reading/index.ts";
import { farmText } from "../../core/farm/index.ts";
import { farmNamed } from "../reduce/farms.fixture.ts";
import type { Evidence } from "../run/evidence.ts";
import type { WhatHappened } from "../run/happened.ts";
import { capsuleOf } from "./capsule.fixture.ts";
import { capsuleJsonSchema, captureLimit, listLimit, textLimit } from "./capsule.ts";
import type { Capsule } from "./capsule.ts";
import { readCapsule } from "./read-capsule.ts";
import { capsuleText, sealed } from "./seal.ts";

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  law: "EX-8",
  property: "EX-8 keeps the workload's own IPv6 address",
  flow: "icmp from red-1",
  story: "no answer came",
  views: [{ view: "tables", says: ["node-1: no route"], ends: "node-1/gateway" }],
  guilty: { layer: "control plane", because: "there is no route" },
  path: [{ place: "node-1/gateway", routes: ["default via fe80::1"], rules: [] }],
  capture: null,
  ...changes,
});

const happened: WhatHappened = {
  timeline: [{ atMs: 500.5, what: "cut at home-a:wan begins" }],
  decisions: [
    { by: "condition", position: 0, link: "home-a:wan", from: "home-a", flow: "udp 10.0.0.1:* > 10.0.0.2:53 #3", index: 2, action: "drop" },
  ],
  more: 0,
  notes: [{ atMs: -20, what: 'node-1\'s agent: applied {"changes":3}' }],
};

describe("XC-3 a capsule", () => {
  it("is read as it was written, whatever its layout", () => {
    const capsule = capsuleOf({ evidence: [evidence({ capture: "AAAA" })], happened });
    expect(capsule.happened).toEqual([
      { atMs: 500.5, what: "cut at home-a:wan begins" },
      { atMs: null, what: "condition 1 drops packet 2 of udp 10.0.0.1:* > 10.0.0.2:53 #3, from home-a at home-a:wan" },
      { atMs: -20, what: 'node-1\'s agent: applied {"changes":3}' },
    ]);
    for (const text of [capsuleText(capsule), JSON.stringify(capsule)]) {
      const loaded = expectValue(readCapsule(text, "x.capsule.json"));
      expect(loaded.capsule).toEqual(capsule);
      expect(loaded.scenario).toMatchObject({ seed: 42, file: "topologies/exit-node.farm.yml", document: farmNamed("exit-node") });
      expect(loaded.property.name).toBe(capsule.property);
    }
  });

  it("holds of what happened as much as there is room for, and says how much more there was", () => {
    const [decision] = happened.decisions;
    const decisions = Array.from({ length: 2 * listLimit }, () => decision!);
    const { happened: kept } = capsuleOf({ happened: { ...happened, decisions, more: 7 } });
    expect(kept).toHaveLength(listLimit);
    expect(kept.at(-1)?.what).toBe(`and ${2 * listLimit + 1 + 7 - (listLimit - 1)} more decisions about packets`);
  });

  it("holds the farm itself, not only a seed", () => {
    expect(capsuleOf().scenario.farm).toBe(farmText(farmNamed("exit-node")));
  });

  it("holds no secret, and nothing without bounds", () => {
    const key = "cGFzc3dvcmRwYXNzd29yZHBhc3N3b3JkcGFzc3dvcmQ=";
    const says = [
      `private key: ${key}`,
      `"privateKey": "${key}"`,
      `PrivateKey = ${key}`,
      `preshared-key ${key}`,
      "x".repeat(3 * textLimit),
    ];
    const capsule = capsuleOf({
      result: { law: "EX-8", property: "EX-8 keeps the workload's own IPv6 address", why: `${"y".repeat(3 * textLimit)}` },
      evidence: [
        evidence({ views: [{ view: "wire", says, ends: null }], capture: "A".repeat(captureLimit) }),
        evidence({ capture: "B".repeat(100) }),
        evidence({ property: "EX-8 another property" }),
      ],
    });
    const text = capsuleText(capsule);
    expect(text).not.toContain(key);
    expect(text.length).toBeLessThan(fileSizeLimit);
    expect(capsule.evidence.map(({ capture }) => capture?.length ?? null)).toEqual([captureLimit, null]);
    expect(readCapsule(text, "x").ok).toBe(true);
  });

  it("has the published JSON Schema", async () => {
    const schema = `${JSON.stringify(capsuleJsonSchema(), undefined, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(new URL("capsule.schema.json", import.meta.url).pathname);
  });
});

describe("what is no capsule", () => {
  const text = capsuleText(capsuleOf());
  const resealed = (changes: Partial<Capsule>): string => {
    const { checksum: _, ...content } = { ...capsuleOf(), ...changes };
    return capsuleText(sealed(content));
  };
  const wrong: readonly [string, string][] = [
    ["nothing", ""],
    ["a farm file", farmText(farmNamed("exit-node"))],
    ["other JSON", '{ "schema": "farmlab.run/1" }'],
    ["a list", "[]"],
    ["cut short", text.slice(0, 700)],
    ["a comma too many", text.replace('"seed": 42', '"seed": 42,')],
    ["of a later version", text.replace("farmlab.capsule/1", "farmlab.capsule/2")],
    ["another seed by hand", text.replace('"seed": 42', '"seed": 43')],
    ["another farm by hand", text.replace("198.51.100.53", "198.51.100.54")],
    ["a key too many", text.replace('"seed": 42', '"seed": 42, "command": "rm -rf /"')],
    ["a key too few", text.replace('"law": "EX-8",', "")],
    ["too large", resealed({ story: "x".repeat(textLimit + 1) })],
    ["larger than any capsule", " ".repeat(fileSizeLimit + 1)],
    ["a law that is gone", resealed({ law: "EX-99" })],
    ["a property that is gone", resealed({ property: "EX-8 keeps its temper" })],
    ["a farm that is none", resealed({ scenario: { file: "x.farm.yml", seed: 1, farm: "farm: x\nnodse: {}\n" } })],
  ];

  it("is refused with the reason, the place and a way on", async () => {
    const told = wrong.map(([what, content]) => {
      const read = readCapsule(content, "x.capsule.json");
      expect(read.ok, what).toBe(false);
      const lines = read.problems.slice(0, 2).map((problem) => formatProblem(problem, { color: false }));
      expect(lines.join("\n"), what).toMatch(/^error\[[a-z-]+\] x\.capsule\.json[^\n]*:\d+:\d+: [^]*\nhint: /);
      // Which properties there are is the laws' own matter.
      return `${what}\n${lines.join("\n").replace(/ is checked by ".*"$/m, " is checked by (its properties)")}\n`;
    });
    await expect(told.join("\n")).toMatchFileSnapshot("golden/not-a-capsule.txt");
  });
});
