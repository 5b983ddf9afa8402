/** Ports that a node's own services hold, where its tunnels' derived ones would be (EX-21). */
import type { FarmNode } from "./farm.ts";

/** WireGuard is UDP: the same number of TCP is another port. */
export function heldUdpPorts(node: FarmNode | undefined): ReadonlySet<number> {
  return new Set((node?.services ?? []).flatMap(({ protocol, port }) => (protocol === "udp" ? [port] : [])));
}
