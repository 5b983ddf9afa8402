/** What must happen to a flow, in the laws' sense. A flow of which no law says anything has no prediction. */
import { contains, sameAddress, wellKnown } from "../../core/common/address.ts";
import type { Address } from "../../core/common/address.ts";
import { gatewayIpv4, meetDirectly, networkNamed, resourceHolding, upstreamOf, workloadAt } from "./world.ts";
import type { Bar, Party, World, WorkloadParty } from "./world.ts";

export type Protocol = "icmp" | "udp" | "tcp";

export interface Flow {
  readonly from: Party;
  readonly to: Address;
  readonly protocol: Protocol;
  /** Absent for icmp. */
  readonly port?: number;
  /** Payload bytes both ways, never fragmented; absent: a few. */
  readonly size?: number;
}

export type Prediction = Delivered | NotDelivered;

interface Reasoned {
  readonly law: string;
  /** The law's sentence for this flow. */
  readonly because: string;
}

export interface Delivered extends Reasoned {
  readonly delivered: true;
  /** Who gets the packet and answers. */
  readonly answeredBy: Party;
  /** The source address that the receiver must see; absent where no law says. */
  readonly sourceSeen?: Address;
  /** Whether the receiver must see the sender's own port, or one that a NAT has chosen; absent where no law says, or there is none. */
  readonly portSeen?: "kept" | "translated";
  /** By how much the inner TTL or hop limit falls on the way; absent where no law says. */
  readonly hops?: number;
}

export interface NotDelivered extends Reasoned {
  readonly delivered: false;
  /** `unreachable`: an ICMP error must come (the first probe at least); `any`: silence or any refusal will do. */
  readonly refusal: "unreachable" | "any";
  /** The address is the gateway's own, which may answer an echo itself (EX-22): that delivers it to nobody. */
  readonly mayEcho?: true;
  /** The addresses from which the error may come, and whose they are. */
  readonly refusedBy?: { readonly who: string; readonly addresses: readonly Address[] };
}

const isPrivate = (address: Address): boolean =>
  address.family === 4
    ? wellKnown.private4.some((prefix) => contains(prefix, address))
    : contains(wellKnown.ula, address) || contains(wellKnown.linkLocal, address);

const never = (law: string, because: string): NotDelivered => ({ delivered: false, refusal: "any", law, because });

/** To an address that the gateway itself has. */
const neverBeyondGateway = (flow: Flow, because: string): NotDelivered => ({
  ...never("EX-9", because),
  ...(flow.protocol === "icmp" ? { mayEcho: true } : {}),
});

/** EX-7: how many routing namespaces lie between two workloads of one network. */
function innerHops(from: WorkloadParty, to: WorkloadParty): number {
  if (from.resource === to.resource) return 0;
  return meetDirectly(from.resource, to.resource) ? 2 : 3;
}

const ported = (flow: Flow, portSeen: "kept" | "translated"): Pick<Delivered, "portSeen"> => (flow.protocol === "icmp" ? {} : { portSeen });

function withinNetwork(flow: Flow, from: WorkloadParty, to: WorkloadParty): Delivered {
  const hops = innerHops(from, to);
  const way =
    hops === 0
      ? "within one NR"
      : hops === 2
        ? `two NRs apart, as ${from.resource.overlay === "wireguard" ? "one of the nodes is public" : "their overlay reaches all of them"}`
        : "through the exit point, as both nodes are hidden";
  return {
    delivered: true,
    answeredBy: to,
    sourceSeen: flow.to.family === 4 ? from.ipv4 : from.ipv6,
    ...ported(flow, "kept"),
    hops,
    law: "EX-7",
    because: `workloads of one network reach each other, ${way}`,
  };
}

function refusedByBar(bar: Bar): NotDelivered {
  return {
    delivered: false,
    refusal: "unreachable",
    refusedBy: { who: `the BAR of exit node ${bar.config.number}`, addresses: [bar.address6] },
    law: "EX-11",
    because: "a packet to an unassigned /64 of an exit node's /52 is answered unreachable by its BAR",
  };
}

function refusedByUpstream(world: World, to: Address): NotDelivered | undefined {
  const allocation = world.farm.allocations.find((candidate) => contains(candidate.prefix, to));
  if (allocation === undefined) return undefined;
  const bar = world.bars.find((candidate) => candidate.allocation === allocation);
  const upstream = bar === undefined ? undefined : upstreamOf(world, bar);
  if (upstream === undefined) return undefined;
  return {
    delivered: false,
    refusal: "unreachable",
    refusedBy: {
      who: `router ${upstream.name}`,
      addresses: [upstream.ipv6.address, ...(upstream.wan6 === undefined ? [] : [upstream.wan6])],
    },
    law: "EX-11",
    because: "a packet to a /52 without exit node is answered unreachable by the upstream router",
  };
}

/** Destinations of the allocation that no NR holds. PrefixZero is on the wire and not predicted here. */
function unassigned(world: World, to: Address): NotDelivered | undefined {
  const allocation = world.farm.allocations.find((candidate) => contains(candidate.prefix, to));
  if (allocation === undefined || contains({ address: allocation.prefix.address, length: 52 }, to)) return undefined;
  if (resourceHolding(world, to) !== undefined) return undefined;
  const bar = world.bars.find((candidate) => contains(candidate.part, to));
  return bar === undefined ? refusedByUpstream(world, to) : refusedByBar(bar);
}

const answers = (workload: WorkloadParty, flow: Flow): boolean =>
  flow.protocol === "icmp" || workload.services.some((service) => service.protocol === flow.protocol && service.port === flow.port);

function predictIpv6(world: World, flow: Flow): Prediction | undefined {
  const { from, to } = flow;
  if (from.ipv6 === undefined) return undefined;
  const target = workloadAt(world, to);
  if (target !== undefined && answers(target, flow)) {
    if (from.kind === "workload" && from.network === target.network) return withinNetwork(flow, from, target);
    const neighbour = from.kind === "workload";
    return {
      delivered: true,
      answeredBy: target,
      sourceSeen: from.ipv6,
      ...ported(flow, "kept"),
      law: neighbour ? "EX-10" : "EX-8",
      because: neighbour
        ? "to a global IPv6 service a neighbour network is as an internet host"
        : "the internet reaches a service of a workload on IPv6",
    };
  }
  const host = world.internetHosts.find((candidate) => candidate.ipv6 !== undefined && sameAddress(candidate.ipv6, to));
  if (host !== undefined && from.kind === "workload") {
    return {
      delivered: true,
      answeredBy: host,
      sourceSeen: from.ipv6,
      ...ported(flow, "kept"),
      law: "EX-8",
      because: "a workload reaches the IPv6 internet with its own address",
    };
  }
  if (isPrivate(to)) return never("EX-10", "networks never reach each other by link-local addresses");
  return unassigned(world, to);
}

function predictForward(world: World, flow: Flow): Prediction | undefined {
  const owner = world.networks.find(({ network }) => network.ownedIpv4.some((owned) => sameAddress(owned, flow.to)));
  if (owner === undefined) return undefined;
  const forward = owner.network.portForwards.find(
    (candidate) => sameAddress(candidate.address, flow.to) && candidate.protocol === flow.protocol && candidate.port === flow.port,
  );
  if (forward === undefined) return neverBeyondGateway(flow, "unsolicited inbound IPv4 is refused where no port forward names the port");
  const target = world.workloads.find((workload) => workload.network === owner.network.name && workload.name === forward.workload);
  if (target === undefined) return undefined;
  if (gatewayIpv4(owner.bar) === undefined) return never("EX-9", "behind an exit node without IPv4 there is no way in by IPv4");
  if (flow.from.kind === "internet-host") {
    return {
      delivered: true,
      answeredBy: target,
      ...(flow.from.ipv4 === undefined ? {} : { sourceSeen: flow.from.ipv4 }),
      ...ported(flow, "kept"),
      law: "EX-9",
      because: "a port forward on an address that the user owns reaches its service",
    };
  }
  const gateway = gatewayIpv4(networkNamed(world, flow.from.network).bar);
  if (gateway === undefined) return never("EX-9", "a network whose exit node has no IPv4 has no way to the IPv4 internet");
  const neighbour = flow.from.network !== owner.network.name;
  return {
    delivered: true,
    answeredBy: target,
    ...(neighbour ? { sourceSeen: gateway, ...ported(flow, "translated") } : {}),
    law: neighbour ? "EX-10" : "EX-9",
    because: neighbour
      ? "to a port forward on a user-owned address a neighbour network is as an internet host, seen as its GWPubIP4"
      : "a port forward reaches its service from the own network too",
  };
}

function predictIpv4(world: World, flow: Flow): Prediction | undefined {
  const { from, to } = flow;
  if (from.ipv4 === undefined) return undefined;
  // Two allocations may give two networks the same private addresses: within a network its own count.
  const own = from.kind === "workload" ? networkNamed(world, from.network) : undefined;
  if (from.kind === "workload") {
    const target = world.workloads.find((candidate) => candidate.network === from.network && sameAddress(candidate.ipv4, to));
    if (target !== undefined) return answers(target, flow) ? withinNetwork(flow, from, target) : undefined;
  }
  if (isPrivate(to)) {
    if (own?.resources.some(({ prefix4 }) => contains(prefix4, to)) === true) return undefined;
    return from.kind === "workload"
      ? never("EX-10", "networks never reach each other by private addresses")
      : never("EX-9", "unsolicited inbound IPv4 is refused");
  }
  const forwarded = predictForward(world, flow);
  if (forwarded !== undefined) return forwarded;
  if (world.bars.some((bar) => bar.config.ipv4 !== undefined && sameAddress(bar.config.ipv4.address, to))) {
    return neverBeyondGateway(flow, "unsolicited inbound IPv4 to GWPubIP4 reaches no workload: it is for SNAT only");
  }
  const host = world.internetHosts.find((candidate) => candidate.ipv4 !== undefined && sameAddress(candidate.ipv4, to));
  if (host === undefined || from.kind !== "workload") return undefined;
  const gateway = gatewayIpv4(networkNamed(world, from.network).bar);
  if (gateway === undefined) return never("EX-9", "a network whose exit node has no IPv4 has no way to the IPv4 internet");
  return {
    delivered: true,
    answeredBy: host,
    sourceSeen: gateway,
    ...ported(flow, "translated"),
    law: "EX-9",
    because: "a workload reaches the IPv4 internet through the BAR with GWPubIP4 as its source",
  };
}

/**
 * What the laws say of a flow; undefined where they say nothing. A flow to an address that nobody is predicted to answer at (a closed
 * port of a workload, say) has no prediction.
 */
export function predict(world: World, flow: Flow): Prediction | undefined {
  return flow.to.family === 4 ? predictIpv4(world, flow) : predictIpv6(world, flow);
}
