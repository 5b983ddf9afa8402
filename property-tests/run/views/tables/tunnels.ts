/** WireGuard's own tables: which peer an address belongs to, and where its messages go. */
import { contains, parseAddress, parsePrefix } from "../../../../core/common/index.ts";
import type { Address, Prefix } from "../../../../core/common/index.ts";
import type { PlaceTables } from "./place-tables.ts";

export interface TunnelPeer {
  readonly publicKey: string;
  readonly allowed: readonly Prefix[];
  /** Configured or learnt; absent: none yet. */
  readonly endpoint?: { readonly address: Address; readonly port: number };
}

export interface Tunnel {
  /** Where its interface is. */
  readonly where: string;
  readonly interface: string;
  /** Where its socket is: `node`, or `node/namespace`; undefined where none listens on its port. */
  readonly outside: string | undefined;
  readonly port: number;
  readonly publicKey: string;
  readonly peers: readonly TunnelPeer[];
}

/** Fields of each line, with the interface's name first: `wg` tells it of endpoints with an interface's first peer alone. */
function linesOf(text: string, fields: number): string[][] {
  let name = "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(/\s+/))
    .map((words) => {
      if (words.length >= fields) name = words[0] ?? "";
      return words.length >= fields ? words : [name, ...words];
    });
}

function endpointOf(text: string): TunnelPeer["endpoint"] {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(text) ?? [];
  const address = parseAddress(host.replace(/^\[(.*)\]$/, "$1"));
  return address === undefined ? undefined : { address, port: Number(port) };
}

/** A node's tunnels, of what `wg show all ...` answers there; its places tell in which namespaces interface and socket are. */
export function readTunnels(places: readonly PlaceTables[], parts: Readonly<Record<string, string>>): Tunnel[] {
  const of = (name: string, fields = 2): string[][] => linesOf(parts[name] ?? "", fields);
  return of("public-keys").flatMap(([name, publicKey]): Tunnel[] => {
    const inside = places.find((place) => place.interfaces.some((link) => link.name === name));
    const port = Number(of("ports").find(([link]) => link === name)?.[1] ?? 0);
    if (name === undefined || publicKey === undefined || inside === undefined) return [];
    const peers = of("allowed-ips").filter(([link]) => link === name);
    return [
      {
        ...{ where: inside.where, interface: name, publicKey, port },
        outside: places.find((place) => place.listening.has(`udp/${port}`))?.where,
        peers: peers.map(([, key = "", ...allowed]): TunnelPeer => {
          const endpoint = endpointOf(of("endpoints", 3).find(([link, peer]) => link === name && peer === key)?.[2] ?? "");
          return {
            publicKey: key,
            allowed: allowed.flatMap((text) => parsePrefix(text) ?? []),
            ...(endpoint === undefined ? {} : { endpoint }),
          };
        }),
      },
    ];
  });
}

/** The peer that an address belongs to: that of the longest of all allowed prefixes that hold it. */
export function peerFor(tunnel: Tunnel, address: Address): TunnelPeer | undefined {
  return tunnel.peers
    .flatMap((peer) => peer.allowed.filter((prefix) => contains(prefix, address)).map((prefix) => ({ peer, length: prefix.length })))
    .toSorted((one, other) => other.length - one.length)[0]?.peer;
}
