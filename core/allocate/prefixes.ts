/** The /64s of network resources, each from the part of the exit node that hosts its network's exit point (EX-5). */
import { failure, formatPrefix, hash32, success } from "../common/index.ts";
import type { Outcome, Prefix, Problem } from "../common/index.ts";
import {
  checkExitNodeNumber,
  checkResourcePrefix,
  exitNodePart,
  isReservedSubnet,
  prefixesPerPart,
  subnetNumberOf,
  subnetOf,
} from "../derive/index.ts";
import { error } from "./refusal.ts";
import {
  adviseOn,
  capacityOf,
  heldRun,
  holdingOf,
  sameHolder,
  slotOf,
  givenUpSlots,
  slotsOfPart,
  withHolding,
  withoutHolding,
  withSlot,
} from "./state.ts";
import type { AllocatorState, Holder, Slot } from "./state.ts";

/** How long a released prefix rests before it is given again, so that DNS entries and peers that still name it die out first: a day. */
export const releasedPrefixRestMs: number = 24 * 60 * 60 * 1000;

export interface PrefixRequest extends Holder {
  /** x of the exit node that hosts the network's exit point. */
  readonly exitNode: number;
  /** Subnet numbers that this node cannot have: another allocation's resource there derives the same names and port, or a service holds the port. */
  readonly avoid?: { has(subnetNumber: number): boolean };
}

export interface PrefixGrant {
  readonly state: AllocatorState;
  readonly prefix: Prefix;
}

const rests = (slot: Slot | undefined, nowMs: number): boolean =>
  slot?.kind === "resting" && nowMs < slot.releasedAtMs + releasedPrefixRestMs;
const isFree = (slot: Slot | undefined, nowMs: number): boolean => slot === undefined || (slot.kind === "resting" && !rests(slot, nowMs));
/** Of one that it held last, and that has not been free since. */
const isOwn = (slot: Slot | undefined, holder: Holder, nowMs: number): boolean =>
  slot !== undefined && !isFree(slot, nowMs) && sameHolder(slot, holder);

/** What the holder had in a part before it was taken back, what it still has on its node before what rests. */
function formerOf(state: AllocatorState, request: PrefixRequest, nowMs: number): number | undefined {
  if (state.parts[request.exitNode]?.givenUp === 0) return undefined;
  let resting: number | undefined;
  for (const { subnetNumber, slot } of slotsOfPart(state, request.exitNode)) {
    if (!isOwn(slot, request, nowMs) || request.avoid?.has(subnetNumber) === true) continue;
    if (slot.kind === "leaving") return subnetNumber;
    resting ??= subnetNumber;
  }
  return resting;
}

/** What the holder already has: the same prefix again, or a refusal where it is of another part or other than the stated one. */
const presentGrant = (state: AllocatorState, holder: Holder, present: number, wanted: boolean, asked: string): Outcome<PrefixGrant> => {
  const prefix = subnetOf(state.prefix, present);
  if (wanted) return success({ state, prefix });
  const message = `network ${holder.network} holds ${formatPrefix(prefix)} on ${holder.node} and cannot hold ${asked} there too`;
  return failure(error("resource-held-already", message, "release the one before asking for the other"));
};

/**
 * Gives a network's resource on a node a /64 of the exit node's part, the one it holds or has held last and that still rests. The choice
 * follows from (network, node) alone, then the next free one. With 2000 routes and more an advice accompanies the grant.
 * Errors, all without effect: `part-full`, `resource-held-already` (in another part), `exit-node-out-of-range`.
 */
export function grantPrefix(state: AllocatorState, request: PrefixRequest, nowMs: number): Outcome<PrefixGrant> {
  const { exitNode, avoid } = request;
  const wrong = checkExitNodeNumber(exitNode);
  if (wrong.length > 0) return failure(...wrong);
  const present = holdingOf(state, request);
  if (present !== undefined) {
    return presentGrant(
      state,
      request,
      present,
      present >> 12 === exitNode,
      `one of ${formatPrefix(exitNodePart(state.prefix, exitNode))}`,
    );
  }
  const former = formerOf(state, request, nowMs);
  if (former !== undefined) return granted(state, request, former);
  // Uniqueness is judged on the 12 bits that reach the address: the wider draw of old collided after some 76 grants.
  const draw = hash32(`prefix:${request.network}/${request.node}`) & 0xfff;
  for (let step = 0; step < prefixesPerPart; step += 1) {
    const subnetNumber = (exitNode << 12) | ((draw + step) & 0xfff);
    const held = heldRun(state, subnetNumber);
    if (held > 0) {
      step += held - 1;
      continue;
    }
    if (isReservedSubnet(subnetNumber) || !isFree(slotOf(state, subnetNumber), nowMs) || avoid?.has(subnetNumber) === true) continue;
    return granted(state, request, subnetNumber);
  }
  return failure(partFull(state, request, nowMs));
}

const granted = (state: AllocatorState, holder: Holder, subnetNumber: number): Outcome<PrefixGrant> => {
  const next = withHolding(state, holder, subnetNumber);
  const advice = adviseOn(next, subnetNumber >> 12);
  return success({ state: next, prefix: subnetOf(state.prefix, subnetNumber) }, advice === undefined ? [] : [advice]);
};

const partFull = (state: AllocatorState, request: PrefixRequest, nowMs: number): Problem => {
  const { exitNode } = request;
  const held = state.parts[exitNode]?.held ?? 0;
  let resting = 0;
  let leaving = 0;
  for (const { slot } of slotsOfPart(state, exitNode)) {
    if (rests(slot, nowMs)) resting += 1;
    if (slot.kind === "leaving") leaving += 1;
  }
  const message =
    `no prefix left for network ${request.network} on ${request.node}: exit node ${exitNode} has ${capacityOf(exitNode)}, ` +
    `of which ${held} are held and ${resting} rest after release${leaving === 0 ? "" : `, and ${leaving} are still on nodes that are to lose them`}`;
  return error("part-full", message, "put the exit points of further networks on another exit node");
};

/**
 * Marks a stated prefix as held by a network's resource on a node; the same again changes nothing.
 * Errors, all without effect: those of `checkResourcePrefix`, `prefix-held-twice` naming both holders, `prefix-leaving` and
 * `prefix-resting` (another had it), `resource-held-already` (the holder has another prefix).
 */
export function reservePrefix(
  state: AllocatorState,
  request: Holder & { readonly exitNode: number },
  prefix: Prefix,
  nowMs: number,
): Outcome<PrefixGrant> {
  const wrong = checkResourcePrefix(prefix, state.prefix, request.exitNode);
  if (wrong.length > 0) return failure(...wrong);
  const subnetNumber = subnetNumberOf(prefix);
  const text = formatPrefix(prefix);
  const present = holdingOf(state, request);
  if (present !== undefined) return presentGrant(state, request, present, present === subnetNumber, text);
  const slot = slotOf(state, subnetNumber);
  if (slot?.kind === "held") {
    const message = `${text} is held by network ${slot.network} on ${slot.node} and by network ${request.network} on ${request.node}`;
    return failure(error("prefix-held-twice", message, "give every network resource a /64 of its own"));
  }
  if (slot !== undefined && !isFree(slot, nowMs) && !isOwn(slot, request, nowMs)) {
    const was = `${text} was that of network ${slot.network} on ${slot.node}`;
    const hint = "leave the prefix out to get another one";
    if (slot.kind === "leaving") return failure(error("prefix-leaving", `${was} and is still there`, hint));
    return failure(error("prefix-resting", `${was}, was released and still rests`, hint));
  }
  return success({ state: withHolding(state, request, subnetNumber), prefix });
}

/** Takes a holder's prefix back; it rests from now. A holder that holds none changes nothing. */
export function releasePrefix(state: AllocatorState, holder: Holder, nowMs: number): AllocatorState {
  const { network, node } = holder;
  const present = holdingOf(state, holder);
  return present === undefined ? state : withoutHolding(state, present, { kind: "resting", network, node, releasedAtMs: nowMs });
}

/** Takes a holder's prefix back that is still on its node: nobody has it, and it begins to rest by `restPrefix`. */
export function withdrawPrefix(state: AllocatorState, holder: Holder): AllocatorState {
  const { network, node } = holder;
  const present = holdingOf(state, holder);
  return present === undefined ? state : withoutHolding(state, present, { kind: "leaving", network, node });
}

/** Notes that a node still has what nobody is known to hold: it is kept from others until it is gone from there. Else changes nothing. */
export function keepPrefix(state: AllocatorState, holder: Holder, subnetNumber: number): AllocatorState {
  const { network, node } = holder;
  const slot = slotOf(state, subnetNumber);
  const mayBe = subnetNumber >> 12 !== 0 && !isReservedSubnet(subnetNumber) && (slot === undefined || slot.kind === "resting");
  return mayBe ? withSlot(state, subnetNumber, { kind: "leaving", network, node }) : state;
}

/** A prefix that was leaving is gone from its node and rests from now. */
export function restPrefix(state: AllocatorState, subnetNumber: number, nowMs: number): AllocatorState {
  const slot = slotOf(state, subnetNumber);
  if (slot?.kind !== "leaving") return state;
  const { network, node } = slot;
  return withSlot(state, subnetNumber, { kind: "resting", network, node, releasedAtMs: nowMs });
}

/** The state without rests that are over: equal to one in which those prefixes had never been given. */
export function forgetRested(state: AllocatorState, nowMs: number): AllocatorState {
  let next = state;
  for (const { subnetNumber, slot } of givenUpSlots(state)) {
    if (slot.kind === "resting" && !rests(slot, nowMs)) next = withSlot(next, subnetNumber, undefined);
  }
  return next;
}
