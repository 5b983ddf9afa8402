/** How large a packet may be on its way (EX-23): Ethernet everywhere, but for tunnels. */
import { sameAddress } from "../../core/common/address.ts";
import type { Delivered, Flow } from "./predict.ts";
import { addressOf, networkNamed } from "./world.ts";
import type { Party, World } from "./world.ts";

/** Bytes from the IP header on: of Ethernet, and within WireGuard, whose outermost packet (IPv6) is 80 bytes longer. */
export const ethernetMtu = 1500;
export const tunnelMtu = 1420;

const ipHeader = { 4: 20, 6: 40 } as const;
/** Of udp and of an echo alike. */
const datagramHeader = 8;

/** Whether a party is reached through a tunnel of its network from outside of that network: its resource is not the exit point. */
const isBehindTunnel = (world: World, party: Party): boolean =>
  party.kind === "workload" && networkNamed(world, party.network).exitPoint !== party.resource;

/** The largest packet that passes unfragmented, either way, between the sender of a flow and who answers it. */
export function pathMtu(world: World, flow: Flow, { answeredBy }: Pick<Delivered, "answeredBy">): number {
  const { from, to } = flow;
  // By a forwarded port it goes to the gateway and back, whoever is asked.
  const own = addressOf(answeredBy, to.family);
  const isDirect = own !== undefined && sameAddress(own, to);
  if (isDirect && from.kind === "workload" && answeredBy.kind === "workload" && from.network === answeredBy.network) {
    return from.resource === answeredBy.resource ? ethernetMtu : tunnelMtu;
  }
  return isBehindTunnel(world, from) || isBehindTunnel(world, answeredBy) ? tunnelMtu : ethernetMtu;
}

/** Payload bytes of a datagram or echo that makes a packet of so many bytes. */
export function payloadOf(flow: Pick<Flow, "to">, packetBytes: number): number {
  return packetBytes - ipHeader[flow.to.family] - datagramHeader;
}
