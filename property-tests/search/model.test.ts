import { describe, expect, it } from "vitest";
import { contains, expectValue, formatAddress, formatPrefix, networkOf } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import type { FarmFile } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { expectedFacts, planNode } from "../../core/plan/index.ts";
import { assertCovers } from "../generate/generator-laws.fixture.ts";
import { documentOf, sample, sketches } from "../generate/index.ts";
import { settleSurroundings } from "../generate/ground.ts";
import { placeKindsOf, placesOf } from "../generate/places.ts";
import { describeWorld, predict, resourceKey } from "../oracle/index.ts";
import type { Flow, Party, World } from "../oracle/index.ts";
import { clauseOf } from "./clauses.ts";
import { evaluate, singleNames } from "./evaluate.ts";
import { keyCount, keyName, keyNumber, knownOfKind } from "./keys.ts";

interface Judged {
  readonly world: World;
  readonly intents: Intents;
}

function judgedOf(document: FarmFile): Judged {
  const { farm } = expectValue(loadFarm(farmText(document), "generated.farm.yml"));
  const intents = expectValue(intentsOf(farm));
  const prefixes = intents.networks.flatMap((network) =>
    network.resources.map((resource) => [resourceKey(network.name, resource.node), resource.prefix] as const),
  );
  return { intents, world: describeWorld(farm, new Map(prefixes)) };
}

const closedPort = 9;

/** Every flow between everybody and every address that means something, by every port that anything has. */
function flowsOf(world: World): Flow[] {
  const forwards = world.networks.flatMap(({ network }) => network.portForwards);
  const ports = [
    ...new Set([closedPort, ...[...world.workloads.flatMap(({ services }) => services), ...forwards].map(({ port }) => port)]),
  ];
  const parties: readonly Party[] = [...world.workloads, ...world.internetHosts];
  const resources = world.networks.flatMap((network) => network.resources);
  const free = world.bars.flatMap(({ part }): Address[] => {
    const candidates = Array.from({ length: 8 }, (_, index): Address => ({
      family: 6,
      value: part.address.value + (BigInt(0x7d0 + index) << 64n) + 2n,
    }));
    return candidates.filter((address) => !resources.some(({ prefix6 }) => contains(prefix6, address))).slice(0, 1);
  });
  const partless = world.farm.allocations.flatMap(({ prefix }): Address[] =>
    Array.from({ length: 15 }, (_, index): Address => ({ family: 6, value: prefix.address.value + (BigInt(index + 1) << 76n) })).filter(
      (address) => !world.bars.some(({ part }) => contains(part, address)),
    ),
  );
  const targets = [
    ...parties.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]),
    ...world.networks.flatMap(({ network }) => network.ownedIpv4),
    ...world.bars.map((bar) => bar.config.ipv4?.address),
    ...free,
    ...partless,
  ].flatMap((address) => address ?? []);
  return parties.flatMap((from) => {
    const foreign = resources.filter(({ network }) => from.kind === "workload" && network !== from.network);
    const privately = foreign.flatMap(({ address4, transit4, linkLocals }) => [address4, transit4, ...linkLocals]);
    const own = [from.ipv4, from.ipv6];
    return [...targets, ...privately]
      .filter((to) => !own.includes(to))
      .flatMap((to): Flow[] => [
        { from, to, protocol: "icmp" },
        ...(["tcp", "udp"] as const).flatMap((protocol) => ports.map((port): Flow => ({ from, to, protocol, port }))),
      ]);
  });
}

const clausesOf = (world: World): string[] =>
  [
    ...new Set(
      flowsOf(world).flatMap((flow) => {
        const prediction = predict(world, flow);
        return prediction === undefined ? [] : (clauseOf(world, flow, prediction) ?? []);
      }),
    ),
  ].toSorted();

/** What kinds of routes and rules the plans of all nodes have. */
function plannedKinds({ intents, world }: Judged): string[] {
  const facts = expectedFacts(intents);
  const hidden = new Set(world.farm.nodes.flatMap(({ name, public: reachable }) => (reachable === undefined ? [name] : [])));
  const kinds = new Set<string>();
  const resources = world.networks.flatMap((network) => network.resources);
  for (const { name } of intents.nodes) {
    for (const namespace of planNode(name, intents, facts).namespaces) {
      if (namespace.name === "gateway") {
        for (const { to, type } of namespace.routes) for (const kind of gatewayRoute(to, type, resources)) kinds.add(kind);
        const rules = namespace.tables.flatMap(({ body }) => body).join("\n");
        for (const protocol of ["tcp", "udp"])
          if (new RegExp(`${protocol} dport \\d+ dnat`, "u").test(rules)) kinds.add(`rule:gateway/dnat-${protocol}`);
      }
      const mine = resources.find(({ node, bytes }) => node === name && namespace.name.startsWith(`net-${hex(bytes)}-`));
      if (mine === undefined) continue;
      for (const { to } of namespace.routes) {
        const role = mine.exitPoint ? "exit-point" : "resource";
        const peer = resources.find(({ prefix6 }) => to === textOf(prefix6.address));
        if (to === "default") kinds.add(`route:${role}/default`);
        else if (peer !== undefined && peer !== mine)
          kinds.add(peer.exitPoint ? "route:resource/to-exit-point" : `route:${role}/to-${hidden.has(peer.node) ? "hidden" : "public"}`);
      }
    }
  }
  return [...kinds].toSorted();
}

const hex = (bytes: readonly [number, number]): string => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
const textOf = (address: Address): string => `${formatAddress(address)}/64`;

function gatewayRoute(to: string, type: string, resources: World["networks"][number]["resources"]): string[] {
  const kind = (name: string): string[] => [`route:gateway/${name}`];
  if (to.endsWith("::/52") && type === "unreachable") return kind("part-unreachable");
  for (const { exitPoint, prefix6, prefix4, transit4 } of resources) {
    const who = exitPoint ? "exit-point" : "member";
    if (to === textOf(prefix6.address)) return kind(`${who}-64`);
    if (to === formatPrefix(networkOf(prefix4))) return kind(`${who}-24`);
    if (to.replace("/32", "") === formatAddress(transit4)) return kind(`${who}-transit`);
  }
  return [];
}

const limits = { maxNodes: 6, maxNetworks: 4, maxAllocations: 2, maxWorkloads: 6, maxForwards: 5 };
const modelled = /^(clause|rule:gateway\/dnat|route:(gateway\/(part|exit|member)|exit-point|resource))/u;

describe("the model does not lie", () => {
  it("its clauses are those that the oracle predicts flows by, its routes and rules those that nodes plan", () => {
    for (let index = 0; index < 50; index += 1) {
      const sketch = sample(sketches(limits), 5, index);
      const judged = judgedOf(documentOf(sketch));
      const said = singleNames(evaluate(sketch)).filter((name) => modelled.test(name));
      expect(said, JSON.stringify(sketch)).toEqual([...clausesOf(judged.world), ...plannedKinds(judged)].toSorted());
    }
  });

  it("its places are those of the farm file", () => {
    for (let index = 0; index < 40; index += 1) {
      const sketch = sample(sketches({ ...limits, timelines: true }), 6, index);
      const { links, nodes } = placesOf(documentOf(sketch));
      expect(placeKindsOf(settleSurroundings(sketch.surroundings))).toEqual({ links, nodes });
    }
  });
});

describe("keys", () => {
  it("have names of their own, and numbers below the count", () => {
    const names = Array.from({ length: keyCount }, (_, key) => keyName(key));
    expect(new Set(names).size).toBe(keyCount);
    expect(keyName(keyNumber("clause:EX-7/three-hops-ipv4-udp"))).toBe("clause:EX-7/three-hops-ipv4-udp");
    expect(keyName(keyNumber("one-node"))).toBe("layout:one-node");
    expect(() => keyNumber("clause:EX-7/four-hops")).toThrow("nobody knows");
  });

  it("can all be covered: every key that is no pair is in one of some thousand farms", () => {
    const all = sketches({ ...limits, maxNodes: 8, timelines: true, maxEvents: 6 });
    const kinds = ["layout", "clause", "route", "rule", "drop"];
    const single = kinds.reduce((sum, kind) => sum + knownOfKind(kind), 0);
    const names = Array.from({ length: single }, (_, key) => keyName(key));
    assertCovers(all, (sketch) => singleNames(evaluate(sketch)), names, { seed: 9, samples: 6000 });
  });
});
