/** What the allocator makes of the list, of what the store holds of its state, and of others that write beside it. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const allocator = "core/agents/allocator.ts";
const settling = "core/allocate/settle.ts";
const allocates = patchedIn("allocation");
const timed = patchedIn("timer");

export const allocatorMutants: readonly Mutant[] = [
  allocates("damage-taken-for-nothing", "an allocator whose state cannot be read begins with an empty one", "EX-5", [
    allocator,
    "problems.push(...state.problems.map(",
    "if (allocationNumber < 0) problems.push(...state.problems.map(",
  ]),
  timed(
    "rests-since-the-start",
    "rests are counted from when the allocator's machine was started, and over when that is done again",
    "EX-5",
    [allocator, "nowMs: clock.now().getTime(),", "nowMs: clock.nowMs(),"],
  ),
  allocates("claims-unheard", "a prefix rests, and is given again, while its node still has it", "EX-5", [
    allocator,
    "const claims = claimsOf(contents.facts());",
    "const claims: readonly Claim[] = [];",
  ]),
  allocates("claims-unheard-at-rest", "a prefix that has gone from its node is kept for it until the list changes", "EX-5", [
    allocator,
    "this.#settled !== undefined && staysSettled(this.#settled.book, this.#settled.claims, claims)",
    "this.#settled !== undefined",
  ]),
  {
    ...allocates(
      "drawn-of-the-next-part",
      "a prefix that nobody states is drawn from the next exit node's part",
      "EX-5",
      [
        settling,
        "grantPrefix(state, { ...holder, exitNode, avoid: { has: isTaken } }, this.#nowMs)",
        "grantPrefix(state, { ...holder, exitNode: (exitNode % 15) + 1, avoid: { has: isTaken } }, this.#nowMs)",
      ],
      [
        settling,
        "if (state === undefined || subnetNumber === undefined || subnetNumber >> 12 !== one.exitNode) return [];",
        "if (state === undefined || subnetNumber === undefined) return [];",
      ],
    ),
    farm: "three-exit-nodes",
  },
  allocates("return-refused", "who comes back while its prefix rests does not get it", "EX-5", [
    "core/allocate/prefixes.ts",
    "slot !== undefined && !isFree(slot, nowMs) && sameHolder(slot, holder);",
    "slot !== undefined && !isFree(slot, nowMs) && slot === holder;",
  ]),
];
