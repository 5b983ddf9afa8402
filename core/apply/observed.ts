/** What a node has, as far as farmlab owns it: read by observe.ts, or known because a plan has just been carried out. */
import { remembered } from "../common/index.ts";
import type { NamespacePlan, NodePlan } from "../plan/index.ts";
import { addressesOf, heldOf } from "./addresses.ts";
import { linksOf } from "./links.ts";
import { policiesOf } from "./policies.ts";
import { routesOf } from "./routes.ts";
import { filesOf } from "./services.ts";
import { settingsOf } from "./sysctls.ts";
import { tablesOf } from "./tables.ts";

export interface ObservedNode {
  /** By name; only `host` and namespaces with names of farmlab's. */
  readonly namespaces: ReadonlyMap<string, ObservedNamespace>;
  /** Names of running services. */
  readonly services: ReadonlySet<string>;
  /** Path -> content, of the files of planned services that there are. */
  readonly files: ReadonlyMap<string, string>;
}

export interface ObservedNamespace {
  /** In `host` only links of farmlab's group, and `lo`. */
  readonly links: ReadonlyMap<string, ObservedLink>;
  /** Names of links of `host` that are not farmlab's. */
  readonly foreignLinks: ReadonlySet<string>;
  /** `link address/length`. */
  readonly addresses: ReadonlySet<string>;
  /** Addresses, without length, that VRRP gives to its links and takes away; those of a planned namespace whether they are here or not. */
  readonly held: ReadonlySet<string>;
  /** `family destination`, with a number where the table is not the main one -> type, next hop and the rest, see routes.ts. */
  readonly routes: ReadonlyMap<string, string>;
  /** `family priority` -> mark and table, see policies.ts. */
  readonly policies: ReadonlyMap<string, string>;
  /** Path below /proc/sys -> value, of the planned paths that exist. */
  readonly sysctls: ReadonlyMap<string, string>;
  /** `family name` -> mark of the body, see tables.ts. */
  readonly tables: ReadonlyMap<string, string>;
}

export interface ObservedLink {
  /** The kernel's word: `veth`, `bridge`, `macvlan`, `tun`, `wireguard`; empty for lo and hardware. */
  readonly kind: string;
  readonly up: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  readonly bridge?: string;
  /** Of a link in `host`: the kernel makes it a link-local address of its own. */
  readonly makesAddresses?: true;
  /** Of a macvlan: the NIC of `host` that it is on. */
  readonly parent?: string;
  /** Of a macvlan in source mode: the MAC addresses that it takes frames from, sorted and joined by blanks. */
  readonly sources?: string;
  readonly vxlan?: ObservedVxlan;
  readonly wireguard?: ObservedWireguard;
}

export interface ObservedVxlan {
  /** What it is made with, see vxlan.ts. */
  readonly made: string;
  /** `MAC destination`. */
  readonly forwarding: ReadonlySet<string>;
}

export interface ObservedWireguard {
  readonly listenPort: number;
  /** Whether the private key is that of the key file. */
  readonly keyIsRight: boolean;
  readonly peers: ReadonlyMap<string, ObservedPeer>;
}

export interface ObservedPeer {
  readonly endpoint?: string;
  /** Sorted and joined by commas. */
  readonly allowedIps: string;
  readonly keepaliveSeconds: number;
}

export const nothing: ObservedNamespace = {
  links: new Map(),
  foreignLinks: new Set(),
  addresses: new Set(),
  held: new Set(),
  routes: new Map(),
  policies: new Map(),
  sysctls: new Map(),
  tables: new Map(),
};

/** The plan whose carrying out has left a part of a namespace as it is. */
const leftBy = new WeakMap<object, NamespacePlan>();

const namespaceOnce = remembered((plan: NamespacePlan): ObservedNamespace => {
  const parts = {
    links: linksOf(plan),
    addresses: addressesOf(plan),
    held: heldOf(plan),
    routes: routesOf(plan),
    policies: policiesOf(plan),
    sysctls: settingsOf(plan),
    tables: tablesOf(plan),
  };
  for (const part of Object.values(parts)) leftBy.set(part, plan);
  return { ...parts, foreignLinks: nothing.foreignLinks };
});

/** What a namespace has once its plan has been carried out; the same plan, the very same answer. */
const onceIn = (plan: NamespacePlan, { foreignLinks }: ObservedNamespace): ObservedNamespace =>
  foreignLinks.size === 0 ? namespaceOnce(plan) : { ...namespaceOnce(plan), foreignLinks };

/** Whether a namespace is known to be as this very plan has left it; false says nothing. */
export function isAsLeft(plan: NamespacePlan, observed: ObservedNamespace | undefined): boolean {
  if (observed === undefined) return false;
  const { foreignLinks: _others, ...parts } = observed;
  return Object.values(parts).every((part) => leftBy.get(part) === plan);
}

/** What a node has once a plan has been carried out on it; `before` gives what farmlab does not own. */
export function onceApplied(plan: NodePlan, before: ObservedNode): ObservedNode {
  const tunnels = plan.namespaces.flatMap((namespace) =>
    namespace.links.filter((link) => link.kind === "wireguard").map((link) => link.name),
  );
  return {
    namespaces: new Map(
      plan.namespaces.map((namespace) => [namespace.name, onceIn(namespace, before.namespaces.get(namespace.name) ?? nothing)]),
    ),
    services: new Set([...tunnels, ...plan.services.map(({ name }) => name)]),
    files: filesOf(plan),
  };
}
