/** EX-20: networks that are no WireGuard mesh, as the nodes hold them; and of all overlays, that nobody sends in them for somebody else. */
import { formatAddress, formatPrefix, parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { emulatedNodes } from "../../core/farm/index.ts";
import { addressOf, expectedOverlay } from "../oracle/index.ts";
import type { ExpectedOverlay, NetworkWorld, WorkloadParty } from "../oracle/index.ts";
import { resourcePosition } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import { HarnessError, needsTunnels, outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { noVxlan, onlyMeshes } from "./silent.ts";
import { judgeNeverArrives } from "./never-arrives.ts";
import type { Attempt } from "./never-arrives.ts";

const law = "EX-20";
const everybody = "00:00:00:00:00:00";

/** What is looked at of `ip -details -json address show`. */
interface ShownOverlay {
  readonly address?: string;
  readonly mtu?: number;
  readonly link_index?: number;
  readonly addr_info?: readonly { readonly local: string; readonly prefixlen: number }[];
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: ShownData };
}

interface ShownData {
  readonly id?: number;
  readonly local?: string;
  readonly local6?: string;
  readonly port?: number;
  readonly learning?: boolean;
  readonly mode?: string;
  readonly macaddr_data?: readonly string[];
}

interface Held {
  readonly expected: ExpectedOverlay;
  readonly link: ShownOverlay | undefined;
  /** `MAC place` of a VXLAN. */
  readonly forwarding: readonly string[];
  /** Index of the NIC that is to carry it. */
  readonly nicIndex: number | undefined;
}

const where = ({ name, resource }: ExpectedOverlay): string => `${name} of network ${resource.network} on ${resource.node}`;
/** Those that the lab has; what they are to know of the others is in each of them. */
const inLab = (session: Session, network: NetworkWorld): readonly ExpectedOverlay[] =>
  expectedOverlay(session.world, network).filter(({ resource }) => resource.emulated);
const positionOf = ({ resource, namespace }: ExpectedOverlay): { node: string; namespace: string } => ({ node: resource.node, namespace });

async function hold(session: Session, expected: ExpectedOverlay): Promise<Held> {
  const position = positionOf(expected);
  const shown = JSON.parse(await session.read(position, ["ip", "-details", "-json", "address", "show"])) as (ShownOverlay & {
    readonly ifname?: string;
  })[];
  const entries = (await session.read(position, ["bridge", "fdb", "show"])).split("\n").flatMap((line) => {
    const [, mac, link, place] = /^(\S+) dev (\S+) dst (\S+) /.exec(line) ?? [];
    return link === expected.name ? [`${mac} ${place}`] : [];
  });
  const nics =
    expected.kind === "vxlan"
      ? []
      : (JSON.parse(await session.read({ node: position.node }, ["ip", "-json", "link", "show", "dev", expected.nic])) as {
          readonly ifindex?: number;
        }[]);
  return { expected, link: shown.find(({ ifname }) => ifname === expected.name), forwarding: entries, nicIndex: nics[0]?.ifindex };
}

const listText = (texts: readonly string[]): string => texts.toSorted().join(", ") || "nothing";

/** What differs, by name: how it is and how it is to be. */
type Facts = readonly (readonly [what: string, held: string, wanted: string])[];

function vxlanFacts(expected: Extract<ExpectedOverlay, { kind: "vxlan" }>, held: Held, macOf: (peer: number) => string): Facts {
  const { id, local, local6, port, learning } = held.link?.linkinfo?.info_data ?? {};
  const wanted = expected.remotes.flatMap((remote, index) => [macOf(index), everybody].map((mac) => `${mac} ${formatAddress(remote)}`));
  return [
    ["kind", held.link?.linkinfo?.info_kind ?? "none", "vxlan"],
    ["network identifier", String(id), String(expected.vni)],
    ["UDP port", String(port), String(expected.port)],
    ["outer address", local ?? local6 ?? "none", formatAddress(expected.local)],
    ["learning from packets", String(learning), "false"],
    ["forwarding", listText(held.forwarding), listText(wanted)],
  ];
}

function segmentFacts(expected: ExpectedOverlay, held: Held, macOf: (peer: number) => string): Facts {
  const { mode, macaddr_data: senders = [] } = held.link?.linkinfo?.info_data ?? {};
  return [
    ["kind", `${held.link?.linkinfo?.info_kind} ${mode}`, "macvlan source"],
    ["NIC's index", String(held.link?.link_index), String(held.nicIndex)],
    ["senders", listText(senders), listText(expected.peers.map((_, index) => macOf(index)))],
  ];
}

function judge(held: Held, all: readonly Held[]): string[] {
  const { expected, link } = held;
  if (link === undefined) return [`${where(expected)} is not there; expected: an interface in ${expected.namespace} (EX-20)`];
  const macOf = (peer: number): string =>
    all.find((one) => one.expected.resource === expected.peers[peer])?.link?.address ?? `of ${expected.peers[peer]?.node}`;
  const addresses = (link.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  const facts: Facts = [
    ["addresses", listText(addresses), listText(expected.addresses.map(formatPrefix))],
    ["MTU", String(link.mtu), String(expected.mtu)],
    ...(expected.kind === "vxlan" ? vxlanFacts(expected, held, macOf) : segmentFacts(expected, held, macOf)),
  ];
  return facts
    .filter(([, is, wanted]) => is !== wanted)
    .map(([what, is, wanted]) => `${where(expected)} has ${what} ${is}; expected: ${wanted} (EX-20: overlays as derived)`);
}

async function overlays(session: Session): Promise<PropertyOutcome> {
  const all = session.world.networks.flatMap((network) => inLab(session, network));
  const held = await Promise.all(all.map(async (expected) => await hold(session, expected)));
  // What MAC another has is read from it.
  const whole = held.filter(({ expected: { peers } }) => peers.every(({ emulated }) => emulated));
  return outcomeOf(
    whole.length,
    whole.flatMap((one) => judge(one, held)),
    { nothing: onlyMeshes },
  );
}

const strangers = ["203.0.113.199", "2001:db8:99::9"].flatMap((text) => parseAddress(text) ?? []);
/** Nothing listens there: what counts is how far a packet gets. */
const closedPort = 9;

/** From inside an NR, where nothing checks the source any more, to the workloads of the others: as one of a third one's, as somebody of nowhere. */
function impersonations(session: Session, network: NetworkWorld): Attempt[] {
  const workloads = session.world.workloads.filter((workload) => workload.network === network.network.name);
  return network.resources
    .filter(({ exitPoint, emulated }) => emulated && !exitPoint)
    .flatMap((resource) => {
      const from = { ...resourcePosition(network, resource), called: `the NR of network ${resource.network} on ${resource.node}` };
      const others = workloads.filter((workload) => workload.resource !== resource);
      return others.flatMap((to) =>
        ([4, 6] as const).flatMap((family) => {
          const third = others.find((other) => other.resource !== to.resource);
          const sources = [third === undefined ? undefined : addressOf(third, family), ...strangers];
          return sources.flatMap((source): Attempt[] => {
            const target = addressOf(to, family);
            if (source?.family !== family || target === undefined) return [];
            return [{ from, to: target, protocol: "udp", port: closedPort, foreignSource: source }];
          });
        }),
      );
    });
}

async function nobodyElse(session: Session): Promise<PropertyOutcome> {
  const { networks, workloads } = session.world;
  const victims = workloads.filter(({ network }) => networks.some((one) => one.network.name === network && one.resources.length > 1));
  const { runs, stories, broken } = await judgeNeverArrives(session, {
    law: "EX-20: an NR sends through its overlay for itself only, and the exit point for everybody",
    attempts: networks.flatMap((network) => impersonations(session, network)),
    victims,
  });
  return outcomeOf(runs, stories, { broken, nothing: "no network of this farm has an NR besides its exit point" });
}

/** Somebody with an address, who is no node of the VXLAN. */
interface Intruder {
  readonly node: string;
  readonly namespace?: string;
  readonly called: string;
  readonly address: Address;
}

interface Intrusion {
  readonly intruder: Intruder;
  readonly target: Extract<ExpectedOverlay, { kind: "vxlan" }>;
  readonly victim: WorkloadParty;
  /** In whose name it is tried: an address and MAC that the target takes from its own peer. */
  readonly as: ExpectedOverlay;
}

function intrudersOf(session: Session, network: NetworkWorld, local: Address): Intruder[] {
  const members = network.resources.map(({ node }) => node);
  const hosts = session.world.internetHosts.flatMap((host): Intruder[] => {
    const address = addressOf(host, local.family);
    return address === undefined ? [] : [{ node: host.name, called: `internet host ${host.name}`, address }];
  });
  const nodes = emulatedNodes(session.farm).flatMap(({ name, public: outer }): Intruder[] => {
    const address = (local.family === 4 ? outer?.ipv4 : outer?.ipv6)?.address;
    if (address === undefined || members.includes(name)) return [];
    return [{ node: name, namespace: "public", called: `node ${name}, which has no part in it`, address }];
  });
  return [...hosts.slice(0, 1), ...nodes];
}

/** At each node of each VXLAN one attempt by every stranger, in the name of another node's NR. */
function intrusions(session: Session): Intrusion[] {
  return session.world.networks.flatMap((network) => {
    const links = inLab(session, network).filter((one) => one.kind === "vxlan");
    return links.flatMap((target) => {
      const victim = session.world.workloads.find(({ resource }) => resource === target.resource);
      const as = links.find((one) => one !== target);
      if (victim === undefined || as === undefined) return [];
      return intrudersOf(session, network, target.local).map((intruder) => ({ intruder, target, victim, as }));
    });
  });
}

const strayLink = "vx-stray";

interface ShownCounters {
  readonly stats64?: { readonly tx?: { readonly packets?: number } };
}

async function macOf(session: Session, one: ExpectedOverlay): Promise<string> {
  const [link] = JSON.parse(await session.read(positionOf(one), ["ip", "-json", "link", "show", "dev", one.name])) as {
    readonly address?: string;
  }[];
  return link?.address ?? "";
}

/** A VXLAN of the intruder's own, with the target's identifier, by which everything goes to the target's node. */
async function intrude(session: Session, { intruder, target, victim, as }: Intrusion): Promise<PropertyOutcome> {
  const { node, namespace } = intruder;
  const position = namespace === undefined ? { node } : { node, namespace };
  const run = async (...argv: string[]): Promise<string> => await session.read(position, argv);
  const to = formatAddress(victim.ipv4);
  const [own, theirs] = await Promise.all([macOf(session, as), macOf(session, target)]);
  const made = ["type", "vxlan", "id", String(target.vni), "local", formatAddress(intruder.address), "dstport", String(target.port)];
  try {
    await run("ip", "link", "add", "name", strayLink, "address", own, ...made, "nolearning");
    const place = formatAddress(target.local);
    await run("bridge", "fdb", "append", everybody, "dev", strayLink, "dst", place, "self", "permanent");
    await run("ip", "address", "add", `${formatAddress(as.resource.address4)}/32`, "dev", strayLink);
    await run("ip", "link", "set", "dev", strayLink, "up");
    await run("ip", "route", "add", `${to}/32`, "dev", strayLink);
    await run("ip", "neighbour", "replace", to, "lladdr", theirs, "dev", strayLink, "nud", "permanent");
    const from = { ...position, called: `${intruder.called}, by a VXLAN ${target.vni} of its own,` };
    const { runs, stories, broken } = await judgeNeverArrives(session, {
      law: "EX-20: a VXLAN takes packets from its own nodes only",
      attempts: [{ from, to: victim.ipv4, protocol: "udp", port: closedPort }],
      victims: [victim],
      also: [{ ...positionOf(target), interface: target.name }],
    });
    const [link] = JSON.parse(await run("ip", "-json", "-statistics", "link", "show", "dev", strayLink)) as ShownCounters[];
    if ((link?.stats64?.tx?.packets ?? 0) === 0) throw new HarnessError(`${from.called} sent nothing`);
    return outcomeOf(runs, stories, { broken });
  } finally {
    await Promise.allSettled([run("ip", "link", "del", strayLink)]);
  }
}

/** One after the other, as one intruder may be in several of them. */
async function closedToOthers(session: Session): Promise<PropertyOutcome> {
  const all = intrusions(session);
  // An agent looks for what is not its own regularly, and not soon after it started.
  if (all.some(({ intruder }) => intruder.namespace !== undefined)) await session.restartAgents();
  const outcomes: PropertyOutcome[] = [];
  for (const one of all) outcomes.push(await intrude(session, one));
  const failed = outcomes.find(({ verdict }) => verdict === "failed");
  return failed ?? outcomeOf(all.length, [], { nothing: noVxlan });
}

export const overlayProperties: readonly Property[] = [
  {
    law,
    name: "EX-20 VXLANs and segments of their own have the derived names, addresses and neighbours",
    needs: needsTunnels,
    run: overlays,
  },
  { law, name: "EX-20 an NR sends through its overlay for itself only", needs: seesTunnelled, run: nobodyElse },
  { law, name: "EX-20 a VXLAN takes packets from its own nodes only", needs: seesTunnelled, alone: true, run: closedToOthers },
];
