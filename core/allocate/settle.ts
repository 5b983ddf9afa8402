/**
 * From the list and what is handed out so far to what is handed out now: the one way in which anybody gets a prefix or a number, whether the
 * list states it or not. What nobody is to have any more is kept from others for as long as it is still on its node, and rests from then on.
 */
import type { Prefix, Problem } from "../common/index.ts";
import { hexOf, subnetNumberOf, subnetOf } from "../derive/index.ts";
import { numberExitNodes, placeResources, startStates } from "./homes.ts";
import type { Complaint, Placed } from "./homes.ts";
import { findListeners, listenerProblem } from "./listeners.ts";
import type { Listeners } from "./listeners.ts";
import type { AllocationList, Claim, NetworkGrant, NumberGrant } from "./list.ts";
import { forgetRested, grantPrefix, keepPrefix, releasePrefix, reservePrefix, restPrefix, withdrawPrefix } from "./prefixes.ts";
import { advise, holdingOf, sameHolder, slotOf, slotsOf } from "./state.ts";
import type { AllocatorState, Holder, Slot } from "./state.ts";

/** The allocators of a farm by their allocations' numbers. */
export type Book = ReadonlyMap<number, AllocatorState>;

export interface SettleOptions {
  /** Milliseconds since 1970: rests outlast whoever counts them. */
  readonly nowMs: number;
  readonly claims?: readonly Claim[];
  /** How many parts may change, so that what has to be written at once fits the store; the rest is for the next time. */
  readonly mostParts?: number;
}

export interface Settlement {
  readonly book: Book;
  readonly numbers: readonly NumberGrant[];
  /** One of every network of the list, in the order of names. */
  readonly networks: readonly NetworkGrant[];
  /** All that was refused, with the advice to add an exit node. */
  readonly problems: readonly Problem[];
  /** False: some parts were left for the next time. */
  readonly isWhole: boolean;
}

/** One number of both: of thousands it is made faster than a text. */
const placeNumber = (allocationNumber: number, subnetNumber: number): number => allocationNumber * 0x10000 + subnetNumber;

const keyOf = ({ network, node }: Holder): string => `${network}/${node}`;

/** By network and node: who is to have something. */
class Wanted {
  readonly #byNetwork: ReadonlyMap<string, ReadonlyMap<string, Placed>>;

  constructor(placed: readonly Placed[]) {
    const byNetwork = Map.groupBy(placed, ({ network }) => network.name);
    this.#byNetwork = new Map([...byNetwork].map(([name, own]) => [name, new Map(own.map((one) => [one.resource.node, one]))]));
  }

  placeOf({ network, node }: Holder): Placed | undefined {
    return this.#byNetwork.get(network)?.get(node);
  }
}

/** Whether the list gives a resource that prefix, or any of its part. */
function isFor({ network, resource, exitNode }: Placed, allocationNumber: number, subnetNumber: number): boolean {
  const { prefix } = resource;
  if (network.allocationNumber !== allocationNumber || exitNode !== subnetNumber >> 12) return false;
  return prefix === undefined || subnetNumberOf(prefix) === subnetNumber;
}

const holderOf = ({ network, resource }: Placed): Holder => ({ network: network.name, node: resource.node });

/** Which network has a subnet number on a node. */
interface Held {
  readonly node: string;
  readonly network: string;
  readonly allocationNumber: number;
}

/** Whom the list gives something, and what nodes say that they have. */
interface ToNote {
  readonly wanted: Wanted;
  readonly claims: readonly Claim[];
}

class Settling {
  readonly states: Map<number, AllocatorState>;
  readonly #complaints: Complaint[] = [];
  readonly #nowMs: number;
  readonly #mostParts: number;
  readonly #touched = new Set<string>();
  /** By node: subnet number -> who has it there, of whichever allocation. */
  readonly #onNode = new Map<string, Map<number, Held>>();
  #toNote: ToNote | undefined;
  #listeners: Listeners = findListeners({ nodes: [] }, []);
  isWhole = true;

  constructor(book: Book, list: AllocationList, { nowMs, mostParts = Infinity }: SettleOptions) {
    this.#nowMs = nowMs;
    this.#mostParts = mostParts;
    this.states = startStates(book, list, this.complain);
  }

  /** What of the networks can have prefixes, in the order of names. */
  place(list: AllocationList): readonly Placed[] {
    const placed = placeResources(this.states, list, this.complain);
    this.#listeners = findListeners(list, placed);
    return placed.filter((one) => {
      const problem = this.#listeners.problemOf(one);
      if (problem !== undefined) this.complain({ problem, network: one.network.name });
      return problem === undefined;
    });
  }

  readonly complain = (complaint: Complaint): void => void this.#complaints.push(complaint);

  get complaints(): readonly Complaint[] {
    return this.#complaints;
  }

  /** Whether this part may change now. */
  #mayTouch(allocationNumber: number, exitNode: number): boolean {
    const may = this.#touched.has(`${allocationNumber} ${exitNode}`) || this.#touched.size < this.#mostParts;
    if (!may) this.isWhole = false;
    return may;
  }

  #change(allocationNumber: number, exitNode: number, state: AllocatorState): void {
    if (state !== this.states.get(allocationNumber)) this.#touched.add(`${allocationNumber} ${exitNode}`);
    this.states.set(allocationNumber, state);
  }

  /** Of what nodes still have, what nobody is known to hold. */
  keepClaimed(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const state = this.states.get(claim.allocationNumber);
      if (state === undefined) continue;
      const kept = keepPrefix(state, claim, claim.subnetNumber);
      const exitNode = claim.subnetNumber >> 12;
      if (kept !== state && this.#mayTouch(claim.allocationNumber, exitNode)) this.#change(claim.allocationNumber, exitNode, kept);
    }
  }

  /**
   * Takes back what the list no longer gives, and what somebody else has come to listen on; lets rest what is gone from its node, and forgets
   * rests that are over.
   */
  takeBack(wanted: Wanted, claims: readonly Claim[]): void {
    const claimed = Map.groupBy(claims, ({ allocationNumber, subnetNumber }) => placeNumber(allocationNumber, subnetNumber));
    const clashing = this.#clashing(wanted);
    for (const [allocationNumber, before] of this.states) {
      for (const { subnetNumber, slot } of slotsOf(before)) {
        const place = wanted.placeOf(slot);
        const isWanted =
          place !== undefined &&
          isFor(place, allocationNumber, subnetNumber) &&
          this.#listeners.on(place, subnetNumber) === undefined &&
          !clashing.has(placeNumber(allocationNumber, subnetNumber));
        const leaves = slot.kind === "held" && !isWanted;
        if (!leaves && slot.kind !== "leaving") continue;
        const isGone = claimed.get(placeNumber(allocationNumber, subnetNumber))?.some((claim) => sameHolder(claim, slot)) !== true;
        // Its holder comes back to it, unless it has another by now.
        const returns = isWanted && holdingOf(before, slot) === undefined;
        if (!leaves && !(isGone && !returns)) continue;
        if (!this.#mayTouch(allocationNumber, subnetNumber >> 12)) continue;
        const state = this.states.get(allocationNumber) ?? before;
        this.#change(allocationNumber, subnetNumber >> 12, this.#left(state, subnetNumber, slot, isGone));
      }
    }
    for (const [allocationNumber, before] of this.states) {
      // Those of parts that were left alone are forgotten when these are looked at.
      this.states.set(allocationNumber, this.#touched.size === 0 || this.isWhole ? forgetRested(before, this.#nowMs) : before);
    }
    this.#toNote = { wanted, claims };
  }

  /** The state in which a slot that its holder is to lose has been left, and rests where it is gone from its node. */
  #left(state: AllocatorState, subnetNumber: number, slot: Slot, isGone: boolean): AllocatorState {
    if (slot.kind === "leaving") return restPrefix(state, subnetNumber, this.#nowMs);
    return isGone ? releasePrefix(state, slot, this.#nowMs) : withdrawPrefix(state, slot);
  }

  /**
   * Held prefixes that have come to be on one node with another allocation's of the same number, as when an exit node is given a standby:
   * of two the one that is stated stays, else the first. Within an allocation no number is there twice.
   */
  #clashing(wanted: Wanted): ReadonlySet<number> {
    const clashing = new Set<number>();
    if (this.states.size < 2) return clashing;
    const held = [...this.states].flatMap(([allocationNumber, state]) =>
      slotsOf(state).flatMap(({ subnetNumber, slot }) => {
        const place = slot.kind === "held" ? wanted.placeOf(slot) : undefined;
        return place !== undefined && isFor(place, allocationNumber, subnetNumber) ? [{ allocationNumber, subnetNumber, place }] : [];
      }),
    );
    const seen = new Set<string>();
    const isStated = ({ place }: (typeof held)[number]): boolean => place.resource.prefix !== undefined;
    for (const { allocationNumber, subnetNumber, place } of [...held.filter(isStated), ...held.filter((one) => !isStated(one))]) {
      const places = place.nodes.map((node) => `${node} ${subnetNumber}`);
      if (places.some((one) => seen.has(one))) clashing.add(placeNumber(allocationNumber, subnetNumber));
      else for (const one of places) seen.add(one);
    }
    return clashing;
  }

  /** Notes where each number is, once somebody is to be given one: what is held before what leaves. */
  #noteAll(): void {
    if (this.#toNote === undefined) return;
    const { wanted, claims } = this.#toNote;
    this.#toNote = undefined;
    for (const kind of ["held", "leaving"] as const) {
      for (const [allocationNumber, state] of this.states)
        for (const { subnetNumber, slot } of slotsOf(state))
          if (slot.kind === kind)
            this.#note(slot, subnetNumber, allocationNumber, (kind === "held" ? wanted.placeOf(slot)?.nodes : undefined) ?? [slot.node]);
    }
    for (const claim of claims)
      if (claim.standIn !== undefined) this.#note(claim, claim.subnetNumber, claim.allocationNumber, [claim.standIn]);
  }

  #note({ network }: Holder, subnetNumber: number, allocationNumber: number, nodes: readonly string[]): void {
    for (const node of nodes) {
      const subnets = this.#onNode.get(node) ?? new Map<number, Held>();
      if (!subnets.has(subnetNumber)) subnets.set(subnetNumber, { node, network, allocationNumber });
      this.#onNode.set(node, subnets);
    }
  }

  /** Names and port of a resource follow from its subnet number, so one node holds each number once, whatever the allocations (EX-21). */
  #otherOnNodes({ network, nodes }: Placed, subnetNumber: number): Held | undefined {
    for (const node of nodes) {
      const held = this.#onNode.get(node)?.get(subnetNumber);
      if (held !== undefined && (held.network !== network.name || held.allocationNumber !== network.allocationNumber)) return held;
    }
    return undefined;
  }

  /** Why a prefix that is stated cannot be on the resource's nodes. */
  #problemsThere(placed: Placed, prefix: Prefix): readonly Problem[] {
    const { name } = placed.network;
    const port = subnetNumberOf(prefix);
    const other = this.#otherOnNodes(placed, port);
    const listener = this.#listeners.on(placed, port);
    const message = `networks ${other?.network} and ${name} both have a prefix with the bytes ${hexOf(prefix)} on ${other?.node}, so the same WireGuard port`;
    const hint = "give one of them another prefix";
    return [
      ...(other === undefined ? [] : [{ severity: "error" as const, code: "subnet-twice-on-node", message, hint }]),
      ...(listener === undefined ? [] : [listenerProblem(name, hexOf(prefix), port, listener)]),
    ];
  }

  /** Gives what is placed its prefix; `isSpokenFor` says which the list states for somebody else. */
  allot(placed: Placed, isSpokenFor: (subnetNumber: number) => boolean): void {
    const { network, resource, exitNode, nodes } = placed;
    const { allocationNumber } = network;
    const state = this.states.get(allocationNumber);
    const holder = holderOf(placed);
    // Whoever holds something by now holds what the list gives it.
    if (state === undefined || holdingOf(state, holder) !== undefined || !this.#mayTouch(allocationNumber, exitNode)) return;
    this.#noteAll();
    const refuse = (problem: Problem): void => this.complain({ problem, network: network.name });
    const { prefix } = resource;
    const isTaken = (one: number): boolean =>
      this.#otherOnNodes(placed, one) !== undefined || this.#listeners.on(placed, one) !== undefined || isSpokenFor(one);
    const outcome =
      prefix === undefined
        ? grantPrefix(state, { ...holder, exitNode, avoid: { has: isTaken } }, this.#nowMs)
        : reservePrefix(state, { ...holder, exitNode }, prefix, this.#nowMs);
    if (!outcome.ok) {
      const named = `network ${network.name} on ${resource.node}: `;
      for (const problem of outcome.problems) refuse(prefix === undefined ? problem : { ...problem, message: named + problem.message });
      return;
    }
    const there = prefix === undefined ? [] : this.#problemsThere(placed, prefix);
    for (const problem of there) refuse(problem);
    if (there.length > 0) return;
    this.#change(allocationNumber, exitNode, outcome.value.state);
    this.#note(holder, subnetNumberOf(outcome.value.prefix), allocationNumber, nodes);
  }
}

/** What the list states, by allocation number and subnet number: of whom. */
function spokenFor(placed: readonly Placed[]): ReadonlyMap<number, string> {
  return new Map(
    placed.flatMap((one) =>
      one.resource.prefix === undefined
        ? []
        : [[placeNumber(one.network.allocationNumber, subnetNumberOf(one.resource.prefix)), keyOf(holderOf(one))] as const],
    ),
  );
}

function numberGrants({ states, complaints }: Settling): readonly NumberGrant[] {
  return [...states].map(([allocationNumber, state]) => ({
    allocationNumber,
    exitNodes: state.exitNodes.flatMap((node, index) => (node === undefined ? [] : [{ node, number: index + 1 }])),
    refused: complaints.filter((one) => one.allocationNumber === allocationNumber).map(({ problem }) => problem),
  }));
}

function networkGrants({ states, complaints }: Settling, list: AllocationList, placed: readonly Placed[]): readonly NetworkGrant[] {
  const byNetwork = Map.groupBy(placed, ({ network }) => network.name);
  const refused = Map.groupBy(complaints, ({ network }) => network);
  return list.networks
    .map(({ name, allocationNumber }): NetworkGrant => {
      const own = byNetwork.get(name) ?? [];
      const state = states.get(allocationNumber);
      const resources = own.flatMap((one) => {
        const subnetNumber = state === undefined ? undefined : holdingOf(state, holderOf(one));
        if (state === undefined || subnetNumber === undefined || subnetNumber >> 12 !== one.exitNode) return [];
        return [{ node: one.resource.node, prefix: subnetOf(state.prefix, subnetNumber) }];
      });
      const [first] = own;
      return {
        network: name,
        allocationNumber,
        ...(first === undefined ? {} : { exitNode: first.exitNode }),
        resources,
        refused: (refused.get(name) ?? []).map(({ problem }) => problem),
      };
    })
    .toSorted((one, other) => (one.network < other.network ? -1 : 1));
}

/**
 * Settles what is handed out by the list. Never fails: what cannot be given is refused by name, and takes nothing from anybody else. The same
 * list again changes nothing but what nodes have given up meanwhile.
 */
export function settle(book: Book, list: AllocationList, options: SettleOptions): Settlement {
  const { claims = [] } = options;
  const work = new Settling(book, list, options);
  numberExitNodes(work.states, list, work.complain);
  const placed = work.place(list);
  work.keepClaimed(claims);
  work.takeBack(new Wanted(placed), claims);
  const spoken = spokenFor(placed);
  for (const isStated of [true, false]) {
    for (const one of placed.filter(({ resource }) => (resource.prefix !== undefined) === isStated)) {
      work.allot(one, (subnetNumber) => {
        const whose = spoken.get(placeNumber(one.network.allocationNumber, subnetNumber));
        return whose !== undefined && whose !== keyOf(holderOf(one));
      });
    }
  }
  const advice = list.allocations.flatMap(({ number }) => {
    const state = work.states.get(number);
    return state === undefined ? [] : advise(state);
  });
  return {
    book: work.states,
    numbers: numberGrants(work),
    networks: networkGrants(work, list, placed),
    problems: [...work.complaints.map(({ problem }) => problem), ...advice],
    isWhole: work.isWhole,
  };
}

/** Whether a claim is by the node that the prefix is held for: it has made what it was given. */
function isByHolder(book: Book, claim: Claim): boolean {
  const state = book.get(claim.allocationNumber);
  const slot = state === undefined ? undefined : slotOf(state, claim.subnetNumber);
  return claim.standIn === undefined && slot?.kind === "held" && sameHolder(slot, claim);
}

/**
 * Whether the same list is settled with these claims as it was with those before: what has come and gone is by holders alone. False says nothing;
 * claims are known again by identity.
 */
export function staysSettled(book: Book, before: readonly Claim[], after: readonly Claim[]): boolean {
  const [had, has] = [new Set(before), new Set(after)];
  return [...had.symmetricDifference(has)].every((claim) => isByHolder(book, claim));
}
