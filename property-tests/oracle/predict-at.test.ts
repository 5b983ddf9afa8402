/** Worked examples: what the laws say of the first farm's flows while one thing after another happens to it, followed by hand on its drawing. */
import { describe, expect, it } from "vitest";
import type { Change, Fault, ScheduledFault } from "../../core/farm/index.ts";
import { constraintOf, predict, predictAt, predictDuring, waysOf } from "./index.ts";
import type { Flow, TimedPrediction, World } from "./index.ts";
import { farmNamed, flowTo, partyNamed, worldOf } from "../run/world.fixture.ts";

const farm = farmNamed("exit-node");
const settleMs = 1000;

const world = (faults: readonly ScheduledFault[], changes: readonly Change[] = []): World => worldOf(farm, { faults, changes });
/** From 10 s to 20 s. */
const during = (fault: Fault): World => world([{ atMs: 10_000, healAtMs: 20_000, fault }]);

const flows = {
  "hidden to hidden": (of: World): Flow => flowTo(of, "blue-2", "10.28.61.2"),
  "hidden to exit point": (of: World): Flow => flowTo(of, "blue-2", "10.26.188.2", "tcp", 80),
  "other hidden to exit point": (of: World): Flow => flowTo(of, "blue-3", "10.26.188.2", "tcp", 80),
  "exit point to the internet": (of: World): Flow => flowTo(of, "red-1", "2001:db8:6::6"),
  "hidden to the IPv4 internet": (of: World): Flow => flowTo(of, "blue-2", "198.51.100.4", "udp", 7007),
  "internet to a forward": (of: World): Flow => flowTo(of, "host-v4", "185.69.166.200", "udp", 5353),
  "own network to a forward": (of: World): Flow => flowTo(of, "blue-1", "185.69.166.200", "tcp", 8080),
  "neighbour to neighbour": (of: World): Flow => flowTo(of, "red-1", "2a02:1802:5e:1abc::2", "tcp", 80),
  "strangers, privately": (of: World): Flow => flowTo(of, "red-1", "10.26.188.2"),
  "to nobody": (of: World): Flow => flowTo(of, "host-v6", "2a02:1802:5e:1fff::2"),
};
type FlowName = keyof typeof flows;

function short(timed: TimedPrediction | undefined): string {
  if (timed === undefined) return "no law";
  const { mode, prediction } = timed;
  return prediction.delivered ? mode : `${mode}: ${prediction.refusal}`;
}
const at = (of: World, name: FlowName, atMs: number): string => short(predictAt(of, flows[name](of), atMs, { settleMs }));

/** Of each flow what holds in the middle of the fault; the others are as without it. */
function hit(fault: Fault): Record<string, string> {
  const of = during(fault);
  const calm = world([]);
  return Object.fromEntries(
    (Object.keys(flows) as FlowName[]).flatMap((name) => {
      const now = at(of, name, 15_000);
      return now === at(calm, name, 15_000) ? [] : [[name, now]];
    }),
  );
}

const throughHiddenUplink = ["hidden to hidden", "hidden to exit point", "hidden to the IPv4 internet", "internet to a forward"];
const all = (names: readonly string[], what: string): Record<string, string> => Object.fromEntries(names.map((name) => [name, what]));

describe("paths on the drawing", () => {
  const calm = world([]);
  const constraint = (name: FlowName): { must: string[]; mustNot: string[] } => {
    const flow = flows[name](calm);
    const { mustPass, mustNotPass } = constraintOf(calm, waysOf(calm, flow, predict(calm, flow)!));
    const text = (parts: typeof mustPass): string[] => parts.map((part) => `${part.kind} ${part.name}`);
    return { must: text(mustPass), mustNot: text(mustNotPass) };
  };

  it("two hidden nodes meet at the exit point, and their packets see no gateway", () => {
    expect(constraint("hidden to hidden")).toEqual({
      must: [
        ...["node node-2", "resource blue/node-2"],
        ...["link node-2:eth0", "node lan-a", "link home-a:lan", "node home-a", "link home-a:wan", "node internet"],
        ...["link upstream:wan", "node upstream", "link upstream:swp1", "node prefix-zero", "link node-1:eth0", "node node-1"],
        "resource blue/node-1",
        ...["link home-b:wan", "node home-b", "link home-b:lan", "node lan-b", "link node-3:eth0", "node node-3"],
        "resource blue/node-3",
      ],
      mustNot: ["gateway node-1", "resource red/node-1", "resource red/node-2"],
    });
  });

  it("the way to the internet leads over the tunnel's NIC in, and the forwarding NIC out", () => {
    const { must, mustNot } = constraint("hidden to the IPv4 internet");
    expect(must).toEqual(expect.arrayContaining(["link node-1:eth0", "gateway node-1", "link node-1:eth1", "link host-v4:wan"]));
    expect(mustNot).toEqual(["resource blue/node-3", "resource red/node-1", "resource red/node-2"]);
  });

  it("neighbours on one gateway, and a forward from its own network, never leave the node", () => {
    expect(constraint("neighbour to neighbour").must).toEqual([
      "node node-1",
      "resource red/node-1",
      "gateway node-1",
      "resource blue/node-1",
    ]);
    expect(constraint("own network to a forward").must).toEqual(["node node-1", "resource blue/node-1", "gateway node-1"]);
  });

  it("between gateways of one segment the router may be passed or not, and both gateways are", () => {
    const three = worldOf(farmNamed("three-exit-nodes"));
    const flow: Flow = { from: partyNamed(three, "birch-1"), to: partyNamed(three, "cedar-1").ipv6!, protocol: "icmp" };
    const ways = waysOf(three, flow, predict(three, flow)!);
    expect(ways).toHaveLength(2);
    const { mustPass } = constraintOf(three, ways);
    const names = mustPass.map((part) => `${part.kind} ${part.name}`);
    expect(names).toEqual(
      expect.arrayContaining(["gateway exit-1", "link exit-1:eth1", "node prefix-zero", "link exit-2:eth1", "gateway exit-2"]),
    );
    expect(names).not.toContain("node upstream");
  });
});

describe("a fault's time", () => {
  const of = during({ kind: "cut", link: "home-a:wan" });
  it.each([
    ["before", 9999, "must"],
    ["when it has just begun", 10_500, "may"],
    ["while it lasts", 15_000, "must not: any"],
    ["just before its end", 19_999, "must not: any"],
    ["when it is just over", 20_500, "may"],
    ["when all is settled", 21_000, "must"],
  ])("%s", (_, atMs, expected) => {
    expect(at(of, "hidden to hidden", atMs)).toBe(expected);
    expect(at(of, "other hidden to exit point", atMs)).toBe("must");
    expect(at(of, "strangers, privately", atMs)).toBe("must not: any");
  });

  it("a look that begins before and ends within may see either", () => {
    const flow = flows["hidden to hidden"](of);
    const look = (fromMs: number, toMs: number): string => short(predictDuring(of, flow, { fromMs, toMs }, { settleMs, onsetMs: 0 }));
    expect([look(9000, 9900), look(9900, 10_100), look(10_100, 19_000), look(19_000, 20_001)]).toEqual([
      "must",
      "may",
      "must not: any",
      "may",
    ]);
  });

  it("one that is never healed lasts", () => {
    const never = world([{ atMs: 10_000, fault: { kind: "cut", link: "home-a:wan" } }]);
    expect(at(never, "hidden to hidden", 1e9)).toBe("must not: any");
  });
});

describe("each kind of fault", () => {
  it.each<[string, Fault, Record<string, string>]>([
    ["a cut of a home's uplink", { kind: "cut", link: "home-a:wan" }, all(throughHiddenUplink, "must not: any")],
    ["one way down", { kind: "cut", link: "home-a:wan", from: "home-a" }, all(throughHiddenUplink, "must not: any")],
    ["a link down", { kind: "link-down", link: "node-2:eth0" }, all(throughHiddenUplink, "must not: any")],
    [
      "the gateway's own NIC",
      { kind: "link-down", link: "node-1:eth1" },
      {
        ...all(["exit point to the internet", "hidden to the IPv4 internet", "internet to a forward"], "must not: any"),
        "to nobody": "must not: any",
      },
    ],
    ["a partition of a home", { kind: "partition", nodes: ["lan-a", "node-2"] }, all(throughHiddenUplink, "must not: any")],
    ["a partition of nobody from anybody", { kind: "partition", nodes: ["grid"] }, {}],
    ["the death of a hidden node", { kind: "node-death", node: "node-2", carrier: "kept" }, all(throughHiddenUplink, "must not: any")],
    [
      "a router that is paused",
      { kind: "node-pause", node: "home-b" },
      all(["hidden to hidden", "other hidden to exit point"], "must not: any"),
    ],
    [
      "an exit node that is paused, but for what never leaves it",
      { kind: "node-pause", node: "node-1" },
      {
        ...all(["hidden to hidden", "hidden to exit point", "other hidden to exit point", "exit point to the internet"], "must not: any"),
        ...all(["hidden to the IPv4 internet", "internet to a forward", "to nobody"], "must not: any"),
        ...all(["neighbour to neighbour", "own network to a forward"], "may"),
      },
    ],
    ["loss", { kind: "packets", link: "home-a:wan", loss: 0.5 }, all(throughHiddenUplink, "may")],
    ["loss of everything", { kind: "packets", link: "home-a:wan", loss: 1 }, all(throughHiddenUplink, "must not: any")],
    ["loss of something", { kind: "packets", link: "home-a:wan", loss: 1, only: { protocol: "udp" } }, all(throughHiddenUplink, "may")],
    ["wrong bits", { kind: "packets", link: "home-a:wan", corrupt: 0.1 }, all(throughHiddenUplink, "may")],
    ["delay", { kind: "packets", link: "home-a:wan", delayMs: 200, jitterMs: 50 }, {}],
    ["more delay than anybody waits", { kind: "packets", link: "home-a:wan", delayMs: 2000 }, all(throughHiddenUplink, "may")],
    ["packets out of order and twice", { kind: "packets", link: "home-a:wan", reorder: 0.5, duplicate: 0.5 }, {}],
    ["an agent's wrong clock", { kind: "agent-clock", node: "node-1", aheadMs: 1e9 }, {}],
  ])("%s", (_, fault, expected) => {
    expect(hit(fault)).toEqual(expected);
  });

  it("chance is told where chance alone decides, once for each passage", () => {
    const of = during({ kind: "packets", link: "home-a:wan", loss: 0.5 });
    const chance = (name: FlowName): number | undefined => predictAt(of, flows[name](of), 15_000, { settleMs })?.chance;
    expect(chance("hidden to hidden")).toBe(0.25);
    expect(chance("other hidden to exit point")).toBeUndefined();
  });

  it("EX-18 the kill of an agent loses no packet; of other processes nobody says", () => {
    const killed = (service: string): World =>
      world([{ atMs: 10_000, fault: { kind: "process-kill", node: "node-1", service, signal: "SIGKILL" } }]);
    expect(at(killed("agent"), "hidden to exit point", 10_000)).toBe("must");
    expect(at(killed("wg-1abc-1"), "hidden to exit point", 10_000)).toBe("may");
    expect(at(killed("wg-1abc-1"), "hidden to exit point", 11_000)).toBe("must");
  });

  it("a node that starts again may lose packets meanwhile, and none after", () => {
    const of = world([{ atMs: 10_000, fault: { kind: "node-reboot", node: "node-2" } }]);
    expect([9999, 10_000, 10_999, 11_000].map((atMs) => at(of, "hidden to hidden", atMs))).toEqual(["must", "may", "may", "must"]);
    expect(at(of, "other hidden to exit point", 10_000)).toBe("must");
  });

  it("of two faults on one way the worse counts, also while the other may be over", () => {
    const of = world([
      { atMs: 10_000, healAtMs: 20_000, fault: { kind: "packets", link: "home-a:wan", loss: 0.5 } },
      { atMs: 12_000, healAtMs: 30_000, fault: { kind: "cut", link: "node-2:eth0" } },
    ]);
    expect([11_500, 15_000, 20_500, 29_000, 31_000].map((atMs) => at(of, "hidden to hidden", atMs))).toEqual([
      "may",
      ...Array<string>(3).fill("must not: any"),
      "must",
    ]);
  });
});

describe("who comes and goes", () => {
  const leaves = world(
    [],
    [
      { atMs: 10_000, act: "leave", network: "blue", node: "node-3" },
      { atMs: 20_000, act: "join", network: "blue", node: "node-3" },
    ],
  );
  const to3 =
    (from: string): ((of: World) => Flow) =>
    (of) =>
      flowTo(of, from, "2a02:1802:5e:1c3d::2");
  const seen = (of: World, flow: (of: World) => Flow, ...atMs: number[]): string[] =>
    atMs.map((time) => short(predictAt(of, flow(of), time, { settleMs })));

  it("EX-11 an NR that is away is unassigned, and EX-12 disturbs nobody", () => {
    expect(seen(leaves, to3("host-v6"), 9999, 10_500, 15_000, 20_500, 21_000)).toEqual([
      "must",
      "may",
      "must not: unreachable",
      "may",
      "must",
    ]);
    expect(seen(leaves, to3("blue-2"), 15_000)).toEqual(["must not: unreachable"]);
    expect(seen(leaves, (of) => flowTo(of, "blue-2", "10.28.61.2"), 10_500, 15_000)).toEqual(["may", "must not: any"]);
    for (const name of ["hidden to exit point", "internet to a forward", "neighbour to neighbour"] as const) {
      expect([10_000, 15_000, 20_000].map((atMs) => at(leaves, name, atMs))).toEqual(["must", "must", "must"]);
    }
  });

  it("who is away sends nothing", () => {
    expect(seen(leaves, (of) => flowTo(of, "blue-3", "2001:db8:6::6"), 9999, 10_500, 15_000, 21_000)).toEqual([
      "must",
      "no law",
      "no law",
      "must",
    ]);
  });

  it("a whole network takes its forwards with it; one that joins first was away before", () => {
    const of = world([], [{ atMs: 10_000, act: "join", network: "blue" }]);
    expect(seen(of, flows["internet to a forward"], 0, 10_500, 11_000)).toEqual(["must not: any", "may", "must"]);
    expect(seen(of, (late) => flowTo(late, "red-1", "2a02:1802:5e:1abc::2"), 0, 11_000)).toEqual(["must not: unreachable", "must"]);
    expect(at(of, "exit point to the internet", 10_500)).toBe("must");
    const echoes = [0, 10_500, 11_000].map(
      (atMs) => predictAt(of, flowTo(of, "host-v4", "185.69.166.200"), atMs, { settleMs })?.prediction,
    );
    expect(echoes.map((prediction) => prediction?.delivered === false && prediction.mayEcho === true)).toEqual([false, true, true]);
  });
});

describe("a farm whose links lose packets all the time", () => {
  it("may lose any probe over them, with a known chance, and none over others", () => {
    const conditions = [{ on: { kind: "segment", segment: "lan-a" }, up: { loss: 0.1 } } as const];
    const of = worldOf({ ...farm, conditions });
    const timed = predictAt(of, flows["hidden to exit point"](of), 0, { settleMs });
    // The node's link and the router's.
    expect([timed?.mode, timed?.chance?.toFixed(3)]).toEqual(["may", "0.810"]);
    expect(at(of, "other hidden to exit point", 0)).toBe("must");
  });
});
