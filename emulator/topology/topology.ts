/**
 * What a lab is made of: containerlab's model (nodes, kinds, links with endpoints) plus the state that each node starts with.
 * A backend makes it; it knows nothing of farms.
 */
export interface Topology {
  readonly name: string;
  /** Seeds MAC addresses. */
  readonly seed: number;
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly TopologyLink[];
}

export interface TopologyNode {
  readonly name: string;
  /** Whether farmlab-init runs as the node's first process: wanted where the node runs daemons. */
  readonly init: boolean;
  /** What the node stands for, for pictures and reports: `farm-node`, `segment`, `upstream`, `home-router`, `internet`, `host`. */
  readonly role: string;
  readonly config: NodeConfig;
}

export interface TopologyLink {
  readonly name: string;
  readonly endpoints: readonly [Endpoint, Endpoint];
  readonly mtu?: number;
}

export interface Endpoint {
  readonly node: string;
  readonly interface: string;
}

/** The state a node starts with; links come from the topology. Order of work: sysctls, bridges, addresses, routes, nft, files, services. */
export interface NodeConfig {
  /** Bridges inside the node and the interfaces that are their ports. */
  readonly bridges?: readonly { readonly name: string; readonly ports: readonly string[] }[];
  readonly addresses?: readonly { readonly interface: string; readonly address: string }[];
  readonly routes?: readonly NodeRoute[];
  /** Path below /proc/sys -> value; a path that ends in `?` may be missing in this kernel. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** A ruleset in nft's own language. */
  readonly nft?: string;
  /** Absolute path (in the node's private /etc, /run, /var, /tmp) -> content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Started in order, each when the one before is ready. */
  readonly services?: readonly ServiceSpec[];
}

export interface NodeRoute {
  /** `default` with family, or a prefix. */
  readonly family: 4 | 6;
  readonly to: string;
  readonly via?: string;
  readonly interface?: string;
  readonly onlink?: boolean;
  readonly type?: "unicast" | "unreachable";
}

/** A daemon under farmlab-init. */
export interface ServiceSpec {
  readonly name: string;
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Network namespace inside the node (a name below /run/netns); absent: the node's own. */
  readonly namespace?: string;
  readonly restart: "always" | "never";
  /** Ready when this path exists in the node, and takes connections if it is a socket; absent: when started. */
  readonly readyPath?: string;
}
