/** The step through a VXLAN: to whom a frame is sent by its forwarding table alone, and whose interface it comes out of there. */
import { formatAddress, sameAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { LabTables } from "./lab-tables.ts";
import { placeBeside, type End } from "./links.ts";
import type { Packet } from "./packet.ts";
import { everybody, type Interface, type PlaceTables, type Vxlan } from "./place-tables.ts";

/** An end of a VXLAN. */
interface VxlanEnd extends End {
  readonly vxlan: Vxlan;
}

interface Frame {
  readonly mac: string;
  readonly destination: Address;
}

/** Where it is lost, and why; refused: its sender is told, as nobody was found to send it to. */
export interface LostInVxlan {
  readonly kind: "refused" | "dropped";
  readonly where: string;
  readonly why: string;
}

/** Where a message ends: the namespace that takes it for its own, or why none does. */
export type SendMessage = (from: PlaceTables, message: Packet) => Promise<{ readonly at: string } | LostInVxlan>;

const endsOf = (tables: LabTables): VxlanEnd[] =>
  [...tables.places.values()].flatMap((place) =>
    place.interfaces.flatMap((link): VxlanEnd[] => (link.vxlan === undefined ? [] : [{ place, link, vxlan: link.vxlan }])),
  );

const socketOf = (tables: LabTables, { place, vxlan }: VxlanEnd): PlaceTables | undefined => placeBeside(tables, place, vxlan.namespaceId);

const entriesFor = ({ place, link }: End, mac: string): readonly Address[] =>
  place.forwarding.filter((entry) => entry.interface === link.name && entry.mac === mac).map(({ destination }) => destination);

/** Who has the next hop, as its sender knows or would hear from those whom it asks; and to where the frame for them is sent. */
function frameFor(tables: LabTables, from: VxlanEnd, nextHop: Address): Frame | LostInVxlan {
  const { place, link, vxlan } = from;
  const lost = (kind: LostInVxlan["kind"], why: string): LostInVxlan => ({ kind, where: place.where, why });
  const known = place.neighbours.find((one) => one.interface === link.name && sameAddress(one.address, nextHop) && one.mac !== undefined);
  const asked = entriesFor(from, everybody);
  const holder = endsOf(tables).find(
    (one) => one.place !== place && one.vxlan.vni === vxlan.vni && one.link.addresses.some((address) => sameAddress(address, nextHop)),
  );
  const isAsked = asked.some((destination) => holder?.vxlan.local !== undefined && sameAddress(holder.vxlan.local, destination));
  const mac = known?.mac ?? (isAsked ? holder?.link.mac : undefined);
  if (mac === undefined) return lost("refused", `nobody whom ${link.name} asks has ${formatAddress(nextHop)}`);
  const [destination] = entriesFor(from, mac);
  if (destination !== undefined) return { mac, destination };
  // Sent to all: the copy that comes to its holder is the one that counts.
  const flooded = asked.find((one) => holder?.vxlan.local !== undefined && sameAddress(holder.vxlan.local, one)) ?? asked[0];
  return flooded === undefined
    ? lost("dropped", `the forwarding table of ${link.name} has nothing for ${mac}`)
    : { mac, destination: flooded };
}

/** Through a VXLAN to the holder of the next hop, by a message that is a packet of its own. */
export async function throughVxlan(
  tables: LabTables,
  from: End & { readonly link: Interface & { readonly vxlan: Vxlan } },
  nextHop: Address,
  send: SendMessage,
): Promise<End | LostInVxlan> {
  const { place, link } = from;
  const { vni, port, local } = link.vxlan;
  const own: VxlanEnd = { place, link, vxlan: link.vxlan };
  const frame = frameFor(tables, own, nextHop);
  if ("why" in frame) return frame;
  const { mac, destination } = frame;
  const socket = socketOf(tables, own);
  if (socket === undefined) return { kind: "dropped", where: place.where, why: `the namespace of the socket of ${link.name} is gone` };
  const source = local ?? { family: destination.family, value: 0n };
  const rest = { protocol: "udp", sourcePort: 0, destinationPort: port, isAnswer: false, vni } as const;
  const sent = await send(socket, { source, destination, ...rest });
  if ("why" in sent) return sent;
  const to = endsOf(tables).find((one) => one.vxlan.vni === vni && one.vxlan.port === port && socketOf(tables, one)?.where === sent.at);
  const wrong = (where: string, why: string): LostInVxlan => ({
    ...{ kind: "dropped", where },
    why: `${why}: by the forwarding table of ${link.name} in ${place.where} frames for ${mac} go to ${formatAddress(destination)}`,
  });
  if (to === undefined) return wrong(sent.at, `no VXLAN ${vni} has its socket there`);
  if (to.link.mac !== mac) return wrong(to.place.where, `${to.link.name} takes no frame for ${mac}`);
  return to.link.isUp ? { place: to.place, link: to.link } : wrong(to.place.where, `${to.link.name} is down`);
}
