/** Which interface a frame comes to: over the lab's links, veth pairs, bridges and macvlans, as far as they are up. */
import { formatAddress, sameAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { Ethernet } from "../ethernet.ts";
import type { LabTables } from "./lab-tables.ts";
import type { Interface, PlaceTables } from "./place-tables.ts";

export interface End {
  readonly place: PlaceTables;
  readonly link: Interface;
}

const keyOf = ({ place, link }: End): string => `${place.where}:${link.name}`;

/** A namespace of the same node, by the id that this one has for it; absent: this one itself. */
export function placeBeside(tables: LabTables, place: PlaceTables, namespaceId: number | undefined): PlaceTables | undefined {
  const name = namespaceId === undefined ? (place.namespace ?? null) : place.namespaceIds.get(namespaceId);
  if (name === undefined) return undefined;
  return tables.places.get(name === null ? place.node : `${place.node}/${name}`);
}

function endOf(tables: LabTables, where: string, test: (link: Interface) => boolean): End[] {
  const place = tables.places.get(where);
  const link = place?.interfaces.find(test);
  return place === undefined || link === undefined ? [] : [{ place, link }];
}

/** What a veth leads to, or what a macvlan sits on. */
function peerOf(tables: LabTables, { place, link }: End): End[] {
  if (link.peer === undefined) return [];
  const { index, namespaceId } = link.peer;
  // The other end of a lab's link is in another node; the topology tells that one.
  const beside = placeBeside(tables, place, namespaceId);
  return beside === undefined ? [] : endOf(tables, beside.where, (other) => other.index === index);
}

/** Interfaces that a frame on this one comes to at once, without being looked at; `mac` is its sender's. */
function next(tables: LabTables, links: readonly Ethernet[], from: End, mac: string): End[] {
  const { place, link } = from;
  const isEnd = place.namespace === undefined;
  const far = links
    .filter(({ endpoints }) => isEnd && endpoints.some((end) => end.node === place.node && end.interface === link.name))
    .flatMap(({ endpoints }) => endpoints.filter((end) => end.node !== place.node || end.interface !== link.name))
    .flatMap((end) => endOf(tables, end.node, (other) => other.name === end.interface));
  const pair = far.length === 0 && (link.kind === "veth" || link.kind === "macvlan") ? peerOf(tables, from) : [];
  const bridge = link.master === undefined ? [] : endOf(tables, place.where, (other) => other.name === link.master);
  const ports = place.interfaces.filter((other) => other.master === link.name).map((other): End => ({ place, link: other }));
  // A macvlan beside this one, or above.
  const above = [...tables.places.values()].flatMap((other) =>
    other.node !== place.node
      ? []
      : other.interfaces
          .filter(({ kind, sources }) => kind === "macvlan" && sources?.includes(mac) !== false)
          .map((one): End => ({ place: other, link: one }))
          .filter((one) => peerOf(tables, one).some((parent) => keyOf(parent) === keyOf(from))),
  );
  return [...far, ...pair, ...bridge, ...ports, ...above];
}

/** Linux answers ARP by every interface for all addresses of its namespace, and neighbour solicitations for those of the interface alone. */
function answersFor({ place, link }: End, from: End, address: Address): boolean {
  const isHeld = ({ addresses }: Interface): boolean => addresses.some((one) => sameAddress(one, address));
  if (isHeld(link)) return true;
  return address.family === 4 && place !== from.place && link.master === undefined && place.interfaces.some(isHeld);
}

export type Handed = { readonly to: End; /** The interfaces on the way. */ readonly over: readonly string[] } | { readonly lost: string };

/** A frame leaves by an interface for the holder of an address on the same Ethernet. */
export function handOver(tables: LabTables, links: readonly Ethernet[], from: End, nextHop: Address): Handed {
  const entry = from.place.neighbours.find((one) => one.interface === from.link.name && sameAddress(one.address, nextHop));
  const fixed = entry?.state === "PERMANENT" ? entry.mac : undefined;
  const isWanted = (end: End): boolean => (fixed === undefined ? answersFor(end, from, nextHop) : end.link.mac === fixed);
  if (!from.link.isUp) return { lost: `interface ${from.link.name} is down` };
  const ways = new Map<string, readonly string[]>([[keyOf(from), []]]);
  const waiting: End[] = [from];
  const down: string[] = [];
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    const over = ways.get(keyOf(one)) ?? [];
    for (const other of next(tables, links, one, from.link.mac)) {
      if (ways.has(keyOf(other))) continue;
      ways.set(keyOf(other), [...over, keyOf(other)]);
      if (!other.link.isUp) down.push(keyOf(other));
      else if (isWanted(other)) return { to: other, over: [...over, keyOf(other)] };
      else waiting.push(other);
    }
  }
  const why = down.length === 0 ? "" : `; ${down.join(", ")} ${down.length === 1 ? "is" : "are"} down`;
  const who = fixed === undefined ? formatAddress(nextHop) : `${formatAddress(nextHop)} at ${fixed}`;
  return { lost: `nobody behind ${from.link.name} has ${who}${why}` };
}
