/** EX-5, of the allocator's state as text: what is no state of an allocator is refused, with a reason and without a crash. */
import { formatPrefix } from "../../core/common/index.ts";
import type { Prefix } from "../../core/common/index.ts";
import { decodeAllocator } from "../../core/allocate/index.ts";

const nobody = Array.from({ length: 15 }, () => null);

/** What is wrong with each text, and the text. */
function damagedTexts(prefix: Prefix): readonly (readonly [what: string, text: string])[] {
  const good = {
    prefix: formatPrefix(prefix),
    exitNodes: ["node-1", ...nobody.slice(1)],
    held: [["1abc", "blue", "node-1"]],
    resting: [["1abd", 0]],
  };
  const wrong: readonly (readonly [string, object])[] = [
    ["an allocation that is none", { prefix: "allocation" }],
    ["an allocation that is no /48", { prefix: formatPrefix({ ...prefix, length: 47 }) }],
    ["14 exit nodes", { exitNodes: nobody.slice(1) }],
    ["16 exit nodes", { exitNodes: [...nobody, null] }],
    ["one node as two exit nodes", { exitNodes: ["node-1", "node-1", ...nobody.slice(2)] }],
    ["an exit node without a name", { exitNodes: [1, ...nobody.slice(1)] }],
    ["a /64 that two hold", { held: [...good.held, ["1abc", "red", "node-2"]] }],
    ["a holder of two", { held: [...good.held, ["1abe", "blue", "node-1"]] }],
    ["a /64 that nobody holds", { held: [["1abc", "blue"]] }],
    ["a /64 of PrefixZero's part that one holds", { held: [["0abc", "blue", "node-1"]] }],
    ["a /64 with five digits", { held: [["1abcd", "blue", "node-1"]] }],
    ["a /64 that is held and rests", { resting: [["1abc", 0]] }],
    ["a /64 that rests twice", { resting: [...good.resting, ...good.resting] }],
    ["a /64 of PrefixZero's part that rests", { resting: [["0abc", 0]] }],
    ["a /64 of ff00 and above that rests", { resting: [["ff1a", 0]] }],
    ["a /64 that rests since never", { resting: [["1abd", null]] }],
    ["no list of what is held", { held: null }],
    ["no list of what rests", { resting: {} }],
  ];
  return [
    ["no JSON", "allocator"],
    ["a list", "[]"],
    ...wrong.map(([what, change]) => [what, JSON.stringify({ ...good, ...change })] as const),
  ];
}

/** How a text is taken that is to be refused; undefined where it is. */
function takenAs(text: string): string | undefined {
  try {
    return decodeAllocator(text).ok ? "taken" : undefined;
  } catch (error) {
    return `answered with a crash (${error instanceof Error ? error.message : String(error)})`;
  }
}

export const judgeDamage = (prefix: Prefix): string[] =>
  damagedTexts(prefix).flatMap(([what, text]) => {
    const taken = takenAs(text);
    return taken === undefined ? [] : [`an allocator's state with ${what} is ${taken}; expected: refused, with the reason (EX-5)`];
  });
