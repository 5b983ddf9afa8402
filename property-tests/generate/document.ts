/** From a sketch to a farm file's document. */
import { addressIn, formatAddress, formatPrefix, networkOf, parsePrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import type {
  CarrierEntry,
  ConditionEntry,
  FarmFile,
  HomeRouterEntry,
  HostEntry,
  NicEntry,
  NodeEntry,
  RouteEntry,
  UpstreamEntry,
} from "../../core/farm/index.ts";
import { allocationNumbers, allocationPrefixes, conditionChoices, lanChoices, natChoices, poolChoices, routerForwards } from "./edges.ts";
import { hasCloth, hasSecondNic, nextFree, ownablePerAllocation, settleSurroundings } from "./ground.ts";
import type { SettledAllocation, SettledNode, SettledRouter, SettledSurroundings } from "./ground.ts";
import { nameOf } from "./names.ts";
import { settleEvents } from "./events.ts";
import { networkKeys } from "./network-entries.ts";
import type { GroundNames } from "./network-entries.ts";
import { settleNetworks } from "./networks.ts";
import { placesOf } from "./places.ts";
import type { Places } from "./places.ts";
import { atMost } from "./sketch.ts";
import type { ConditionSketch, Sketch } from "./sketch.ts";

const prefixOf = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return prefix;
};

const linkLocal = prefixOf("fe80::/64");

/** An allocation's prefix, whose text of RFC 5952 may leave zeros out. */
const sixOf = (allocation: SettledAllocation): Prefix => prefixOf(allocationPrefixes[allocation.prefix] ?? allocationPrefixes[0]);

/** An allocation's addresses on PrefixZero: handed out from the first on; those that networks may own are the last. */
class PrefixZero {
  readonly segment: string;
  readonly allocation: SettledAllocation;
  readonly pool: Prefix;
  readonly prefix: Prefix;
  #next4 = 1;
  #next6 = 1;

  constructor(allocation: SettledAllocation, position: number, segment: string, addresses: number) {
    this.segment = segment;
    this.allocation = allocation;
    this.prefix = sixOf(allocation);
    let length: number = poolChoices[allocation.pool] ?? 24;
    // Network and broadcast address are nobody's.
    while (2 ** (32 - length) < addresses + 2) length -= 1;
    this.pool = networkOf(prefixOf(`185.${69 + position}.166.0/${length}`));
  }

  next4(): string {
    return `${formatAddress(addressIn(this.pool, this.#next4++))}/${this.pool.length}`;
  }

  next6(): string {
    return `${formatAddress(addressIn(this.prefix, this.#next6++))}/64`;
  }

  /** From the last on. */
  ownable(): string[] {
    const last = 2 ** (32 - this.pool.length) - 2;
    return Array.from({ length: this.allocation.ownable }, (_, index) => formatAddress(addressIn(this.pool, last - index)));
  }
}

interface Names {
  readonly node: (position: number) => string;
  readonly segment: (position: number) => string;
  readonly lan: (position: number) => string;
  readonly router: (position: number) => string;
  readonly carrier: (position: number) => string;
  readonly upstream: (position: number) => string;
  /** The segment that networks may have for themselves. */
  readonly cloth: string;
}

const namesOf = (naming: number): Names => {
  const named =
    (kind: string) =>
    (position: number): string =>
      nameOf(naming, kind, position);
  return {
    node: named("node"),
    segment: named("zero"),
    lan: named("lan"),
    router: named("home"),
    carrier: named("isp"),
    upstream: named("upstream"),
    cloth: nameOf(naming, "cloth", 0),
  };
};

function zerosOf(ground: SettledSurroundings, names: Names): PrefixZero[] {
  return ground.allocations.map((allocation, position) => {
    const nodes = ground.nodes.filter((node) => !node.hidden && node.place === position);
    const needed = nodes.reduce((sum, node) => sum + (node.exit < 0 ? 2 : 3), 1);
    return new PrefixZero(allocation, position, names.segment(position), needed + ownablePerAllocation);
  });
}

function upstreamOf(ground: SettledSurroundings, zero: PrefixZero, position: number): UpstreamEntry {
  const parts = ground.exits
    .filter((exit) => exit.allocation === position)
    .map(({ number }): RouteEntry => {
      const digit = BigInt(number);
      const onLink = addressIn(zero.allocation.nextHop === 0 ? linkLocal : zero.prefix, (digit << 60n) | 1n);
      return { to: `${formatAddress(addressIn(zero.prefix, digit << 76n))}/52`, via: formatAddress(onLink) };
    });
  return {
    segment: zero.segment,
    ipv4: zero.next4(),
    ipv6: zero.next6(),
    wan4: `192.0.2.${10 + position}`,
    wan6: `2001:db8:${10 + position}::1`,
    routes: [...parts, { to: formatPrefix(zero.prefix), unreachable: true }],
  };
}

/** A NIC for networks that have the segment for themselves; last, as no other's name hangs on it. */
const clothNic = (node: SettledNode | undefined, name: string, { cloth }: Names): Record<string, NicEntry> =>
  node?.cables === 1 ? { [name]: { segment: cloth } } : {};

const absence = (node: SettledNode | undefined): Pick<NodeEntry, "emulate"> => (node?.emulated === false ? { emulate: false } : {});

function publicNode(ground: SettledSurroundings, position: number, zero: PrefixZero, names: Names): NodeEntry {
  const node = ground.nodes[position];
  const exit = ground.exits[node?.exit ?? -1];
  const { segment } = zero;
  const own = { segment, ipv4: zero.next4(), ipv6: zero.next6() };
  const address = { ipv4: zero.next4(), ipv6: zero.next6() };
  const hasOwnNic = ((node?.nics ?? 0) & 1) !== 0;
  const nics: Record<string, NicEntry> = { eth0: own };
  if (node !== undefined && hasSecondNic(node)) nics["eth1"] = { segment };
  if (hasOwnNic) nics["eth2"] = { segment };
  const standbys = (exit?.standbys ?? []).map((standby) => ({ node: names.node(standby), nic: "eth1" }));
  return {
    nics: { ...nics, ...clothNic(node, "eth3", names) },
    public: {
      nic: hasOwnNic ? "eth2" : "eth0",
      ...(node?.ipv4 === false ? {} : { ipv4: address.ipv4 }),
      ...(node?.ipv6 === false ? {} : { ipv6: address.ipv6 }),
    },
    ...(exit === undefined
      ? {}
      : {
          "exit-node": {
            number: exit.number,
            ...(ground.allocations.length === 1 ? {} : { allocation: numberOf(ground, exit.allocation) }),
            nic: "eth1",
            ...(exit.hasTables ? { isolation: "vrf" } : {}),
            ...(exit.ipv4 ? { ipv4: zero.next4() } : {}),
            ...(standbys.length === 0 ? {} : { standby: standbys }),
            ...(exit.partner < 0 ? {} : { partner: names.node(exit.partner) }),
          },
        }),
    ...absence(node),
  };
}

const numberOf = (ground: SettledSurroundings, allocation: number): number =>
  allocationNumbers[ground.allocations[allocation]?.number ?? 0] ?? 1;

/** Nodes behind one router, in order. */
const behind = (ground: SettledSurroundings, router: number): number[] =>
  ground.nodes.flatMap((node, position) => (node.hidden && node.place === router ? [position] : []));

function routerOf(ground: SettledSurroundings, router: SettledRouter, position: number, names: Names): HomeRouterEntry {
  const lan = lanOf(router);
  const nat = natChoices[atMost(router.nat, natChoices.length)];
  const inside = behind(ground, position);
  const forwards = routerForwards.slice(0, router.forwards).map(({ service, to, ...rest }) => ({
    service,
    to: (lan.nodes[atMost(to, inside.length)] ?? "").replace(/\/.*$/u, ""),
    ...rest,
  }));
  return {
    segment: names.lan(position),
    lan4: lan.router,
    wan4: router.carrier < 0 ? `203.0.113.${10 + position}` : `100.64.${router.carrier}.${10 + position}`,
    ...(router.carrier < 0 ? {} : { behind: names.carrier(router.carrier) }),
    ...(nat?.nat === undefined ? {} : { nat: nat.nat }),
    ...(nat?.overrides === undefined ? {} : { "nat-overrides": nat.overrides }),
    ...(forwards.length === 0 ? {} : { "port-forwards": forwards }),
  };
}

const lanOf = (router: SettledRouter | undefined): (typeof lanChoices)[number] =>
  lanChoices[atMost(router?.lan ?? 0, lanChoices.length)] ?? { router: "", nodes: [] };

function carrierOf(choice: number, position: number): CarrierEntry {
  const nat = natChoices[atMost(choice, natChoices.length)];
  return {
    lan4: "100.64.0.1/10",
    wan4: `203.0.113.${200 + position}`,
    ...(nat?.nat === undefined ? {} : { nat: nat.nat }),
    ...(nat?.overrides === undefined ? {} : { "nat-overrides": nat.overrides }),
  };
}

function hiddenNode(ground: SettledSurroundings, position: number, names: Names): NodeEntry {
  const router = ground.nodes[position]?.place ?? 0;
  const order = behind(ground, router).indexOf(position);
  const lan = { segment: names.lan(router), ipv4: lanOf(ground.routers[router]).nodes[order] ?? "" };
  const node = ground.nodes[position];
  return { nics: { eth0: lan, ...clothNic(node, "eth1", names) }, ...absence(node) };
}

const hostsOf = (hosts: number): Record<string, HostEntry> => ({
  grid: { ipv4: "198.51.100.53", ipv6: "2001:db8:53::53", store: true },
  ...((hosts & 1) === 0 ? {} : { "host-v4": { ipv4: "198.51.100.4" } }),
  ...((hosts & 2) === 0 ? {} : { "host-v6": { ipv6: "2001:db8:6::6" } }),
});

function conditionsOf(sketches: readonly ConditionSketch[], { linkNames, segments }: Places): ConditionEntry[] {
  const places = [...linkNames.map((link) => ({ link })), ...segments.map((segment) => ({ segment }))];
  const taken = new Set<number>();
  return sketches.slice(0, places.length).map(({ place, choice }) => ({
    ...places[nextFree(atMost(place, places.length), places.length, taken)],
    ...conditionChoices[atMost(choice, conditionChoices.length)],
  }));
}

const record = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> => Object.fromEntries(entries);
const unlessEmpty = <K extends string, T extends object>(key: K, value: T): { readonly [key in K]?: T } =>
  (Object.keys(value).length === 0 ? {} : { [key]: value }) as { readonly [key in K]?: T };

/** How the networks' document calls the ground's nodes, addresses and allocations. */
function groundNames(ground: SettledSurroundings, names: Names, zeros: readonly PrefixZero[]): GroundNames {
  return {
    naming: ground.naming,
    nodes: ground.nodes.map((_, position) => names.node(position)),
    segments: [names.cloth],
    allocations: zeros.map((zero, position) => ({ prefix: zero.prefix, number: numberOf(ground, position), ownable: zero.ownable() })),
  };
}

/** The farm that a sketch stands for. It loads without an error, and its intents can be made. The same sketch gives the same document. */
export function documentOf(sketch: Sketch): FarmFile {
  const ground = settleSurroundings(sketch.surroundings);
  const names = namesOf(ground.naming);
  const zeros = zerosOf(ground, names);
  const upstreams = zeros.map((zero, position) => [names.upstream(position), upstreamOf(ground, zero, position)] as const);
  const nodes = ground.nodes.map((node, position): readonly [string, NodeEntry] => {
    const zero = zeros[node.place];
    const entry = node.hidden || zero === undefined ? hiddenNode(ground, position, names) : publicNode(ground, position, zero, names);
    return [names.node(position), entry];
  });
  const lans = ground.routers.map((_, position) => names.lan(position));
  const networks = settleNetworks(ground, sketch.networks);
  const bare: FarmFile = {
    farm: "generated",
    allocations: zeros.map((zero, position) => ({
      prefix: formatPrefix(zero.prefix),
      number: numberOf(ground, position),
      ipv4: formatPrefix(zero.pool),
    })),
    segments: [...zeros.map(({ segment }) => segment), ...lans, ...(hasCloth(ground) ? [names.cloth] : [])],
    internet: { hosts: hostsOf(ground.hosts) },
    upstreams: record(upstreams),
    ...unlessEmpty(
      "home-routers",
      record(ground.routers.map((router, position) => [names.router(position), routerOf(ground, router, position, names)] as const)),
    ),
    ...unlessEmpty(
      "carriers",
      record(ground.carriers.map((nat, position) => [names.carrier(position), carrierOf(nat, position)] as const)),
    ),
    nodes: record(nodes),
  };
  const places = placesOf(bare);
  return {
    ...bare,
    ...networkKeys(ground, groundNames(ground, names, zeros), networks, settleEvents(places, networks, sketch.events), places),
    ...unlessEmpty("conditions", conditionsOf(sketch.surroundings.conditions, places)),
  };
}
