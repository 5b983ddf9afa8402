/** EX-5, of the allocator's state as text: what is no state of an allocator is refused, with a reason and without a crash. */
import { formatPrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { decodeAllocator } from "../../core/allocate/index.ts";
import type { AllocatorTexts } from "../../core/allocate/index.ts";

const nobody = Array.from({ length: 15 }, () => null);

/** What is wrong with each state, and its texts. */
function damagedTexts(prefix: Prefix): readonly (readonly [what: string, texts: AllocatorTexts])[] {
  const exitNodes = { prefix: formatPrefix(prefix), exitNodes: ["node-1", ...nobody.slice(1)] };
  const part = {
    held: [["1abc", "blue", "node-1"]],
    leaving: [["1abe", "blue", "node-2"]],
    resting: [["1abd", "red", "node-2", 0]],
  };
  const texts = (one: object | string, other: object | string): AllocatorTexts =>
    new Map(
      [one, other].map((text, index) => [index === 0 ? "exit-nodes" : "part-1", typeof text === "string" ? text : JSON.stringify(text)]),
    );
  const wrongExitNodes: readonly (readonly [string, object])[] = [
    ["an allocation that is none", { prefix: "allocation" }],
    ["an allocation that is no /48", { prefix: formatPrefix({ ...prefix, length: 47 }) }],
    ["14 exit nodes", { exitNodes: nobody.slice(1) }],
    ["16 exit nodes", { exitNodes: [...nobody, null] }],
    ["one node as two exit nodes", { exitNodes: ["node-1", "node-1", ...nobody.slice(2)] }],
    ["an exit node without a name", { exitNodes: [1, ...nobody.slice(1)] }],
  ];
  const wrongParts: readonly (readonly [string, object])[] = [
    ["a /64 that two hold", { held: [...part.held, ["1abc", "red", "node-2"]] }],
    ["a holder of two", { held: [...part.held, ["1abf", "blue", "node-1"]] }],
    ["a /64 that nobody holds", { held: [["1abc", "blue"]] }],
    ["a /64 of PrefixZero's part that one holds", { held: [["0abc", "blue", "node-1"]] }],
    ["a /64 of another part that one holds", { held: [["2abc", "blue", "node-1"]] }],
    ["a /64 with five digits", { held: [["1abcd", "blue", "node-1"]] }],
    ["a /64 that is held and rests", { resting: [["1abc", "blue", "node-1", 0]] }],
    ["a /64 that is held and leaves", { leaving: [["1abc", "blue", "node-1"]] }],
    ["a /64 that rests twice", { resting: [...part.resting, ...part.resting] }],
    ["a /64 of PrefixZero's part that rests", { resting: [["0abc", "red", "node-2", 0]] }],
    ["a /64 that rests since never", { resting: [["1abd", "red", "node-2", null]] }],
    ["no list of what is held", { held: null }],
    ["no list of what leaves", { leaving: undefined }],
    ["no list of what rests", { resting: {} }],
  ];
  const last = { held: [], leaving: [], resting: [["ff1a", "red", "node-2", 0]] };
  return [
    ["no JSON for its exit nodes", texts("allocator", part)],
    ["no JSON for a part", texts(exitNodes, "part")],
    ["half of a part", texts(exitNodes, JSON.stringify(part).slice(0, -9))],
    ["a list for a part", texts(exitNodes, "[]")],
    ["no exit nodes", new Map([["part-1", JSON.stringify(part)]])],
    ["a part 16", new Map([...texts(exitNodes, part), ["part-16", JSON.stringify(part)]])],
    ["a /64 of ff00 and above that rests", new Map([...texts(exitNodes, part), ["part-15", JSON.stringify(last)]])],
    ...wrongExitNodes.map(([what, change]) => [what, texts({ ...exitNodes, ...change }, part)] as const),
    ...wrongParts.map(([what, change]) => [what, texts(exitNodes, { ...part, ...change })] as const),
  ];
}

/** How a state is taken that is to be refused; undefined where it is. */
function takenAs(texts: AllocatorTexts): string | undefined {
  try {
    return decodeAllocator(texts).ok ? "taken" : undefined;
  } catch (error) {
    return `answered with a crash (${error instanceof Error ? error.message : String(error)})`;
  }
}

export const judgeDamage = (prefix: Prefix): string[] =>
  damagedTexts(prefix).flatMap(([what, texts]) => {
    const taken = takenAs(texts);
    return taken === undefined ? [] : [`an allocator's state with ${what} is ${taken}; expected: refused, with the reason (EX-5)`];
  });
