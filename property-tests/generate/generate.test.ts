import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import type { FarmFile, NetworkEntry } from "../../core/farm/index.ts";
import { checkFarm } from "../../core/check/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { compileFarm } from "../../topologies/index.ts";
import { assertCorrect, assertCovers, assertSameSeedSameValue, assertShrinksTo, assertShrinksToSmaller } from "./generator-laws.fixture.ts";
import { documentOf, farms, sampleFarm, sketches, variationsOf } from "./index.ts";
import type { Sketch } from "./index.ts";
import { sketchSize } from "./sketch-size.fixture.ts";

/** Warnings that generated farms may have: each is something that a farmer may choose. */
const chosen = new Set(["gateway-without-ipv4", "exit-node-without-ipv4"]);

/** What keeps a document from being a farm that could run. */
function faultsOf(document: FarmFile): string[] {
  const loaded = loadFarm(farmText(document), "generated.farm.yml");
  if (!loaded.ok) return loaded.problems.map(({ code, message }) => `${code}: ${message}`);
  const { farm, document: read } = loaded.value;
  expect(read).toEqual(document);
  const intents = intentsOf(farm);
  if (!intents.ok) return intents.problems.map(({ code, message }) => `${code}: ${message}`);
  expect(compileFarm(farm, { seed: 1 }).nodes.length).toBeGreaterThan(0);
  return checkFarm(loaded.value)
    .filter(({ severity, code }) => severity === "error" || (severity === "warning" && !chosen.has(code)))
    .map(({ code, message }) => `${code}: ${message}`);
}

const read = (name: string): FarmFile => {
  const file = new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
  return expectValue(loadFarm(readFileSync(file, "utf8"), file)).document;
};

const generators = {
  farms: () => farms(),
  "farms of one node": () => farms({ maxNodes: 1 }),
  "farms of ten nodes": () => farms({ maxNodes: 10, maxAllocations: 3, maxRouters: 5, maxNetworks: 6, maxWorkloads: 8, maxForwards: 8 }),
  "farms with timelines": () => farms({ timelines: true, maxEvents: 8 }),
  "variations of exit-node": () => variationsOf(read("exit-node")),
  "variations of three-exit-nodes": () => variationsOf(read("three-exit-nodes")),
  "variations of behind-nat": () => variationsOf(read("behind-nat")),
  "variations of overlays": () => variationsOf(read("overlays")),
  "variations of standby with timelines": () => variationsOf(read("standby"), { timelines: true }),
  "variations of vrf": () => variationsOf(read("vrf")),
  "variations of active-active with timelines": () => variationsOf(read("active-active"), { timelines: true }),
  "variations of timeline with timelines": () => variationsOf(read("timeline"), { timelines: true }),
};

describe.each(Object.entries(generators))("%s", (_, make) => {
  it("gives the same farm for the same seed", () => {
    assertSameSeedSameValue(make, { seed: 1, samples: 40 });
  });

  it("gives farms that load, check without a fault and have intents", () => {
    assertCorrect(make(), faultsOf, { seed: 2, samples: 60 });
  });
});

const speaks = (document: FarmFile, { resources }: NetworkEntry, family: "ipv4" | "ipv6"): boolean =>
  resources.every(({ node }) => document.nodes[node]?.public?.[family] !== undefined);

/** What a network's overlay, and the standbys, partner and absence of its nodes, make of it. */
function networkFeatures(document: FarmFile, network: NetworkEntry): string[] {
  const { overlay = "wireguard", resources } = network;
  const exit = document.nodes[resources.find((resource) => resource["exit-point"])?.node ?? ""];
  const standbys = exit?.["exit-node"]?.standby ?? [];
  const family = overlay !== "vxlan" ? "" : speaks(document, network, "ipv4") ? " over IPv4" : " over IPv6";
  const isAbsent = resources.some(({ node }) => document.nodes[node]?.emulate === false);
  const withOrWithout = (node: string): string => `with${resources.some((one) => one.node === node) ? "" : "out"} an NR of the network`;
  const partner = exit?.["exit-node"]?.partner;
  return [
    ...[`${overlay}${family}`, isAbsent ? `${overlay} with an absent node` : ""],
    exit?.emulate === false ? "a network of an absent exit node" : "",
    ...standbys.map(({ node }) => `a standby ${withOrWithout(node)}`),
    partner === undefined ? "" : `a partner ${withOrWithout(partner)}`,
  ];
}

/** What a farm file says of overlays, standbys, partners, routing tables and absence: read from the document, not from the sketch. */
function featuresOf(document: FarmFile): string[] {
  const networks = Object.values(document.networks ?? {});
  const segments = networks.flatMap(({ segment }) => segment ?? []);
  return [
    ...networks.flatMap((network) => networkFeatures(document, network)),
    new Set(segments).size < segments.length ? "a segment of several networks" : "",
    ...Object.entries(document.nodes).flatMap(([name, { emulate, "exit-node": exit }]) => {
      const hosted = networks.filter(({ resources }) => resources.some((one) => one.node === name && one["exit-point"]));
      const absent = emulate === false ? "absent" : "present";
      return [
        exit?.isolation === "vrf" ? `tables for ${Math.min(2, hosted.length)} networks` : "",
        exit?.partner === undefined ? "" : `a ${absent} exit node with a partner`,
        exit?.standby === undefined ? "" : `a ${absent} exit node with ${Math.min(2, exit.standby.length)} standbys`,
      ];
    }),
  ];
}

const features = [
  ...["wireguard", "vxlan over IPv4", "vxlan over IPv6", "segment", "a segment of several networks"],
  ...["wireguard", "vxlan", "segment"].map((overlay) => `${overlay} with an absent node`),
  ...["standby", "partner"].flatMap((which) => ["with", "without"].map((with_) => `a ${which} ${with_} an NR of the network`)),
  "a network of an absent exit node",
  ...[0, 1, 2].map((count) => `tables for ${count} networks`),
  ...["present", "absent"].flatMap((absent) =>
    ["a partner", "1 standbys", "2 standbys"].map((what) => `a ${absent} exit node with ${what}`),
  ),
];

it("overlays, standbys, partners, routing tables and absent nodes are all drawn, whole farms or networks on a farm that has what they need", () => {
  assertCovers(farms({ maxNodes: 8 }), featuresOf, features, { seed: 5, samples: 700 });
  const ofOverlays = ["wireguard", "vxlan over IPv4", "vxlan over IPv6", "segment", "a segment of several networks"];
  assertCovers(variationsOf(read("overlays")), featuresOf, ofOverlays, { seed: 5, samples: 100 });
});

/** Zero everywhere, and one of what there has to be. */
const plainest: Sketch = {
  surroundings: {
    names: 0,
    hosts: 0,
    allocations: [{ prefix: 0, number: 0, pool: 0, nextHop: 0 }],
    routers: [],
    carriers: [0],
    nodes: [{ role: 0, place: 0, number: 1, families: 0, withoutIpv4: 0, nics: 0, isolation: 0, standsInFor: 0, absent: 0, cable: 0 }],
    conditions: [],
  },
  networks: [],
  events: [],
};

describe("shrinking", () => {
  it("a sketch shrinks to smaller ones, whose farms are as valid", () => {
    assertShrinksToSmaller(sketches({ timelines: true }), (sketch) => faultsOf(documentOf(sketch)), sketchSize, { seed: 3, samples: 4 });
  });

  it("a farm shrinks to one exit node and nothing else, a variation to no network", () => {
    assertShrinksTo(farms({ timelines: true }), documentOf(plainest), { seed: 4, samples: 10 });
    const base = read("behind-nat");
    const { networks: _, ...bare } = base;
    assertShrinksTo(variationsOf(base), bare, { seed: 4, samples: 10 });
  });
});

describe("values", () => {
  it.each([0, 1, 2, 3])(
    "farm %i of seed 1 is as it was; `npx vitest run --project unit property-tests/generate -u` writes it anew",
    async (index) => {
      await expect(farmText(sampleFarm(farms(), 1, index))).toMatchFileSnapshot(`golden/farm-${index}.farm.yml`);
    },
  );

  it("a variation keeps everything but the networks", () => {
    const base = read("three-exit-nodes");
    const { networks: _, ...rest } = sampleFarm(variationsOf(base), 1, 0);
    const { networks: __, ...expected } = base;
    expect(rest).toEqual(expected);
  });
});
