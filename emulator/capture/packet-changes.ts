/** What happened to a packet between two places where it was seen. */
import { sameAddress } from "../../core/common/index.ts";
import { recordedTranslation, tupleOfPacket, type TrackedFlow } from "./conntrack.ts";
import { endpointText } from "./packet-summary.ts";
import type { Sighting } from "./sightings.ts";

export type PacketChange =
  | { readonly kind: "ttl"; readonly from: number; readonly to: number }
  /** `recorded`: where the node's connection tracking has it; undefined where it is only known by the packet's content. */
  | { readonly kind: "source" | "destination"; readonly from: string; readonly to: string; readonly recorded: string | undefined }
  | { readonly kind: "mac"; readonly from: string; readonly to: string }
  | { readonly kind: "vlan"; readonly from: string; readonly to: string }
  | { readonly kind: "echo-id"; readonly from: number; readonly to: number; readonly recorded: string | undefined }
  | { readonly kind: "into-tunnel"; readonly interface: string; readonly others: number }
  | { readonly kind: "out-of-tunnel"; readonly interface: string };

const macText = ({ decoded: { ethernet } }: Sighting): string =>
  ethernet === undefined ? "none" : `${ethernet.source} > ${ethernet.destination}`;

const vlanText = ({ decoded: { ethernet } }: Sighting): string => ethernet?.vlans.join(".") || "untagged";

/** Changes of the same packet between two sightings, the earlier one first. Nothing of tunnels, which make it another packet. */
export function changesBetween(before: Sighting, after: Sighting, flows: readonly TrackedFlow[]): PacketChange[] {
  const [one, other] = [before.decoded, after.decoded];
  if (one.ip === undefined || other.ip === undefined) return [];
  const changes: PacketChange[] = [];
  if (one.ip.ttl !== other.ip.ttl) changes.push({ kind: "ttl", from: one.ip.ttl, to: other.ip.ttl });
  const tuples = [tupleOfPacket(one), tupleOfPacket(other)] as const;
  const flow =
    tuples[0] === undefined || tuples[1] === undefined ? undefined : recordedTranslation(flows, after.node, tuples[0], tuples[1]);
  const ports = [one, other].map(({ transport }) => (transport !== undefined && "sourcePort" in transport ? transport : undefined));
  for (const side of ["source", "destination"] as const) {
    const [portBefore, portAfter] = ports.map((port) => (side === "source" ? port?.sourcePort : port?.destinationPort));
    if (sameAddress(one.ip[side], other.ip[side]) && portBefore === portAfter) continue;
    const [from, to] = [endpointText(one.ip[side], portBefore), endpointText(other.ip[side], portAfter)];
    changes.push({ kind: side, from, to, recorded: flow?.where });
  }
  const ids = [one, other].map(({ transport }) => (transport !== undefined && "echo" in transport ? transport.echo?.id : undefined));
  if (ids[0] !== undefined && ids[1] !== undefined && ids[0] !== ids[1])
    changes.push({ kind: "echo-id", from: ids[0], to: ids[1], recorded: flow?.where });
  const [vlanBefore, vlanAfter] = [vlanText(before), vlanText(after)];
  if (one.ethernet !== undefined && other.ethernet !== undefined && vlanBefore !== vlanAfter)
    changes.push({ kind: "vlan", from: vlanBefore, to: vlanAfter });
  const [macBefore, macAfter] = [macText(before), macText(after)];
  if (macBefore !== macAfter) changes.push({ kind: "mac", from: macBefore, to: macAfter });
  return changes;
}
