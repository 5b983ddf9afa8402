/** What a store holds, as values: kept up to date by snapshots and events. */
import type { Grants, NetworkGrant, NumberGrant } from "../allocate/index.ts";
import {
  decodeAllocationIntent,
  decodeExitNodeHost,
  decodeNetworkGrant,
  decodeNetworkIntent,
  decodeNodeFacts,
  decodeNodeIntent,
  decodeNodeStatus,
  decodeNumberGrant,
} from "./codec.ts";
import type { Outcome } from "../common/index.ts";
import type { AllocationIntent, ExitNodeHost, NetworkWish, NodeFacts, NodeStatus, NodeWish, Wishes } from "../intents/index.ts";
import { exitNodeKey, intentKeys, parseKey, type StoreKey } from "./keys.ts";
import type { Snapshot, StoreEntry, StoreEvent } from "./gateway.ts";

type Value = AllocationIntent | NodeWish | NetworkWish | NumberGrant | NetworkGrant | NodeFacts | ExitNodeHost | NodeStatus;

interface Held {
  readonly kind: StoreKey["kind"];
  readonly name: string;
  readonly text: string;
  readonly value: Value;
}

/** The wish that a grant answers: it is in force for as long as that is there. */
const wishOf: Partial<Record<StoreKey["kind"], (name: string) => string>> = {
  numberGrant: (name) => intentKeys.allocation(Number(name)),
  networkGrant: intentKeys.network,
};

const isWish: ReadonlySet<StoreKey["kind"]> = new Set(["allocation", "node", "network"]);

/**
 * Takes nothing on trust: a value that is none keeps the last good one of its key and becomes a message. A grant that vanishes stays in force
 * until its wish vanishes too or another takes its place: nobody asked for the network to be taken down. Keys that mean nothing to farmlab
 * are passed over.
 */
export class StoreContents {
  #held = new Map<string, Held>();
  /** Keys of grants that are in force without standing in the store. */
  readonly #vanished = new Set<string>();
  /** Whether it waits for the wishes that its grants answered: until there are any, none is missed. */
  #awaitsWishes = false;
  #problems = new Map<string, string>();
  #revision = 0;
  /** What was answered since a value of the kind last changed: whoever asks again gets the same objects. */
  readonly #answers = new Map<StoreKey["kind"], readonly Value[]>();
  #wishes: Wishes | undefined;
  #grants: Grants | undefined;

  /** The last revision that it knows of; 0 before the first snapshot. */
  get revision(): number {
    return this.#revision;
  }

  /** What is wrong with values, in the order of keys. */
  get problems(): readonly string[] {
    return [...this.#problems].toSorted(byKey).map(([, message]) => message);
  }

  replace(snapshot: Snapshot): void {
    const present = new Set(snapshot.entries.map((entry) => entry.key));
    for (const key of [...this.#held.keys(), ...this.#problems.keys()]) if (!present.has(key)) this.#forget(key);
    for (const entry of snapshot.entries) this.#take(entry);
    this.#dropUnwished();
    this.#revision = snapshot.revision;
  }

  change(events: readonly StoreEvent[], revision: number): void {
    for (const event of events) {
      if (event.kind === "put") this.#take(event);
      else this.#forget(event.key);
    }
    this.#dropUnwished();
    this.#revision = revision;
  }

  /** Begins with the grants that others had in force: for a store that has lost them. */
  inherit(others: StoreContents): void {
    this.#awaitsWishes = true;
    for (const [key, held] of others.#held) {
      if (wishOf[held.kind] === undefined) continue;
      this.#changed(held.kind);
      this.#held.set(key, held);
      this.#vanished.add(key);
    }
  }

  /** In the order of numbers and names. */
  wishes(): Wishes {
    this.#wishes ??= {
      allocations: this.#all<AllocationIntent>("allocation").toSorted((one, other) => one.number - other.number),
      nodes: this.#all<NodeWish>("node"),
      networks: this.#all<NetworkWish>("network"),
    };
    return this.#wishes;
  }

  /** Those in force, in the order of their keys. */
  grants(): Grants {
    this.#grants ??= { numbers: this.#all<NumberGrant>("numberGrant"), networks: this.#all<NetworkGrant>("networkGrant") };
    return this.#grants;
  }

  /** In the order of nodes' names. */
  facts(): readonly NodeFacts[] {
    return this.#all<NodeFacts>("facts");
  }

  /** Who hosts the exit nodes that have standbys, in the order of keys. */
  hosts(): readonly ExitNodeHost[] {
    return this.#all<ExitNodeHost>("host");
  }

  status(): readonly NodeStatus[] {
    return this.#all<NodeStatus>("status");
  }

  /** The text that a key has in the store, if it is a good one. */
  text(key: string): string | undefined {
    return this.#vanished.has(key) ? undefined : this.#held.get(key)?.text;
  }

  /** Keys of grants that stand in the store. */
  grantKeys(): readonly string[] {
    return [...this.#held].flatMap(([key, { kind }]) => (wishOf[kind] === undefined || this.#vanished.has(key) ? [] : [key]));
  }

  #all<T extends Value>(kind: StoreKey["kind"]): readonly T[] {
    const known = this.#answers.get(kind);
    if (known !== undefined) return known as readonly T[];
    const all = [...this.#held].filter(([, held]) => held.kind === kind).toSorted(byKey);
    const answer = all.map(([, held]) => held.value as T);
    this.#answers.set(kind, answer);
    return answer;
  }

  #forget(key: string): void {
    this.#problems.delete(key);
    const held = this.#held.get(key);
    if (held === undefined) return;
    if (wishOf[held.kind] !== undefined) return void this.#vanished.add(key);
    this.#changed(held.kind);
    this.#held.delete(key);
  }

  /** What vanished and is not wished any more, which may come back as another's. */
  #dropUnwished(): void {
    if (this.#awaitsWishes && ![...this.#held.values()].some(({ kind }) => isWish.has(kind))) return;
    this.#awaitsWishes = false;
    for (const key of this.#vanished) {
      const held = this.#held.get(key);
      const wish = held === undefined ? undefined : wishOf[held.kind]?.(held.name);
      if (wish !== undefined && this.#held.has(wish)) continue;
      this.#changed(held?.kind);
      this.#vanished.delete(key);
      this.#held.delete(key);
    }
  }

  #changed(kind: StoreKey["kind"] | undefined): void {
    if (kind === undefined) return;
    this.#answers.delete(kind);
    if (isWish.has(kind)) this.#wishes = undefined;
    if (wishOf[kind] !== undefined) this.#grants = undefined;
  }

  #take({ key, value: text }: StoreEntry): void {
    const meaning = parseKey(key);
    this.#vanished.delete(key);
    if (meaning === undefined || this.#held.get(key)?.text === text) return void this.#problems.delete(key);
    const outcome: Outcome<Value> = decoders[meaning.kind](text);
    const problem = outcome.ok ? misplaced(meaning, outcome.value) : outcome.problems.map((one) => one.message).join("; ");
    if (!outcome.ok || problem !== undefined) {
      const kept = this.#held.has(key) ? "the last good value stays in force" : "it is passed over";
      this.#problems.set(key, `${key}: ${problem ?? "not readable"}; ${kept}`);
      return;
    }
    this.#problems.delete(key);
    this.#changed(meaning.kind);
    this.#held.set(key, { ...meaning, text, value: outcome.value });
  }
}

const byKey = (one: readonly [string, unknown], other: readonly [string, unknown]): number =>
  one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0;

const decoders: Readonly<Record<StoreKey["kind"], (text: string) => Outcome<Value>>> = {
  allocation: decodeAllocationIntent,
  node: decodeNodeIntent,
  network: decodeNetworkIntent,
  numberGrant: decodeNumberGrant,
  networkGrant: decodeNetworkGrant,
  facts: decodeNodeFacts,
  host: decodeExitNodeHost,
  status: decodeNodeStatus,
};

/** A value under another's key would make one thing appear twice. */
function misplaced(meaning: StoreKey, value: Value): string | undefined {
  const named = nameIn(value);
  return named === meaning.name ? undefined : `holds the value of ${named}`;
}

function nameIn(value: Value): string {
  if ("lease" in value) return exitNodeKey(value.allocationNumber, value.exitNode);
  if ("node" in value) return value.node;
  if ("name" in value) return value.name;
  if ("network" in value) return value.network;
  return String("number" in value ? value.number : value.allocationNumber);
}
