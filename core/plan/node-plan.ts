/** The desired state of one node as data. `core/apply` makes it so; nothing here runs a command. All addresses are text, RFC 5952. */

export interface NodePlan {
  readonly node: string;
  /** In creation order; the host's own namespace is named `host` and only partly ours. */
  readonly namespaces: readonly NamespacePlan[];
  /** Daemons besides the tunnels' own, in the order in which they are to be started. */
  readonly services: readonly ServicePlan[];
}

/** A daemon that runs for as long as it is planned, started when all else is in place. */
export interface ServicePlan {
  /** Begins with `farmlab-`. */
  readonly name: string;
  readonly namespace: string;
  readonly argv: readonly string[];
  /** What it reads. */
  readonly files: readonly ServiceFile[];
}

export interface ServiceFile {
  readonly path: string;
  readonly content: string;
  /** What a daemon that runs needs when the content is another: to be told by a signal, to be started anew, or nothing, as it looks itself. */
  readonly change: "signal" | "restart" | "none";
}

export interface NamespacePlan {
  /** `host`, or the name of a namespace that farmlab owns whole (at most 15 bytes). */
  readonly name: string;
  readonly links: readonly LinkPlan[];
  readonly addresses: readonly AddressPlan[];
  readonly routes: readonly RoutePlan[];
  /** Which routing table decides before the main one. */
  readonly policies: readonly PolicyPlan[];
  /** Path below /proc/sys with slashes, e.g. `net/ipv6/conf/all/forwarding` -> `1`. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly tables: readonly NftTablePlan[];
}

interface LinkCommon {
  /** At most 15 bytes, unique in its namespace. */
  readonly name: string;
  readonly mtu?: number;
  readonly mac?: string;
  /** Bridge of the same namespace that this link is a port of. */
  readonly bridge?: string;
}

/** Every planned link is up and has no address but the planned ones (addrgenmode none). */
export type LinkPlan =
  | (LinkCommon & { readonly kind: "bridge" })
  /** One end of a pair; the other end is planned in `peerNamespace` under `peerName`, and names this one in turn. */
  | (LinkCommon & { readonly kind: "veth"; readonly peerNamespace: string; readonly peerName: string })
  /**
   * A child of a NIC of the host's namespace, in bridge mode. With `sources`, sorted, in source mode: frames of these MAC addresses alone
   * come in, from the wire only.
   */
  | (LinkCommon & { readonly kind: "macvlan"; readonly parent: string; readonly sources?: readonly string[] })
  | (LinkCommon & { readonly kind: "vxlan"; readonly vxlan: VxlanPlan })
  | (LinkCommon & { readonly kind: "wireguard"; readonly wireguard: WireguardPlan });

/** Point to multipoint over unicast; it learns nothing. */
export interface VxlanPlan {
  /** The namespace in which its UDP socket lives. */
  readonly socketNamespace: string;
  /** Network identifier, 24 bits. */
  readonly vni: number;
  /** The address that it sends from. */
  readonly local: string;
  readonly port: number;
  /** Who is reached where; frames to all go to every one of them. */
  readonly forwarding: readonly { readonly mac: string; readonly destination: string }[];
}

export interface WireguardPlan {
  /** The namespace in which its UDP socket lives: `public` where the node has it, else `host`. */
  readonly socketNamespace: string;
  readonly listenPort: number;
  /** Sorted by public key. The private key never stands in a plan: apply takes it from the node's key file by interface name. */
  readonly peers: readonly WireguardPeerPlan[];
}

export interface WireguardPeerPlan {
  readonly publicKey: string;
  /** `ip:port` or `[ip6]:port`; absent for a hidden peer, whose endpoint is learnt and never overwritten. */
  readonly endpoint?: string;
  readonly allowedIps: readonly string[];
  readonly keepaliveSeconds: number;
}

export interface AddressPlan {
  readonly link: string;
  /** With length, e.g. `fe80::1:1abc/64`. */
  readonly address: string;
  /** Who gives it to the link and takes it away; absent: apply. */
  readonly by?: "vrrp";
}

/** A routing policy rule; its priority is one of farmlab's own, and says which it is. */
export interface PolicyPlan {
  readonly family: 4 | 6;
  readonly priority: number;
  /** Packets with this mark; absent: all. */
  readonly mark?: number;
  readonly table: "main" | number;
  /** All routes of the table but its default routes. */
  readonly withoutDefault?: true;
}

/** Installed with farmlab's own route protocol number. `to` is `default` or a prefix; IPv6 if it or `via` says so. */
export interface RoutePlan {
  readonly family: 4 | 6;
  readonly type: "unicast" | "unreachable";
  readonly to: string;
  readonly via?: string;
  readonly link?: string;
  readonly source?: string;
  /** The next hop is on the link although no connected prefix holds it. */
  readonly onlink?: boolean;
  /** Absent: the main table. */
  readonly table?: number;
  /** Who installs and removes it; absent: apply. */
  readonly by?: "vrrp";
}

export interface NftTablePlan {
  readonly family: "inet" | "ip" | "ip6" | "arp" | "netdev" | "bridge";
  /** Begins with `farmlab`. */
  readonly name: string;
  /** The lines between the table's braces, one statement a line. */
  readonly body: readonly string[];
}
