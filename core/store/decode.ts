/**
 * Small decoders of JSON values: each gives the value or says where and why it is none. By hand because they run in every agent,
 * where the start-up of a schema library would cost more than all else.
 */
import { failure, hasHostBits, parseAddress, parsePrefix, success } from "../common/index.ts";
import type { Address, Family, Outcome, Prefix } from "../common/index.ts";

/** Where a value lies and what is wrong with it; never leaves this folder. */
class NotDecodable extends Error {}

/** Gives the value or throws NotDecodable; `path` is for the message, e.g. `resources[1].prefix`. */
export type Decoder<T> = (value: unknown, path: string) => T;

const wrong = (path: string, expected: string): never => {
  throw new NotDecodable(`${path === "" ? "the value" : path} is no ${expected}`);
};

/** A text that the expression matches whole. */
export function textLike(expression: RegExp, expected: string): Decoder<string> {
  return (value, path) => (typeof value === "string" && expression.test(value) ? value : wrong(path, expected));
}

export const anyText: Decoder<string> = (value, path) => (typeof value === "string" ? value : wrong(path, "text"));
export const truth: Decoder<boolean> = (value, path) => (typeof value === "boolean" ? value : wrong(path, "true or false"));
/** A name of a farm file: harmless in every key, path and command. */
export const name: Decoder<string> = textLike(/^[a-z0-9-]{1,20}$/, "name of [a-z0-9-], at most 20");
/** An interface name that the kernel takes. */
export const interfaceName: Decoder<string> = textLike(/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,15}$/, "interface name");

/** A whole number from `least` to `greatest`. */
export function whole(least: number, greatest: number): Decoder<number> {
  return (value, path) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= greatest
      ? value
      : wrong(path, `whole number from ${least} to ${greatest}`);
}

export function oneOf<const T extends string>(...choices: readonly T[]): Decoder<T> {
  return (value, path) => choices.find((choice) => choice === value) ?? wrong(path, `one of ${choices.join(", ")}`);
}

/** An address, of one family if that is given. */
export function address(family?: Family): Decoder<Address> {
  return (value, path) => {
    const parsed = typeof value === "string" ? parseAddress(value) : undefined;
    return parsed !== undefined && (family ?? parsed.family) === parsed.family
      ? parsed
      : wrong(path, `${family === undefined ? "IP" : `IPv${family}`} address`);
  };
}

/** An interface address of one family with its length; host bits are kept. */
export function interfaceAddress(family: Family): Decoder<Prefix> {
  return (value, path) => {
    const parsed = typeof value === "string" ? parsePrefix(value) : undefined;
    return parsed?.address.family === family ? parsed : wrong(path, `IPv${family} address with length`);
  };
}

/** An IPv6 prefix of that length without host bits. */
export function prefix6(length: number): Decoder<Prefix> {
  return (value, path) => {
    const parsed = typeof value === "string" ? parsePrefix(value) : undefined;
    return parsed?.address.family === 6 && parsed.length === length && !hasHostBits(parsed) ? parsed : wrong(path, `IPv6 /${length}`);
  };
}

export function list<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (value, path) => (Array.isArray(value) ? value.map((one: unknown, index) => item(one, `${path}[${index}]`)) : wrong(path, "list"));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const below = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** An object with any keys, in the order of keys. */
export function table<T>(key: Decoder<string>, item: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (!isObject(value)) return wrong(path, "object");
    const entries = Object.entries(value).map(([entry, one]) => [key(entry, below(path, entry)), item(one, below(path, entry))] as const);
    return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  };
}

type Decoders<T> = { readonly [K in keyof T]-?: Decoder<Exclude<T[K], undefined>> };
type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : T extends Record<K, T[K]> ? never : K }[keyof T];

/** An object of known fields; those in `optional` may be absent. Further keys, as a newer version may write, are dropped. */
export function object<T extends object>(fields: Decoders<T>, ...optional: readonly OptionalKeys<T>[]): Decoder<T> {
  const mayLack = new Set<PropertyKey>(optional);
  const entries = Object.entries(fields) as [string, Decoder<unknown>][];
  return (value, path) => {
    if (!isObject(value)) return wrong(path, "object");
    const result: Record<string, unknown> = {};
    for (const [key, decoder] of entries) {
      if (value[key] !== undefined) result[key] = decoder(value[key], below(path, key));
      else if (!mayLack.has(key)) throw new NotDecodable(`${below(path, key)} is missing`);
    }
    return result as T;
  };
}

/** The value of a JSON text. Errors: one Problem `undecodable`, naming `what` and the field. */
export function decodeText<T>(text: string, what: string, decoder: Decoder<T>): Outcome<T> {
  const refuse = (why: string): Outcome<T> => failure({ severity: "error", code: "undecodable", message: `${what}: ${why}` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(text === "" ? "it is empty" : "it is not JSON, or half of one");
  }
  try {
    return success(decoder(value, ""));
  } catch (thrown) {
    if (thrown instanceof NotDecodable) return refuse(thrown.message);
    throw thrown;
  }
}
