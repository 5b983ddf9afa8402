/**
 * WireGuard interfaces: made in the namespace of the network resource, by a daemon whose sockets are in another one. The one place that knows how
 * an interface comes to be.
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
}

export interface TunnelChanges {
  /** Services to stop, in any order, before anything else. */
  readonly stop: readonly string[];
  /** Services to start, each in the namespace of its sockets. */
  readonly make: readonly TunnelChange[];
}

/** A tunnel whose service runs and whose interface is in place is left alone; one that is half there is made anew. */
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
      if (observed.services.has(link.name)) stop.push(link.name);
      make.push({ name: link.name, namespace: namespace.name, plan: link.wireguard });
    }
  }
  stop.push(...[...observed.services].filter((name) => isTunnelName(name) && !wanted.has(name)));
  return { stop, make };
}

/**
 * The daemon of one tunnel, on an interface that farmlab's own program makes for it: see emulator/native/tunnel.c. It is not restarted by itself:
 * its interface would come up without configuration.
 */
export function tunnelService({ name, namespace, plan }: TunnelChange): ServiceRequest {
  return {
    name,
    argv: ["native", "tunnel", name, namespace],
    environment: { GOMAXPROCS: "1" },
    ...(plan.socketNamespace === "host" ? {} : { namespace: plan.socketNamespace }),
    restart: "never",
  };
}

/** There when the daemon takes its configuration; its interface is there by then. */
export function tunnelSocketPath(name: string): string {
  return `/run/wireguard/${name}.sock`;
}

/** What a daemon says when it starts, as its interface is not where its sockets are: of one that ends it tells nothing. */
export const saysAtStart: RegExp = /Trouble determining MTU/;
