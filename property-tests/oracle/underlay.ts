/** Which links and nodes lie between two places of a farm, as the document plugs and addresses them: what carries tunnels and the way to the internet. */
import { contains, sameAddress } from "../../core/common/address.ts";
import type { Address, Family, Prefix } from "../../core/common/address.ts";
import type { Farm, FarmNode, HomeRouter, UpstreamRouter } from "../../core/farm/index.ts";

/** Something that a packet passes. */
export interface PathPart {
  /** `node`: any node of the lab, segments and the internet among them; `resource`: an NR's namespace; `gateway`: a BAR's. */
  readonly kind: "node" | "link" | "resource" | "gateway";
  /** Of a link its plug's name, `home-a:wan`; of an NR `network/node`; of a gateway its exit node's name. */
  readonly name: string;
}

/** Parts in the order in which a packet passes them. */
export type Way = readonly PathPart[];

export const nodePart = (name: string): PathPart => ({ kind: "node", name });
export const linkPart = (node: string, plug: string): PathPart => ({ kind: "link", name: `${node}:${plug}` });

/** Interfaces of what is not a farm node, by the names that the farm file's links have. */
const wan = "wan";
const lan = "lan";
const prefixZero = "swp1";

/** The node that stands for the internet: with a hyphen where something of the farm is called so itself. */
export function internetName(farm: Farm): string {
  const parts = [farm.segments, farm.internet.hosts, farm.upstreams, farm.homeRouters, farm.carriers, farm.nodes];
  return parts.some((some) => some.some(({ name }) => name === "internet")) ? "internet-" : "internet";
}

const hubsKnown = new WeakMap<Farm, ReadonlyMap<string, string>>();

/** The node at the other end of each link, from its plug: a segment, a carrier or the internet. By the link's name. */
export function linkHubs(farm: Farm): ReadonlyMap<string, string> {
  const known = hubsKnown.get(farm) ?? hubsOf(farm);
  hubsKnown.set(farm, known);
  return known;
}

function hubsOf(farm: Farm): ReadonlyMap<string, string> {
  const internet = internetName(farm);
  return new Map([
    ...farm.internet.hosts.map(({ name }): [string, string] => [`${name}:${wan}`, internet]),
    ...farm.upstreams.flatMap(({ name, segment }): [string, string][] => [
      [`${name}:${wan}`, internet],
      [`${name}:${prefixZero}`, segment],
    ]),
    ...farm.homeRouters.flatMap(({ name, segment, behind }): [string, string][] => [
      [`${name}:${wan}`, behind ?? internet],
      [`${name}:${lan}`, segment],
    ]),
    ...farm.carriers.map(({ name }): [string, string] => [`${name}:${wan}`, internet]),
    ...farm.nodes.flatMap(({ name, nics }) => nics.map((nic): [string, string] => [`${name}:${nic.name}`, nic.segment])),
  ]);
}

/** Where something is plugged in: a node's NIC on a segment, or a host's link to the internet. */
interface Plugged {
  readonly node: string;
  readonly plug: string;
  /** Absent: the internet. */
  readonly segment?: string;
}

const upstreamOn = (farm: Farm, segment: string): UpstreamRouter | undefined =>
  farm.upstreams.find((upstream) => upstream.segment === segment);
const homeRouterOn = (farm: Farm, segment: string): HomeRouter | undefined => farm.homeRouters.find((home) => home.segment === segment);

/** From a segment's router down to something on the segment. */
const down = (router: string, plug: string, segment: string, target: Plugged): Way => [
  linkPart(router, plug),
  nodePart(segment),
  linkPart(target.node, target.plug),
  nodePart(target.node),
];

/** From the internet to its hosts and to what is behind an upstream router; nothing else can be reached from there unasked. */
function fromInternet(farm: Farm, target: Plugged, family: Family): Way | undefined {
  if (target.segment === undefined) return [linkPart(target.node, target.plug), nodePart(target.node)];
  const router = upstreamOn(farm, target.segment);
  if ((family === 4 ? router?.wan4 : router?.wan6) === undefined || router === undefined) return undefined;
  return [linkPart(router.name, wan), nodePart(router.name), ...down(router.name, prefixZero, target.segment, target)];
}

/** From the segment that a packet has been sent to a router on. */
function throughRouter(farm: Farm, segment: string, target: Plugged, family: Family): Way | undefined {
  const upstream = upstreamOn(farm, segment);
  const home = homeRouterOn(farm, segment);
  const inside = upstream === undefined ? lan : prefixZero;
  const router = upstream ?? home;
  if (router === undefined) return undefined;
  const arrived = [linkPart(router.name, inside), nodePart(router.name)];
  if (target.segment === segment) return [...arrived, ...down(router.name, inside, segment, target)];
  const canLeave = upstream === undefined ? family === 4 : (family === 4 ? upstream.wan4 : upstream.wan6) !== undefined;
  const rest = fromInternet(farm, target, family);
  if (!canLeave || rest === undefined) return undefined;
  const carrier = home?.behind === undefined ? [] : [nodePart(home.behind), linkPart(home.behind, wan)];
  return [...arrived, linkPart(router.name, wan), ...carrier, nodePart(internetName(farm)), ...rest];
}

/** From a NIC to a target: over its segment alone, or by the segment's router. */
function fromNic(
  farm: Farm,
  from: Plugged & { readonly segment: string },
  target: Plugged,
  options: { readonly onLink: boolean; readonly family: Family },
): Way | undefined {
  const out = [linkPart(from.node, from.plug), nodePart(from.segment)];
  if (options.onLink && target.segment === from.segment) return [...out, linkPart(target.node, target.plug), nodePart(target.node)];
  const rest = throughRouter(farm, from.segment, target, options.family);
  return rest === undefined ? undefined : [...out, ...rest];
}

const ofFamily = <T>(family: Family, holder: { readonly ipv4?: T; readonly ipv6?: T }): T | undefined =>
  family === 4 ? holder.ipv4 : holder.ipv6;
const gatewayOf = (family: Family, holder: { readonly gateway4?: Address; readonly gateway6?: Address }): Address | undefined =>
  family === 4 ? holder.gateway4 : holder.gateway6;

/** The NIC over which a node's tunnels leave towards an address, and whether that is on its link. */
function leaving(node: FarmNode, to: Address): { readonly nic: string; readonly onLink: boolean } | undefined {
  const holders = node.public === undefined ? node.nics.map((nic) => ({ ...nic, nic: nic.name })) : [node.public];
  const addressed = holders.flatMap((holder) => {
    const prefix: Prefix | undefined = ofFamily(to.family, holder);
    return prefix === undefined
      ? []
      : [{ nic: holder.nic, onLink: contains(prefix, to), hasGateway: gatewayOf(to.family, holder) !== undefined }];
  });
  return addressed.find(({ onLink }) => onLink) ?? addressed.find(({ hasGateway }) => hasGateway);
}

const pluggedNic = (node: FarmNode, nic: string): (Plugged & { readonly segment: string }) | undefined => {
  const segment = node.nics.find(({ name }) => name === nic)?.segment;
  return segment === undefined ? undefined : { node: node.name, plug: nic, segment };
};

/** The way of a tunnel's packets from a node to an address of a public node; undefined where the document knows none. */
export function wayToPublic(farm: Farm, from: FarmNode, to: FarmNode, address: Address): Way | undefined {
  const source = leaving(from, address);
  const own = source === undefined ? undefined : pluggedNic(from, source.nic);
  const target = to.public === undefined ? undefined : pluggedNic(to, to.public.nic);
  const held = to.public === undefined ? undefined : ofFamily(address.family, to.public);
  if (source === undefined || own === undefined || target === undefined) return undefined;
  if (held === undefined || !sameAddress(held.address, address)) return undefined;
  const way = fromNic(farm, own, target, { onLink: source.onLink, family: address.family });
  return way === undefined ? undefined : [nodePart(from.name), ...way];
}

/** From a node's host to a host of the internet: by every NIC and family that has a way out. */
export function waysToHost(farm: Farm, node: FarmNode, host: string): readonly Way[] {
  const families: readonly Family[] = [4, 6];
  return node.nics.flatMap(({ name, ...holder }) => {
    const own = pluggedNic(node, name);
    if (own === undefined) return [];
    return families
      .filter((family) => ofFamily<unknown>(family, holder) !== undefined && gatewayOf(family, holder) !== undefined)
      .flatMap((family): Way[] => {
        const way = fromNic(farm, own, { node: host, plug: wan }, { onLink: false, family });
        return way === undefined ? [] : [way];
      });
  });
}

/** From a node to another over an Ethernet on which both have a NIC, without any router; undefined where they have none. */
export function wayOverSegment(
  farm: Farm,
  { near, far, nic }: { readonly near: FarmNode; readonly far: FarmNode; readonly nic: (node: FarmNode) => string },
): Way | undefined {
  const own = pluggedNic(near, nic(near));
  const target = pluggedNic(far, nic(far));
  if (own === undefined || target === undefined) return undefined;
  const way = fromNic(farm, own, target, { onLink: true, family: 4 });
  return way === undefined ? undefined : [nodePart(near.name), ...way];
}

/** The forwarding NIC of an exit node. */
function forwardingNic(farm: Farm, exitNode: string): (Plugged & { readonly segment: string }) | undefined {
  const node = farm.nodes.find(({ name }) => name === exitNode);
  return node?.exitNode === undefined ? undefined : pluggedNic(node, node.exitNode.nic);
}

/** From an exit node's gateway to its upstream router. */
export function wayToUpstream(farm: Farm, exitNode: string): Way | undefined {
  const nic = forwardingNic(farm, exitNode);
  const router = nic === undefined ? undefined : upstreamOn(farm, nic.segment);
  if (nic === undefined || router === undefined) return undefined;
  return [linkPart(nic.node, nic.plug), nodePart(nic.segment), linkPart(router.name, prefixZero), nodePart(router.name)];
}

/** From an exit node's gateway to a host of the internet. */
export function wayToInternet(farm: Farm, exitNode: string, host: string, family: Family): Way | undefined {
  const nic = forwardingNic(farm, exitNode);
  return nic === undefined ? undefined : fromNic(farm, nic, { node: host, plug: wan }, { onLink: false, family });
}

/** From one exit node's gateway to another's: by their routers, and over the segment alone where they share it. */
export function waysBetweenGateways(farm: Farm, from: string, to: string, family: Family): readonly Way[] {
  const source = forwardingNic(farm, from);
  const target = forwardingNic(farm, to);
  if (source === undefined || target === undefined) return [];
  const direct = source.segment === target.segment ? fromNic(farm, source, target, { onLink: true, family }) : undefined;
  return [fromNic(farm, source, target, { onLink: false, family }), direct].flatMap((way) => (way === undefined ? [] : [way]));
}
