/**
 * The allocator's state as texts, for the store: one of exit nodes' numbers, and one of each part that has something, as a whole allocation
 * is more than a store takes at once. Canonical: equal states give equal texts, whatever their histories.
 */
import { failure, formatPrefix, parsePrefix, success } from "../common/index.ts";
import type { Outcome, Problem } from "../common/index.ts";
import { checkResourcePrefix, maximumExitNodeNumber, subnetOf } from "../derive/index.ts";
import { reserveExitNode } from "./exit-nodes.ts";
import { reservePrefix } from "./prefixes.ts";
import { slotOf, slotsOfPart, startAllocator, withSlot } from "./state.ts";
import type { AllocatorState } from "./state.ts";

/** `exit-nodes` and `part-1` to `part-15`, with what each says. */
export type AllocatorTexts = ReadonlyMap<string, string>;

const exitNodesName = "exit-nodes";
const partName = (exitNode: number): string => `part-${exitNode}`;
const numbers: readonly number[] = Array.from({ length: maximumExitNodeNumber }, (_, index) => index + 1);

/** The part that a text's name is of; undefined where it is none. */
function partOf(name: string): number | undefined {
  return numbers.find((exitNode) => partName(exitNode) === name);
}

const textOfExitNodes = (state: AllocatorState): string =>
  JSON.stringify({ prefix: formatPrefix(state.prefix), exitNodes: state.exitNodes.map((node) => node ?? null) });

type HolderRow = readonly [hex: string, network: string, node: string];

/** Subnets as four hex digits: held and leaving ones with network and node, resting ones with their release besides. */
function textOfPart(state: AllocatorState, exitNode: number): string | undefined {
  const held: HolderRow[] = [];
  const leaving: HolderRow[] = [];
  const resting: [...HolderRow, number][] = [];
  for (const { subnetNumber, slot } of slotsOfPart(state, exitNode)) {
    const row = [subnetNumber.toString(16).padStart(4, "0"), slot.network, slot.node] as const;
    if (slot.kind === "resting") resting.push([...row, slot.releasedAtMs]);
    else (slot.kind === "held" ? held : leaving).push(row);
  }
  return held.length + leaving.length + resting.length === 0 ? undefined : JSON.stringify({ held, leaving, resting });
}

/** What differs between the texts of two states; undefined for a text that there is no more. All of them where there was none before. */
export function changedTexts(before: AllocatorState | undefined, state: AllocatorState): ReadonlyMap<string, string | undefined> {
  const parts = numbers.filter((exitNode) => state.parts[exitNode] !== before?.parts[exitNode]);
  const isSame = before !== undefined && state.exitNodes === before.exitNodes && formatPrefix(state.prefix) === formatPrefix(before.prefix);
  return new Map([
    ...(isSame ? [] : [[exitNodesName, textOfExitNodes(state)] as const]),
    ...parts.map((exitNode) => [partName(exitNode), textOfPart(state, exitNode)] as const),
  ]);
}

/** All texts of a state. */
export function encodeAllocator(state: AllocatorState): AllocatorTexts {
  return new Map([...changedTexts(undefined, state)].flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])));
}

const damaged = (name: string, what: string): Problem => ({
  severity: "error",
  code: "allocator-state-damaged",
  message: `the allocator's state is damaged: ${name} ${what}`,
  hint: "put the key back as it was, or delete it: what nodes still have is found out from them, what rested is not known any more",
});

class Damage extends Error {
  readonly problem: Problem;
  constructor(name: string, what: string) {
    super(what);
    this.problem = damaged(name, what);
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseObject(name: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Damage(name, "is no JSON, or half of one");
  }
  if (!isObject(value)) throw new Damage(name, "is no JSON object");
  return value;
}

function rowsOf(name: string, value: unknown): readonly (readonly unknown[])[] {
  if (!Array.isArray(value) || !value.every((row) => Array.isArray(row))) throw new Damage(name, "has no lists of prefixes");
  return value;
}

const parseHex = (value: unknown): number | undefined =>
  typeof value === "string" && /^[0-9a-f]{4}$/.test(value) ? Number.parseInt(value, 16) : undefined;

interface ReadRow {
  readonly subnetNumber: number;
  readonly network: string;
  readonly node: string;
  readonly more: readonly unknown[];
}

function readRow(name: string, exitNode: number, [hex, network, node, ...more]: readonly unknown[]): ReadRow {
  const subnetNumber = parseHex(hex);
  if (subnetNumber === undefined || typeof network !== "string" || typeof node !== "string")
    throw new Damage(name, "has an incomplete prefix");
  if (subnetNumber >> 12 !== exitNode) throw new Damage(name, `has ${String(hex)}, which is of another part`);
  return { subnetNumber, network, node, more };
}

function readExitNodes(text: string): AllocatorState {
  const { prefix, exitNodes } = parseObject(exitNodesName, text);
  const allocation = typeof prefix === "string" ? parsePrefix(prefix) : undefined;
  if (allocation === undefined) throw new Damage(exitNodesName, "names no allocation");
  const started = startAllocator(allocation);
  if (!started.ok) throw new Damage(exitNodesName, started.problems[0]?.message ?? "");
  if (!Array.isArray(exitNodes) || exitNodes.length !== maximumExitNodeNumber) throw new Damage(exitNodesName, "has no list of 15");
  return (exitNodes as readonly unknown[]).reduce<AllocatorState>((state, node, index) => {
    if (node === null) return state;
    if (typeof node !== "string") throw new Damage(exitNodesName, `has no name for exit node ${index + 1}`);
    const next = reserveExitNode(state, node, index + 1);
    if (!next.ok) throw new Damage(exitNodesName, `does not add up: ${next.problems[0]?.message}`);
    return next.value;
  }, started.value);
}

function readPart(before: AllocatorState, name: string, exitNode: number, text: string): AllocatorState {
  const { held, leaving, resting } = parseObject(name, text);
  let state = before;
  for (const row of rowsOf(name, held)) {
    const { subnetNumber, network, node } = readRow(name, exitNode, row);
    const next = reservePrefix(state, { network, node, exitNode }, subnetOf(state.prefix, subnetNumber), 0);
    if (!next.ok) throw new Damage(name, `does not add up: ${next.problems[0]?.message}`);
    state = next.value.state;
  }
  const notHeld = [
    ...rowsOf(name, leaving).map((row) => ({ ...readRow(name, exitNode, row), kind: "leaving" as const })),
    ...rowsOf(name, resting).map((row) => ({ ...readRow(name, exitNode, row), kind: "resting" as const })),
  ];
  for (const { subnetNumber, network, node, more, kind } of notHeld) {
    const [releasedAtMs] = more;
    const hex = subnetNumber.toString(16);
    if (checkResourcePrefix(subnetOf(state.prefix, subnetNumber), state.prefix, exitNode).length > 0)
      throw new Damage(name, `has ${hex}, which is never given`);
    if (slotOf(state, subnetNumber) !== undefined) throw new Damage(name, `has ${hex} twice`);
    if (kind === "leaving") state = withSlot(state, subnetNumber, { kind, network, node });
    else if (typeof releasedAtMs !== "number" || !Number.isFinite(releasedAtMs))
      throw new Damage(name, `does not say since when ${hex} rests`);
    else state = withSlot(state, subnetNumber, { kind, network, node, releasedAtMs });
  }
  return state;
}

/** The state of its texts. Errors: `allocator-state-damaged`, naming the text that is not one of those that `encodeAllocator` gives. */
export function decodeAllocator(texts: AllocatorTexts): Outcome<AllocatorState> {
  try {
    const exitNodes = texts.get(exitNodesName);
    if (exitNodes === undefined) return failure(damaged(exitNodesName, "is missing"));
    let state = readExitNodes(exitNodes);
    for (const [name, text] of texts) {
      if (name === exitNodesName) continue;
      const exitNode = partOf(name);
      if (exitNode === undefined) throw new Damage(name, "is no part");
      state = readPart(state, name, exitNode, text);
    }
    return success(state);
  } catch (thrown) {
    if (thrown instanceof Damage) return failure(thrown.problem);
    throw thrown;
  }
}
