/** IPv4 and IPv6 addresses and prefixes as numbers; text only at the edges (RFC 5952 for IPv6). */
import { Address4, Address6 } from "ip-address";

export type Family = 4 | 6;

/** An address: its family and its value as an unsigned number of 32 or 128 bits. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A prefix; `address` may have host bits (an interface address such as 10.0.0.1/24). */
export interface Prefix {
  readonly address: Address;
  readonly length: number;
}

const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

/** Parses an address without prefix length or zone; undefined when it is none. Octets with leading zeros are refused. */
export function parseAddress(text: string): Address | undefined {
  if (/^[0-9.]+$/.test(text)) {
    const octets = text.split(".");
    if (octets.length !== 4 || octets.some((octet) => !/^(0|[1-9][0-9]{0,2})$/.test(octet) || Number(octet) > 255)) return undefined;
    return { family: 4, value: new Address4(text).bigInt() };
  }
  if (!text.includes(":") || !/^[0-9a-fA-F:.]+$/.test(text) || !Address6.isValid(text)) return undefined;
  return { family: 6, value: new Address6(text).bigInt() };
}

/** Parses `address/length`; undefined when it is none. Host bits are kept: see `networkOf`, `hasHostBits`. */
export function parsePrefix(text: string): Prefix | undefined {
  const parts = text.split("/");
  if (parts.length !== 2 || !/^(0|[1-9][0-9]{0,2})$/.test(parts[1] ?? "")) return undefined;
  const address = parseAddress(parts[0] ?? "");
  const length = Number(parts[1]);
  if (address === undefined || length > bitsOf(address.family)) return undefined;
  return { address, length };
}

/** An IPv6 address being taken apart. */
const words = new DataView(new ArrayBuffer(16));

/** RFC 5952 text for IPv6, dotted decimal for IPv4. */
export function formatAddress(address: Address): string {
  if (address.family === 4) {
    const value = Number(address.value);
    return `${value >>> 24}.${(value >>> 16) & 0xff}.${(value >>> 8) & 0xff}.${value & 0xff}`;
  }
  // Two operations on the big number and not one per group, and no list of groups: large farms format millions of addresses.
  words.setBigUint64(0, address.value >> 64n);
  words.setBigUint64(8, address.value);
  const group = (index: number): number => words.getUint16(2 * index);
  let best = { start: 8, length: 1 };
  let zeros = 0;
  for (let index = 0; index < 8; index += 1) {
    zeros = group(index) === 0 ? zeros + 1 : 0;
    if (zeros > best.length) best = { start: index + 1 - zeros, length: zeros };
  }
  let text = "";
  for (let index = 0; index < 8; index += 1) {
    if (index === best.start) {
      text += "::";
      index += best.length - 1;
    } else {
      text += `${index === 0 || index === best.start + best.length ? "" : ":"}${group(index).toString(16)}`;
    }
  }
  return text;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}

/** By number of bits. */
const masks: readonly bigint[] = Array.from({ length: 129 }, (_, bits) => (1n << BigInt(bits)) - 1n);

const hostMask = (prefix: Prefix): bigint => masks[bitsOf(prefix.address.family) - prefix.length] ?? 0n;

export function hasHostBits(prefix: Prefix): boolean {
  return (prefix.address.value & hostMask(prefix)) !== 0n;
}

/** The prefix with its host bits cleared. */
export function networkOf(prefix: Prefix): Prefix {
  const value = prefix.address.value & ~hostMask(prefix);
  return { address: { family: prefix.address.family, value }, length: prefix.length };
}

/** Whether the address, or the whole of another prefix, lies in `outer`. */
export function contains(outer: Prefix, inner: Address | Prefix): boolean {
  const address = "length" in inner ? inner.address : inner;
  const length = "length" in inner ? inner.length : bitsOf(address.family);
  if (address.family !== outer.address.family || length < outer.length) return false;
  const mask = hostMask(outer);
  return (address.value & ~mask) === (outer.address.value & ~mask);
}

export function overlaps(one: Prefix, other: Prefix): boolean {
  return contains(one, other) || contains(other, one);
}

export function sameAddress(one: Address, other: Address): boolean {
  return one.family === other.family && one.value === other.value;
}

export function samePrefix(one: Prefix, other: Prefix): boolean {
  return one.length === other.length && sameAddress(one.address, other.address);
}

/** The address `offset` above the prefix's first one. */
export function addressIn(prefix: Prefix, offset: bigint | number): Address {
  return { family: prefix.address.family, value: networkOf(prefix).address.value + BigInt(offset) };
}

/** A prefix of full length that holds just this address. */
export function hostPrefix(address: Address): Prefix {
  return { address, length: bitsOf(address.family) };
}

const known = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return prefix;
};

/** Prefixes with a name of their own (RFC 1918, 4193, 4291, 3849, 5737, 9637). */
export const wellKnown: Readonly<Record<"ula" | "linkLocal" | "globalUnicast" | "multicast6", Prefix>> & {
  readonly private4: readonly Prefix[];
  readonly documentation: readonly Prefix[];
} = {
  ula: known("fc00::/7"),
  linkLocal: known("fe80::/10"),
  globalUnicast: known("2000::/3"),
  multicast6: known("ff00::/8"),
  private4: [known("10.0.0.0/8"), known("172.16.0.0/12"), known("192.168.0.0/16")],
  documentation: [known("2001:db8::/32"), known("3fff::/20"), known("192.0.2.0/24"), known("198.51.100.0/24"), known("203.0.113.0/24")],
};
