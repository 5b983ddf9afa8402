/** The farm file as it is written, once it has passed the schema: names and addresses still text, defaults not yet filled in. */
import type { NatBehaviour, NatPresetName } from "./nat.ts";
import type { ConditionName } from "./faults/conditions.ts";
import type { FaultKind, FlowFilter, PacketEdit } from "./faults/fault.ts";
import type { FailureKind } from "./timeline.ts";

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
  readonly timeline?: readonly TimelineEntry[];
  readonly expectations?: readonly ExpectationEntry[];
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
  /** What else listens on the addresses of its tunnels: `tcp/8051`, `udp/9943`. */
  readonly services?: readonly string[];
  readonly emulate?: boolean;
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
  readonly isolation?: "filter" | "vrf";
  readonly ipv4?: string;
  readonly gateway4?: string;
  readonly standby?: readonly StandbyEntry[];
  readonly partner?: string;
}

export interface StandbyEntry {
  readonly node: string;
  readonly nic: string;
}

export type OverlayName = "wireguard" | "vxlan" | "segment";

export interface NetworkEntry {
  readonly kind: "exit-node";
  readonly overlay?: OverlayName;
  /** With `overlay: segment`. */
  readonly segment?: string;
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
  readonly edits?: readonly PacketEditEntry[];
}

/** Exactly one of `fault`, `join` and `leave`; the other keys are those of the kind of fault (`schema/fault-keys.ts`). */
export interface TimelineEntry {
  readonly "at-ms": number;
  readonly "until-ms"?: number;
  /** `blue`, or `blue/node-3`. */
  readonly join?: string;
  readonly leave?: string;
  readonly fault?: FaultKind;
  readonly link?: string;
  readonly from?: string;
  readonly "loss-percent"?: number;
  readonly "delay-ms"?: number;
  readonly "jitter-ms"?: number;
  readonly "reorder-percent"?: number;
  readonly "reorder-behind"?: number;
  readonly "reorder-hold-ms"?: number;
  readonly "duplicate-percent"?: number;
  readonly "corrupt-percent"?: number;
  readonly "rate-kbit"?: number;
  readonly "queue-ms"?: number;
  readonly only?: FlowFilterEntry;
  readonly edits?: readonly PacketEditEntry[];
  readonly nodes?: readonly string[];
  readonly node?: string;
  readonly carrier?: "kept" | "lost";
  readonly service?: string;
  readonly signal?: "SIGKILL" | "SIGTERM";
  readonly "ahead-ms"?: number;
  readonly rate?: number;
  readonly folder?: string;
}

export interface FlowFilterEntry {
  readonly protocol?: NonNullable<FlowFilter["protocol"]>;
  readonly source?: string;
  readonly destination?: string;
  readonly "source-port"?: number;
  readonly "destination-port"?: number;
}

export interface PacketEditEntry {
  readonly flow: string;
  readonly index: number;
  readonly action: PacketEdit["action"];
  readonly "delay-ms"?: number;
}

export interface ExpectationEntry {
  /** `internet`, or `blue/blue-1`. */
  readonly from: string;
  readonly to: string;
  /** `tcp/80`. */
  readonly service?: string;
  readonly family?: "ipv4" | "ipv6";
  readonly reachable?: boolean;
  readonly survives?: readonly FailureKind[];
  readonly "within-ms"?: number;
}
