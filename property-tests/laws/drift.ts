/** A person at work in a namespace of farmlab's: takes things away, adds some, and makes things of their own beside them. */
import { withoutTimes } from "../run/node-state.ts";
import type { Position, Session } from "../run/session.ts";
import { HarnessError } from "./law.ts";

export interface DriftPlace {
  /** A namespace that farmlab owns whole. */
  readonly position: Position;
  /** A link in it that is no tunnel. */
  readonly link: string;
  /** WireGuard's interface in it, if it has one with peers. */
  readonly wireguard?: string;
  /** What of that drifts: another port has an agent configure all of it anew, whatever its peers are. */
  readonly tunnelDrift?: "port" | "peers";
  /** Its VXLAN, or its interface on a segment of its own. */
  readonly vxlan?: string;
  readonly segment?: string;
  /** A bridge of farmlab's in the host's namespace of the same node. */
  readonly hostBridge?: string;
}

/** farmlab's mark on routes (`proto`), as it stands in the kernel. */
const ownProtocol = "98";
const strayKey = `${"A".repeat(42)}E=`;
/** No tunnel's: those are of a /52 from 1000 on. */
const strayPort = "1023";
const strayMac = "02:00:00:00:00:77";
const strayNamespace = "net-ffff-9";
const strayRoute = "198.18.1.0/24";
const strayAddress = "198.18.2.77/24";
/** Devices that a kernel with modules for tunnels puts into every namespace, and nobody can take away: bridges stand for them where it has none. */
const kernelDevices = ["tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip6gre0", "ip_vti0", "ip6_vti0"];
const theirs = { table: "somebody", route: "198.18.3.0/24", protocol: "77", linkGroup: "77" };

/** All that `change` made, whether an agent took it away or not; what programs say of it is answered. */
const takeAway = `
{
  ip route del ${theirs.route}
  ip route del ${strayRoute}
  ip address del ${strayAddress} dev "$1"
  ip link del stray0
  ip link del group ${theirs.linkGroup}
  nft delete table inet ${theirs.table}
  nft delete table inet farmlab-stray
  [ -z "$2" ] || wg set "$2" peer ${strayKey} remove
} 2>&1
true`;

const sortedLines = (text: string, keeps: (line: string) => boolean = () => true): string =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && keeps(line))
    .toSorted()
    .join("\n");

/** Of `wg show all dump`: who is a peer, for which addresses, how often it is kept alive. Not who was heard of when, nor keys of its own. */
const peerLines = (dump: string): string =>
  sortedLines(
    dump
      .split("\n")
      .map((line) => line.split("\t"))
      .filter((fields) => fields.length === 9)
      .map((fields) => [fields[0], fields[1], fields[4]?.split(",").toSorted().join(","), fields[8]].join(" "))
      .join("\n"),
  );

/** Of the same: the tunnels' public keys and ports. */
const tunnelLines = (dump: string): string =>
  sortedLines(
    dump
      .split("\n")
      .map((line) => line.split("\t"))
      .filter((fields) => fields.length === 5)
      .map(([name, , publicKey, port]) => [name, publicKey, port].join(" "))
      .join("\n"),
  );

interface ShownMacvlan {
  readonly ifname: string;
  readonly linkinfo?: { readonly info_data?: { readonly macaddr_data?: readonly string[] } };
}

/** Of `ip -json -details link show type macvlan`: whose frames each one takes. */
const sourceLines = (json: string): string =>
  (json === "" ? [] : (JSON.parse(json) as readonly ShownMacvlan[]))
    .map(({ ifname, linkinfo }) => [ifname, ...(linkinfo?.info_data?.macaddr_data ?? []).toSorted()].join(" "))
    .toSorted()
    .join("\n");

/** Of a line of `ip -o link show`: `7: tunl0: <...` and `8: tunl0@NONE: <...`. */
const linkName = (line: string): string => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "";

/** By what it is of: everything that `handiwork` changes and an agent has to put right, as text. */
export async function driftedTexts(session: Session, { position, hostBridge }: DriftPlace): Promise<Readonly<Record<string, string>>> {
  const inside = async (...argv: string[]): Promise<string> => await session.read(position, argv);
  const outside = async (...argv: string[]): Promise<string> => await session.read({ node: position.node }, argv);
  const [addresses, links, routes4, routes6, tables, peers, forwarding, macvlans, namespaces, bridge, ttl] = await Promise.all([
    inside("ip", "-o", "address", "show"),
    inside("ip", "-o", "link", "show"),
    inside("ip", "-4", "route", "show", "table", "all", "proto", ownProtocol),
    inside("ip", "-6", "route", "show", "table", "all", "proto", ownProtocol),
    inside("nft", "--stateless", "list", "ruleset"),
    inside("wg", "show", "all", "dump"),
    inside("bridge", "fdb", "show"),
    inside("ip", "-json", "-details", "link", "show", "type", "macvlan"),
    outside("ip", "netns", "list"),
    hostBridge === undefined ? "" : outside("ip", "-details", "-o", "link", "show", "dev", hostBridge),
    inside("cat", "/proc/sys/net/ipv4/ip_default_ttl"),
  ]);
  const ownTables = tables.split(/^(?=table )/m).filter((table) => !table.startsWith(`table inet ${theirs.table} `));
  return {
    addresses: sortedLines(addresses),
    links: sortedLines(links, (line) => !kernelDevices.includes(linkName(line))),
    routes: `${sortedLines(routes4)}\n${sortedLines(routes6)}`,
    // One that was made anew is listed last, which means nothing.
    rules: withoutTimes(
      ownTables
        .map((table) => table.trim())
        .toSorted()
        .join("\n"),
    ),
    peers: peerLines(peers),
    tunnels: tunnelLines(peers),
    forwarding: sortedLines(forwarding, (line) => line.includes(" dst ")),
    "senders on the segment": sourceLines(macvlans),
    namespaces: sortedLines(namespaces.replace(/ \(id: \d+\)/g, "")),
    // Without the bridge's timers, which run.
    "the host's links": bridge
      .replace(/ promiscuity .*(?= addrgenmode)/, "")
      .replace(/(?<= addrgenmode \w+) .*/, "")
      .trim(),
    "kernel settings": ttl.trim(),
  };
}

export interface Handiwork {
  change(): Promise<void>;
  /** What of another's own is no longer there. */
  foreignGone(): Promise<string[]>;
  /** Takes away what an agent left. Throws where something of it stays. */
  tidy(): Promise<void>;
}

export function handiwork(session: Session, place: DriftPlace): Handiwork {
  const { position, link, wireguard: tunnel, tunnelDrift = "peers", vxlan, segment, hostBridge } = place;
  const inside = async (...argv: string[]): Promise<string> => await session.read(position, argv);
  const outside = async (...argv: string[]): Promise<string> => await session.read({ node: position.node }, argv);
  const inOrder = async (steps: readonly (readonly string[])[]): Promise<void> => {
    for (const step of steps) await inside(...step);
  };
  /** But for those that are there: then it is the kernel's own that has to stay. */
  const makeKernelDevices = async (): Promise<string> => {
    const lines = `for name; do echo "link add name $name group ${theirs.linkGroup} type bridge"; done | ip -force -batch - 2> /dev/null; true`;
    return await inside("sh", "-c", lines, "sh", ...kernelDevices);
  };
  const linkNames = async (...which: string[]): Promise<string[]> =>
    (await inside("ip", "-o", "link", "show", ...which))
      .split("\n")
      .map(linkName)
      .filter((name) => name !== "");
  const [route, table] = [`the route to ${theirs.route}`, `the table ${theirs.table}`];
  const foreign = [route, table];
  const foreignThere = async (): Promise<string[]> => {
    const routes = await inside("ip", "-4", "route", "show", "proto", theirs.protocol);
    const tables = await inside("nft", "list", "tables");
    return [...(routes.includes(theirs.route) ? [route] : []), ...(tables.includes(`inet ${theirs.table}`) ? [table] : [])];
  };
  return {
    async change() {
      const [first] = peerLines(await inside("wg", "show", "all", "dump")).split("\n");
      const peer = first?.split(" ")[1];
      const isOver6 = vxlan !== undefined && / dst \S*:/.test(await inside("bridge", "fdb", "show", "dev", vxlan));
      const strayVtep = isOver6 ? "2001:db8:77::77" : "192.0.2.77";
      const hasDefault4 = (await inside("ip", "-4", "route", "show", "default")).trim() !== "";
      await inOrder([
        ...(hasDefault4 ? [["ip", "-4", "route", "del", "default"]] : []),
        ["ip", "-6", "route", "replace", "default", "dev", link, "proto", ownProtocol],
        ["ip", "address", "add", strayAddress, "dev", link],
        ["ip", "route", "add", strayRoute, "dev", link, "proto", ownProtocol],
        ["ip", "route", "add", theirs.route, "dev", link, "proto", theirs.protocol],
        ["nft", "flush", "table", "inet", "farmlab"],
        ["nft", "add", "table", "inet", "farmlab-stray"],
        ["nft", "add", "table", "inet", theirs.table],
        ["ip", "link", "add", "stray0", "type", "bridge"],
        ["sh", "-c", "echo 63 > /proc/sys/net/ipv4/ip_default_ttl"],
        ...(tunnel === undefined || peer === undefined
          ? []
          : [
              ...(tunnelDrift === "port"
                ? [["wg", "set", tunnel, "listen-port", strayPort]]
                : [
                    ["wg", "set", tunnel, "peer", strayKey, "allowed-ips", "203.0.113.0/24"],
                    ["wg", "set", tunnel, "peer", peer, "persistent-keepalive", "77"],
                  ]),
              ["ip", "link", "set", "dev", tunnel, "mtu", "1300"],
            ]),
        ...(vxlan === undefined
          ? []
          : [
              [
                "sh",
                "-c",
                'bridge fdb show dev "$1" | while read -r mac rest; do bridge fdb del "$mac" dev "$1" || true; done',
                "sh",
                vxlan,
              ],
              ["bridge", "fdb", "append", "00:00:00:00:00:00", "dev", vxlan, "dst", strayVtep, "self", "permanent"],
              ["ip", "link", "set", "dev", vxlan, "mtu", "1300"],
            ]),
        ...(segment === undefined ? [] : [["ip", "link", "set", "dev", segment, "type", "macvlan", "macaddr", "set", strayMac]]),
      ]);
      await makeKernelDevices();
      if (hostBridge === undefined) return;
      await outside("ip", "link", "set", "dev", hostBridge, "down", "addrgenmode", "eui64");
      await outside("ip", "netns", "add", strayNamespace);
    },
    async foreignGone() {
      const links = await linkNames();
      const there = await foreignThere();
      return [
        ...kernelDevices.filter((name) => !links.includes(name)).map((name) => `the link ${name}, as kernels make it`),
        ...foreign.filter((what) => !there.includes(what)),
      ];
    },
    async tidy() {
      const said = await inside("sh", "-c", takeAway, "sh", link, tunnel ?? "");
      if (hostBridge !== undefined) {
        await outside("sh", "-c", 'ip netns del "$0" 2> /dev/null; true', strayNamespace);
        await outside("ip", "link", "set", "dev", hostBridge, "up", "addrgenmode", "none");
      }
      const left = [...(await linkNames("group", theirs.linkGroup)), ...(await foreignThere())];
      if (left.length > 0) throw new HarnessError(`${left.join(", ")} cannot be taken away from ${position.node} again: ${said.trim()}`);
    },
  };
}
