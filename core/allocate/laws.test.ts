import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contains, expectValue, formatPrefix, parsePrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { exitNodePart, subnetNumberOf, subnetOf } from "../derive/index.ts";
import {
  advise,
  adviseExitNodeRoutes,
  capacityOf,
  changedTexts,
  decodeAllocator,
  encodeAllocator,
  exitNodeNumberOf,
  forgetRested,
  grantExitNode,
  grantPrefix,
  heldPrefixes,
  releasedPrefixRestMs,
  releasePrefix,
  reserveExitNode,
  reservePrefix,
  startAllocator,
  withdrawPrefix,
} from "./index.ts";
import type { AllocatorState, AllocatorTexts, Holder, PrefixGrant } from "./index.ts";

const allocation = parsePrefix("2a02:1802:5e::/48") ?? expect.fail("prefix");
const start = (): AllocatorState => expectValue(startAllocator(allocation));
const deepFreeze = <T>(value: T): T => {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
};

describe("EX-3 the allocator starts on an allocation only", () => {
  it("EX-3 refuses a /47 and takes a documentation prefix with a warning", () => {
    expect(startAllocator(parsePrefix("2a02:1802:5e::/47")!).ok).toBe(false);
    expect(startAllocator(parsePrefix("2001:db8:5e::/48")!).problems.map(({ code }) => code)).toEqual(["documentation-prefix"]);
  });
});

describe("EX-4 exit node numbers", () => {
  it("EX-4 gives 1..15, each once, and refuses the sixteenth", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,20}$/), { minLength: 16, maxLength: 16 }), (nodes) => {
        let state = start();
        for (const [index, node] of nodes.slice(0, 15).entries()) {
          const granted = expectValue(grantExitNode(deepFreeze(state), node));
          expect(granted.exitNode).toBe(index + 1);
          state = granted.state;
        }
        const refused = grantExitNode(state, nodes[15]!);
        expect(refused.problems.map(({ code }) => code)).toEqual(["exit-nodes-exhausted"]);
        expect(refused.ok).toBe(false);
      }),
    );
  });

  it("EX-4 answers a node that asks again with the same number and state", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 40 }), (asks) => {
        let state = start();
        const numbers = new Map<string, number>();
        for (const ask of asks) {
          const node = `node-${ask}`;
          const granted = expectValue(grantExitNode(state, node));
          if (numbers.has(node)) expect(granted.state).toBe(state);
          expect(granted.exitNode).toBe(numbers.get(node) ?? numbers.size + 1);
          numbers.set(node, granted.exitNode);
          state = granted.state;
        }
        for (const [node, number] of numbers) expect(exitNodeNumberOf(state, node)).toBe(number);
      }),
    );
  });

  it("EX-4 keeps stated numbers and names both sides of a clash", () => {
    const state = expectValue(reserveExitNode(start(), "one", 7));
    expect(reserveExitNode(state, "one", 7)).toEqual({ ok: true, value: state, problems: [] });
    expect(reserveExitNode(state, "two", 7).problems[0]?.message).toMatch(/two and one are both exit node 7/);
    expect(reserveExitNode(state, "one", 8).problems.map(({ code }) => code)).toEqual(["exit-node-numbered-twice"]);
    expect(reserveExitNode(state, "two", 0).problems.map(({ code }) => code)).toEqual(["exit-node-out-of-range"]);
    expect(reserveExitNode(state, "two", 16).problems.map(({ code }) => code)).toEqual(["exit-node-out-of-range"]);
    expect(expectValue(grantExitNode(state, "two")).exitNode).toBe(1);
  });
});

/** A step of a history: somebody asks for a prefix, states one, gives it back, or time passes. */
type Step =
  | ({ readonly kind: "grant"; readonly exitNode: number } & Holder)
  | ({ readonly kind: "reserve"; readonly subnetNumber: number } & Holder)
  | ({ readonly kind: "release" } & Holder)
  | { readonly kind: "wait"; readonly milliseconds: number };

const holders = {
  network: fc.integer({ min: 0, max: 4 }).map((index) => `net-${index}`),
  node: fc.integer({ min: 0, max: 4 }).map((index) => `node-${index}`),
};
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("grant" as const), exitNode: fc.constantFrom(1, 2, 15), ...holders }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("reserve" as const), subnetNumber: fc.integer({ min: 0x1000, max: 0x1003 }), ...holders }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("release" as const), ...holders }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), milliseconds: fc.integer({ min: 1, max: releasedPrefixRestMs }) }),
  },
);
const histories = fc.array(steps, { maxLength: 60 });

interface Moment {
  readonly state: AllocatorState;
  readonly nowMs: number;
}

const take = ({ state, nowMs }: Moment, step: Step): Moment => {
  const after = (outcome: { readonly ok: true; readonly value: PrefixGrant } | { readonly ok: false }): Moment => ({
    state: outcome.ok ? outcome.value.state : state,
    nowMs,
  });
  if (step.kind === "wait") return { state, nowMs: nowMs + step.milliseconds };
  if (step.kind === "release") return { state: releasePrefix(state, step, nowMs), nowMs };
  if (step.kind === "grant") return after(grantPrefix(state, step, nowMs));
  return after(reservePrefix(state, { ...step, exitNode: step.subnetNumber >> 12 }, subnetOf(allocation, step.subnetNumber), nowMs));
};

/** All states of a history, each frozen, so that a step that changed one in place would throw. */
const walk = (history: readonly Step[]): readonly Moment[] => {
  const moments: Moment[] = [{ state: deepFreeze(start()), nowMs: 0 }];
  for (const step of history) {
    const next = take(moments.at(-1)!, step);
    moments.push({ ...next, state: deepFreeze(next.state) });
  }
  return moments;
};

const holderText = ({ network, node }: Holder): string => `${network}/${node}`;
const held = (state: AllocatorState): ReadonlyMap<string, string> =>
  new Map(heldPrefixes(state).map((one) => [formatPrefix(one.prefix), holderText(one)]));

describe("EX-5 prefixes in any history of grants and releases", () => {
  it("EX-5 never has two holders of a /64, nor two /64 of a holder", () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { state } of walk(history)) {
          const all = heldPrefixes(state);
          expect(new Set(all.map(({ prefix }) => formatPrefix(prefix))).size).toBe(all.length);
          expect(new Set(all.map(holderText)).size).toBe(all.length);
        }
      }),
    );
  });

  it("EX-5 gives from the part of the exit node that was named, never ff00-ffff", () => {
    fc.assert(
      fc.property(
        histories,
        fc.record({ exitNode: fc.integer({ min: 1, max: 15 }), network: fc.string(), node: fc.string() }),
        (history, request) => {
          const { state, nowMs } = walk(history).at(-1)!;
          const { prefix } = expectValue(grantPrefix(state, { ...request, network: `new-${request.network}` }, nowMs));
          expect(contains(exitNodePart(allocation, request.exitNode), prefix)).toBe(true);
          expect(subnetNumberOf(prefix)).toBeLessThan(0xff00);
        },
      ),
    );
  });

  it("EX-5 lets a released /64 rest before anybody else has it", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const released = new Map<string, { readonly atMs: number; readonly by: string | undefined }>();
        const moments = walk(history);
        for (const [index, { state, nowMs }] of moments.entries()) {
          const before = held(moments[index - 1]?.state ?? state);
          const after = held(state);
          for (const [prefix, by] of before) if (!after.has(prefix)) released.set(prefix, { atMs: nowMs, by });
          for (const [prefix, holder] of after) {
            const last = released.get(prefix);
            if (before.has(prefix) || last === undefined || last.by === holder) continue;
            expect(nowMs - last.atMs).toBeGreaterThanOrEqual(releasedPrefixRestMs);
          }
        }
      }),
    );
  });

  it("EX-5 gives a holder that comes back the /64 that rests for it, as if it had never left", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { state, nowMs } = walk(history).at(-1)!;
        for (const one of heldPrefixes(state)) {
          const exitNode = subnetNumberOf(one.prefix) >> 12;
          for (const away of [releasePrefix(state, one, nowMs), withdrawPrefix(state, one)]) {
            const back = expectValue(grantPrefix(away, { ...one, exitNode }, nowMs + releasedPrefixRestMs - 1)).state;
            expect(encodeAllocator(back)).toEqual(encodeAllocator(state));
            expect(reservePrefix(away, { network: "other", node: one.node, exitNode }, one.prefix, nowMs).ok).toBe(false);
          }
        }
      }),
    );
  });

  it("EX-5 answers a holder that asks again with the same prefix and state", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { state, nowMs } = walk(history).at(-1)!;
        for (const one of heldPrefixes(state)) {
          const exitNode = subnetNumberOf(one.prefix) >> 12;
          const again = expectValue(grantPrefix(state, { ...one, exitNode }, nowMs));
          expect([formatPrefix(again.prefix), again.state]).toEqual([formatPrefix(one.prefix), state]);
          expect(expectValue(reservePrefix(state, { ...one, exitNode }, one.prefix, nowMs)).state).toBe(state);
          const elsewhere = grantPrefix(state, { ...one, exitNode: (exitNode % 15) + 1 }, nowMs);
          expect(elsewhere.problems.map(({ code }) => code)).toEqual(["resource-held-already"]);
        }
      }),
    );
  });

  it("EX-5 changes nothing by releasing what is not held", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { state, nowMs } = walk(history).at(-1)!;
        expect(releasePrefix(state, { network: "other", node: "node-0" }, nowMs)).toBe(state);
      }),
    );
  });

  it("EX-5 after all rests equals an allocator that was told the final list only", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { state, nowMs } = walk(history).at(-1)!;
        let fresh = start();
        for (const one of heldPrefixes(state).toReversed()) {
          fresh = expectValue(reservePrefix(fresh, { ...one, exitNode: subnetNumberOf(one.prefix) >> 12 }, one.prefix, 0)).state;
        }
        const rested = forgetRested(state, nowMs + releasedPrefixRestMs);
        expect(encodeAllocator(rested)).toEqual(encodeAllocator(fresh));
        expect(rested.parts).toEqual(fresh.parts);
      }),
    );
  });

  it("EX-5 survives a text: the decoded state gives and refuses the same", () => {
    fc.assert(
      fc.property(histories, steps, (history, next) => {
        const { state, nowMs } = walk(history).at(-1)!;
        const decoded = expectValue(decodeAllocator(encodeAllocator(state)));
        expect(encodeAllocator(decoded)).toEqual(encodeAllocator(state));
        expect(encodeAllocator(take({ state: decoded, nowMs }, next).state)).toEqual(encodeAllocator(take({ state, nowMs }, next).state));
      }),
    );
  });

  it("EX-5 gives by (network, node) what nobody else asked for, whatever else was given", () => {
    const holder = { network: "blue", node: "node-1", exitNode: 3 };
    const alone = formatPrefix(expectValue(grantPrefix(start(), holder, 0)).prefix);
    fc.assert(
      fc.property(histories, (history) => {
        const { state, nowMs } = walk(history).at(-1)!;
        expect(formatPrefix(expectValue(grantPrefix(state, holder, nowMs)).prefix)).toBe(alone);
      }),
    );
  });
});

const fill = (state: AllocatorState, exitNode: number, count: number): AllocatorState => {
  let next = state;
  for (let index = 0; index < count; index += 1) {
    next = expectValue(grantPrefix(next, { network: `net-${Math.floor(index / 10)}`, node: `node-${index % 10}`, exitNode }, 0)).state;
  }
  return next;
};

describe("EX-5 full parts", () => {
  it.each([
    [1, 4096],
    [2, 4096],
    [15, 3840],
  ])("EX-5 part %i holds %i, and one more changes nothing", (exitNode, capacity) => {
    expect(capacityOf(exitNode)).toBe(capacity);
    const full = deepFreeze(fill(start(), exitNode, capacity));
    const prefixes = heldPrefixes(full).map(({ prefix }) => subnetNumberOf(prefix));
    expect([prefixes.length, new Set(prefixes).size, Math.min(...prefixes)]).toEqual([capacity, capacity, exitNode << 12]);
    expect(Math.max(...prefixes)).toBe((exitNode << 12) + capacity - 1);
    const before = encodeAllocator(full);
    const refused = grantPrefix(full, { network: "late", node: "node-1", exitNode }, 0);
    expect(refused.problems.map(({ code }) => code)).toEqual(["part-full"]);
    expect(refused.ok).toBe(false);
    expect(encodeAllocator(full)).toEqual(before);
    expect(grantPrefix(full, { network: "late", node: "node-1", exitNode: 3 }, 0).ok).toBe(true);
  });

  it("EX-5 gives the one prefix that comes free, once it has rested", () => {
    const full = fill(start(), 1, 4096);
    const one: Holder = { network: "net-5", node: "node-5" };
    const prefix = heldPrefixes(full).find((held) => holderText(held) === holderText(one))!.prefix;
    const released = releasePrefix(full, one, 1000);
    const late = { network: "late", node: "node-1", exitNode: 1 };
    const early = grantPrefix(released, late, 1000 + releasedPrefixRestMs - 1);
    expect(early.problems.map(({ code, message }) => [code, /4095 are held and 1 rest /.test(message)])).toEqual([["part-full", true]]);
    expect(formatPrefix(expectValue(grantPrefix(released, late, 1000 + releasedPrefixRestMs)).prefix)).toBe(formatPrefix(prefix));
  });

  it("EX-5 advises another exit node from 2000 routes on", () => {
    const below = fill(start(), 4, adviseExitNodeRoutes - 1);
    expect(advise(below)).toEqual([]);
    const outcome = grantPrefix(below, { network: "net-last", node: "node-1", exitNode: 4 }, 0);
    expect(outcome.problems.map(({ severity, code }) => [severity, code])).toEqual([["advice", "exit-node-routes"]]);
    expect(advise(expectValue(outcome).state)).toEqual(outcome.problems);
  });
});

describe("EX-5 what a request can collide on", () => {
  const holder = { network: "blue", node: "node-1", exitNode: 1 };
  const prefix = (text: string): Prefix => parsePrefix(text) ?? expect.fail(text);

  it("EX-5 names both holders of a stated prefix", () => {
    const { state } = expectValue(reservePrefix(start(), holder, prefix("2a02:1802:5e:1abc::/64"), 0));
    const refused = reservePrefix(state, { ...holder, network: "red", node: "node-2" }, prefix("2a02:1802:5e:1abc::/64"), 0);
    expect(refused.problems[0]).toMatchObject({
      code: "prefix-held-twice",
      message: expect.stringMatching(/blue on node-1 .*red on node-2/) as string,
    });
  });

  it("EX-5 judges uniqueness on the 12 bits that reach the address", () => {
    const draw = subnetNumberOf(expectValue(grantPrefix(start(), holder, 0)).prefix);
    const { state } = expectValue(reservePrefix(start(), { ...holder, node: "node-2" }, subnetOf(allocation, draw), 0));
    const next = draw === 0x1fff ? 0x1000 : draw + 1;
    expect(subnetNumberOf(expectValue(grantPrefix(state, holder, 0)).prefix)).toBe(next);
  });

  it("EX-5 goes round what the node has from another allocation", () => {
    const draw = subnetNumberOf(expectValue(grantPrefix(start(), holder, 0)).prefix);
    const granted = expectValue(grantPrefix(start(), { ...holder, avoid: new Set([draw]) }, 0));
    expect(subnetNumberOf(granted.prefix)).not.toBe(draw);
  });

  it.each([
    ["2a02:1802:5e:2abc::/64", "prefix-outside-part"],
    ["2a02:1802:5e:abc::/64", "prefix-in-prefix-zero"],
    ["2a02:1802:5f:1abc::/64", "prefix-outside-allocation"],
    ["2a02:1802:5e:1abc::/63", "prefix-not-64"],
  ])("EX-5 does not reserve %s: %s", (text, code) => {
    expect(reservePrefix(start(), holder, prefix(text), 0).problems.map((problem) => problem.code)).toEqual([code]);
  });

  it.each([0, 16, 1.5, Number.NaN])("EX-5 gives nothing for exit node %d", (exitNode) => {
    expect(grantPrefix(start(), { ...holder, exitNode }, 0).problems.map(({ code }) => code)).toEqual(["exit-node-out-of-range"]);
  });
});

describe("decodeAllocator", () => {
  const texts = encodeAllocator(
    withdrawPrefix(
      releasePrefix(
        expectValue(grantPrefix(fill(expectValue(reserveExitNode(start(), "one", 1)), 1, 3), { network: "x", node: "y", exitNode: 2 }, 0))
          .state,
        { network: "x", node: "y" },
        5,
      ),
      { network: "net-0", node: "node-1" },
    ),
  );
  const textOf = (name: string): string => texts.get(name) ?? expect.fail(name);
  const withText = (name: string, text: string): AllocatorTexts => new Map([...texts, [name, text]]);

  it("gives back what was encoded, part by part", () => {
    expect([...texts.keys()]).toEqual(["exit-nodes", "part-1", "part-2"]);
    expect(encodeAllocator(expectValue(decodeAllocator(texts)))).toEqual(texts);
  });

  it("says which texts differ from those of another state, and which there are no more", () => {
    const before = expectValue(decodeAllocator(texts));
    const rested = forgetRested(before, 5 + releasedPrefixRestMs);
    expect(changedTexts(before, before)).toEqual(new Map());
    expect(changedTexts(before, rested)).toEqual(new Map([["part-2", undefined]]));
  });

  it("never throws, and takes only what stands for itself", () => {
    const names = fc.constantFrom(...texts.keys());
    const bytes = fc.array(fc.tuple(fc.nat(400), fc.constantFrom("", "0", "f", '"', "[", "]", ",", "null")), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(names, bytes, (name, edits) => {
        let damaged = textOf(name);
        for (const [place, by] of edits) {
          const at = place % damaged.length;
          damaged = damaged.slice(0, at) + by + damaged.slice(at + 1);
        }
        const decoded = decodeAllocator(withText(name, damaged));
        if (decoded.ok) expect(expectValue(decodeAllocator(encodeAllocator(decoded.value))).parts).toEqual(decoded.value.parts);
        else expect(decoded.problems[0]?.message).toContain(name);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["exit-nodes", ""],
    ["exit-nodes", "{"],
    ["exit-nodes", "null"],
    ["exit-nodes", "[]"],
    ["exit-nodes", "{}"],
    ["exit-nodes", '{"prefix":"fd00::/48","exitNodes":[]}'],
    ["exit-nodes", textOf("exit-nodes").slice(0, -1)],
    ["part-1", textOf("part-1").slice(0, -1)],
    ["part-2", textOf("part-1")],
    ["part-2", textOf("part-2").replace('"resting":[["2', '"resting":[["0')],
    ["part-16", textOf("part-1")],
  ])("refuses %s: %s", (name, damaged) => {
    expect(decodeAllocator(withText(name, damaged)).ok).toBe(false);
  });

  it("refuses parts of nobody's allocation", () => {
    expect(decodeAllocator(new Map([["part-1", textOf("part-1")]])).problems[0]?.message).toContain("exit-nodes is missing");
  });
});
