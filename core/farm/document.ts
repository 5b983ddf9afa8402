/** The farm file as it is written, once it has passed the schema: names and addresses still text, defaults not yet filled in. */
import type { NatBehaviour, NatPresetName } from "./nat.ts";
import type { ConditionName } from "./faults/conditions.ts";

export interface FarmFile {
  readonly farm: string;
  readonly about?: string;
  readonly allocations: readonly AllocationEntry[];
  readonly segments: readonly string[];
  readonly internet: { readonly hosts: Readonly<Record<string, HostEntry>> };
  readonly upstreams?: Readonly<Record<string, UpstreamEntry>>;
  readonly "home-routers"?: Readonly<Record<string, HomeRouterEntry>>;
  readonly carriers?: Readonly<Record<string, CarrierEntry>>;
  readonly nodes: Readonly<Record<string, NodeEntry>>;
  readonly networks?: Readonly<Record<string, NetworkEntry>>;
  readonly conditions?: readonly ConditionEntry[];
}

export interface AllocationEntry {
  readonly prefix: string;
  readonly number: number;
  readonly ipv4?: string;
}

export interface HostEntry {
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly store?: boolean;
}

export interface UpstreamEntry {
  readonly segment: string;
  readonly ipv4?: string;
  readonly ipv6: string;
  readonly wan4?: string;
  readonly wan6?: string;
  readonly routes?: readonly RouteEntry[];
}

/** Either `via` or `unreachable`. */
export interface RouteEntry {
  readonly to: string;
  readonly via?: string;
  readonly unreachable?: true;
}

interface NatEntry {
  readonly nat?: NatPresetName;
  readonly "nat-overrides"?: NatOverridesEntry;
}

export type NatOverridesEntry = Partial<Omit<NatBehaviour, "timeouts">> & { readonly timeouts?: NatTimeoutsEntry };

export interface NatTimeoutsEntry {
  readonly udp?: number;
  readonly "udp-stream"?: number;
  readonly "tcp-established"?: number;
  readonly "tcp-transitory"?: number;
}

export interface RouterForwardEntry {
  /** What arrives at the outer address, `tcp/8080`. */
  readonly service: string;
  readonly to: string;
  readonly port?: number;
}

export interface HomeRouterEntry extends NatEntry {
  readonly segment: string;
  readonly lan4: string;
  readonly wan4: string;
  readonly behind?: string;
  readonly "port-forwards"?: readonly RouterForwardEntry[];
}

export interface CarrierEntry extends NatEntry {
  readonly lan4: string;
  readonly wan4: string;
}

export interface NodeEntry {
  readonly nics: Readonly<Record<string, NicEntry>>;
  readonly public?: PublicEntry;
  readonly "exit-node"?: ExitNodeEntry;
}

export interface NicEntry {
  readonly segment: string;
  readonly ipv4?: string;
  readonly gateway4?: string;
  readonly ipv6?: string;
  readonly gateway6?: string;
}

export interface PublicEntry {
  readonly nic: string;
  readonly ipv4?: string;
  readonly gateway4?: string;
  readonly ipv6?: string;
  readonly gateway6?: string;
}

export interface ExitNodeEntry {
  readonly number: number;
  /** Number of its allocation; may be left out where there is one. */
  readonly allocation?: number;
  readonly nic: string;
  readonly ipv4?: string;
  readonly gateway4?: string;
}

export interface NetworkEntry {
  readonly kind: "exit-node";
  /** Number of its allocation; may be left out where there is one. */
  readonly allocation?: number;
  readonly "owned-ipv4"?: readonly string[];
  readonly resources: readonly ResourceEntry[];
  readonly workloads?: Readonly<Record<string, WorkloadEntry>>;
  readonly "port-forwards"?: readonly PortForwardEntry[];
}

export interface ResourceEntry {
  readonly node: string;
  readonly prefix?: string;
  readonly "exit-point"?: boolean;
}

export interface WorkloadEntry {
  readonly node: string;
  readonly host: number;
  /** `tcp/80`, `udp/53`. */
  readonly services?: readonly string[];
}

export interface PortForwardEntry {
  readonly address: string;
  /** What arrives at the address, `tcp/8080`. */
  readonly service: string;
  readonly workload: string;
  /** The workload's own port. */
  readonly port: number;
}

/** Either `link` or `segment`. */
export interface ConditionEntry {
  /** `home-a:wan`. */
  readonly link?: string;
  readonly segment?: string;
  readonly direction?: "up" | "down";
  readonly like?: ConditionName;
  readonly "delay-ms"?: number;
  readonly "jitter-ms"?: number;
  readonly "loss-percent"?: number;
  readonly "rate-kbit"?: number;
}
