/**
 * Walks a packet through the lab by what stands in its tables alone: rules, routes, tunnels' allowed addresses, links. Nothing is sent. Each
 * namespace's kernel is asked for the route; rules are followed as they were read.
 */
import { contains, formatAddress, wellKnown } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { Ethernet } from "../ethernet.ts";
import { followRules, type HookResult } from "./follow-rules.ts";
import type { LabTables } from "./lab-tables.ts";
import { handOver } from "./links.ts";
import type { AtHook } from "./match-rule.ts";
import { packetText, translationOf, type Packet, type Translation } from "./packet.ts";
import type { Interface, PlaceTables, Vxlan } from "./place-tables.ts";
import type { LookUpRoute, RouteAnswer } from "./route-lookup.ts";
import type { Hook } from "./ruleset.ts";
import { peerFor, type Tunnel, type TunnelPeer } from "./tunnels.ts";
import { throughVxlan } from "./vxlans.ts";

export interface WalkStep {
  readonly where: string;
  /** Whether it is a tunnel's message that passes here, and not the packet itself. */
  readonly isOuter: boolean;
  readonly in?: string;
  readonly out?: string;
  readonly route?: string;
  readonly rules: readonly string[];
  /** The packet as it leaves, where it was translated here. */
  readonly becomes?: Packet;
}

export interface WalkEnd {
  /** `local`: it is for the namespace itself. `refused`: an ICMP error is due. `dropped`: silence. */
  readonly kind: "local" | "refused" | "dropped";
  readonly where: string;
  readonly why: string;
  /** As it was when it ended. */
  readonly packet: Packet;
}

export interface Walk {
  readonly steps: readonly WalkStep[];
  readonly end: WalkEnd;
  /** Routing namespaces that the packet itself was forwarded in. */
  readonly hops: number;
  /** What namespaces on the way would undo for the answers. */
  readonly translations: readonly Translation[];
  /** Namespaces that it passed: an answer there belongs to what they know. */
  readonly passed: ReadonlySet<string>;
  /** What could not be told on the way. */
  readonly doubts: readonly string[];
}

export interface WalkedLab {
  readonly tables: LabTables;
  readonly links: readonly Ethernet[];
  readonly lookUp: LookUpRoute;
}

export interface Start {
  readonly where: string;
  readonly packet: Packet;
  readonly zone?: string;
  /** Of the walk that this one answers. */
  readonly after?: Pick<Walk, "translations" | "passed">;
}

/** Namespaces one after the other, at most: a TTL's worth. */
const hopsMax = 64;
const connectionTracking = -200;

interface Walking {
  readonly lab: WalkedLab;
  readonly steps: WalkStep[];
  readonly translations: Translation[];
  readonly passed: Set<string>;
  readonly doubts: string[];
}

/** At one namespace: what is known of it there and what has been done to it. */
interface Here {
  readonly place: PlaceTables;
  readonly in?: Interface;
  /** MAC address of who sent the frame that it came in. */
  readonly sender?: string;
  readonly arrived: Packet;
}

const routeEnds: Readonly<Record<string, WalkEnd["kind"]>> = {
  unreachable: "refused",
  prohibit: "refused",
  none: "refused",
  blackhole: "dropped",
};

/** What connection tracking has on record there, of real flows, as far as ports tell them. */
function trackedTranslation(place: PlaceTables, packet: Packet): Translation | undefined {
  const records = place.tracked
    .filter(({ protocol }) => protocol === packet.protocol && packet.protocol !== "icmp")
    .map(({ original, reply }): Translation => {
      const rest = { protocol: packet.protocol, isAnswer: false };
      const after = {
        source: reply.destination,
        destination: reply.source,
        sourcePort: reply.destinationPort,
        destinationPort: reply.sourcePort,
      };
      return { where: place.where, before: { ...original, ...rest }, after: { ...after, ...rest } };
    });
  return translationOf(records, place.where, packet);
}

interface Passage {
  at: AtHook;
  /** The source that the packet gets when it leaves, where a translation is undone. */
  source?: { readonly address: Address; readonly port: number };
  rules: string[];
}

function applyHook(
  walking: Walking,
  here: Here,
  passage: Passage,
  hook: Hook,
  isWithin?: (priority: number) => boolean,
): HookResult["verdict"] {
  const result = followRules(here.place.chains, hook, passage.at, isWithin);
  walking.doubts.push(...result.doubts.map((rule) => `whether ${here.place.where} applies ${rule}`));
  passage.rules.push(...result.rules);
  passage.at = { ...passage.at, packet: result.packet, isDestinationTranslated: result.isDestinationTranslated };
  return result.verdict;
}

/** Before routing: raw rules, then what connection tracking knows, then the rest. */
function arrive(walking: Walking, here: Here, passage: Passage, known: readonly Translation[]): HookResult["verdict"] {
  const first = applyHook(walking, here, passage, "prerouting", (priority) => priority < connectionTracking);
  if (first !== "accept") return first;
  const { packet } = passage.at;
  const record = translationOf(known, here.place.where, packet) ?? trackedTranslation(here.place, packet);
  if (record !== undefined) {
    const { before } = record;
    passage.at = {
      ...passage.at,
      ...{ state: "established", isDestinationTranslated: before.destination.value !== record.after.destination.value },
      packet: { ...packet, destination: before.source, destinationPort: before.sourcePort },
    };
    passage.source = { address: before.destination, port: before.destinationPort };
  }
  return applyHook(walking, here, passage, "prerouting", (priority) => priority >= connectionTracking);
}

const stateOf = (packet: Packet, where: string, after: Start["after"]): AtHook["state"] => {
  if (!packet.isAnswer) return "new";
  if (after?.passed.has(where) === true) return "established";
  return packet.protocol === "udp" ? "new" : "invalid";
};

const isRefused = (verdict: HookResult["verdict"]): boolean => verdict !== "accept";

const lastOf = (rules: readonly string[]): string => rules.at(-1) ?? "a rule";

/** Through one tunnel: to the peer whose address it is, by messages that are packets of their own. */
async function throughTunnel(
  walking: Walking,
  here: Here,
  tunnel: Tunnel,
  packet: Packet,
): Promise<WalkEnd | { place: PlaceTables; in: Interface }> {
  const { where } = here.place;
  const ends = (kind: WalkEnd["kind"], why: string, at: string = where): WalkEnd => ({ kind, where: at, why, packet });
  const peer = peerFor(tunnel, packet.destination);
  if (peer === undefined)
    return ends("refused", `no peer of ${tunnel.interface} has ${formatAddress(packet.destination)} among its AllowedIPs`);
  const far = walking.lab.tables.tunnels.find((one) => one.publicKey === peer.publicKey);
  if (far === undefined) return ends("dropped", `the peer of ${tunnel.interface} for it has a key that no tunnel of this lab has`);
  const message = await sendMessage(walking, tunnel, peer, far, packet);
  if (message !== undefined) return message;
  const back = peerFor(far, packet.source);
  if (back?.publicKey !== tunnel.publicKey) {
    return ends(
      "dropped",
      `${far.interface} does not take ${formatAddress(packet.source)} from this peer: it is not among its AllowedIPs`,
      far.where,
    );
  }
  const place = walking.lab.tables.places.get(far.where);
  const link = place?.interfaces.find((one) => one.name === far.interface);
  return place === undefined || link === undefined ? ends("dropped", `${far.interface} is gone`, far.where) : { place, in: link };
}

/** The way of a tunnel's message to its peer's socket; undefined where it comes there. */
async function sendMessage(walking: Walking, tunnel: Tunnel, peer: TunnelPeer, far: Tunnel, packet: Packet): Promise<WalkEnd | undefined> {
  const ends = (where: string, why: string): WalkEnd => ({ kind: "dropped", where, why, packet });
  if (peer.endpoint === undefined) return ends(tunnel.where, `the peer of ${tunnel.interface} for it has no endpoint yet`);
  const place = tunnel.outside === undefined ? undefined : walking.lab.tables.places.get(tunnel.outside);
  if (place === undefined) return ends(tunnel.where, `nobody listens on port ${tunnel.port}, which is that of ${tunnel.interface}`);
  const unspecified: Address = { family: peer.endpoint.address.family, value: 0n };
  const asked: Packet = {
    ...{ source: unspecified, destination: peer.endpoint.address, protocol: "udp", isAnswer: false },
    ...{ sourcePort: tunnel.port, destinationPort: peer.endpoint.port },
  };
  const { source } = await walking.lab.lookUp(place, { packet: asked });
  const message: Packet = { ...asked, source: source ?? unspecified };
  const outer = await walkPacket(walking.lab, { where: place.where, packet: message }, true);
  walking.steps.push(...outer.steps);
  walking.doubts.push(...outer.doubts);
  if (outer.end.kind !== "local") return ends(outer.end.where, `its message (${packetText(message)}) ends there: ${outer.end.why}`);
  if (outer.end.where === far.outside && outer.end.packet.destinationPort === far.port) return undefined;
  return ends(
    outer.end.where,
    `its message (${packetText(message)}) comes to the wrong place: ${far.interface} listens in ${far.outside ?? "no namespace"} on port ${far.port}`,
  );
}

/** Through a VXLAN, as through a tunnel. */
async function overVxlan(
  walking: Walking,
  here: Here,
  out: Interface,
  vxlan: Vxlan,
  packet: Packet,
  nextHop: Address,
): Promise<WalkEnd | Onward> {
  const from = { place: here.place, link: { ...out, vxlan } };
  const to = await throughVxlan(walking.lab.tables, from, nextHop, async (socket, message) => {
    const outer = await walkPacket(walking.lab, { where: socket.where, packet: message }, true);
    walking.steps.push(...outer.steps);
    walking.doubts.push(...outer.doubts);
    if (outer.end.kind === "local") return { at: outer.end.where };
    return { kind: "dropped", where: outer.end.where, why: `its message (${packetText(message)}) ends there: ${outer.end.why}` };
  });
  return "why" in to ? { ...to, packet } : { place: to.place, in: to.link, sender: out.mac, packet };
}

interface Onward {
  readonly place: PlaceTables;
  readonly in: Interface;
  readonly sender?: string;
  readonly packet: Packet;
}

/** One namespace: in, routed, out. */
async function passNamespace(walking: Walking, here: Here, start: Start, isOuter: boolean): Promise<WalkEnd | Onward> {
  const { place } = here;
  const passage: Passage = {
    at: {
      ...{ packet: here.arrived, state: stateOf(here.arrived, place.where, start.after), isDestinationTranslated: false },
      ...(here.in === undefined ? {} : { in: here.in }),
      ...(here.sender === undefined ? {} : { sender: here.sender }),
    },
    rules: [],
  };
  const step = (route: RouteAnswer | undefined, out?: Interface): void => {
    const { packet } = passage.at;
    const isChanged = packetText(packet) !== packetText(here.arrived);
    walking.steps.push({
      ...{ where: place.where, isOuter, rules: passage.rules },
      ...(here.in === undefined ? {} : { in: here.in.name }),
      ...(out === undefined ? {} : { out: out.name }),
      ...(route === undefined ? {} : { route: route.text }),
      ...(isChanged ? { becomes: packet } : {}),
    });
  };
  const end = (kind: WalkEnd["kind"], why: string, route?: RouteAnswer, out?: Interface): WalkEnd => {
    step(route, out);
    return { kind, where: place.where, why, packet: passage.at.packet };
  };
  const byRule = (route?: RouteAnswer): WalkEnd => end("dropped", lastOf(passage.rules), route);

  if (here.in !== undefined && isRefused(arrive(walking, here, passage, start.after?.translations ?? []))) return byRule();
  const question = { ...(here.in === undefined ? {} : { in: here.in.name }), ...(start.zone === undefined ? {} : { zone: start.zone }) };
  const route = await walking.lab.lookUp(place, {
    packet: passage.at.packet,
    ...(here.in === undefined ? question : { in: here.in.name }),
  });
  if (route.type === "local") {
    if (isRefused(applyHook(walking, here, passage, "input"))) return byRule(route);
    return end("local", `it is for ${place.where} itself`, route);
  }
  const refused = routeEnds[route.type];
  if (refused !== undefined) return end(refused, `route ${route.text}`, route);
  const out = place.interfaces.find((link) => link.name === route.interface);
  if (out === undefined) return end("dropped", `route ${route.text} leads to an interface that is not there`, route);
  passage.at = { ...passage.at, out };
  const { family } = passage.at.packet.destination;
  if (here.in !== undefined && !place.forwards[family]) return end("dropped", `${place.where} does not forward IPv${family}`, route, out);
  if (isRefused(applyHook(walking, here, passage, here.in === undefined ? "output" : "forward"))) return byRule(route);
  if (passage.source !== undefined) {
    const { address: source, port: sourcePort } = passage.source;
    passage.at = { ...passage.at, packet: { ...passage.at.packet, source, sourcePort } };
  }
  if (isRefused(applyHook(walking, here, passage, "postrouting"))) return byRule(route);
  const { packet } = passage.at;
  if (passage.at.state === "new") walking.translations.push({ where: place.where, before: here.arrived, after: packet });
  walking.passed.add(place.where);
  const tunnel = walking.lab.tables.tunnels.find((one) => one.where === place.where && one.interface === out.name);
  step(route, out);
  if ((tunnel !== undefined || out.vxlan !== undefined) && !out.isUp)
    return { kind: "dropped", where: place.where, why: `interface ${out.name} is down`, packet };
  if (out.vxlan !== undefined) return await overVxlan(walking, here, out, out.vxlan, packet, route.gateway ?? packet.destination);
  if (tunnel !== undefined) {
    const through = await throughTunnel(walking, here, tunnel, packet);
    return "kind" in through ? through : { ...through, packet };
  }
  const handed = handOver(walking.lab.tables, walking.lab.links, { place, link: out }, route.gateway ?? packet.destination);
  if ("lost" in handed)
    return {
      kind: contains(wellKnown.linkLocal, packet.destination) ? "dropped" : "refused",
      where: place.where,
      why: handed.lost,
      packet,
    };
  return { place: handed.to.place, in: handed.to.link, sender: out.mac, packet };
}

/** Walks until it ends somewhere. A packet that comes by the same interface once more goes round in circles, and ends so. */
export async function walkPacket(lab: WalkedLab, start: Start, isOuter = false): Promise<Walk> {
  const walking: Walking = { lab, steps: [], translations: [], passed: new Set(), doubts: [] };
  const place = lab.tables.places.get(start.where);
  const done = (end: WalkEnd, hops: number): Walk => ({ ...walking, end, hops });
  if (place === undefined)
    return done({ kind: "dropped", where: start.where, why: "this namespace is not there", packet: start.packet }, 0);
  let here: Here = { place, arrived: start.packet };
  const seen = new Set<string>();
  for (let hops = 0; hops < hopsMax; hops += 1) {
    const next = await passNamespace(walking, here, start, isOuter);
    if ("kind" in next) return done(next, next.kind === "local" ? Math.max(0, hops - 1) : hops);
    const key = `${next.place.where}:${next.in.name} ${packetText(next.packet)}`;
    const sentBy = walking.steps.findLast((step) => step.isOuter === isOuter);
    const by = `sent by ${sentBy?.where ?? "its sender"}: route ${sentBy?.route ?? "unknown"}`;
    const why = `it goes round in circles: it comes to ${next.place.where} by ${next.in.name} once more, ${by}`;
    if (seen.has(key)) return done({ kind: "dropped", where: next.place.where, why, packet: next.packet }, hops);
    seen.add(key);
    here = { place: next.place, in: next.in, ...(next.sender === undefined ? {} : { sender: next.sender }), arrived: next.packet };
  }
  return done({ kind: "dropped", where: here.place.where, why: `its TTL of ${hopsMax} has run out`, packet: here.arrived }, hopsMax);
}
