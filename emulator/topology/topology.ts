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
  /** containerlab's kind; absent: `linux`. A `bridge` is a node with a bridge of its own name inside, whose ports are its ends of links. */
  readonly kind?: "linux" | "bridge";
  readonly config: NodeConfig;
  /** What a `.clab.yml` says of the node besides; farms say nothing here. */
  readonly container?: ContainerSettings;
}

/** What containerlab hands to its container engine for a node, and what it runs in it. Of absent ones, the file's defaults hold. */
export interface ContainerSettings {
  readonly image?: string;
  readonly command?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly binds?: readonly Bind[];
  /** Command lines, split into words as containerlab does (`words.ts`), run in order once the node's links are there. */
  readonly exec?: readonly string[];
  readonly capAdd?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A file or folder of the machine in a node. */
export interface Bind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface TopologyLink {
  readonly name: string;
  readonly endpoints: readonly [Endpoint, Endpoint];
  /** Bytes; absent: `defaultMtu`. */
  readonly mtu?: number;
}

export interface Endpoint {
  readonly node: string;
  readonly interface: string;
  /** Absent: by the topology's seed. */
  readonly mac?: string;
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
