import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, expectValue, formatPrefix, parseAddress, parsePrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import type { Farm, FarmNode, NetworkResource, PortForward, UserNetwork, Workload } from "../farm/index.ts";
import { exitNodePart, subnetNumberOf } from "../derive/index.ts";
import { intentsOf, wishesAt, wishesOf } from "./index.ts";
import type { Wishes } from "./index.ts";

const ip = (text: string): Address => parseAddress(text) ?? expect.fail(text);
const net = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);

const exitNode = (name: string, number: number, allocationNumber = 1): FarmNode => ({
  name,
  nics: [],
  exitNode: { number, allocationNumber, nic: "eth1" },
  emulate: true,
});
const plainNode = (name: string): FarmNode => ({ name, nics: [{ name: "eth0", segment: "lan" }], emulate: true });
const resource = (node: string, prefix?: string, exitPoint = false): NetworkResource => ({
  node,
  exitPoint,
  ...(prefix === undefined ? {} : { prefix: net(prefix) }),
});
const network = (name: string, resources: readonly NetworkResource[], allocationNumber = 1): UserNetwork => ({
  name,
  kind: "exit-node",
  allocationNumber,
  ownedIpv4: [],
  resources,
  workloads: [],
  portForwards: [],
});
const farm = (
  nodes: readonly FarmNode[],
  networks: readonly UserNetwork[],
  allocations = [{ prefix: net("2a02:1802:5e::/48"), number: 1 }],
): Farm => ({
  name: "farm",
  about: "",
  allocations,
  segments: [],
  internet: { hosts: [] },
  upstreams: [],
  conditions: [],
  timeline: { faults: [], changes: [] },
  expectations: [],
  homeRouters: [],
  carriers: [],
  nodes,
  networks,
});

const forwardTo = ({ name }: Workload, index: number): PortForward => ({
  address: ip("185.69.166.200"),
  protocol: "tcp",
  port: 8000 + index,
  workload: name,
  workloadPort: 80,
});

const drawing = farm(
  [plainNode("node-2"), exitNode("node-1", 1), plainNode("node-3")],
  [
    network("red", [resource("node-2"), resource("node-1", "2a02:1802:5e:1123::/64", true)]),
    {
      ...network("blue", [
        resource("node-3"),
        resource("node-1", "2a02:1802:5e:1abc::/64", true),
        resource("node-2", "2a02:1802:5e:1b2c::/64"),
      ]),
      ownedIpv4: [ip("185.69.166.201"), ip("185.69.166.200")],
      workloads: [
        {
          name: "blue-2",
          node: "node-2",
          host: 2,
          services: [
            { protocol: "udp", port: 53 },
            { protocol: "tcp", port: 80 },
          ],
        },
        { name: "blue-1", node: "node-1", host: 2, services: [] },
      ],
    },
  ],
);

const codes = (one: Farm): readonly string[] => intentsOf(one).problems.map((problem) => problem.code);

describe("intentsOf", () => {
  it("puts all in the order of names and fills in the prefixes", () => {
    const intents = expectValue(intentsOf(drawing));
    expect(intents.allocations).toEqual([{ prefix: net("2a02:1802:5e::/48"), number: 1 }]);
    expect(intents.nodes.map(({ name }) => name)).toEqual(["node-1", "node-2", "node-3"]);
    expect(intents.nodes[0]).toEqual({ name: "node-1", exitNode: { number: 1, allocationNumber: 1, nic: "eth1" } });
    expect(intents.networks.map(({ name, resources }) => [name, resources.map(({ node }) => node)])).toEqual([
      ["blue", ["node-1", "node-2", "node-3"]],
      ["red", ["node-1", "node-2"]],
    ]);
    const [blue] = intents.networks;
    expect(blue?.resources.slice(0, 2).map(({ prefix }) => formatPrefix(prefix))).toEqual([
      "2a02:1802:5e:1abc::/64",
      "2a02:1802:5e:1b2c::/64",
    ]);
    expect(contains(exitNodePart(net("2a02:1802:5e::/48"), 1), blue!.resources[2]!.prefix)).toBe(true);
    expect(blue?.ownedIpv4).toEqual([ip("185.69.166.200"), ip("185.69.166.201")]);
    expect(blue?.workloads.map(({ name }) => name)).toEqual(["blue-1", "blue-2"]);
    expect(blue?.workloads[1]?.services.map(({ protocol }) => protocol)).toEqual(["tcp", "udp"]);
  });

  it("EX-5 gives the same intents for any order of the file", () => {
    const expected = intentsOf(drawing);
    const shuffled = <T>(list: readonly T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray([...list], { minLength: list.length });
    const orders = fc
      .record({ nodes: shuffled(drawing.nodes), networks: shuffled(drawing.networks), turn: fc.nat(2) })
      .map(({ nodes, networks, turn }) => ({
        ...drawing,
        nodes,
        networks: networks.map((one) => ({
          ...one,
          resources: [...one.resources.slice(turn), ...one.resources.slice(0, turn)],
          workloads: one.workloads.toReversed(),
        })),
      }));
    fc.assert(
      fc.property(orders, (one) => {
        expect(intentsOf(one)).toEqual(expected);
      }),
    );
  });

  it("EX-5 gives no prefix that another resource states, whoever comes first", () => {
    const draw = expectValue(intentsOf(farm([exitNode("x", 1), plainNode("n")], [network("a", [resource("x", undefined, true)])])))
      .networks[0]!.resources[0]!.prefix;
    const clash = farm(
      [exitNode("x", 1), plainNode("n")],
      [network("a", [resource("x", undefined, true)]), network("z", [resource("x", formatPrefix(draw), true)])],
    );
    const [a, z] = expectValue(intentsOf(clash)).networks;
    expect(z!.resources[0]!.prefix).toEqual(draw);
    expect(a!.resources[0]!.prefix).not.toEqual(draw);
  });

  it("EX-21 gives a node no two prefixes with the same bytes, also from two allocations", () => {
    const allocations = [
      { prefix: net("2a02:1802:5e::/48"), number: 1 },
      { prefix: net("2a02:1802:5f::/48"), number: 2 },
    ];
    const nodes = [exitNode("x", 1), exitNode("y", 1, 2)];
    const first = network("a", [resource("x", undefined, true), resource("y")]);
    const taken = expectValue(intentsOf(farm(nodes, [first], allocations))).networks[0]!.resources[1]!.prefix;
    const stated = `2a02:1802:5f:${subnetNumberOf(taken).toString(16)}::/64`;
    const both = expectValue(intentsOf(farm(nodes, [first, network("b", [resource("y", stated, true)], 2)], allocations)));
    expect(subnetNumberOf(both.networks[0]!.resources[1]!.prefix)).not.toBe(subnetNumberOf(taken));
    const clash = [
      network("a", [resource("x", undefined, true), resource("y", formatPrefix(taken))]),
      network("b", [resource("y", stated, true)], 2),
    ];
    const refused = intentsOf(farm(nodes, clash, allocations));
    expect(refused.problems.map(({ code }) => code)).toEqual(["subnet-twice-on-node"]);
    expect(refused.problems[0]?.message).toMatch(/networks a and b .* on y/);
  });

  it("passes warnings and advice on", () => {
    const documentation = [{ prefix: net("2001:db8:5e::/48"), number: 1 }];
    const networks = Array.from({ length: 2000 }, (_, index) => network(`net-${index}`, [resource("x", undefined, true)]));
    const outcome = intentsOf(farm([exitNode("x", 1)], networks, documentation));
    expect(outcome.ok).toBe(true);
    expect(outcome.problems.map(({ severity, code }) => [severity, code])).toEqual([
      ["warning", "documentation-prefix"],
      ["advice", "exit-node-routes"],
    ]);
  });

  it("names every problem, not the first only", () => {
    const nodes = [exitNode("x", 1), exitNode("y", 1), plainNode("n")];
    const networks = [
      network("a", [resource("n", undefined, true)]),
      network("b", [resource("x")]),
      network("c", [resource("x", undefined, true), resource("y", undefined, true)]),
      network("d", [resource("x", undefined, true), resource("n"), resource("n")]),
      network("e", [resource("x", "2a02:1802:5e:2abc::/64", true)]),
      network("f", [resource("x", "2a02:1802:5e:1abc::/64", true)]),
      network("g", [resource("x", "2a02:1802:5e:1abc::/64", true)]),
    ];
    expect(codes(farm(nodes, networks)).toSorted()).toEqual([
      "exit-node-number-taken",
      "exit-point-count",
      "exit-point-count",
      "exit-point-not-on-exit-node",
      "prefix-held-twice",
      "prefix-outside-part",
      "resource-twice-on-node",
    ]);
  });

  it("refuses allocations with one number, and exit nodes of none", () => {
    const allocations = [
      { prefix: net("2a02:1802:5e::/48"), number: 1 },
      { prefix: net("2a02:1802:5f::/48"), number: 1 },
    ];
    expect(codes(farm([exitNode("x", 1, 3)], [], allocations))).toEqual(["allocation-number-twice", "unknown-allocation"]);
    expect(codes(farm([], [], [{ prefix: net("fd00::/48"), number: 1 }]))).toEqual(["allocation-ula"]);
  });
});

describe("wishesAt", () => {
  const changing: Farm = {
    ...drawing,
    networks: drawing.networks.map((one) => ({ ...one, portForwards: one.workloads.map(forwardTo) })),
    timeline: {
      faults: [],
      changes: [
        { atMs: 5, act: "join", network: "blue", node: "node-2" },
        { atMs: 10, act: "leave", network: "red" },
      ],
    },
  };
  const whole = wishesOf(changing);
  const at = (atMs: number): Wishes => wishesAt(changing, atMs);

  it("leaves out what is away, with workloads and port forwards there, and changes nothing of the others", () => {
    const [blue, red] = whole.networks;
    const without = {
      ...blue!,
      resources: blue!.resources.filter(({ node }) => node !== "node-2"),
      workloads: blue!.workloads.filter(({ node }) => node !== "node-2"),
      portForwards: blue!.portForwards.filter(({ workload }) => workload === "blue-1"),
    };
    expect(blue!.portForwards).toHaveLength(2);
    expect(at(0)).toEqual({ ...whole, networks: [without, red] });
    expect(at(5)).toEqual(whole);
    expect(at(10)).toEqual({ ...whole, networks: [blue] });
  });
});
