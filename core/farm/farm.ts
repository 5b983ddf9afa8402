/** What a farm file says once read, checked and normalised: lists instead of maps, defaults filled in, addresses as numbers. */
import type { Address, Prefix } from "../common/index.ts";
import type { NatBehaviour } from "./nat.ts";
import type { PacketConditions, PacketEdit } from "./faults/fault.ts";
import type { Expectation, Timeline } from "./timeline.ts";

export interface Farm {
  readonly name: string;
  /** A sentence on what the farm shows. */
  readonly about: string;
  readonly allocations: readonly Allocation[];
  readonly segments: readonly Segment[];
  readonly internet: Internet;
  readonly upstreams: readonly UpstreamRouter[];
  readonly homeRouters: readonly HomeRouter[];
  readonly carriers: readonly Carrier[];
  readonly nodes: readonly FarmNode[];
  readonly networks: readonly UserNetwork[];
  readonly conditions: readonly Condition[];
  readonly timeline: Timeline;
  readonly expectations: readonly Expectation[];
}

/** A farm's IPv6 /48 and the IPv4 that is routed with it (seed 1, "Network requirements"). */
export interface Allocation {
  /** The /48, no host bits. */
  readonly prefix: Prefix;
  /** The n of the seed's names, 0..127. */
  readonly number: number;
  /** The farmer's routable IPv4 network, e.g. 185.69.166.0/24; absent where there is none. */
  readonly ipv4?: Prefix;
}

/** An Ethernet. */
export interface Segment {
  readonly name: string;
}

/** What lies beyond the farm. */
export interface Internet {
  readonly hosts: readonly InternetHost[];
}

export interface InternetHost {
  readonly name: string;
  readonly ipv4?: Address;
  readonly ipv6?: Address;
  /** Runs the store (etcd) and the reachability reflector that the nodes use; exactly one host does, and it has both families. */
  readonly store: boolean;
}

/** The router above the exit nodes; the farmer owns it and types its static routes. */
export interface UpstreamRouter {
  readonly name: string;
  /** The segment of PrefixZero, where exit nodes are; the interface there is `swp1`. */
  readonly segment: string;
  /** Interface addresses on that segment, with host part; fe80::1/64 is always there besides. */
  readonly ipv4?: Prefix;
  readonly ipv6: Prefix;
  /** Its address towards the internet. */
  readonly wan4?: Address;
  readonly wan6?: Address;
  /** The static routes besides the default routes; this list is all that the router is told. */
  readonly routes: readonly StaticRoute[];
}

export type StaticRoute =
  { readonly kind: "via"; readonly prefix: Prefix; readonly via: Address } | { readonly kind: "unreachable"; readonly prefix: Prefix };

/** A home router: NAT of its LAN to one IPv4 address, no IPv6. */
export interface HomeRouter {
  readonly name: string;
  readonly segment: string;
  /** Interface address on the LAN, with host part. */
  readonly lan4: Prefix;
  /** Its outer address: public, or of its carrier's inner network. */
  readonly wan4: Address;
  /** The carrier that it is a customer of. */
  readonly behind?: string;
  readonly nat: NatBehaviour;
  readonly portForwards: readonly RouterForward[];
}

/** A provider's router that translates for many home routers (CGNAT, RFC 6888). */
export interface Carrier {
  readonly name: string;
  /** Address towards its customers, with host part; all customers' outer addresses are of this network. */
  readonly lan4: Prefix;
  /** Its public address. */
  readonly wan4: Address;
  readonly nat: NatBehaviour;
}

/** What a router lets in besides answers: at its outer address's port, for a host inside. */
export interface RouterForward {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly to: Address;
  readonly toPort: number;
}

export interface FarmNode {
  readonly name: string;
  readonly nics: readonly Nic[];
  /** Present where the node is reachable from outside: namespace `public`, in which tunnels' sockets live. */
  readonly public?: PublicConfig;
  readonly exitNode?: ExitNodeConfig;
  /** What else listens on the addresses of its tunnels, which farmlab does not run; no derived port is one of theirs (EX-21). */
  readonly services?: readonly Service[];
  /** Whether labs have it. One that they do not have is there by its intents alone, and by what it would publish. */
  readonly emulate: boolean;
}

export interface Nic {
  /** Interface name, e.g. eth0. */
  readonly name: string;
  readonly segment: string;
  /** Static address of the host itself, with host part; absent for a NIC that the host does not use. */
  readonly ipv4?: Prefix;
  readonly gateway4?: Address;
  readonly ipv6?: Prefix;
  readonly gateway6?: Address;
}

export interface PublicConfig {
  readonly nic: string;
  readonly ipv4?: Prefix;
  readonly gateway4?: Address;
  readonly ipv6?: Prefix;
  readonly gateway6?: Address;
}

export interface ExitNodeConfig {
  /** The x of the seed, 1..15. */
  readonly number: number;
  readonly allocationNumber: number;
  /** The NIC for forwarding, another than `public`'s. */
  readonly nic: string;
  /** How its networks are kept apart: by a routing table for each; absent: by filter rules of one for all. */
  readonly isolation?: "vrf";
  /** GWPubIP4 (for SNAT only) with its length, and the upstream router's address; absent: no IPv4 through this gateway. */
  readonly ipv4?: Prefix;
  readonly gateway4?: Address;
  /** Who stands in for it, the first one that can before the others; absent: nobody. */
  readonly standbys?: readonly StandbyConfig[];
  /** The exit node that is ready to stand in for it at any moment, as it is for that one (EX-15); absent: none. */
  readonly partner?: string;
}

/** A node on which an exit node is recreated when its own is dead. */
export interface StandbyConfig {
  readonly node: string;
  /** Its NIC for forwarding, on the same segment as the exit node's. */
  readonly nic: string;
}

/** What carries a network from node to node where that is not WireGuard (seed 1, "there are other overlays"). */
export type Overlay =
  /** Over the public addresses of its nodes. */
  | { readonly kind: "vxlan" }
  /** Over NICs of its own on an Ethernet. */
  | { readonly kind: "segment"; readonly segment: string };

export interface UserNetwork {
  readonly name: string;
  readonly kind: "exit-node";
  /** Absent: WireGuard. */
  readonly overlay?: Overlay;
  readonly allocationNumber: number;
  /** IPv4 addresses that the network's user owns, of the farmer's routable network. */
  readonly ownedIpv4: readonly Address[];
  /** The network's only configuration: node <-> Network Resource. Exactly one is the exit point. */
  readonly resources: readonly NetworkResource[];
  readonly workloads: readonly Workload[];
  readonly portForwards: readonly PortForward[];
}

export interface NetworkResource {
  readonly node: string;
  readonly exitPoint: boolean;
  /** The NR's /64 where the file states it; else the allocator gives one. */
  readonly prefix?: Prefix;
}

export interface Workload {
  /** Unique in its network. */
  readonly name: string;
  readonly node: string;
  /** Host part of its addresses in the NR's /64 and /24, 2..254. */
  readonly host: number;
  readonly services: readonly Service[];
}

export interface Service {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

export interface PortForward {
  /** One of the network's `ownedIpv4`. */
  readonly address: Address;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly workload: string;
  readonly workloadPort: number;
}

/** What a link, or every link of a segment, does to packets all the time; conditions of a link and of its segment add up. */
export interface Condition {
  /** A link is called by its plug, `home-a:wan`. */
  readonly on: { readonly kind: "link"; readonly link: string } | { readonly kind: "segment"; readonly segment: string };
  /** Of what is sent from the plug; absent: nothing. */
  readonly up?: PacketConditions;
  /** Of what comes to it. */
  readonly down?: PacketConditions;
  /** Decisions by hand, in the directions that the condition is about; packets are counted from the first one on. */
  readonly edits?: readonly PacketEdit[];
}
