/** Farm -> topology: every part of the farm becomes a node, every plug a link. Pure: the same farm and options give the same topology. */
import { emulatedNodes, internetName } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Endpoint, Topology, TopologyLink, TopologyNode } from "../../emulator/topology/index.ts";
import { carrierPart, customerInterface } from "../surroundings/carrier.ts";
import { homeRouterPart } from "../surroundings/home-router.ts";
import { internetHostPart } from "../surroundings/internet-host.ts";
import { internetInterface, internetNode } from "../surroundings/internet.ts";
import { findStoreHost } from "../surroundings/store.ts";
import { upstreamPart } from "../surroundings/upstream-router.ts";
import { withWire } from "../../emulator/wire/index.ts";
import { conditionRules } from "./conditions.ts";
import { farmNodePart } from "./farm-node.ts";
import { topologyNode, wanInterface, type Part, type WanPlug } from "./parts.ts";
import { bridgeSysctls, withoutIpv6 } from "./settings.ts";

export interface CompileOptions {
  /** Seeds MAC addresses. */
  readonly seed: number;
  /** `keySeed` makes the agents' keys repeatable; absent: each agent makes random ones. */
  readonly agent?: { readonly keySeed: string };
  /** Links that faults are to happen to, besides those with conditions. */
  readonly wired?: readonly string[];
}

const mtu = 1500;
const bridgeName = "br0";

/** A link is named after its end that is not a segment's or the internet's: `node:interface`. */
function drawLink(far: Endpoint, hub: Endpoint): TopologyLink {
  return { name: `${far.node}:${far.interface}`, endpoints: [far, hub], mtu };
}

/** The Ethernet as a node with a bridge inside; ports `p1`, `p2`, ... in the order of the parts. */
function drawSegment(segment: string, parts: readonly Part[]): { node: TopologyNode; links: TopologyLink[] } {
  const plugs = parts.flatMap((part) =>
    part.segments.flatMap((plug) => (plug.segment === segment ? [{ node: part.node.name, interface: plug.interface }] : [])),
  );
  const links = plugs.map((far, position) => drawLink(far, { node: segment, interface: `p${position + 1}` }));
  const ports = links.map(({ endpoints }) => endpoints[1].interface);
  const config = { sysctls: { ...withoutIpv6, ...bridgeSysctls }, bridges: [{ name: bridgeName, ports }] };
  return { node: topologyNode(segment, "segment", false, config), links };
}

/** What is plugged into a carrier; without a name, into the internet itself. */
function pluggedInto(carrier: string | undefined, parts: readonly Part[]): { node: string; plug: WanPlug }[] {
  const plugged = parts.flatMap((part) => (part.wan === undefined ? [] : [{ node: part.node.name, plug: part.wan }]));
  return plugged.filter(({ plug }) => plug.carrier === carrier);
}

const plugsOf = (plugged: readonly { readonly plug: WanPlug }[]): readonly WanPlug[] => plugged.map(({ plug }) => plug);

function drawInternet(name: string, parts: readonly Part[]): { node: TopologyNode; links: TopologyLink[] } {
  const plugged = pluggedInto(undefined, parts);
  const links = plugged.map(({ node }, position) =>
    drawLink({ node, interface: wanInterface }, { node: name, interface: internetInterface(position) }),
  );
  return { node: internetNode(name, plugsOf(plugged)), links };
}

function drawCustomers(carrier: string, parts: readonly Part[]): TopologyLink[] {
  return pluggedInto(carrier, parts).map(({ node }, position) =>
    drawLink({ node, interface: wanInterface }, { node: carrier, interface: customerInterface(position) }),
  );
}

function refuseDuplicates(names: readonly string[]): void {
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice !== undefined) throw new Error(`two parts of the farm are called ${twice}`);
}

/**
 * The lab of a farm: the internet in the middle, segments, routers, internet hosts, farm nodes. Names are the farm's own; the internet is
 * called `internet`, with a hyphen after it where the farm has a part of that name. Links with conditions, and those asked for, lead
 * through the wire. Throws for a farm that loading would have refused.
 */
export function compileFarm(farm: Farm, options: CompileOptions): Topology {
  const store = findStoreHost(farm);
  const homes = farm.homeRouters.map((router) =>
    homeRouterPart(
      router,
      farm.carriers.find(({ name }) => name === router.behind),
    ),
  );
  const parts: readonly Part[] = [
    ...farm.upstreams.map((router) => upstreamPart(router, farm)),
    ...homes,
    ...farm.carriers.map((carrier) => carrierPart(carrier, plugsOf(pluggedInto(carrier.name, homes)))),
    ...farm.internet.hosts.map((host) => internetHostPart(host, store)),
    ...emulatedNodes(farm).map((node) => farmNodePart(node, store, options.agent?.keySeed)),
  ];
  const names = [...farm.segments.map((segment) => segment.name), ...parts.map((part) => part.node.name)];
  refuseDuplicates(names);
  const internet = drawInternet(internetName(farm), parts);
  const segments = farm.segments.map((segment) => drawSegment(segment.name, parts));
  const rules = conditionRules(farm, options.seed);
  const topology: Topology = {
    name: farm.name,
    seed: options.seed,
    nodes: [internet.node, ...segments.map(({ node }) => node), ...parts.map((part) => part.node)],
    links: [
      ...internet.links,
      ...farm.carriers.flatMap(({ name }) => drawCustomers(name, parts)),
      ...segments.flatMap(({ links }) => links),
    ],
  };
  return withWire(topology, [...rules.map(({ link }) => link), ...(options.wired ?? [])], rules);
}
