/** The messages of etcd's JSON gateway (etcd 3.5, rpc.proto): base64 for bytes, text for 64-bit numbers, zero values left out. */
import { StoreError } from "./store-error.ts";

/** One key of the store. `revision` is the store's revision at which it got this value. */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

export type StoreEvent =
  ({ readonly kind: "put" } & StoreEntry) | { readonly kind: "delete"; readonly key: string; readonly revision: number };

/** What the store holds below a prefix at one revision, in the order of keys. */
export interface Snapshot {
  /** Which store it is, by its cluster's number in decimal: one that begins anew with no data is another. */
  readonly cluster: string;
  readonly revision: number;
  readonly entries: readonly StoreEntry[];
}

/** `lease`: the value is gone with that lease, by its number in decimal. */
export type Operation =
  { readonly put: { readonly key: string; readonly value: string; readonly lease?: string } } | { readonly delete: string };

export const encodeText = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const decodeText = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");

/** Keys from `from` on and before `before`, in the order of bytes. */
export interface KeyRange {
  readonly from: string;
  readonly before: string;
}

/** The gateway's fields for all keys of a range, or for all that begin with a prefix. */
export function encodeKeys(keys: string | KeyRange): { readonly key: string; readonly range_end: string } {
  if (typeof keys !== "string") return { key: encodeText(keys.from), range_end: encodeText(keys.before) };
  return { key: encodeText(keys === "" ? "\0" : keys), range_end: rangeEnd(keys) };
}

/** The first key after all that begin with the prefix: its last byte below 0xff counted up. Whole key space for the empty prefix. */
export function rangeEnd(prefix: string): string {
  const bytes = Buffer.from(prefix, "utf8");
  for (let last = bytes.length - 1; last >= 0; last -= 1) {
    const byte = bytes[last] ?? 0xff;
    if (byte < 0xff) {
      const end = Buffer.from(bytes.subarray(0, last + 1));
      end[last] = byte + 1;
      return end.toString("base64");
    }
  }
  return Buffer.from([0]).toString("base64");
}

type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A 64-bit number as text; revisions stay far below 2^53. Absent means 0. */
function numberOf(value: unknown): number {
  const number = value === undefined ? 0 : Number(value);
  if (!Number.isSafeInteger(number)) throw new StoreError("malformed", `not a number of the store: ${String(value).slice(0, 40)}`, true);
  return number;
}

const textOf = (value: unknown): string => (typeof value === "string" ? decodeText(value) : "");

export function readRevision(answer: unknown): number {
  const revision = numberOf(fieldsOf(fieldsOf(answer)["header"])["revision"]);
  if (revision === 0) throw new StoreError("malformed", "an answer without a revision is not one of the store", true);
  return revision;
}

/** Every answer says it; without it, all answers are of one store. */
function readCluster(answer: Fields): string {
  const cluster = fieldsOf(answer["header"])["cluster_id"];
  return typeof cluster === "string" ? cluster : "";
}

function readEntry(value: unknown): StoreEntry {
  const fields = fieldsOf(value);
  return { key: textOf(fields["key"]), value: textOf(fields["value"]), revision: numberOf(fields["mod_revision"]) };
}

export function readRange(answer: unknown): Snapshot & { readonly more: boolean } {
  const fields = fieldsOf(answer);
  return {
    cluster: readCluster(fields),
    revision: readRevision(answer),
    entries: listOf(fields["kvs"]).map(readEntry),
    more: fields["more"] === true,
  };
}

/** One line of a watch. */
export interface WatchLine {
  readonly cluster: string;
  readonly revision: number;
  readonly created: boolean;
  readonly events: readonly StoreEvent[];
  /** Why the store ended the watch; `compacted` when the asked revision is gone. */
  readonly canceled?: { readonly reason: string; readonly compacted: boolean };
}

export function readWatchLine(message: unknown): WatchLine {
  const fields = fieldsOf(message);
  const error = fieldsOf(fields["error"]);
  if (fields["error"] !== undefined)
    throw new StoreError("refused", typeof error["message"] === "string" ? error["message"] : "watch refused", true);
  const result = fieldsOf(fields["result"]);
  const compacted = numberOf(result["compact_revision"]) > 0;
  const reason = typeof result["cancel_reason"] === "string" ? result["cancel_reason"] : compacted ? "compacted" : "canceled by the store";
  return {
    cluster: readCluster(result),
    revision: numberOf(fieldsOf(result["header"])["revision"]),
    created: result["created"] === true,
    events: listOf(result["events"]).map((event): StoreEvent => {
      const entry = readEntry(fieldsOf(event)["kv"]);
      return fieldsOf(event)["type"] === "DELETE"
        ? { kind: "delete", key: entry.key, revision: entry.revision }
        : { kind: "put", ...entry };
    }),
    ...(result["canceled"] === true || compacted ? { canceled: { reason, compacted } } : {}),
  };
}

/** The number of a lease, as the store gives it: 64 bits, in decimal. */
export function readLease(answer: unknown): string {
  const lease = fieldsOf(answer)["ID"];
  if (typeof lease !== "string" || !/^[1-9][0-9]*$/.test(lease))
    throw new StoreError("malformed", "an answer without a lease is none to a grant", true);
  return lease;
}

/** Seconds that a lease which was kept lives from then on; 0: there is no such lease any more. */
export function readLeaseSeconds(answer: unknown): number {
  const result = fieldsOf(fieldsOf(answer)["result"]);
  if (fieldsOf(answer)["result"] === undefined) throw new StoreError("malformed", "the lease was not answered for", true);
  return numberOf(result["TTL"]);
}

export function encodeOperation(operation: Operation): Fields {
  if ("put" in operation) {
    const { key, value, lease } = operation.put;
    return { request_put: { key: encodeText(key), value: encodeText(value), ...(lease === undefined ? {} : { lease }) } };
  }
  return { request_delete_range: { key: encodeText(operation.delete) } };
}
