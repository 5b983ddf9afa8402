/** A `.clab.yml` as it is written, once it has passed the schema: every value is text, nothing is inherited yet. */

export interface ClabFile {
  readonly name: string;
  readonly topology: TopologyEntry;
}

export interface TopologyEntry {
  readonly defaults?: NodeEntry;
  readonly kinds?: Readonly<Record<string, NodeEntry>>;
  readonly groups?: Readonly<Record<string, NodeEntry>>;
  readonly nodes: Readonly<Record<string, NodeEntry>>;
  /** Each is judged by its type. */
  readonly links?: readonly unknown[];
}

/** What is acted on. What else containerlab knows is in `known-keys.ts`, and what of it stands in the file is only looked for. */
export interface NodeEntry {
  readonly kind?: string;
  readonly group?: string;
  readonly image?: string;
  readonly cmd?: string;
  readonly exec?: readonly string[];
  readonly binds?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly "cap-add"?: readonly string[];
  readonly devices?: readonly string[];
  readonly "network-mode"?: string;
  readonly privileged?: string;
  readonly [other: string]: unknown;
}

export interface BriefLinkEntry {
  readonly endpoints: readonly string[];
  readonly mtu?: string;
}

export interface VethLinkEntry {
  readonly endpoints: readonly EndpointEntry[];
  readonly mtu?: string;
  readonly ipv4?: unknown;
  readonly ipv6?: unknown;
}

export interface EndpointEntry {
  readonly node: string;
  readonly interface: string;
  readonly mac?: string;
  readonly ipv4?: unknown;
  readonly ipv6?: unknown;
}
