import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPrefix, formatProblem, parsePrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { subnetNumberOf, subnetOf } from "../derive/index.ts";
import { encodeAllocator, grantedList, heldPrefixes, releasedPrefixRestMs, settle, startAllocator, staysSettled } from "./index.ts";
import type { AllocationList, Book, Claim, ListedNetwork, Settlement } from "./index.ts";

const net = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);
const allocation = net("2a02:1802:5e::/48");

const network = (
  name: string,
  exitPoint: string,
  others: readonly string[] = [],
  prefixes: Record<string, number> = {},
): ListedNetwork => ({
  name,
  allocationNumber: 1,
  resources: [exitPoint, ...others].map((node, index) => ({
    node,
    exitPoint: index === 0,
    ...(prefixes[node] === undefined ? {} : { prefix: subnetOf(allocation, prefixes[node]) }),
  })),
});

const exitNode = (name: string, number?: number): AllocationList["nodes"][number] => ({
  name,
  exitNode: { allocationNumber: 1, ...(number === undefined ? {} : { number }) },
});

const listOf = (networks: readonly ListedNetwork[], nodes = [exitNode("x1", 1), exitNode("x2", 2)]): AllocationList => ({
  allocations: [{ prefix: allocation, number: 1 }],
  nodes: [...nodes, { name: "n1" }, { name: "n2" }, { name: "n3" }],
  networks,
});

const settled = (book: Book, list: AllocationList, nowMs = 0, claims: readonly Claim[] = []): Settlement =>
  settle(book, list, { nowMs, claims });

const prefixesOf = ({ networks }: Settlement): Record<string, string> =>
  Object.fromEntries(
    networks.flatMap(({ network: name, resources }) => resources.map(({ node, prefix }) => [`${name}/${node}`, formatPrefix(prefix)])),
  );
const codes = ({ problems }: Settlement): readonly string[] => problems.map(({ code }) => code);
const textsOf = ({ book }: Settlement): unknown => [...book].map(([number, state]) => [number, encodeAllocator(state)]);

describe("settle", () => {
  const list = listOf([network("blue", "x1", ["n1"], { x1: 0x1abc }), network("red", "x2", ["n1"])]);
  const first = settled(new Map(), list);

  it("gives what is stated and what is not, each from the part of the exit point's exit node", () => {
    expect(prefixesOf(first)["blue/x1"]).toBe("2a02:1802:5e:1abc::/64");
    const parts = Object.entries(prefixesOf(first)).map(([key, text]) => [key, subnetNumberOf(net(text)) >> 12]);
    expect(Object.fromEntries(parts)).toEqual({ "blue/x1": 1, "blue/n1": 1, "red/x2": 2, "red/n1": 2 });
  });

  it("changes nothing when it is asked again", () => {
    const again = settled(first.book, list, 5);
    expect(again.book.get(1)).toBe(first.book.get(1));
    expect(again.networks).toEqual(first.networks);
  });

  it("gives an exit node that states none the lowest number free, the same again, and refuses the sixteenth", () => {
    const fifteen = Array.from({ length: 15 }, (_, index) => exitNode(`x${index + 10}`, index === 3 ? 1 : undefined));
    const full = settled(new Map(), listOf([], fifteen));
    expect(full.numbers[0]!.exitNodes.map(({ node }) => node)).toEqual([
      "x13",
      "x10",
      "x11",
      "x12",
      ...fifteen.slice(4).map(({ name }) => name),
    ]);
    const more = settled(full.book, listOf([], [exitNode("a"), ...fifteen]));
    expect(more.numbers[0]!.exitNodes).toEqual(full.numbers[0]!.exitNodes);
    expect(more.numbers[0]!.refused.map(({ code }) => code)).toEqual(["exit-nodes-exhausted"]);
  });

  it("keeps a prefix from others while its node still has it, then lets it rest", () => {
    const claim: Claim = { network: "blue", node: "x1", allocationNumber: 1, subnetNumber: 0x1abc };
    const taking = listOf([network("green", "x1", [], { x1: 0x1abc })]);
    const still = settled(first.book, taking, 10, [claim]);
    expect(codes(still)).toEqual(["prefix-leaving"]);
    const gone = settled(still.book, taking, 20);
    expect(codes(gone)).toEqual(["prefix-resting"]);
    expect(codes(settled(gone.book, taking, 19 + releasedPrefixRestMs))).toEqual(["prefix-resting"]);
    expect(prefixesOf(settled(gone.book, taking, 20 + releasedPrefixRestMs))).toEqual({ "green/x1": "2a02:1802:5e:1abc::/64" });
  });

  it("gives a network that comes back what it had, whether its node still has it or not", () => {
    const claims: Claim[] = [
      { network: "red", node: "n1", allocationNumber: 1, subnetNumber: subnetNumberOf(net(prefixesOf(first)["red/n1"]!)) },
    ];
    for (const held of [claims, []]) {
      const away = settled(first.book, listOf([]), 10, held);
      expect(away.networks).toEqual([]);
      const back = settled(away.book, list, 20, held);
      expect(prefixesOf(back)).toEqual(prefixesOf(first));
      expect(textsOf(back)).toEqual(textsOf(first));
    }
  });

  it("renumbers a network whose exit point moves, and holds the old prefixes until they are gone", () => {
    const claims: Claim[] = Object.entries(prefixesOf(first)).map(([key, text]) => {
      const [name = "", node = ""] = key.split("/");
      return { network: name, node, allocationNumber: 1, subnetNumber: subnetNumberOf(net(text)) };
    });
    const moved = listOf([network("blue", "x1", ["n1"], { x1: 0x1abc }), network("red", "x1", ["n1", "x2"])]);
    const after = settled(first.book, moved, 10, claims);
    expect(Object.keys(prefixesOf(after))).toEqual(["blue/n1", "blue/x1", "red/n1", "red/x1", "red/x2"]);
    for (const [key, text] of Object.entries(prefixesOf(after))) if (key.startsWith("red")) expect(text).toMatch(/:1[0-9a-f]{3}::\/64$/);
    const old = subnetNumberOf(net(prefixesOf(first)["red/n1"]!));
    const taking = listOf([...moved.networks, network("green", "x2", ["n2"], { n2: old })]);
    expect(codes(settled(after.book, taking, 20, claims))).toEqual(["prefix-leaving"]);
    expect(codes(settled(after.book, taking, 20))).toEqual(["prefix-resting"]);
    // And back within the rest: as it was.
    expect(prefixesOf(settled(settled(after.book, moved, 20).book, list, 30))).toEqual(prefixesOf(first));
  });

  it("finds out from nodes what they have where the book has nothing, and gives it to nobody else", () => {
    const claims: Claim[] = Object.entries(prefixesOf(first)).map(([key, text]) => {
      const [name = "", node = ""] = key.split("/");
      return { network: name, node, allocationNumber: 1, subnetNumber: subnetNumberOf(net(text)) };
    });
    const others = Array.from({ length: 40 }, (_, index) => network(`a-${index}`, "x1", ["n1", "n2"]));
    const rebuilt = settled(new Map(), listOf([...others, ...list.networks]), 0, claims);
    expect(prefixesOf(rebuilt)).toMatchObject(prefixesOf(first));
    expect(new Set(Object.values(prefixesOf(rebuilt))).size).toBe(124);
  });

  it("says no more of a full part than that it is full, and changes nothing", () => {
    const full = settled(
      new Map(),
      listOf(Array.from({ length: 1024 }, (_, index) => network(`net-${String(index).padStart(4, "0")}`, "x1", ["n1", "n2", "n3"]))),
    );
    expect(codes(full)).toEqual(["exit-node-routes"]);
    const late = settled(
      full.book,
      listOf([
        ...Array.from({ length: 1024 }, (_, index) => network(`net-${String(index).padStart(4, "0")}`, "x1", ["n1", "n2", "n3"])),
        network("late", "x1"),
      ]),
    );
    expect(codes(late)).toEqual(["part-full", "exit-node-routes"]);
    expect(late.book.get(1)).toBe(full.book.get(1));
  });

  it("leaves what would change too many parts for the next time, in which it does", () => {
    const many = listOf(
      Array.from({ length: 15 }, (_, index) => network(`net-${index + 1}`, `x${index + 1}`)),
      Array.from({ length: 15 }, (_, index) => exitNode(`x${index + 1}`, index + 1)),
    );
    let book: Book = new Map();
    const wholes: boolean[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const step = settle(book, many, { nowMs: 0, mostParts: 4 });
      wholes.push(step.isWhole);
      book = step.book;
    }
    expect(wholes).toEqual([false, false, false, true]);
    expect(prefixesOf(settled(book, many))).toEqual(prefixesOf(settled(new Map(), many)));
  });

  it.each<[string, AllocationList]>([
    ["unknown-node", listOf([network("blue", "x1", ["n9"])])],
    ["two-exit-points", listOf([{ ...network("blue", "x1"), resources: ["x1", "x2"].map((node) => ({ node, exitPoint: true })) }])],
    ["removed-exit-node", listOf([network("blue", "x2", ["n1"])], [exitNode("x1", 1)])],
    ["exit-node-without-number", listOf([network("blue", "x3")], [exitNode("x1", 1), exitNode("x2", 1), exitNode("x3", 1)])],
    ["other-part", listOf([network("blue", "x1", [], { x1: 0x2abc })])],
  ])("refuses %s by name, with a hint, and takes nothing from others", async (name, wrong) => {
    const good = network("zebra", "x1", ["n3"]);
    const with1 = settled(new Map(), listOf([good], [...wrong.nodes]));
    const both = settled(with1.book, { ...wrong, networks: [...wrong.networks, good] });
    expect(prefixesOf(both)).toMatchObject(prefixesOf(with1));
    const text = both.problems.map((problem) => formatProblem(problem, { color: false })).join("\n");
    await expect(`${text}\n`).toMatchFileSnapshot(`errors/${name}.txt`);
  });
});

describe("grantedList", () => {
  const list = listOf([network("blue", "x1", ["n1"])]);
  const { numbers, networks } = settled(new Map(), list);

  it("has numbers and prefixes as they were granted", () => {
    const { list: granted, missing } = grantedList(list, { numbers, networks });
    expect(missing).toEqual([]);
    expect(granted.networks[0]!.resources.map(({ node, prefix }) => [node, subnetNumberOf(prefix) >> 12])).toEqual([
      ["x1", 1],
      ["n1", 1],
    ]);
    expect(granted.nodes[0]!.exitNode?.number).toBe(1);
  });

  it("answers the very same objects while they are granted the same", () => {
    const more = { ...list, networks: [...list.networks, network("red", "x2")] };
    const before = grantedList(list, { numbers, networks }).list;
    const after = grantedList(more, structuredClone(settled(new Map(), more))).list;
    expect(after.networks[0]).toBe(before.networks[0]);
    expect(after.nodes[0]).toBe(before.nodes[0]);
    const renumbered = networks.map((grant) => ({
      ...grant,
      resources: grant.resources.map((one) => ({ ...one, prefix: subnetOf(allocation, 0x1001) })),
    }));
    expect(grantedList(list, { numbers, networks: renumbered }).list.networks[0]!.resources[0]!.prefix).toEqual(
      subnetOf(allocation, 0x1001),
    );
  });

  it("leaves out what was granted for another exit point, and a network without one", () => {
    const moved = listOf([network("blue", "x2", ["n1"])]);
    expect(grantedList(moved, { numbers, networks }).missing).toHaveLength(2);
    const halved = networks.map((grant) => ({ ...grant, resources: grant.resources.filter(({ node }) => node !== "x1") }));
    expect(grantedList(list, { numbers, networks: halved }).list.networks[0]!.resources).toEqual([]);
    expect(grantedList(list, { numbers: [], networks }).list.nodes[0]!.exitNode).toBeUndefined();
  });
});

describe("EX-5 any history of lists", () => {
  const names = ["a", "b", "c", "d"];
  const networks = fc.record({
    exitPoint: fc.constantFrom("x1", "x2"),
    others: fc.subarray(["n1", "n2", "n3"]),
    stated: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  });
  const steps = fc.array(
    fc.record({
      name: fc.constantFrom(...names),
      network: fc.option(networks, { nil: undefined }),
      keeps: fc.boolean(),
      waitMs: fc.nat(releasedPrefixRestMs),
    }),
    { maxLength: 60 },
  );

  it("gives no prefix to two at once, nor to another before it has left its node and rested", () => {
    fc.assert(
      fc.property(steps, (history) => {
        let book: Book = new Map([[1, expectState()]]);
        let nowMs = 0;
        const listed = new Map<string, ListedNetwork>();
        /** Who had a prefix last on a node, and since when it is gone from there. */
        const last = new Map<string, { readonly holder: string; goneMs: number | undefined }>();
        let claims: Claim[] = [];
        for (const { name, network: wanted, keeps, waitMs } of history) {
          nowMs += waitMs;
          if (wanted === undefined) listed.delete(name);
          else {
            const part = wanted.exitPoint === "x1" ? 0x1000 : 0x2000;
            const prefixes = wanted.stated === undefined ? {} : { [wanted.exitPoint]: part + wanted.stated };
            listed.set(name, network(name, wanted.exitPoint, wanted.others, prefixes));
          }
          const now = settle(book, listOf([...listed.values()]), { nowMs, claims });
          book = now.book;
          const held = Object.entries(prefixesOf(now));
          expect(new Set(held.map(([, text]) => text)).size).toBe(held.length);
          for (const [holder, text] of held) {
            const before = last.get(text);
            if (before !== undefined && before.holder !== holder) {
              expect(before.goneMs).toBeDefined();
              expect(nowMs - before.goneMs!).toBeGreaterThanOrEqual(releasedPrefixRestMs);
            }
            last.set(text, { holder, goneMs: undefined });
          }
          // What nodes have now: what they were given, and what they are slow to give up.
          const own = held.map(([holder, text]): Claim => {
            const [of = "", node = ""] = holder.split("/");
            return { network: of, node, allocationNumber: 1, subnetNumber: subnetNumberOf(net(text)) };
          });
          const isOwn = (one: Claim): boolean => own.some((other) => other.subnetNumber === one.subnetNumber);
          claims = [...own, ...(keeps ? claims.filter((one) => !isOwn(one)) : [])];
          for (const [text, entry] of last) {
            const isThere = claims.some(
              (one) => one.subnetNumber === subnetNumberOf(net(text)) && `${one.network}/${one.node}` === entry.holder,
            );
            if (!isThere) entry.goneMs ??= nowMs;
          }
        }
      }),
    );
  });

  it("comes out the same by other claims of which it is said that they change nothing", () => {
    const said = { same: 0, other: 0 };
    const claim = fc.record({
      holder: fc.nat(30),
      subnetNumber: fc.option(fc.integer({ min: 0x1000, max: 0x100f }), { nil: undefined }),
      standIn: fc.option(fc.constant("x2"), { nil: undefined, freq: 8 }),
    });
    fc.assert(
      fc.property(steps, fc.array(fc.array(claim, { maxLength: 4 }), { minLength: 2, maxLength: 6 }), (history, manyClaims) => {
        const listed = new Map<string, ListedNetwork>();
        let book: Book = new Map();
        for (const { name, network: wanted } of history) {
          if (wanted === undefined) listed.delete(name);
          else listed.set(name, network(name, wanted.exitPoint, wanted.others));
          book = settle(book, listOf([...listed.values()]), { nowMs: 0 }).book;
        }
        const list = listOf([...listed.values()]);
        let [last, lastClaims]: [Settlement, readonly Claim[]] = [settle(book, list, { nowMs: 1 }), []];
        for (const drawn of manyClaims) {
          const held = Object.entries(prefixesOf(last));
          const claims = drawn.flatMap(({ holder, subnetNumber, standIn }): Claim[] => {
            const [of = "", text = ""] = held[holder % Math.max(held.length, 1)] ?? [];
            const [name = "", node = ""] = of.split("/");
            const given = of === "" ? undefined : subnetNumberOf(net(text));
            const claimed = subnetNumber ?? given;
            const by = standIn === undefined ? {} : { standIn };
            return claimed === undefined ? [] : [{ network: name, node, allocationNumber: 1, subnetNumber: claimed, ...by }];
          });
          const now = settle(last.book, list, { nowMs: 1, claims });
          const isSaid = staysSettled(last.book, lastClaims, claims);
          said[isSaid ? "same" : "other"] += 1;
          if (isSaid) expect([textsOf(now), now.networks, now.problems]).toEqual([textsOf(last), last.networks, last.problems]);
          [last, lastClaims] = [now, claims];
        }
      }),
    );
    expect(Math.min(said.same, said.other)).toBeGreaterThan(20);
  });

  const expectState = () => {
    const started = startAllocator(allocation);
    return started.ok ? started.value : expect.fail("no state");
  };

  it("ends, once all has rested, in the book of the last list with its prefixes", () => {
    fc.assert(
      fc.property(steps, (history) => {
        let book: Book = new Map();
        let nowMs = 0;
        const listed = new Map<string, ListedNetwork>();
        for (const { name, network: wanted, waitMs } of history) {
          nowMs += waitMs;
          if (wanted === undefined) listed.delete(name);
          else listed.set(name, network(name, wanted.exitPoint, wanted.others));
          book = settle(book, listOf([...listed.values()]), { nowMs }).book;
        }
        const end = settle(book, listOf([...listed.values()]), { nowMs: nowMs + releasedPrefixRestMs });
        const stated = [...listed.values()].map((one) => {
          const own = heldPrefixes(end.book.get(1)!).filter((held) => held.network === one.name);
          return network(
            one.name,
            one.resources[0]!.node,
            one.resources.slice(1).map(({ node }) => node),
            Object.fromEntries(own.map(({ node, prefix }) => [node, subnetNumberOf(prefix)])),
          );
        });
        const fresh = settled(new Map(), listOf(stated));
        expect(textsOf(end)).toEqual(textsOf(fresh));
        expect(end.networks).toEqual(fresh.networks);
      }),
    );
  });
});
