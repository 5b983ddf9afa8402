/**
 * What of a lab was exercised, by what its kernels have counted: rules by their own counters, routes by the flows that connection tracking
 * has on record, drops by the kernel's reasons. One program a node and look; nothing in the lab is changed for it.
 *
 * What counts: a rule that has counted a packet; a route that is the narrowest for the destination of a tracked flow, there or (once it was
 * answered) back, or of a packet that was dropped; a reason of a drop, or the counter of a protocol that moved where this host gives none.
 * Routes of namespaces that track no connections leave no trace in the kernel, so they are neither covered nor known.
 */
import { emulatedNodes } from "../../../core/farm/index.ts";
import { contains, formatAddress, parsePrefix } from "../../../core/common/index.ts";
import type { Address, Prefix } from "../../../core/common/index.ts";
import { decodePacket, followDrops, labNamespaces, linkTypes, readConntrack } from "../../../emulator/capture/index.ts";
import type { DropWatch, PacketDrop } from "../../../emulator/capture/index.ts";
import { ensureNative } from "../../../emulator/image/index.ts";
import { nativeInLab } from "../../../emulator/topology/index.ts";
import type { RecentDrops } from "../kernel-drops.ts";
import type { Session } from "../session.ts";
import { readCounters } from "../views/tables/place-tables.ts";
import { readRuleWords, type CountedRule } from "../views/tables/rule-words.ts";
import { dropKey, roleOf, routeKey, ruleKey, type Route } from "./keys.ts";

/** Keys are `kind:what` with kind one of `route`, `rule`, `drop`; sorted. Kinds of things, not things: the same on every farm. */
export interface Coverage {
  readonly covered: readonly string[];
  /** All rules and routes that stand in the lab; of drops nobody knows how many there are. */
  readonly known: readonly string[];
}

export interface CoverageWatch {
  /** What the kernel threw away of late in the lab's namespaces, as far as this host tells. */
  readonly recentDrops: RecentDrops;
  /** Before something may make rules anew, or break a connection: what has been counted is forgotten then. */
  look(): Promise<void>;
  /** What has been exercised since the lab came up, by this look and those before; ends the watch. */
  observe(): Promise<Coverage>;
  /** Ends the watch without a look; more than once is as once. */
  end(): Promise<void>;
}

/** No data of a farm is in these words. Workloads' namespaces hold nothing of the system under test but a default route. */
const lookIntoNamespace = `
echo @routes; ip -j route show table all
echo @words; nft -a list ruleset
echo @tracked; cat /proc/net/nf_conntrack 2>/dev/null || { conntrack -L -f ipv4 -o extended; conntrack -L -f ipv6 -o extended; } 2>/dev/null
echo @counters; cat /proc/net/snmp /proc/net/netstat /proc/net/snmp6
`;
const lookAtNode = `echo @place; ${lookIntoNamespace}
for name in $(ls /run/netns 2>/dev/null); do
  case "$name" in w-*) ;; *) echo "@place $name"; "$2" in "$name" sh -c "$1";; esac
done`;

interface PlaceUse {
  readonly where: string;
  readonly routes: readonly Route[];
  readonly rules: readonly CountedRule[];
  /** Destinations that packets were routed by there. */
  readonly destinations: readonly Address[];
  readonly counters: ReadonlyMap<string, number>;
}

interface ShownRoute {
  readonly type?: string;
  readonly dst: string;
  readonly dev?: string;
  readonly table?: string;
  readonly pref?: string;
}

const everything = (family: 4 | 6): Prefix => ({ address: { family, value: 0n }, length: 0 });

/** The routes of all tables but the kernel's own, and without those that it makes for every interface. */
function readRoutes(text: string): Route[] {
  const shown = text.trim() === "" ? [] : (JSON.parse(text) as readonly ShownRoute[]);
  return shown.flatMap(({ type = "unicast", dst, dev = "", table, pref }): Route[] => {
    if (table === "local" || dst.startsWith("fe80::") || dst.startsWith("ff00::")) return [];
    // Of a default route nothing else tells the family for sure: a preference (RFC 4191) is IPv6's.
    const family = pref === undefined ? 4 : 6;
    const prefix = dst === "default" ? everything(family) : parsePrefix(dst.includes("/") ? dst : `${dst}/${dst.includes(":") ? 128 : 32}`);
    return prefix === undefined ? [] : [{ type, prefix, interface: dev }];
  });
}

function placeUse(where: string, text: string): PlaceUse {
  const pieces = `\n${text}`.split(/\n@(routes|words|tracked|counters)\n/);
  const part = (name: string): string => pieces[pieces.indexOf(name) + 1] ?? "";
  const [open, answered] = [true, false].map((isOpen) =>
    readConntrack(where, part("tracked").split("\n").filter((line) => line.includes("[UNREPLIED]") === isOpen).join("\n")),
  );
  const flows = [...(open ?? []), ...(answered ?? [])];
  return {
    where,
    routes: readRoutes(part("routes")),
    rules: readRuleWords(part("words")),
    destinations: [...flows.map(({ reply }) => reply.source), ...(answered ?? []).map(({ original }) => original.source)],
    counters: readCounters(part("counters")),
  };
}

async function lookAt(session: Session, node: string): Promise<PlaceUse[]> {
  const { stdout } = await session.lab.node(node).exec(["sh", "-c", lookAtNode, "look", lookIntoNamespace, nativeInLab]);
  const pieces = `\n${stdout}`.split(/\n@place ?([^\n]*)\n/).slice(1);
  return pieces.flatMap((name, index) => (index % 2 === 0 ? [placeUse(name === "" ? node : `${node}/${name}`, pieces[index + 1] ?? "")] : []));
}

const narrowest = (routes: readonly Route[], address: Address): Route | undefined =>
  routes.filter(({ prefix }) => contains(prefix, address)).toSorted((one, other) => other.prefix.length - one.prefix.length)[0];

/** Counters that stand for a packet that came to nothing, where the kernel does not tell of each. */
const dropCounters = /^(Ip|Ip6|IpExt)(In|Out)(NoRoutes|AddrErrors|HdrErrors|Discards)$/;

function keysOf(session: Session, places: readonly PlaceUse[], drops: readonly PacketDrop[] | undefined): Coverage {
  const known = new Set<string>();
  const covered = new Set<string>();
  for (const { where, routes, rules, destinations, counters } of places) {
    const role = roleOf(session.world, where);
    const dropped = (drops ?? []).filter((drop) => drop.where === where);
    const lost = dropped.flatMap((drop) => destinationOf(drop) ?? []);
    for (const rule of rules) known.add(ruleKey(role, rule.text));
    for (const rule of rules) if (rule.packets > 0) covered.add(ruleKey(role, rule.text));
    // Without connection tracking nothing tells which routes were looked up.
    const tracks = rules.some(({ text }) => /\bct |nat\b|masquerade/.test(text));
    if (tracks) for (const route of routes) known.add(routeKey(session.world, role, route));
    for (const address of tracks ? [...destinations, ...lost] : []) {
      const route = narrowest(routes, address);
      if (route !== undefined) covered.add(routeKey(session.world, role, route));
    }
    for (const { reason } of dropped) covered.add(dropKey(role, reason));
    for (const [name, value] of drops === undefined ? counters : []) if (value > 0 && dropCounters.test(name)) covered.add(dropKey(role, name));
  }
  return { covered: [...covered].toSorted(), known: [...known].toSorted() };
}

async function placesOf(session: Session): Promise<PlaceUse[]> {
  const nodes = [...emulatedNodes(session.farm), ...session.farm.upstreams].map(({ name }) => name);
  return (await Promise.all(nodes.map(async (node) => await lookAt(session, node)))).flat();
}

/** Each key as a text of its own: what is part of a program's output would keep all of that for as long as a search goes on. */
const joined = (looks: readonly Coverage[], kind: keyof Coverage): string[] =>
  [...new Set(looks.flatMap((look) => look[kind]))].toSorted().map((key) => Buffer.from(key).toString());

const destinationOf = ({ bytes }: PacketDrop): Address | undefined => decodePacket(linkTypes.rawIp, bytes).ip?.destination;
/** Of many packets to one address that come to nothing for one reason, one shows all. */
const alike = (drop: PacketDrop): string => {
  const destination = destinationOf(drop);
  return [drop.where, drop.reason, destination === undefined ? "" : formatAddress(destination)].join(" ");
};

/** More than a property's own packets that must not arrive, and the neighbours' beside it. */
const recentMost = 4000;

/** Begins to look at what a session exercises, its lab being up: at drops as they come, where this host tells of them, and at counters when asked. */
export async function watchCoverage(session: Session): Promise<CoverageWatch> {
  const reasons = await followDrops(await ensureNative(), await labNamespaces(session.lab), { alike, recent: recentMost });
  const watch: DropWatch | undefined = "watch" in reasons ? reasons.watch : undefined;
  let stopping: ReturnType<DropWatch["stop"]> | undefined;
  const stopped = (): typeof stopping => (stopping ??= watch?.stop());
  const looks: Coverage[] = [];
  return {
    recentDrops: () => watch?.recent() ?? [],
    async look() {
      looks.push(keysOf(session, await placesOf(session), []));
    },
    async observe() {
      looks.push(keysOf(session, await placesOf(session), (await stopped())?.drops));
      return { covered: joined(looks, "covered"), known: joined(looks, "known") };
    },
    async end() {
      await stopped();
    },
  };
}
