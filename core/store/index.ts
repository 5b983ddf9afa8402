/**
 * The client of the store: etcd's JSON gateway, and the keys and values of intents, facts and status in it.
 * It decides nothing about farms and keeps no state of its own beyond a connection.
 */
export { openStore, type Store, type StoreOptions } from "./store.ts";
export type { KeyRange, Operation, Snapshot, StoreEntry, StoreEvent } from "./gateway.ts";
export { pauseUnlessAborted, type WatchHandlers } from "./watch.ts";
export { StoreError, type StoreFault } from "./store-error.ts";
export { createBackOff, type BackOff, type BackOffRange } from "./back-off.ts";
export { encodeIntents, writeIntents } from "./write-intents.ts";
export { StoreContents } from "./contents.ts";
export * from "./codec.ts";
export * from "./keys.ts";
