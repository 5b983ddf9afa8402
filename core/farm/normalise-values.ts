/** Values of a document that has passed the schema, as a `Farm` has them. */
import { parseAddress, parsePrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import type { Service } from "./farm.ts";
import { parseService } from "./schema/text.ts";

const sure = <T>(value: T | undefined, text: string): T => {
  if (value === undefined) throw new Error(`the schema let pass: ${text}`);
  return value;
};
export const address = (text: string): Address => sure(parseAddress(text), text);
export const prefix = (text: string): Prefix => sure(parsePrefix(text), text);
export const service = (text: string): Service => sure(parseService(text), text);
export const optional = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
  text === undefined ? undefined : parse(text);

/** What may be undefined may be missing instead, as exactOptionalPropertyTypes wants it. */
export type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the keys whose value is undefined. */
export function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) as Present<T>;
}
