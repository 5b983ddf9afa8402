import { readFileSync, readdirSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectValue } from "../common/index.ts";
import { farmText, labNodesOf, lasts, loadFarm, plugName, plugsOf, presenceAt, scheduleProblems } from "./index.ts";
import type { ExpectationEntry, FarmFile, LoadedFarm, TimelineEntry } from "./index.ts";

const folder = new URL("../../topologies/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".farm.yml"));
const read = (name: string): LoadedFarm => expectValue(loadFarm(readFileSync(new URL(name, folder), "utf8"), name));
const again = (document: FarmFile): LoadedFarm => expectValue(loadFarm(farmText(document), "again.farm.yml"));
const drawing = read("exit-node.farm.yml");

const links = plugsOf(drawing.farm).map(plugName);
const nodes = labNodesOf(drawing.farm).map(({ name }) => name);
const percent = fc.double({ min: 0, max: 100, noNaN: true });
const milliseconds = fc.double({ min: 0, max: 60_000, noNaN: true });
const maybe: { requiredKeys: [] } = { requiredKeys: [] };
const flows = fc.oneof(
  fc.constant("*"),
  fc.string({ unit: fc.constantFrom(...Array.from('ab1 :>.*#"-{}[],&!|%@`')), minLength: 1 }).filter((text) => !text.startsWith(" ")),
);

const packets = fc
  .record(
    {
      "loss-percent": percent,
      "delay-ms": milliseconds,
      "jitter-ms": milliseconds,
      "reorder-percent": percent,
      "reorder-behind": fc.integer({ min: 1, max: 1000 }),
      "duplicate-percent": percent,
      "corrupt-percent": percent,
      "rate-kbit": fc.integer({ min: 1, max: 1e9 }),
      edits: fc.array(
        fc.record({ flow: flows, index: fc.integer({ min: 1, max: 1e9 }), action: fc.constantFrom("drop" as const, "pass" as const) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      only: fc.record({ protocol: fc.constantFrom("tcp" as const, "arp" as const), source: fc.constant("2001:db8::/32") }, maybe),
    },
    maybe,
  )
  .map((conditions) => ({ fault: "packets" as const, "loss-percent": 1, ...conditions }));
const ofLink = fc
  .tuple(fc.oneof(packets, fc.constant({ fault: "cut" as const })), fc.constantFrom(...links))
  .map(([fault, link]) => ({ ...fault, link }));
const partition = fc
  .subarray(nodes, { minLength: 1, maxLength: nodes.length - 1 })
  .map((some) => ({ fault: "partition" as const, nodes: some }));
const kill = fc.constantFrom("agent", "wg-1abc-1").map((service) => ({ fault: "process-kill" as const, node: "node-2", service }));

const entries: fc.Arbitrary<TimelineEntry> = fc
  .record({ fault: fc.oneof(ofLink, partition, kill), atMs: fc.nat(1000), lastsMs: fc.option(fc.integer({ min: 1, max: 1000 })) })
  .map(({ fault, atMs, lastsMs }) => ({
    "at-ms": atMs,
    ...(lastsMs === null || fault.fault === "process-kill" ? {} : { "until-ms": atMs + lastsMs }),
    ...fault,
  }));

/** One thing comes and goes by turns, at moments of its own. */
const comings = (thing: string): fc.Arbitrary<TimelineEntry[]> =>
  fc
    .tuple(fc.boolean(), fc.uniqueArray(fc.nat(1000), { maxLength: 4 }))
    .map(([joins, moments]) =>
      moments
        .toSorted((one, other) => one - other)
        .map((atMs, index) => ({ "at-ms": atMs, ...((index % 2 === 0) === joins ? { join: thing } : { leave: thing }) })),
    );

const party = fc.constantFrom("internet", "blue/blue-1", "red/red-2");
const expectations: fc.Arbitrary<ExpectationEntry[]> = fc.uniqueArray(
  fc.record(
    {
      from: party,
      to: party,
      family: fc.constantFrom("ipv4" as const, "ipv6" as const),
      reachable: fc.boolean(),
      survives: fc.subarray(["link", "node", "process"] as const, { minLength: 1 }),
    },
    { requiredKeys: ["from", "to", "family"] },
  ),
  { selector: ({ from, to, family }) => `${from} ${to} ${family}` },
);

const documents: fc.Arbitrary<FarmFile> = fc
  .tuple(fc.array(entries), comings("blue/node-3"), comings("red"), expectations)
  .map(([faults, blue, red, expected]) => ({
    ...drawing.document,
    timeline: [...faults, ...blue, ...red].toSorted((one, other) => JSON.stringify(one).length - JSON.stringify(other).length),
    expectations: expected.filter(({ from, to }) => from !== to),
  }));

describe("farmText", () => {
  it.each(files)("writes %s so that it reads the same", (name) => {
    const { document, farm } = read(name);
    expect(again(document)).toMatchObject({ document, farm });
  });

  it("writes any timeline and expectations so that they read the same", () => {
    fc.assert(
      fc.property(documents, (document) => {
        expect(again(document).document).toEqual(document);
      }),
      { numRuns: 60 },
    );
  });

  it("quotes names that YAML would take for something else", () => {
    for (const name of ["null", "true", "1e5", "0x10", "007", "1", "no", "0b1", "0o7"]) {
      const { hosts } = drawing.document.internet;
      const document = { ...drawing.document, farm: name, internet: { hosts: { ...hosts, [name]: { ipv4: "198.51.100.9" } } } };
      expect(again(document).document).toEqual(document);
    }
  });
});

describe("a farm's timeline", () => {
  it("has times that fit, and every fault and change of the file", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { timeline } = again(document).farm;
        expect(scheduleProblems({ seed: 1, faults: timeline.faults })).toEqual([]);
        expect(timeline.faults.length + timeline.changes.length).toBe(document.timeline?.length);
        expect(timeline.faults.filter(({ fault, healAtMs }) => !lasts(fault) && healAtMs !== undefined)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("is what the file says, in the units of faults", () => {
    const timeline: TimelineEntry[] = [
      { "at-ms": 5, "until-ms": 9, fault: "packets", link: "home-a:wan", from: "internet", "loss-percent": 25, only: { "source-port": 5 } },
      { "at-ms": 1, fault: "node-death", node: "node-2" },
      { "at-ms": 7, leave: "blue/node-3" },
      { "at-ms": 6, join: "red" },
    ];
    expect(again({ ...drawing.document, timeline }).farm.timeline).toEqual({
      faults: [
        { atMs: 5, healAtMs: 9, fault: { kind: "packets", link: "home-a:wan", from: "internet", loss: 0.25, only: { sourcePort: 5 } } },
        { atMs: 1, fault: { kind: "node-death", node: "node-2", carrier: "kept" } },
      ],
      changes: [
        { atMs: 7, act: "leave", network: "blue", node: "node-3" },
        { atMs: 6, act: "join", network: "red" },
      ],
    });
  });

  it("says who expects what, with what is left out", () => {
    const entry: ExpectationEntry = {
      from: "internet",
      to: "blue/blue-1",
      service: "tcp/80",
      family: "ipv6",
      survives: ["link"],
      "within-ms": 5,
    };
    const { expectations: expected } = again({ ...drawing.document, expectations: [entry, { from: "red/red-1", to: "internet" }] }).farm;
    const [blue, red] = [
      { kind: "workload", network: "blue", workload: "blue-1" },
      { kind: "workload", network: "red", workload: "red-1" },
    ];
    expect(expected).toEqual([
      {
        from: { kind: "internet" },
        to: blue,
        service: { protocol: "tcp", port: 80 },
        family: 6,
        reachable: true,
        survives: ["link"],
        withinMs: 5,
      },
      { from: red, to: { kind: "internet" }, reachable: true, survives: [], withinMs: 0 },
    ]);
  });
});

describe("presenceAt", () => {
  const { farm } = again({
    ...drawing.document,
    timeline: [
      { "at-ms": 30, join: "red" },
      { "at-ms": 10, leave: "red" },
      { "at-ms": 20, join: "blue/node-3" },
    ],
  });
  const thereAt = (atMs: number): string => {
    const { hasNetwork, hasResource } = presenceAt(farm, atMs);
    return [hasNetwork("red"), hasResource("red", "node-2"), hasNetwork("blue"), hasResource("blue", "node-3")].map(Number).join("");
  };

  it("is from the beginning but for what joins first, and changes at each moment itself", () => {
    expect([-1, 0, 9, 10, 19, 20, 29, 30, 1000].map(thereAt)).toEqual([
      ...["1110", "1110", "1110"],
      ...["0010", "0010", "0011", "0011"],
      ...["1111", "1111"],
    ]);
  });
});
