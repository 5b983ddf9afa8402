/**
 * WireGuard interfaces: made by wireguard-go in the namespace of the socket, then moved to the network resource; the socket stays.
 * The one place that knows how an interface comes to be.
 */
import type { ServiceRequest } from "../common/index.ts";
import type { NodePlan, WireguardPlan } from "../plan/index.ts";
import type { ObservedNode } from "./observed.ts";
import { isTunnelName } from "./ownership.ts";

export interface TunnelChange {
  readonly name: string;
  /** The network resource's namespace. */
  readonly namespace: string;
  readonly plan: WireguardPlan;
  /** Whether its service has to be started; else the interface is there and only waits to be moved. */
  readonly start: boolean;
}

export interface TunnelChanges {
  /** Services to stop, in any order, before anything else. */
  readonly stop: readonly string[];
  readonly make: readonly TunnelChange[];
}

/** A tunnel whose service runs and whose interface is in place is left alone; one that is half there is moved or made anew. */
export function tunnelChanges(plan: NodePlan, observed: ObservedNode): TunnelChanges {
  const stop: string[] = [];
  const make: TunnelChange[] = [];
  const wanted = new Set<string>();
  for (const namespace of plan.namespaces) {
    for (const link of namespace.links) {
      if (link.kind !== "wireguard") continue;
      wanted.add(link.name);
      const { socketNamespace } = link.wireguard;
      const runs = observed.services.has(link.name) && observed.namespaces.has(socketNamespace);
      if (runs && observed.namespaces.get(namespace.name)?.links.has(link.name) === true) continue;
      const waits = runs && observed.namespaces.get(socketNamespace)?.links.has(link.name) === true;
      if (!waits && observed.services.has(link.name)) stop.push(link.name);
      make.push({ name: link.name, namespace: namespace.name, plan: link.wireguard, start: !waits });
    }
  }
  stop.push(...[...observed.services].filter((name) => isTunnelName(name) && !wanted.has(name)));
  return { stop, make };
}

/**
 * The daemon of one tunnel, on an interface that farmlab's own program makes for it: wireguard-go's own loses some datagrams over IPv6. It is not
 * restarted by itself: its interface would come up in the wrong place, without configuration.
 */
export function tunnelService(name: string, plan: WireguardPlan): ServiceRequest {
  return {
    name,
    argv: ["native", "tunnel", name],
    environment: { GOMAXPROCS: "1" },
    ...(plan.socketNamespace === "host" ? {} : { namespace: plan.socketNamespace }),
    restart: "never",
  };
}

/** There when the daemon takes its configuration; its interface is there by then. */
export function tunnelSocketPath(name: string): string {
  return `/run/wireguard/${name}.sock`;
}

/** Those that start from one namespace: one process moves them all. */
export interface TunnelMoves {
  readonly from: string;
  readonly tunnels: readonly string[];
  /** For `ip -batch` in that namespace. */
  readonly lines: readonly string[];
}

export function moveLines(tunnels: readonly TunnelChange[]): readonly TunnelMoves[] {
  return [...Map.groupBy(tunnels, ({ plan }) => plan.socketNamespace)].map(([from, some]) => ({
    from,
    tunnels: some.map(({ name }) => name),
    lines: some.map(({ name, namespace }) => `link set dev ${name} netns ${namespace}`),
  }));
}
