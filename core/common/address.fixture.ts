/** Addresses and prefixes from text that is known to be right, for tests. */
import { parseAddress, parsePrefix } from "./address.ts";
import type { Address, Prefix } from "./address.ts";

export const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
};

export const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`not a prefix: ${text}`);
  return parsed;
};
