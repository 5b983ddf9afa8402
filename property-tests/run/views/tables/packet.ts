/** A packet as tables see it: what of it decides where it goes. */
import { formatAddress, sameAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { Protocol } from "../../../oracle/index.ts";

export interface Packet {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: Protocol;
  /** 0 for icmp. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Whether it answers one that went before. */
  readonly isAnswer: boolean;
  /** Of a VXLAN's message: its identifier. */
  readonly vni?: number;
}

const portText = (port: number): string => (port === 0 ? "" : ` port ${port}`);

export function packetText({ source, destination, protocol, sourcePort, destinationPort }: Packet): string {
  return `${protocol} ${formatAddress(source)}${portText(sourcePort)} > ${formatAddress(destination)}${portText(destinationPort)}`;
}

/** The answer to it. */
export function answerTo(packet: Packet): Packet {
  return {
    ...packet,
    source: packet.destination,
    destination: packet.source,
    sourcePort: packet.destinationPort,
    destinationPort: packet.sourcePort,
    isAnswer: true,
  };
}

/** What a namespace did to a flow's first packet, to be undone for its answers. */
export interface Translation {
  readonly where: string;
  readonly before: Packet;
  readonly after: Packet;
}

/** Whether a packet goes against a flow, as its other end sends it. */
const goesAgainst = (packet: Packet, flow: Packet): boolean =>
  packet.protocol === flow.protocol &&
  sameAddress(packet.source, flow.destination) &&
  sameAddress(packet.destination, flow.source) &&
  packet.sourcePort === flow.destinationPort &&
  packet.destinationPort === flow.sourcePort;

/** The translation on record in a namespace that a packet, on its way back, falls under. */
export function translationOf(records: readonly Translation[], where: string, packet: Packet): Translation | undefined {
  return records.find((record) => record.where === where && goesAgainst(packet, record.after));
}
