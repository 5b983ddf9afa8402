/** How large a packet may be on its way (EX-23): Ethernet everywhere, but for what carries a network from node to node. */
import { sameAddress } from "../../core/common/address.ts";
import { ethernetMtu, overlayMtu } from "./overlays.ts";
import type { Delivered, Flow } from "./predict.ts";
import { addressOf, networkNamed } from "./world.ts";
import type { Party, World } from "./world.ts";

const ipHeader = { 4: 20, 6: 40 } as const;
/** Of udp and of an echo alike. */
const datagramHeader = 8;

/** From outside of its network to a party: over the network's overlay where its resource is not the exit point. */
function mtuTowards(world: World, party: Party): number {
  if (party.kind !== "workload") return ethernetMtu;
  const network = networkNamed(world, party.network);
  return network.exitPoint === party.resource ? ethernetMtu : overlayMtu(world, network);
}

/** The largest packet that passes unfragmented, either way, between the sender of a flow and who answers it. */
export function pathMtu(world: World, flow: Flow, { answeredBy }: Pick<Delivered, "answeredBy">): number {
  const { from, to } = flow;
  // By a forwarded port it goes to the gateway and back, whoever is asked.
  const own = addressOf(answeredBy, to.family);
  const isDirect = own !== undefined && sameAddress(own, to);
  if (isDirect && from.kind === "workload" && answeredBy.kind === "workload" && from.network === answeredBy.network) {
    return from.resource === answeredBy.resource ? ethernetMtu : overlayMtu(world, networkNamed(world, from.network));
  }
  return Math.min(mtuTowards(world, from), mtuTowards(world, answeredBy));
}

/** Which MTU the sender of a packet that is too large is told: that of the first overlay on its way which is narrower. */
export function toldMtu(world: World, flow: Flow, delivered: Pick<Delivered, "answeredBy">, packetBytes: number): number {
  const path = pathMtu(world, flow, delivered);
  const first = mtuTowards(world, flow.from);
  return path < first && packetBytes > first ? first : path;
}

/** Payload bytes of a datagram or echo that makes a packet of so many bytes. */
export function payloadOf(flow: Pick<Flow, "to">, packetBytes: number): number {
  return packetBytes - ipHeader[flow.to.family] - datagramHeader;
}
