/** By which ways a flow's packets may go, and from that what each of them must pass and must not. Answers take the same ways back. */
import { contains, sameAddress } from "../../core/common/address.ts";
import type { Family } from "../../core/common/address.ts";
import type { FarmNode } from "../../core/farm/index.ts";
import { endpointsFor } from "./mesh.ts";
import type { Flow, Prediction } from "./predict.ts";
import { segmentNic, vtepOf } from "./overlays.ts";
import { nodePart, wayOverSegment, wayToInternet, wayToPublic, wayToUpstream, waysBetweenGateways } from "./underlay.ts";
import type { PathPart, Way } from "./underlay.ts";
import { meetDirectly, networkNamed, resourceKey, upstreamOf } from "./world.ts";
import type { Bar, Resource, World, WorkloadParty } from "./world.ts";

/** What holds of every packet of a flow, whichever of its ways it takes. */
export interface PathConstraint {
  readonly mustPass: readonly PathPart[];
  /** Routing namespaces (NRs and gateways) on none of its ways. */
  readonly mustNotPass: readonly PathPart[];
}

type Ways = readonly Way[];

const resourcePart = (resource: Resource): PathPart => ({ kind: "resource", name: resourceKey(resource.network, resource.node) });
const gatewayPart = (bar: Bar): PathPart => ({ kind: "gateway", name: bar.node });
/** A gateway, and the node that it goes down with. */
const gatewayParts = (bar: Bar): Way => [nodePart(bar.node), gatewayPart(bar)];
const samePart = (one: PathPart, other: PathPart): boolean => one.kind === other.kind && one.name === other.name;

/** Every way of the one followed by every way of the next. */
const followed = (...legs: readonly Ways[]): Ways =>
  legs.reduce<Ways>((ways, leg) => ways.flatMap((way) => leg.map((next): Way => [...way, ...next])), [[]]);
const present = (way: Way | undefined): Ways => (way === undefined ? [] : [way]);
const reversed = (ways: Ways): Ways => ways.map((way) => way.toReversed());

function nodeNamed(world: World, name: string): FarmNode {
  const node = world.farm.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`the oracle needs node ${name}`);
  return node;
}

/** A tunnel between two NRs may use each address by which one side reaches the other. */
function tunnel(world: World, from: Resource, to: Resource): Ways {
  const near = nodeNamed(world, from.node);
  const far = nodeNamed(world, to.node);
  return [
    ...endpointsFor(near, far).flatMap((address) => present(wayToPublic(world.farm, near, far, address))),
    ...endpointsFor(far, near).flatMap((address) => reversed(present(wayToPublic(world.farm, far, near, address)))),
  ];
}

/** What carries an overlay's packets from one NR straight to another. */
function underneath(world: World, from: Resource, to: Resource): Ways {
  const network = networkNamed(world, from.network);
  const { overlay } = network.network;
  if (overlay === undefined) return tunnel(world, from, to);
  const near = nodeNamed(world, from.node);
  const far = nodeNamed(world, to.node);
  if (overlay.kind === "vxlan") return present(wayToPublic(world.farm, near, far, vtepOf(world, network, to)));
  return present(wayOverSegment(world.farm, { near, far, nic: (node) => segmentNic(node, overlay.segment) }));
}

/** From an NR to another of its network: straight where either node is public, else by way of the exit point. */
function between(world: World, from: Resource, to: Resource): Ways {
  if (from === to) return [[resourcePart(from)]];
  const { exitPoint } = networkNamed(world, from.network);
  if (meetDirectly(from, to) || from === exitPoint || to === exitPoint) {
    return followed([[resourcePart(from)]], underneath(world, from, to), [[resourcePart(to)]]);
  }
  return followed([[resourcePart(from)]], tunnel(world, from, exitPoint), [[resourcePart(exitPoint)]], tunnel(world, exitPoint, to), [
    [resourcePart(to)],
  ]);
}

/** From a workload to the gateway of its network, which is included. */
function toGateway(world: World, from: WorkloadParty): Ways {
  const { exitPoint, bar } = networkNamed(world, from.network);
  return followed([[nodePart(from.node)]], between(world, from.resource, exitPoint), [gatewayParts(bar)]);
}

const betweenGateways = (world: World, from: Bar, to: Bar, family: Family): Ways =>
  from === to ? [[]] : followed(waysBetweenGateways(world.farm, from.node, to.node, family), [gatewayParts(to)]);

/** From whoever sends to a gateway. */
function senderToGateway(world: World, { from, to }: Flow, bar: Bar): Ways {
  if (from.kind === "internet-host") {
    return followed(reversed(present(wayToInternet(world.farm, bar.node, from.name, to.family))), [gatewayParts(bar)]);
  }
  const own = networkNamed(world, from.network).bar;
  return followed(toGateway(world, from), betweenGateways(world, own, bar, to.family));
}

/** To the gateway or the upstream router that answers for what nobody holds. */
function toRefuser(world: World, flow: Flow): Ways {
  const bar = world.bars.find((candidate) => contains(candidate.part, flow.to));
  if (bar !== undefined) return senderToGateway(world, flow, bar);
  const allocation = world.farm.allocations.find((candidate) => contains(candidate.prefix, flow.to));
  const above = world.bars.find((candidate) => candidate.allocation === allocation);
  if (above === undefined) return [];
  const { from } = flow;
  if (from.kind === "internet-host") {
    // Up to the router: what of the way to one of its gateways comes before it.
    const router = upstreamOf(world, above)?.name;
    const ways = reversed(present(wayToInternet(world.farm, above.node, from.name, flow.to.family)));
    return ways.map((way) => way.slice(0, way.findIndex((part) => part.kind === "node" && part.name === router) + 1));
  }
  const own = networkNamed(world, from.network).bar;
  if (upstreamOf(world, own) !== upstreamOf(world, above)) return [];
  return followed(toGateway(world, from), present(wayToUpstream(world.farm, own.node)));
}

/**
 * Every way that a flow's packets may take from its sender to who answers or refuses; empty where the document knows none, or where no law
 * says how far a packet gets that must not arrive.
 */
export function waysOf(world: World, flow: Flow, prediction: Prediction): readonly Way[] {
  const { from, to } = flow;
  if (!prediction.delivered) return prediction.refusal === "unreachable" ? toRefuser(world, flow) : [];
  const receiver = prediction.answeredBy;
  if (receiver.kind === "internet-host") {
    if (from.kind === "internet-host") return [];
    const { bar } = networkNamed(world, from.network);
    return followed(toGateway(world, from), present(wayToInternet(world.farm, bar.node, receiver.name, to.family)));
  }
  const isOwnAddress = sameAddress(to, to.family === 4 ? receiver.ipv4 : receiver.ipv6);
  if (from.kind === "workload" && from.network === receiver.network && isOwnAddress) {
    return followed([[nodePart(from.node)]], between(world, from.resource, receiver.resource), [[nodePart(receiver.node)]]);
  }
  return followed(senderToGateway(world, flow, networkNamed(world, receiver.network).bar), reversed(toGateway(world, receiver)));
}

/** What every way has in common, and the routing namespaces that none has. Empty where no way is known. */
export function constraintOf(world: World, ways: readonly Way[]): PathConstraint {
  const [first = [], ...others] = ways;
  if (ways.length === 0) return { mustPass: [], mustNotPass: [] };
  const mustPass = first.filter((part, place) => {
    const isRepeated = first.findIndex((other) => samePart(other, part)) < place;
    return !isRepeated && others.every((way) => way.some((other) => samePart(other, part)));
  });
  const routing = [...world.bars.map(gatewayPart), ...world.networks.flatMap(({ resources }) => resources.map(resourcePart))];
  const mustNotPass = routing.filter((part) => !ways.some((way) => way.some((other) => samePart(other, part))));
  return { mustPass, mustNotPass };
}
