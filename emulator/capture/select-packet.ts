/** Which packet of a capture is meant. */
import { sameAddress, type Address } from "../../core/common/index.ts";
import type { CapturedPacket } from "./captured.ts";
import { probeMark } from "./packet-identity.ts";
import type { Sighting } from "./sightings.ts";

/** The first packet that fits all that is given. */
export interface PacketSelector {
  /** This very one, as another packet's life has found it. */
  readonly packet?: CapturedPacket;
  /** The token of one of the harness's probes. */
  readonly token?: string;
  /** Whether its question or its answer; default the question. */
  readonly kind?: "request" | "answer";
  /** Which attempt of it, from 0; default the first that was seen. */
  readonly sequence?: number;
  readonly protocol?: "udp" | "tcp" | "icmp" | "icmpv6";
  readonly source?: Address;
  readonly destination?: Address;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Name of the interface where it was seen. */
  readonly interface?: string;
}

export function fits({ packet, decoded }: Sighting, selector: PacketSelector): boolean {
  const { ip, transport } = decoded;
  if (ip === undefined) return false;
  if (selector.packet !== undefined && selector.packet !== packet) return false;
  if (selector.interface !== undefined && packet.interface.name !== selector.interface) return false;
  if (selector.protocol !== undefined && transport?.kind !== selector.protocol) return false;
  if (selector.source !== undefined && !sameAddress(ip.source, selector.source)) return false;
  if (selector.destination !== undefined && !sameAddress(ip.destination, selector.destination)) return false;
  const ports = transport !== undefined && "sourcePort" in transport ? transport : undefined;
  if (selector.sourcePort !== undefined && ports?.sourcePort !== selector.sourcePort) return false;
  if (selector.destinationPort !== undefined && ports?.destinationPort !== selector.destinationPort) return false;
  if (selector.token === undefined) return true;
  const mark = probeMark(decoded);
  if (mark === undefined || mark.token !== selector.token || mark.kind !== (selector.kind ?? "request")) return false;
  // An echo comes back with the very text that was sent.
  if (transport !== undefined && "echo" in transport && transport.echo?.reply === true) return false;
  return selector.sequence === undefined || mark.sequence === selector.sequence;
}
