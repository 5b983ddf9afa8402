/** Putting a farm's intents into the store, as they are wished: what they are granted is for the allocator to say. */
import type { Wishes } from "../intents/index.ts";
import { encodeAllocationIntent, encodeNetworkIntent, encodeNodeIntent } from "./codec.ts";
import { intentKeys, intentsPrefix } from "./keys.ts";
import type { Operation } from "./gateway.ts";
import type { Store } from "./store.ts";

/** Bounds of one transaction, below etcd's own (128 operations, 1.5 MiB with base64's third on top). */
const maxOperations = 128;
const maxTextLength = 700_000;

/** Key and text of every intent; nodes and allocations before the networks that name them. */
export function encodeIntents(wishes: Wishes): ReadonlyMap<string, string> {
  return new Map([
    ...wishes.allocations.map((intent): [string, string] => [intentKeys.allocation(intent.number), encodeAllocationIntent(intent)]),
    ...wishes.nodes.map((intent): [string, string] => [intentKeys.node(intent.name), encodeNodeIntent(intent)]),
    ...wishes.networks.map((intent): [string, string] => [intentKeys.network(intent.name), encodeNetworkIntent(intent)]),
  ]);
}

/**
 * Makes the store's intents these and no others, and answers a revision at which all of them hold: an agent whose status names
 * that revision or a later one has seen them. What is the same already is not written again. A small farm is one transaction; a large
 * one is several: networks that are gone leave first, and what networks name comes before them and leaves after them.
 */
export async function writeIntents(store: Store, wishes: Wishes): Promise<number> {
  const wanted = encodeIntents(wishes);
  const held = await store.range(intentsPrefix);
  const heldValues = new Map(held.entries.map((entry) => [entry.key, entry.value]));
  const networks = intentKeys.network("");
  const gone = [...heldValues.keys()].filter((key) => !wanted.has(key));
  const operations: Operation[] = [
    ...gone.filter((key) => key.startsWith(networks)).map((key) => ({ delete: key })),
    ...[...wanted].filter(([key, value]) => heldValues.get(key) !== value).map(([key, value]) => ({ put: { key, value } })),
    ...gone.filter((key) => !key.startsWith(networks)).map((key) => ({ delete: key })),
  ];
  // The store's own revision also counts what nobody watches; with nothing to write only the intents' revisions count.
  let revision = Math.max(0, ...held.entries.map((entry) => entry.revision));
  for (const batch of batches(operations)) revision = await store.transact(batch);
  return revision;
}

function batches(operations: readonly Operation[]): Operation[][] {
  const all: Operation[][] = [];
  let length = 0;
  for (const operation of operations) {
    const size = "put" in operation ? operation.put.value.length : 0;
    const last = all.at(-1);
    if (last === undefined || last.length === maxOperations || length + size > maxTextLength) {
      all.push([operation]);
      length = size;
    } else {
      last.push(operation);
      length += size;
    }
  }
  return all;
}
