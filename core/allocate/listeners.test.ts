import { describe, expect, it } from "vitest";
import { parsePrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { subnetNumberOf, subnetOf, vxlanPort } from "../derive/index.ts";
import { settle } from "./index.ts";
import type { AllocationList, Book, Claim, ListedNetwork, ListedNode, Settlement } from "./index.ts";

const net = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);
const allocations = [
  { prefix: net("2a02:1802:5e::/48"), number: 1 },
  { prefix: net("2a02:1802:5f::/48"), number: 2 },
];

/** Of nodes and the subnet numbers that are stated for them; the exit point first. */
const network = (name: string, members: Readonly<Record<string, number | undefined>>, allocationNumber = 1): ListedNetwork => ({
  ...{ name, allocationNumber },
  resources: Object.entries(members).map(([node, stated], index) => ({
    ...{ node, exitPoint: index === 0 },
    ...(stated === undefined ? {} : { prefix: subnetOf(allocations[allocationNumber - 1]!.prefix, stated) }),
  })),
});
const vxlan = (one: ListedNetwork): ListedNetwork => ({ ...one, overlay: { kind: "vxlan" } });

interface Circumstances {
  readonly heldPorts?: Readonly<Record<string, number>>;
  /** Of exit node x. */
  readonly standby?: string;
}

/** Exit node x of allocation 1, y of allocation 2, and two plain nodes. */
function listOf(networks: readonly ListedNetwork[], { heldPorts = {}, standby }: Circumstances = {}): AllocationList {
  const nodes: readonly ListedNode[] = [
    { name: "x", exitNode: { number: 1, allocationNumber: 1, ...(standby === undefined ? {} : { standbys: [{ node: standby }] }) } },
    { name: "y", exitNode: { number: 1, allocationNumber: 2 } },
    ...["n", "m"].map((name) => ({ name })),
  ];
  return {
    allocations,
    networks,
    nodes: nodes.map((node) => (heldPorts[node.name] === undefined ? node : { ...node, heldPorts: [heldPorts[node.name]!] })),
  };
}

const settled = (list: AllocationList, book: Book = new Map(), claims: readonly Claim[] = []): Settlement =>
  settle(book, list, { nowMs: 0, claims });
const numbersOf = ({ networks }: Settlement): Readonly<Record<string, number>> =>
  Object.fromEntries(
    networks.flatMap(({ network: name, resources }) => resources.map(({ node, prefix }) => [`${name}/${node}`, subnetNumberOf(prefix)])),
  );
const codes = ({ problems }: Settlement): readonly string[] => problems.map(({ code }) => code);
const keptBy = (name: string): Claim => ({ network: "blue", node: "x", allocationNumber: 1, subnetNumber: 0x1abc, standIn: name });

describe("EX-21 what listens on a node already", () => {
  it("gives no tunnel the port of a service of the node's own, nor of one of those that stand in for it", () => {
    const free = numbersOf(settled(listOf([network("blue", { x: undefined, n: undefined })])));
    const heldPorts = { m: free["blue/x"]!, n: free["blue/n"]! };
    const now = numbersOf(settled(listOf([network("blue", { x: undefined, n: undefined })], { heldPorts, standby: "m" })));
    expect(now["blue/x"]).not.toBe(free["blue/x"]);
    expect(now["blue/n"]).not.toBe(free["blue/n"]);
  });

  it("refuses a stated prefix whose port is held, by name, and nothing else of the network", () => {
    const list = (standby?: string): AllocationList =>
      listOf([network("blue", { x: 0x1abc, n: 0x1b2c })], {
        heldPorts: { n: 0x1b2c, m: 0x1abc },
        ...(standby === undefined ? {} : { standby }),
      });
    const plain = settled(list());
    expect(codes(plain)).toEqual(["port-held"]);
    expect(plain.networks[0]!.refused[0]!.message).toBe(
      "network blue has the WireGuard port 6956 on n, and so has the node's own service udp/6956",
    );
    expect(numbersOf(plain)).toEqual({ "blue/x": 0x1abc });
    expect(
      settled(list("m"))
        .networks[0]!.refused.map(({ message }) => message)
        .join(),
    ).toMatch(/port 6956 on n,.*port 6844 on m,/);
  });

  it("renumbers who has a port that a service comes to hold, whom no prefix is stated for", () => {
    const before = settled(listOf([network("blue", { x: 0x1abc, n: undefined })]));
    const port = numbersOf(before)["blue/n"]!;
    const held = listOf([network("blue", { x: 0x1abc, n: undefined })], { heldPorts: { n: port } });
    const claims = [{ network: "blue", node: "n", allocationNumber: 1, subnetNumber: port }];
    const after = settled(held, before.book, claims);
    expect(codes(after)).toEqual([]);
    expect(numbersOf(after)["blue/n"]).not.toBe(port);
    const again = settled(held, after.book, claims);
    expect(again.book.get(1)).toBe(after.book.get(1));
    expect(numbersOf(again)).toEqual(numbersOf(after));
  });

  it("has tunnels make way for the node's VXLANs, which all have one port", () => {
    const tunnel = network("blue", { x: undefined, n: vxlanPort });
    const stated = settled(listOf([tunnel]));
    expect(numbersOf(stated)["blue/n"]).toBe(vxlanPort);
    const besides = [vxlan(network("oak", { x: undefined, n: undefined }))];
    expect(codes(settled(listOf([tunnel, ...besides]), stated.book))).toEqual(["tunnel-port-is-vxlan"]);
    const unstated = settled(listOf([network("blue", { x: undefined, n: undefined }), ...besides]), stated.book);
    expect(codes(unstated)).toEqual([]);
    expect(numbersOf(unstated)["blue/n"]).not.toBe(vxlanPort);
    // A VXLAN itself has the number as a name only.
    expect(codes(settled(listOf([vxlan(network("oak", { x: undefined, n: vxlanPort }))])))).toEqual([]);
  });

  it("refuses a VXLAN on a node whose own service has its port, and leaves the rest of it", () => {
    const refused = settled(listOf([vxlan(network("oak", { x: undefined, n: undefined }))], { heldPorts: { n: vxlanPort } }));
    expect(codes(refused)).toEqual(["port-held"]);
    expect(Object.keys(numbersOf(refused))).toEqual(["oak/x"]);
  });
});

describe("EX-21 two allocations on one node", () => {
  const blue = network("blue", { x: 0x1abc });

  it("keeps apart what a standby may come to have and what it has", () => {
    const clash = settled(listOf([blue, network("red", { y: undefined, n: 0x1abc }, 2)], { standby: "n" }));
    expect(clash.problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "subnet-twice-on-node: networks blue and red both have a prefix with the bytes 1abc on n, so the same WireGuard port",
    ]);
    const other = settled(listOf([blue, network("red", { y: 0x1abd, n: 0x1abc }, 2)]));
    expect(codes(other)).toEqual([]);
  });

  it("renumbers who is not stated where an exit node is given a standby that has the number", () => {
    const red = network("red", { y: 0x1abd, n: 0x1abc }, 2);
    const before = settled(listOf([blue, red]));
    const left = network("blue", { x: undefined });
    const after = settled(listOf([left, red], { standby: "n" }), before.book);
    expect(codes(after)).toEqual([]);
    expect(numbersOf(after)["red/n"]).toBe(0x1abc);
    expect(numbersOf(after)["blue/x"]).not.toBe(0x1abc);
    expect(numbersOf(settled(listOf([left, red], { standby: "n" }), after.book))).toEqual(numbersOf(after));
    expect(codes(settled(listOf([blue, red], { standby: "n" }), before.book))).toEqual(["subnet-twice-on-node"]);
  });

  it("keeps a prefix, and its number, for as long as a standby has it", () => {
    const before = settled(listOf([blue], { standby: "n" }));
    const away = settled(listOf([network("red", { y: undefined, n: 0x1abc }, 2)], { standby: "n" }), before.book, [keptBy("n")]);
    expect(codes(away)).toEqual(["subnet-twice-on-node"]);
    expect(codes(settled(listOf([network("green", { x: 0x1abc })]), away.book, [keptBy("n")]))).toEqual(["prefix-leaving"]);
    expect(codes(settled(listOf([network("green", { x: 0x1abc })]), away.book))).toEqual(["prefix-resting"]);
    // A store that lost everything is told by the standby alone whose it is.
    const rebuilt = settled(listOf([network("blue", { x: undefined })]), new Map(), [keptBy("n")]);
    expect(numbersOf(rebuilt)).toEqual({ "blue/x": 0x1abc });
  });
});
