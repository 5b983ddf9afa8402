/** The allocator's state as text, for the store. Canonical: equal states give equal texts, whatever their histories. */
import { failure, formatPrefix, parsePrefix, success } from "../common/index.ts";
import type { Outcome, Problem } from "../common/index.ts";
import { checkResourcePrefix, subnetOf } from "../derive/index.ts";
import { reserveExitNode } from "./exit-nodes.ts";
import { reservePrefix } from "./prefixes.ts";
import { slotOf, slotsOf, startAllocator, withSlot } from "./state.ts";
import type { AllocatorState } from "./state.ts";

/** JSON: the allocation, exit nodes by number, held subnets (four hex digits) with network and node, resting ones with their release. */
export function encodeAllocator(state: AllocatorState): string {
  const held: [string, string, string][] = [];
  const resting: [string, number][] = [];
  for (const { subnetNumber, slot } of slotsOf(state)) {
    const hex = subnetNumber.toString(16).padStart(4, "0");
    if (slot.kind === "held") held.push([hex, slot.network, slot.node]);
    else resting.push([hex, slot.releasedAtMs]);
  }
  return JSON.stringify({ prefix: formatPrefix(state.prefix), exitNodes: state.exitNodes.map((node) => node ?? null), held, resting });
}

const damaged = (what: string): Problem => ({
  severity: "error",
  code: "allocator-state-damaged",
  message: `the allocator's state is damaged: ${what}`,
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isRows = (value: unknown): value is readonly (readonly unknown[])[] =>
  Array.isArray(value) && value.every((row) => Array.isArray(row));

const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** The state of a text. Errors: `allocator-state-damaged` where the text is not one that `encodeAllocator` gives. */
export function decodeAllocator(text: string): Outcome<AllocatorState> {
  const value = parseObject(text);
  if (value === undefined) return failure(damaged("it is no JSON object"));
  const { prefix, exitNodes, held, resting } = value;
  const allocation = typeof prefix === "string" ? parsePrefix(prefix) : undefined;
  if (allocation === undefined) return failure(damaged("it has no allocation"));
  if (!Array.isArray(exitNodes) || exitNodes.length !== 15) return failure(damaged("its exit nodes are no list of 15"));
  if (!isRows(held) || !isRows(resting)) return failure(damaged("its prefixes are no lists"));
  const started = startAllocator(allocation);
  if (!started.ok) return started;
  let state = started.value;
  for (const [index, node] of exitNodes.entries()) {
    if (node === null) continue;
    const next =
      typeof node === "string"
        ? reserveExitNode(state, node, index + 1)
        : failure<AllocatorState>(damaged(`exit node ${index + 1} has no name`));
    if (!next.ok) return failure(damaged(next.problems[0]!.message));
    state = next.value;
  }
  for (const [hex, network, node] of held) {
    const subnetNumber = parseHex(hex);
    if (subnetNumber === undefined || typeof network !== "string" || typeof node !== "string")
      return failure(damaged("a held prefix is incomplete"));
    const next = reservePrefix(state, { network, node, exitNode: subnetNumber >> 12 }, subnetOf(allocation, subnetNumber), 0);
    if (!next.ok) return failure(damaged(next.problems[0]!.message));
    state = next.value.state;
  }
  for (const [hex, releasedAtMs] of resting) {
    const subnetNumber = parseHex(hex);
    if (subnetNumber === undefined || typeof releasedAtMs !== "number" || !Number.isFinite(releasedAtMs))
      return failure(damaged("a resting prefix is incomplete"));
    const wrong = checkResourcePrefix(subnetOf(allocation, subnetNumber), allocation, subnetNumber >> 12);
    if (subnetNumber >> 12 === 0 || wrong.length > 0) return failure(damaged(`${String(hex)} is never given`));
    if (slotOf(state, subnetNumber) !== undefined) return failure(damaged(`${String(hex)} stands in it twice`));
    state = withSlot(state, subnetNumber, { kind: "resting", releasedAtMs });
  }
  return success(state, started.problems);
}

const parseHex = (value: unknown): number | undefined =>
  typeof value === "string" && /^[0-9a-f]{4}$/.test(value) ? Number.parseInt(value, 16) : undefined;
