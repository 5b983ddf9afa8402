/** Small labs that many cases share. */
import type { NodeConfig, TopologyLink, TopologyNode } from "../topology/index.ts";
import type { Sketch } from "./case.ts";

/** `end` is `node:interface`. */
export function linkOf(near: string, far: string, mtu?: number): TopologyLink {
  const endOf = (end: string): TopologyLink["endpoints"][number] => {
    const [node = "", name = ""] = end.split(":");
    return { node, interface: name };
  };
  return { name: near, endpoints: [endOf(near), endOf(far)], ...(mtu === undefined ? {} : { mtu }) };
}

export const nodeOf = (name: string, config: NodeConfig = {}, init = false): TopologyNode => ({ name, init, role: "host", config });

export const addressesOn = (name: string, ...addresses: readonly string[]): NodeConfig => ({
  // What a lab's addresses are is stated: nothing is probed for, so that they can be used at once.
  sysctls: { "net/ipv6/conf/all/accept_dad": "0", "net/ipv6/conf/default/accept_dad": "0" },
  addresses: addresses.map((address) => ({ interface: name, address })),
});

/** `left` and `right` on one link, with addresses of both families; `right` has farmlab-init. */
export const pair: Sketch = {
  nodes: [
    nodeOf("left", addressesOn("eth1", "10.0.0.1/24", "2001:db8::1/64")),
    nodeOf("right", addressesOn("eth1", "10.0.0.2/24", "2001:db8::2/64"), true),
  ],
  links: [linkOf("left:eth1", "right:eth1")],
};

/** `left` and `right` with a node of no addresses between them. */
export const chainOver = (middle: string, config: NodeConfig, init: boolean): Sketch => ({
  nodes: [
    nodeOf("left", addressesOn("eth1", "10.0.0.1/24", "2001:db8::1/64")),
    nodeOf("right", addressesOn("eth1", "10.0.0.2/24", "2001:db8::2/64")),
    nodeOf(middle, config, init),
  ],
  links: [linkOf("left:eth1", `${middle}:eth1`), linkOf("right:eth1", `${middle}:eth2`)],
});

/** `count` hosts on one bridge, `host-0` is 10.0.0.1 and so on. */
export function star(count: number): Sketch {
  const names = Array.from({ length: count }, (_, index) => `host-${index}`);
  const address = (index: number): string => `10.0.${(index + 1) >> 8}.${(index + 1) & 255}/16`;
  return {
    nodes: [
      nodeOf("switch", { bridges: [{ name: "br0", ports: names.map((_, index) => `p${index + 1}`) }] }),
      ...names.map((name, index) => nodeOf(name, addressesOn("eth1", address(index)))),
    ],
    links: names.map((name, index) => linkOf(`${name}:eth1`, `switch:p${index + 1}`)),
  };
}
