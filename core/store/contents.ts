/** What a store holds, as values: kept up to date by snapshots and events. */
import {
  decodeAllocationIntent,
  decodeExitNodeHost,
  decodeNetworkIntent,
  decodeNodeFacts,
  decodeNodeIntent,
  decodeNodeStatus,
} from "./codec.ts";
import type { Outcome } from "../common/index.ts";
import type { AllocationIntent, ExitNodeHost, Intents, NetworkIntent, NodeFacts, NodeIntent, NodeStatus } from "../intents/index.ts";
import { exitNodeKey, parseKey, type StoreKey } from "./keys.ts";
import type { Snapshot, StoreEntry, StoreEvent } from "./gateway.ts";

type Value = AllocationIntent | NodeIntent | NetworkIntent | NodeFacts | ExitNodeHost | NodeStatus;

interface Held {
  readonly kind: StoreKey["kind"];
  readonly name: string;
  readonly text: string;
  readonly value: Value;
}

/**
 * Takes nothing on trust: a value that is none keeps the last good one of its key and becomes a message. Keys that mean nothing to
 * farmlab are passed over.
 */
export class StoreContents {
  #held = new Map<string, Held>();
  #problems = new Map<string, string>();
  #revision = 0;
  /** What was answered since a value of the kind last changed: whoever asks again gets the same objects. */
  readonly #answers = new Map<StoreKey["kind"], readonly Value[]>();
  #intents: Intents | undefined;

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
    this.#revision = snapshot.revision;
  }

  change(events: readonly StoreEvent[], revision: number): void {
    for (const event of events) {
      if (event.kind === "put") this.#take(event);
      else this.#forget(event.key);
    }
    this.#revision = revision;
  }

  /** In the order of numbers and names. */
  intents(): Intents {
    this.#intents ??= {
      allocations: this.#all<AllocationIntent>("allocation").toSorted((one, other) => one.number - other.number),
      nodes: this.#all<NodeIntent>("node"),
      networks: this.#all<NetworkIntent>("network"),
    };
    return this.#intents;
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
    return this.#held.get(key)?.text;
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
    this.#changed(this.#held.get(key)?.kind);
    this.#held.delete(key);
    this.#problems.delete(key);
  }

  #changed(kind: StoreKey["kind"] | undefined): void {
    if (kind === undefined) return;
    this.#answers.delete(kind);
    if (kind !== "facts" && kind !== "status") this.#intents = undefined;
  }

  #take({ key, value: text }: StoreEntry): void {
    const meaning = parseKey(key);
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
  facts: decodeNodeFacts,
  host: decodeExitNodeHost,
  status: decodeNodeStatus,
};

/** A value under another's key would make one thing appear twice. */
function misplaced(meaning: StoreKey, value: Value): string | undefined {
  const named =
    "lease" in value
      ? exitNodeKey(value.allocationNumber, value.exitNode)
      : "node" in value
        ? value.node
        : "name" in value
          ? value.name
          : String(value.number);
  return named === meaning.name ? undefined : `holds the value of ${named}`;
}
