/** Who else listens where a tunnel would (EX-21): a WireGuard port follows from its prefix, and all VXLANs of a node have one port. */
import type { Problem } from "../common/index.ts";
import { vxlanPort } from "../derive/index.ts";
import type { Placed } from "./homes.ts";
import type { AllocationList } from "./list.ts";
import { error } from "./refusal.ts";

interface Listener {
  /** On which of the resource's nodes. */
  readonly node: string;
  /** The network whose VXLAN it is; absent: a service of the node's own. */
  readonly vxlan?: string;
}

export interface Listeners {
  /** Who listens on a port where the resource's tunnel would; a resource without tunnel has no port. */
  on(placed: Placed, port: number): Listener | undefined;
  /** Why a resource of a VXLAN cannot be: the node's own service has the port. */
  problemOf(placed: Placed): Problem | undefined;
}

/** `placed` in the order of names. */
export function findListeners({ nodes }: Pick<AllocationList, "nodes">, placed: readonly Placed[]): Listeners {
  const heldPorts = new Map(nodes.map(({ name, heldPorts: ports = [] }) => [name, new Set(ports)]));
  const vxlans = new Map<string, string>();
  for (const { network, resource } of placed)
    if (network.overlay?.kind === "vxlan") vxlans.set(resource.node, vxlans.get(resource.node) ?? network.name);
  return {
    on({ network, nodes: own }, port) {
      if (network.overlay !== undefined) return undefined;
      const served = own.find((node) => heldPorts.get(node)?.has(port) === true);
      if (served !== undefined) return { node: served };
      if (port !== vxlanPort) return undefined;
      return own.flatMap((node) => {
        const vxlan = vxlans.get(node);
        return vxlan === undefined ? [] : [{ node, vxlan }];
      })[0];
    },
    problemOf({ network, resource }) {
      if (network.overlay?.kind !== "vxlan" || heldPorts.get(resource.node)?.has(vxlanPort) !== true) return undefined;
      const message = `network ${network.name} is a VXLAN and has the port ${vxlanPort} on ${resource.node}, and so has the node's own service udp/${vxlanPort}`;
      return error("port-held", message, "give the service another port, or the network another overlay");
    },
  };
}

/** That a stated prefix gives a tunnel a port on which somebody else listens. */
export function listenerProblem(network: string, hex: string, port: number, { node, vxlan }: Listener): Problem {
  if (vxlan === undefined) {
    const message = `network ${network} has the WireGuard port ${port} on ${node}, and so has the node's own service udp/${port}`;
    return error("port-held", message, "give the network another prefix there, or the service another port");
  }
  const message = `network ${network} has a prefix with the bytes ${hex} on ${node}, so the UDP port of the VXLAN of ${vxlan}`;
  return error("tunnel-port-is-vxlan", message, "give it another prefix");
}
