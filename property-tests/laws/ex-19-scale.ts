/**
 * EX-19: a BAR holds thousands of NRs. What one more costs does not grow with those that are there, and what a lab cannot hold live is there by
 * its routes all the same.
 */
import { contains, formatPrefix, parseAddress, parsePrefix, sameAddress } from "../../core/common/index.ts";
import type { Address, Prefix } from "../../core/common/index.ts";
import { difference, onceApplied } from "../../core/apply/index.ts";
import type { Changes } from "../../core/apply/index.ts";
import { findingsOf } from "../../core/check/index.ts";
import { isReservedSubnet, subnetNumberOf, subnetOf, wgName, whName } from "../../core/derive/index.ts";
import { judgeDocument } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Intents, NetworkIntent, NodeFacts, ResourceIntent } from "../../core/intents/index.ts";
import { createPlanMemory, planNode } from "../../core/plan/index.ts";
import { residentKilobytes } from "../../emulator/lab-processes.ts";
import { largeFarm } from "../../topologies/index.ts";
import { hexOf } from "../oracle/index.ts";
import type { Bar, NetworkWorld } from "../oracle/index.ts";
import { liveBars } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import { outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome, PureProperty, PureSubject } from "./law.ts";

const law = "EX-19";
/** Seed 1: "every time you get +2K routes, it is advisable to add an ExitNode". */
const adviceRoutes = 2000;
/** In the gateway, and in its table of the network where there is one, to its /64, its transit address and its /24; in the exit point to its /64 and its /24. */
const routesOfOneMore = { gateway: 3, table: 3, exitPoint: 2 };
/** On another node of the network: a peer, and routes to it of both families. */
const mostElsewhere = 3;
/** On a segment of the network's own: whom its link takes frames from, and what each may send. Nobody waits for a key there. */
const sendersOnSegment = 2;
const routesOnSegment = 2;

interface Grown {
  readonly network: NetworkIntent;
  readonly resource: ResourceIntent;
  readonly intents: Intents;
}

/** A network's intents with one NR more, on a node that the farm did not have; undefined where the exit node's part is full. */
function grownBy(intents: Intents, network: NetworkIntent): Grown | undefined {
  const exitPoint = network.resources.find((resource) => resource.exitPoint);
  const allocation = intents.allocations.find(({ number }) => number === network.allocationNumber);
  if (exitPoint === undefined || allocation === undefined) return undefined;
  const part = subnetNumberOf(exitPoint.prefix) & 0xf000;
  const held = new Set(intents.networks.flatMap(({ resources }) => resources.map(({ prefix }) => subnetNumberOf(prefix))));
  const free = Array.from({ length: 0x1000 }, (_, index) => part | (0xfff - index)).find(
    (number) => !held.has(number) && !isReservedSubnet(number),
  );
  if (free === undefined) return undefined;
  const resource: ResourceIntent = { node: "one-more", exitPoint: false, prefix: subnetOf(allocation.prefix, free) };
  // As from a store: what is written anew is other objects.
  const grown: NetworkIntent = { ...network, resources: [...network.resources.map((one) => ({ ...one })), resource] };
  return { network, resource, intents: { ...intents, networks: intents.networks.map((one) => (one === network ? grown : one)) } };
}

const linesOf = ({ inside, hostLinks, namespaces }: Changes): readonly string[] => [
  ...namespaces,
  ...hostLinks,
  ...[...inside].flatMap(([name, { ip, tables, sysctls, wireguard }]) => [
    ...ip.map((line) => `${name}: ${line}`),
    ...(tables === "" ? [] : [`${name}: its rules anew`]),
    ...sysctls.map(({ path }) => `${name}: setting ${path}`),
    ...wireguard.map(
      (tunnel) =>
        `${name}: ${tunnel.change.whole ? "all" : tunnel.change.peerArguments.filter((word) => word === "peer").length} peers of ${tunnel.name}`,
    ),
  ]),
];

/** What a node does for one NR more: when it is in the list, and when it has published its key. */
function changesOf(node: string, subject: PureSubject, grown: Grown): readonly [routed: Changes, peered: Changes] {
  const facts = [...subject.facts.values()];
  const published: NodeFacts = {
    node: grown.resource.node,
    publicKeys: {
      [wgName(grown.resource.prefix, grown.network.allocationNumber)]: "<the public key of one more>",
      [whName(grown.resource.prefix, grown.network.allocationNumber)]: "<the second one of one more>",
    },
    endpoints: {},
    reachability: { ipv4: "hidden", ipv6: "none" },
  };
  const memory = createPlanMemory();
  const before = planNode(node, subject.intents, facts, memory);
  const observed = onceApplied(before, { namespaces: new Map(), services: new Set(), files: new Map() });
  const routed = planNode(node, grown.intents, facts, memory);
  const later = onceApplied(routed, observed);
  return [difference(routed, observed), difference(planNode(node, grown.intents, [...facts, published], memory), later)];
}

function judgeGrowth(subject: PureSubject, grown: Grown): string[] {
  const exitNode = grown.network.resources.find((resource) => resource.exitPoint)?.node;
  const partner = subject.farm.nodes.find(({ name }) => name === exitNode)?.exitNode?.partner;
  const members = new Set(grown.network.resources.map(({ node }) => node));
  return subject.farm.nodes.flatMap(({ name, exitNode: hosts }) => {
    if (!members.has(name) && hosts === undefined) return [];
    const [routed, peered] = changesOf(name, subject, grown);
    const table = hosts?.isolation === "vrf" ? routesOfOneMore.table : 0;
    // A partner has both, too, and each says whom its herald tells.
    const hasGateway = name === exitNode || name === partner;
    const gateway = hasGateway ? routesOfOneMore.gateway + table + routesOfOneMore.exitPoint + (partner === undefined ? 0 : 1) : 0;
    const isOnSegment = grown.network.overlay?.kind === "segment" && members.has(name);
    const most = gateway + (isOnSegment ? sendersOnSegment + (hasGateway ? 0 : routesOnSegment) : 0);
    // Only WireGuard waits for a key.
    const peers = grown.network.overlay === undefined && hasGateway ? 1 : 0;
    const mostPeered = peers + (name !== exitNode && members.has(name) ? mostElsewhere : 0);
    const senders = linesOf(routed).filter((line) => line.includes(" macaddr add ") || line.endsWith(": its rules anew"));
    const added = linesOf(routed).filter((line) => line.includes(": route add "));
    const isAdding = senders.length === (isOnSegment ? sendersOnSegment : 0) && added.length + senders.length === linesOf(routed).length;
    const told = (changes: Changes): string => `${changes.count} things (${linesOf(changes).slice(0, 8).join("; ")})`;
    return [
      ...(routed.count === most && isAdding && routed.forget.length === 0
        ? []
        : [`for one NR more in ${grown.network.name} ${name} changes ${told(routed)}; expected: ${most} things that come (EX-19)`]),
      ...(peered.count <= mostPeered && (name !== exitNode || peered.count === peers)
        ? []
        : [`for the key of one NR more in ${grown.network.name} ${name} changes ${told(peered)}; expected: at most ${mostPeered} (EX-19)`]),
    ];
  });
}

const networksJudged = 3;

/** In some networks of the farm. */
function growth(subject: PureSubject): Promise<PropertyOutcome> {
  const grown = subject.intents.networks.slice(0, networksJudged).flatMap((network) => grownBy(subject.intents, network) ?? []);
  const resources = subject.intents.networks.reduce((sum, network) => sum + network.resources.length, 0);
  const figures = [{ name: "NRs that are there when one more comes", value: resources, unit: "NRs", bound: null }];
  return Promise.resolve(
    outcomeOf(
      grown.length,
      grown.flatMap((one) => judgeGrowth(subject, one)),
      { figures },
    ),
  );
}

const routesBehind = (subject: Pick<PureSubject, "world">, bar: Bar): readonly NetworkWorld[] =>
  subject.world.networks.filter((network) => network.bar === bar);

/** The farms in which one exit node has as many routes as have to be advised on, and one network less. */
function atTheEdge(): readonly Farm[] {
  const resourcesPerNetwork = 10;
  return [adviceRoutes, adviceRoutes - resourcesPerNetwork].flatMap((routes) => {
    const size = { exitNodes: 1, otherNodes: 20, networks: routes / resourcesPerNetwork, resourcesPerNetwork };
    return judgeDocument(largeFarm("edge", size))?.farm ?? [];
  });
}

/** `check` advises another exit node from 2000 routes on, and not before: of the farm as it is, and of farms at that edge. */
function advice({ farm }: PureSubject): Promise<PropertyOutcome> {
  const judged = [farm, ...atTheEdge()].flatMap((one) =>
    one.nodes.flatMap(({ name, exitNode }) => (exitNode === undefined ? [] : [{ one, name }])),
  );
  const stories = judged.flatMap(({ one, name }) => {
    const behind = one.networks.filter(({ resources }) => resources.some(({ node, exitPoint }) => exitPoint && node === name));
    const routes = behind.reduce((sum, { resources }) => sum + resources.length, 0);
    const isTold = findingsOf(one).some(({ code, path }) => code === "many-routes" && path.includes(name));
    if (isTold === routes >= adviceRoutes) return [];
    return [`check gives ${isTold ? "" : "no "}advice on ${name} with its ${routes} routes; expected: from ${adviceRoutes} on (EX-19)`];
  });
  return Promise.resolve(outcomeOf(judged.length, stories));
}

interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly type?: string;
}

async function routesIn(session: Session, { node }: Bar, namespace: string): Promise<ReadonlyMap<string, KernelRoute>> {
  const read = ["-4", "-6"].map(async (family) => {
    const text = await session.read({ node, namespace }, ["ip", "-j", family, "route", "show", "table", "main"]);
    return JSON.parse(text === "" ? "[]" : text) as readonly KernelRoute[];
  });
  return new Map(
    (await Promise.all(read)).flat().flatMap((route) => {
      const prefix = prefixOf(route);
      return prefix === undefined ? [] : [[formatPrefix(prefix), route] as const];
    }),
  );
}

const prefixOf = ({ dst }: KernelRoute): Prefix | undefined =>
  parsePrefix(dst.includes("/") ? dst : `${dst}/${dst.includes(":") ? 128 : 32}`);

/** The prefixes of a network's NRs that a namespace has no route to, or another one than is expected. */
function wrongRoutes(
  { network, resources }: NetworkWorld,
  {
    routes,
    where,
    link,
    hops,
  }: { routes: ReadonlyMap<string, KernelRoute>; where: string; link: string; hops: readonly Address[] | undefined },
): readonly string[] {
  return resources.flatMap((resource) =>
    [resource.prefix6, resource.prefix4].flatMap((prefix) => {
      const route = routes.get(formatPrefix(prefix));
      const via = route?.gateway === undefined ? undefined : parseAddress(route.gateway);
      const isByHop = hops === undefined || hops.some((hop) => via !== undefined && sameAddress(hop, via));
      if (route?.dev === link && isByHop) return [];
      const is = route === undefined ? "no route" : `the route by ${route.dev} via ${route.gateway}`;
      return [
        `${where} has ${is} to ${formatPrefix(prefix)} of network ${network.name} on ${resource.node}; expected: one by ${link} (EX-19)`,
      ];
    }),
  );
}

/**
 * Every NR of a live BAR has its routes, by the link to its own network's exit point, whether or not the lab has its node; and nobody else has.
 * With a routing table for each network the gateway has them into that table, and the table to the exit point.
 */
async function judgeTables(session: Session, bar: Bar): Promise<{ readonly routes: number; readonly stories: readonly string[] }> {
  const inGateway = await routesIn(session, bar, "gateway");
  const behind = routesBehind(session, bar);
  const wrong = await Promise.all(
    behind.map(async (one) => {
      const suffix = `${hexOf(one.exitPoint)}-${one.network.allocationNumber}`;
      const last = { link: `to-${suffix}`, hops: [one.exitPoint.transit4, ...one.exitPoint.linkLocals] };
      const where = `the gateway of ${bar.node}`;
      if (bar.config.isolation !== "vrf") return wrongRoutes(one, { ...last, routes: inGateway, where });
      const table = `vrf-${suffix}`;
      return [
        ...wrongRoutes(one, { routes: inGateway, where, link: table, hops: undefined }),
        ...wrongRoutes(one, { ...last, routes: await routesIn(session, bar, table), where: `${table} of ${bar.node}` }),
      ];
    }),
  );
  const held = behind.flatMap(({ resources }) => resources.map(({ prefix6 }) => prefix6));
  const heldTexts = new Set(held.map(formatPrefix));
  const strays = [...inGateway].filter(([text, route]) => {
    const prefix = prefixOf(route);
    return prefix !== undefined && prefix.length === 64 && contains(bar.part, prefix) && !heldTexts.has(text);
  });
  return {
    // Of either family.
    routes: Math.max(0, 2 * held.length - wrong.flat().length),
    stories: [
      ...wrong.flat(),
      ...strays.map(([text]) => `the gateway of ${bar.node} has a route to ${text}, which no NR holds; expected: none (EX-19)`),
    ],
  };
}

async function tables(session: Session): Promise<PropertyOutcome> {
  const judged = await Promise.all(liveBars(session.world).map(async (bar) => await judgeTables(session, bar)));
  const routes = judged.reduce((sum, one) => sum + one.routes, 0);
  const resident = await residentKilobytes(session.lab.name);
  return outcomeOf(
    routes,
    judged.flatMap(({ stories }) => stories),
    {
      nothing: "this farm has no network on an exit node that labs have",
      figures: [
        { name: "routes to NRs in gateways", value: routes, unit: "routes", bound: null },
        ...(resident === undefined
          ? []
          : [{ name: "resident memory of the lab's processes", value: resident / 1000, unit: "MB", bound: null }]),
      ],
    },
  );
}

export const scalePureProperties: readonly PureProperty[] = [
  { law, name: "EX-19 one NR more changes its own routes and its own peer, however many there are", needs: [], run: growth },
  { law, name: "EX-19 check advises another exit node from 2000 routes on", needs: [], run: advice },
];

export const scaleProperties: readonly Property[] = [
  { law, name: "EX-19 a BAR has the routes of all its NRs, those of nodes that labs do not have too", needs: [], run: tables },
];
