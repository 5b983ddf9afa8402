/** What one network namespace of a lab holds that decides over packets, as its own programs show it. */
import { parseAddress } from "../../../../core/common/index.ts";
import type { Address } from "../../../../core/common/index.ts";
import type { TrackedFlow } from "../../../../emulator/capture/index.ts";
import type { Chain } from "./ruleset.ts";

export interface Interface {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly isUp: boolean;
  /** `veth`, `bridge`, `macvlan`, `tun`, `wireguard`, ...; empty for what the kernel gives no kind. */
  readonly kind: string;
  /** The bridge that it is a port of. */
  readonly master?: string;
  /** Group by its number or name, as nft compares it. */
  readonly group: string;
  /** The other end of a veth, or what a macvlan sits on: its index there, and the id of its namespace as this one calls it (absent: this one). */
  readonly peer?: { readonly index: number; readonly namespaceId?: number };
  /** Of a macvlan that takes frames of these MAC addresses alone. */
  readonly sources?: readonly string[];
  readonly vxlan?: Vxlan;
  readonly addresses: readonly Address[];
}

export interface Vxlan {
  readonly vni: number;
  readonly local?: Address;
  readonly port: number;
  /** The id of its socket's namespace as this one calls it; absent: this one. */
  readonly namespaceId?: number;
}

/** Where a VXLAN sends frames for a MAC address; `everybody` stands for all that have no entry. */
export interface Forwarding {
  readonly interface: string;
  readonly mac: string;
  readonly destination: Address;
}

export const everybody = "00:00:00:00:00:00";

export interface Neighbour {
  readonly interface: string;
  readonly address: Address;
  readonly mac?: string;
  readonly state: string;
}

export interface PlaceTables {
  /** `node`, or `node/namespace`. */
  readonly where: string;
  readonly node: string;
  readonly namespace?: string;
  readonly interfaces: readonly Interface[];
  /** Names of other namespaces by the ids that this one has for them; null: the node's own. */
  readonly namespaceIds: ReadonlyMap<number, string | null>;
  readonly neighbours: readonly Neighbour[];
  /** Of its VXLANs. */
  readonly forwarding: readonly Forwarding[];
  readonly chains: readonly Chain[];
  readonly tracked: readonly TrackedFlow[];
  /** What listens, as `udp/53`. */
  readonly listening: ReadonlySet<string>;
  readonly forwards: { readonly 4: boolean; readonly 6: boolean };
  /** The kernel's counters of protocols (/proc/net/snmp, snmp6, netstat), as `IpOutNoRoutes`. */
  readonly counters: ReadonlyMap<string, number>;
}

interface ShownInterface {
  readonly ifname: string;
  readonly ifindex: number;
  readonly address?: string;
  readonly flags?: readonly string[];
  readonly master?: string;
  readonly group?: string;
  readonly link?: string;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly mode?: string;
      readonly macaddr_data?: readonly string[];
      readonly id?: number;
      readonly local?: string;
      readonly local6?: string;
      readonly port?: number;
    };
  };
  readonly addr_info?: readonly { readonly local?: string }[];
}

const parsed = <T>(text: string): readonly T[] => (text.trim() === "" ? [] : (JSON.parse(text) as readonly T[]));

function peerOf(shown: ShownInterface, all: readonly ShownInterface[]): Interface["peer"] {
  const index = shown.link_index ?? all.find((other) => other.ifname === shown.link)?.ifindex;
  if (index === undefined) return undefined;
  return shown.link_netnsid === undefined ? { index } : { index, namespaceId: shown.link_netnsid };
}

/** What a macvlan or a VXLAN is told besides. */
function kindOf({ linkinfo, link_netnsid: namespaceId }: ShownInterface): Pick<Interface, "kind" | "sources" | "vxlan"> {
  const { info_kind: kind = "", info_data: data = {} } = linkinfo ?? {};
  if (kind === "macvlan" && data.mode === "source") return { kind, sources: data.macaddr_data ?? [] };
  if (kind !== "vxlan") return { kind };
  const local = parseAddress(data.local ?? data.local6 ?? "");
  const vxlan = { vni: data.id ?? 0, port: data.port ?? 0 };
  return {
    kind,
    vxlan: { ...vxlan, ...(local === undefined ? {} : { local }), ...(namespaceId === undefined ? {} : { namespaceId }) },
  };
}

/** Of `ip -j -d addr show`. */
export function readInterfaces(text: string): Interface[] {
  const all = parsed<ShownInterface>(text);
  return all.map((shown): Interface => {
    const peer = peerOf(shown, all);
    return {
      name: shown.ifname,
      index: shown.ifindex,
      mac: shown.address ?? "",
      isUp: (shown.flags ?? []).includes("UP"),
      ...kindOf(shown),
      group: shown.group ?? "default",
      ...(shown.master === undefined ? {} : { master: shown.master }),
      ...(peer === undefined ? {} : { peer }),
      addresses: (shown.addr_info ?? []).flatMap(({ local }) => (local === undefined ? [] : (parseAddress(local) ?? []))),
    };
  });
}

/** Of `ip -j netns list-id`; an id without a name is the node's own namespace, which has none below /run/netns. */
export function readNamespaceIds(text: string): Map<number, string | null> {
  const ids = parsed<{ readonly nsid: number; readonly name?: string }>(text);
  return new Map(ids.map(({ nsid, name }) => [nsid, name ?? null]));
}

/** Of `ip -j neigh show`. */
export function readNeighbours(text: string): Neighbour[] {
  return parsed<{ dst?: string; dev?: string; lladdr?: string; state?: readonly string[] }>(text).flatMap((shown) => {
    const address = parseAddress(shown.dst ?? "");
    if (address === undefined || shown.dev === undefined) return [];
    const mac = shown.lladdr === undefined ? {} : { mac: shown.lladdr };
    return [{ interface: shown.dev, address, ...mac, state: (shown.state ?? []).join(" ") }];
  });
}

/** Of `bridge -j fdb show`: entries of VXLANs, as those of bridges have no destination. */
export function readForwarding(text: string): Forwarding[] {
  return parsed<{ readonly mac?: string; readonly ifname?: string; readonly dst?: string }>(text).flatMap((shown) => {
    const destination = parseAddress(shown.dst ?? "");
    if (destination === undefined || shown.mac === undefined || shown.ifname === undefined) return [];
    return [{ interface: shown.ifname, mac: shown.mac, destination }];
  });
}

/** Of `ss -Hnltu`. */
export function readListening(text: string): Set<string> {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(
    lines.flatMap(([protocol, , , , local = ""]) => {
      const port = /:(\d+)$/.exec(local)?.[1];
      return protocol === undefined || port === undefined ? [] : [`${protocol}/${port}`];
    }),
  );
}

/** Of /proc/net/snmp and /proc/net/netstat (a line of names, a line of values) and of /proc/net/snmp6 (a name and its value a line). */
export function readCounters(text: string): Map<string, number> {
  const counters = new Map<string, number>();
  const names = new Map<string, readonly string[]>();
  for (const line of text.split("\n")) {
    const pair = /^(\w+)\s+(\d+)$/.exec(line);
    if (pair?.[1] !== undefined) counters.set(pair[1], Number(pair[2]));
    const [, group, rest = ""] = /^(\w+): (.*)$/.exec(line) ?? [];
    if (group === undefined) continue;
    const fields = rest.trim().split(/\s+/);
    const known = names.get(group);
    if (known === undefined) names.set(group, fields);
    else for (const [index, name] of known.entries()) counters.set(`${group}${name}`, Number(fields[index]));
  }
  return counters;
}
