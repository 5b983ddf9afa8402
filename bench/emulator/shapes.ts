/** The two shapes that every emulator brings up: a chain of routers and a star of hosts on one bridge. */
import type { NodeConfig, Topology, TopologyLink } from "../../emulator/topology/index.ts";

export interface Shape {
  readonly name: "chain" | "star";
  readonly topology: Topology;
  /** The ping from one end to the other: who sends it, and to which address. */
  readonly from: string;
  readonly to: string;
}

/** More hops than a packet usually lives for. */
const ttl = "255";
const quiet = { "net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1" };

const link = (near: string, nearName: string, far: string, farName: string): TopologyLink => ({
  name: `${near}:${nearName}`,
  endpoints: [
    { node: near, interface: nearName },
    { node: far, interface: farName },
  ],
});

/** Link `index` is 10.x.y.0/30 between nodes `index` (.1) and `index + 1` (.2). */
const linkAddress = (index: number, end: 1 | 2): string => `10.${index >> 8}.${index & 255}.${end}`;

function chainNode(index: number, count: number): NodeConfig {
  const last = count - 1;
  const left = index === 0 ? [] : [{ interface: "left", address: `${linkAddress(index - 1, 2)}/30` }];
  const right = index === last ? [] : [{ interface: "right", address: `${linkAddress(index, 1)}/30` }];
  const onward = index === last ? linkAddress(index - 1, 1) : linkAddress(index, 2);
  return {
    sysctls: { ...quiet, "net/ipv4/ip_forward": "1", "net/ipv4/ip_default_ttl": ttl },
    addresses: [...left, ...right],
    routes: [
      { family: 4, to: "default", via: onward },
      ...(index > 1 && index < last ? [{ family: 4, to: "10.0.0.0/30", via: linkAddress(index - 1, 1) } as const] : []),
    ],
  };
}

/** `count` routers in a row; a ping crosses them all. */
export function chain(count: number): Shape {
  const names = Array.from({ length: count }, (_, index) => `n${index}`);
  const topology: Topology = {
    name: `chain-${count}`,
    seed: 1,
    nodes: names.map((name, index) => ({ name, init: false, role: "host", config: chainNode(index, count) })),
    links: names.slice(1).map((name, index) => link(names[index] ?? "", "right", name, "left")),
  };
  return { name: "chain", topology, from: "n0", to: linkAddress(count - 2, 2) };
}

/** `count` nodes: one with a bridge, the others hosts on it. A bridge has 1023 ports at most. */
export function star(count: number): Shape {
  const hosts = Array.from({ length: count - 1 }, (_, index) => `n${index + 1}`);
  const address = (index: number): string => `10.0.${(index + 1) >> 8}.${(index + 1) & 255}`;
  const topology: Topology = {
    name: `star-${count}`,
    seed: 1,
    nodes: [
      {
        name: "hub",
        init: false,
        role: "segment",
        config: { sysctls: quiet, bridges: [{ name: "br0", ports: hosts.map((_, index) => `p${index + 1}`) }] },
      },
      ...hosts.map((name, index) => ({
        name,
        init: false,
        role: "host",
        config: { sysctls: quiet, addresses: [{ interface: "eth1", address: `${address(index)}/16` }] },
      })),
    ],
    links: hosts.map((name, index) => link(name, "eth1", "hub", `p${index + 1}`)),
  };
  return { name: "star", topology, from: "n1", to: address(hosts.length - 1) };
}
