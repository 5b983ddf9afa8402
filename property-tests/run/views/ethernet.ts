/** The lab's Ethernet links as they are meant: where a wire is between two ends, they are one link all the same. */
import type { Topology, Endpoint } from "../../../emulator/topology/index.ts";
import { wireOf } from "../../../emulator/wire/index.ts";

export interface Ethernet {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
}

/** The node that all wires are in; undefined where there is none. */
export const wireNode = (topology: Topology): string | undefined => wireOf(topology)?.node;

export function ethernets(topology: Topology): Ethernet[] {
  const wire = wireOf(topology);
  if (wire === undefined) return [...topology.links];
  const whole = topology.links.filter(({ endpoints }) => endpoints.every((end) => end.node !== wire.node));
  return [...whole, ...wire.links.map(({ name, ends }) => ({ name, endpoints: ends }))];
}
