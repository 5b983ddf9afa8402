/** Links: bridges, veth pairs, macvlans, VXLANs. Each is made in its final namespace; tunnels are in tunnels.ts. */
import { hash32, remembered } from "../common/index.ts";
import { hostLinkGroup } from "../plan/index.ts";
import type { LinkPlan, NamespacePlan, NodePlan } from "../plan/index.ts";
import type { ObservedLink, ObservedNode } from "./observed.ts";
import { isFallbackDevice, removalGroup } from "./ownership.ts";
import type { ShownLink } from "./shown.ts";
import { readVxlan, vxlanArguments, vxlanOf } from "./vxlan.ts";
import { wireguardOf } from "./wireguard.ts";

type PlainLink = Exclude<LinkPlan, { kind: "wireguard" }>;

const isPlain = (link: LinkPlan): link is PlainLink => link.kind !== "wireguard";

const sourcesOf = (sources: readonly string[] | undefined): Pick<ObservedLink, "sources"> =>
  sources === undefined ? {} : { sources: sources.toSorted().join(" ") };

const linkOnce = remembered((link: LinkPlan): ObservedLink => ({
  kind: link.kind,
  up: true,
  ...(link.mtu === undefined ? {} : { mtu: link.mtu }),
  ...(link.mac === undefined ? {} : { mac: link.mac }),
  ...(link.bridge === undefined ? {} : { bridge: link.bridge }),
  ...(link.kind === "macvlan" ? { parent: link.parent, ...sourcesOf(link.sources) } : {}),
  ...(link.kind === "vxlan" ? { vxlan: vxlanOf(link.vxlan) } : {}),
  ...(link.kind === "wireguard" ? { wireguard: wireguardOf(link.wireguard) } : {}),
}));

/** The links of a namespace as they are once planned, `lo` among them. */
export const linksOf: (plan: NamespacePlan) => ReadonlyMap<string, ObservedLink> = remembered(
  (plan) => new Map([...plan.links.map((link): [string, ObservedLink] => [link.name, linkOnce(link)]), ["lo", { kind: "", up: true }]]),
);

/** farmlab's links among those shown; in `host` the others' names besides. `nics`: the links of `host` by index. */
export function readLinks(
  namespace: string,
  shown: readonly ShownLink[],
  nics: ReadonlyMap<number, string> = new Map(),
): { readonly links: ReadonlyMap<string, ObservedLink>; readonly foreignLinks: ReadonlySet<string> } {
  const links = shown.filter((link) => namespace === "host" || !isFallbackDevice(link.ifname));
  const ofItsKind = (link: ShownLink): Pick<ObservedLink, "parent" | "sources" | "vxlan"> => {
    const vxlan = readVxlan(link);
    if (vxlan !== undefined) return { vxlan };
    if (link.linkinfo?.info_kind !== "macvlan") return {};
    const parent = nics.get(link.link_index ?? 0);
    const { mode, macaddr_data: macs = [] } = link.linkinfo.info_data ?? {};
    return { ...(parent === undefined ? {} : { parent }), ...sourcesOf(mode === "source" ? macs : undefined) };
  };
  const isOurs = (link: ShownLink): boolean =>
    namespace !== "host" || link.group === hostLinkGroup || link.group === removalGroup || link.ifname === "lo";
  return {
    links: new Map(
      links.filter(isOurs).map((link) => [
        link.ifname,
        {
          // One that was about to go when a former pass was interrupted goes now.
          kind: link.group === removalGroup ? "leaving" : (link.linkinfo?.info_kind ?? ""),
          up: link.flags.includes("UP"),
          mtu: link.mtu,
          ...(link.address === undefined ? {} : { mac: link.address }),
          ...(link.master === undefined ? {} : { bridge: link.master }),
          ...(namespace === "host" && (link.inet6_addr_gen_mode ?? "none") !== "none" ? { makesAddresses: true as const } : {}),
          ...ofItsKind(link),
        },
      ]),
    ),
    foreignLinks: new Set(links.filter((link) => !isOurs(link)).map((link) => link.ifname)),
  };
}

/**
 * An interface index of its own for a bridge port: a port whose index equals its veth peer's comes up as much as a second late.
 * High, so that it meets none that the kernel gives.
 */
const portIndex = (namespace: string, name: string): number => 0x40000000 + (hash32(`index:${namespace}:${name}`) >>> 2);

/** What `ip link add` is told of one end. */
const end = (namespace: string, link: PlainLink): string =>
  [
    `name ${link.name}`,
    ...(namespace === "host" ? [] : [`netns ${namespace}`]),
    ...(link.bridge === undefined ? [] : [`index ${portIndex(namespace, link.name)}`]),
    ...(link.mac === undefined ? [] : [`address ${link.mac}`]),
    ...(link.mtu === undefined ? [] : [`mtu ${link.mtu}`]),
    ...(namespace === "host" ? [`group ${hostLinkGroup}`] : []),
  ].join(" ");

const linksByNameIn = remembered((plan: NamespacePlan) => new Map(plan.links.filter(isPlain).map((link) => [link.name, link])));
const linksByName = (plan: NamespacePlan | undefined): ReadonlyMap<string, PlainLink> | undefined =>
  plan === undefined ? undefined : linksByNameIn(plan);

interface Located {
  readonly namespace: string;
  readonly link: PlainLink;
}

const creation = ({ namespace, link }: Located, peer: Located | undefined): readonly string[] => {
  if (link.kind === "bridge") return [`link add ${end(namespace, link)} type bridge mcast_snooping 0`];
  if (link.kind === "macvlan") {
    // A macvlan cannot come up on a NIC that is down.
    const mode =
      link.sources === undefined ? "bridge" : `source${link.sources.length === 0 ? "" : ` macaddr set ${link.sources.join(" ")}`}`;
    return [`link set dev ${link.parent} up`, `link add link ${link.parent} ${end(namespace, link)} type macvlan mode ${mode}`];
  }
  if (link.kind === "vxlan") return [`link add ${end(namespace, link)} type vxlan ${vxlanArguments(link.vxlan)}`];
  return peer === undefined ? [] : [`link add ${end(namespace, link)} type veth peer ${end(peer.namespace, peer.link)}`];
};

export interface LinkLines {
  /** Per namespace, to be run before anything is made. */
  readonly remove: ReadonlyMap<string, readonly string[]>;
  /** By the namespace in which they are run: the host's, or that of a VXLAN's socket. */
  readonly add: ReadonlyMap<string, readonly string[]>;
  /** `namespace link` of those that will be made: nothing that was on one of that name counts any more. */
  readonly made: ReadonlySet<string>;
  /** Names in `host` that are wanted and another's. */
  readonly taken: readonly string[];
}

/** Which links to remove and make. A veth of which one end is gone or of another kind is made anew, both ends; a macvlan of another NIC and a VXLAN of another network too. */
export function linkLines(plan: NodePlan, observed: ObservedNode): LinkLines {
  const wanted = new Map(plan.namespaces.map((namespace) => [namespace.name, namespace]));
  // A pair of which one end is gone shows at that end too: what is as it was left needs no look.
  const differing = plan.namespaces.filter((namespace) => observed.namespaces.get(namespace.name)?.links !== linksOf(namespace));
  const all = differing.flatMap(({ name, links }) => links.filter(isPlain).map((link): Located => ({ namespace: name, link })));
  const at = (namespace: string, name: string): string => `${namespace} ${name}`;
  const planned = (namespace: string, name: string): Located | undefined => {
    const link = linksByName(wanted.get(namespace))?.get(name);
    return link === undefined ? undefined : { namespace, link };
  };
  const tunnels = new Set(plan.namespaces.flatMap(({ links }) => links.filter((link) => !isPlain(link)).map((link) => link.name)));
  const seen = (namespace: string, name: string): ObservedLink | undefined => observed.namespaces.get(namespace)?.links.get(name);
  const isRight = ({ namespace, link }: Located): boolean => {
    const now = seen(namespace, link.name);
    if (now?.kind !== link.kind) return false;
    if (link.kind === "vxlan") return now.vxlan?.made === vxlanArguments(link.vxlan);
    if (link.kind === "macvlan") return now.parent === link.parent && (now.sources === undefined) === (link.sources === undefined);
    return true;
  };
  const peerOf = ({ link }: Located): Located | undefined =>
    link.kind === "veth" ? planned(link.peerNamespace, link.peerName) : undefined;
  const foreign = observed.namespaces.get("host")?.foreignLinks ?? new Set<string>();
  const isTaken = (located: Located | undefined): boolean => located?.namespace === "host" && foreign.has(located.link.name);

  const made = new Set<string>();
  const add = new Map<string, readonly string[]>();
  const taken: string[] = [];
  for (const located of all) {
    const peer = peerOf(located);
    if (isTaken(located)) taken.push(located.link.name);
    if (isTaken(located) || isTaken(peer) || made.has(at(located.namespace, located.link.name))) continue;
    if (isRight(located) && (peer === undefined || isRight(peer))) continue;
    // The host's end is the first one, in which the line is run.
    const hostFirst = peer?.namespace === "host" && located.namespace !== "host";
    const lines = hostFirst ? creation(peer, located) : creation(located, peer);
    const runIn = located.link.kind === "vxlan" ? located.link.vxlan.socketNamespace : "host";
    add.set(runIn, [...(add.get(runIn) ?? []), ...lines]);
    for (const one of [located, ...(peer === undefined ? [] : [peer])]) made.add(at(one.namespace, one.link.name));
  }

  const touched = new Set([...differing.map(({ name }) => name), ...[...made].map((entry) => entry.split(" ")[0] ?? "")]);
  const remove = new Map<string, readonly string[]>();
  for (const [namespace, { links }] of observed.namespaces) {
    const isWanted = wanted.has(namespace);
    if (isWanted && !touched.has(namespace)) continue;
    // With their namespace links go when the kernel comes to it, and its rules before them: what is on a NIC must not answer in between.
    const unwanted = isWanted
      ? [...links.keys()].filter(
          (name) => name !== "lo" && !tunnels.has(name) && (planned(namespace, name) === undefined || made.has(at(namespace, name))),
        )
      : [...links].filter(([, link]) => link.kind === "macvlan").map(([name]) => name);
    if (unwanted.length > 0)
      remove.set(namespace, [...unwanted.map((name) => `link set dev ${name} group ${removalGroup}`), `link del group ${removalGroup}`]);
  }
  return { remove, add, made, taken };
}

/** One by one: a list that is set anew is empty for a moment, in which nobody is heard. */
function sourceLines(name: string, wanted: readonly string[], seen: string | undefined): readonly string[] {
  const before = new Set(seen === undefined || seen === "" ? [] : seen.split(" "));
  const surplus = [...before].filter((mac) => !wanted.includes(mac));
  const line = (verb: "add" | "del", mac: string): string => `link set dev ${name} type macvlan macaddr ${verb} ${mac}`;
  return [...wanted.filter((mac) => !before.has(mac)).map((mac) => line("add", mac)), ...surplus.map((mac) => line("del", mac))];
}

/** Lines that bring one link to its planned state, in its namespace: `before` what comes before addresses, `up` what comes after. */
export function settingLines(
  namespace: string,
  link: LinkPlan,
  observed: ObservedLink | undefined,
): { readonly before: readonly string[]; readonly up: readonly string[] } {
  const before: string[] = [];
  const fresh = observed === undefined;
  // In farmlab's own namespaces a setting of the namespace sees to it.
  if (namespace === "host" && (fresh || observed.makesAddresses === true)) {
    before.push(`link set dev ${link.name} addrgenmode none`);
    if (observed?.up === true) before.push(`address flush dev ${link.name} scope link`);
  }
  if (!fresh && link.mac !== undefined && observed.mac !== link.mac) before.push(`link set dev ${link.name} address ${link.mac}`);
  if (link.mtu !== undefined && observed?.mtu !== link.mtu && (link.kind === "wireguard" || !fresh))
    before.push(`link set dev ${link.name} mtu ${link.mtu}`);
  if (!fresh && link.kind === "macvlan" && link.sources !== undefined)
    before.push(...sourceLines(link.name, link.sources, observed.sources));
  if (link.bridge !== undefined && observed?.bridge !== link.bridge) before.push(`link set dev ${link.name} master ${link.bridge}`);
  return { before, up: observed?.up === true ? [] : [`link set dev ${link.name} up`] };
}
