/**
 * The allocator's state for one allocation: a value that is never changed in place. Slots lie in rows of 64, and the index of holders
 * in buckets on shelves of 64, so that a new state shares almost everything with the old one.
 */
import { failure, hash32, networkOf, remembered, success } from "../common/index.ts";
import type { Outcome, Prefix, Problem } from "../common/index.ts";
import { checkAllocation, prefixesPerPart, subnetOf } from "../derive/index.ts";

/** Who holds a prefix: the part of a user's network on a node. */
export interface Holder {
  readonly network: string;
  readonly node: string;
}

/**
 * A slot that is not free: held; leaving, which is taken back but still on its node; or gone from there at a moment and at rest since. Its
 * holder is kept to the end of the rest: the rest is for everybody else, who could be taken for it.
 */
export type Slot = Holder &
  ({ readonly kind: "held" } | { readonly kind: "leaving" } | { readonly kind: "resting"; readonly releasedAtMs: number });

interface Row {
  readonly slots: readonly (Slot | undefined)[];
  /** How many of them are held. */
  readonly held: number;
}

/** One /52: rows of slots (a row is absent while empty), how many are held, and how many are leaving or at rest. */
interface Part {
  readonly exitNode: number;
  readonly rows: readonly (Row | undefined)[];
  readonly held: number;
  readonly givenUp: number;
}

/** A holder and the subnet number (bytes 6 and 7) that it holds. */
interface Holding extends Holder {
  readonly subnetNumber: number;
}

type Bucket = readonly Holding[];
type Shelf = readonly (Bucket | undefined)[];

export interface AllocatorState {
  /** The allocation, a /48. */
  readonly prefix: Prefix;
  /** Node names by exit node number less 1; undefined where a number is free. */
  readonly exitNodes: readonly (string | undefined)[];
  /** By exit node number; part 0 stays empty. */
  readonly parts: readonly Part[];
  /** Holdings by hash of the holder: shelves of buckets. */
  readonly holdings: readonly Shelf[];
}

const rowSlots = 64;
const [shelves, shelfBuckets] = [64, 64];
const emptyRow: Row = { slots: Array.from({ length: rowSlots }, () => undefined), held: 0 };
const emptyShelf: Shelf = Array.from({ length: shelfBuckets }, () => undefined);

/** Routes at which an exit node should get company (seed 1: with every 2000 routes more). */
export const adviseExitNodeRoutes = 2000;

/** /64s that a part can hold: 4096, in part 15 without ff00-ffff 3840. */
export function capacityOf(exitNode: number): number {
  return exitNode === 15 ? prefixesPerPart - 256 : prefixesPerPart;
}

/** An allocator that holds nothing. Errors: the prefix cannot be an allocation (EX-3); a warning may accompany the state. */
export function startAllocator(prefix: Prefix): Outcome<AllocatorState> {
  const problems = checkAllocation(prefix);
  if (problems.some((problem) => problem.severity === "error")) return failure(...problems);
  const rows = Array.from({ length: prefixesPerPart / rowSlots }, () => undefined);
  return success(
    {
      prefix: networkOf(prefix),
      exitNodes: Array.from({ length: 15 }, () => undefined),
      parts: Array.from({ length: 16 }, (_, exitNode): Part => ({ exitNode, rows, held: 0, givenUp: 0 })),
      holdings: Array.from({ length: shelves }, () => emptyShelf),
    },
    problems,
  );
}

/** The slot of a subnet number; undefined where it is free. */
export function slotOf(state: AllocatorState, subnetNumber: number): Slot | undefined {
  const index = subnetNumber & 0xfff;
  return state.parts[subnetNumber >> 12]?.rows[Math.floor(index / rowSlots)]?.slots[index % rowSlots];
}

/** How many subnet numbers, this one and those after it, are held for certain, as their whole row is: 0 where each has to be looked at. */
export function heldRun(state: AllocatorState, subnetNumber: number): number {
  const index = subnetNumber & 0xfff;
  const row = state.parts[subnetNumber >> 12]?.rows[Math.floor(index / rowSlots)];
  return row?.held === rowSlots ? rowSlots - (index % rowSlots) : 0;
}

/** A state with that slot set, or free where `slot` is undefined. Keeps the counts, not the index of holders. */
export function withSlot(state: AllocatorState, subnetNumber: number, slot: Slot | undefined): AllocatorState {
  const index = subnetNumber & 0xfff;
  const exitNode = subnetNumber >> 12;
  const part = state.parts[exitNode]!;
  const rowIndex = Math.floor(index / rowSlots);
  const row = part.rows[rowIndex] ?? emptyRow;
  const before = row.slots[index % rowSlots];
  const isHeld = (one: Slot | undefined): number => (one?.kind === "held" ? 1 : 0);
  const isGivenUp = (one: Slot | undefined): number => (one === undefined || one.kind === "held" ? 0 : 1);
  const slots = row.slots.with(index % rowSlots, slot);
  const moreHeld = isHeld(slot) - isHeld(before);
  const newRow: Row = { slots, held: row.held + moreHeld };
  const rows = part.rows.with(rowIndex, slots.some((one) => one !== undefined) ? newRow : undefined);
  const newPart: Part = {
    exitNode,
    rows,
    held: part.held + moreHeld,
    givenUp: part.givenUp - isGivenUp(before) + isGivenUp(slot),
  };
  return { ...state, parts: state.parts.with(exitNode, newPart) };
}

const bucketNumberOf = (holder: Holder): number => hash32(`${holder.network}/${holder.node}`) % (shelves * shelfBuckets);

const bucketAt = (state: AllocatorState, bucket: number): Bucket =>
  state.holdings[Math.floor(bucket / shelfBuckets)]?.[bucket % shelfBuckets] ?? [];

function withBucket({ holdings }: AllocatorState, bucket: number, now: Bucket): readonly Shelf[] {
  const shelf = Math.floor(bucket / shelfBuckets);
  return holdings.with(shelf, (holdings[shelf] ?? emptyShelf).with(bucket % shelfBuckets, now.length === 0 ? undefined : now));
}

export const sameHolder = (one: Holder, other: Holder): boolean => one.network === other.network && one.node === other.node;

/** The subnet number that a holder holds; undefined where it holds none. */
export function holdingOf(state: AllocatorState, holder: Holder): number | undefined {
  return bucketAt(state, bucketNumberOf(holder)).find((one) => sameHolder(one, holder))?.subnetNumber;
}

/** A state in which the holder holds that subnet number, which must be free or at rest. */
export function withHolding(state: AllocatorState, holder: Holder, subnetNumber: number): AllocatorState {
  const { network, node } = holder;
  const bucket = bucketNumberOf(holder);
  const holdings = withBucket(state, bucket, [...bucketAt(state, bucket), { network, node, subnetNumber }]);
  return { ...withSlot(state, subnetNumber, { kind: "held", network, node }), holdings };
}

/** A state in which the holder no longer holds its subnet number, which is taken all the same: leaving, or at rest. */
export function withoutHolding(
  state: AllocatorState,
  subnetNumber: number,
  slot: Exclude<Slot, { readonly kind: "held" }>,
): AllocatorState {
  const bucket = bucketNumberOf(slot);
  const holdings = withBucket(
    state,
    bucket,
    bucketAt(state, bucket).filter((one) => !sameHolder(one, slot)),
  );
  return { ...withSlot(state, subnetNumber, slot), holdings };
}

interface NumberedSlot {
  readonly subnetNumber: number;
  readonly slot: Slot;
}

/** Of a part, once: most parts are the same from one look to the next. */
const slotsWithin = remembered(({ exitNode, rows, held, givenUp }: Part): readonly NumberedSlot[] => {
  if (held + givenUp === 0) return [];
  return rows.flatMap((row = emptyRow, rowIndex) =>
    row.slots.flatMap((slot, index) =>
      slot === undefined ? [] : [{ subnetNumber: (exitNode << 12) | (rowIndex * rowSlots + index), slot }],
    ),
  );
});

/** Every slot that is not free, in the order of subnet numbers. */
export const slotsOf = (state: AllocatorState): readonly NumberedSlot[] => state.parts.flatMap(slotsWithin);

/** Those of one exit node's part. */
export function slotsOfPart(state: AllocatorState, exitNode: number): readonly NumberedSlot[] {
  const part = state.parts[exitNode];
  return part === undefined ? [] : slotsWithin(part);
}

/** Those that nobody holds: they are leaving, or at rest. */
export const givenUpSlots = (state: AllocatorState): readonly NumberedSlot[] =>
  state.parts.filter(({ givenUp }) => givenUp > 0).flatMap((part) => slotsWithin(part).filter(({ slot }) => slot.kind !== "held"));

interface HeldPrefix extends Holder {
  readonly prefix: Prefix;
}

/** All that is held, in the order of prefixes. */
export function heldPrefixes(state: AllocatorState): readonly HeldPrefix[] {
  const held: HeldPrefix[] = [];
  for (const { subnetNumber, slot } of slotsOf(state)) {
    if (slot.kind === "held") held.push({ network: slot.network, node: slot.node, prefix: subnetOf(state.prefix, subnetNumber) });
  }
  return held;
}

/** The advice on one exit node; undefined while it has fewer than `adviseExitNodeRoutes` routes. */
export function adviseOn(state: AllocatorState, exitNode: number): Problem | undefined {
  const routes = state.parts[exitNode]?.held ?? 0;
  if (routes < adviseExitNodeRoutes) return undefined;
  return {
    severity: "advice",
    code: "exit-node-routes",
    message: `exit node ${exitNode} routes ${routes} prefixes of at most ${capacityOf(exitNode)}`,
    hint: `add an exit node to the allocation with every ${adviseExitNodeRoutes} routes`,
  };
}

/** The advice on all exit nodes of the allocation. */
export function advise(state: AllocatorState): readonly Problem[] {
  return state.parts.map((_, exitNode) => adviseOn(state, exitNode)).filter((problem) => problem !== undefined);
}
