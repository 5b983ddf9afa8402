/** The sixteen parts of an allocation and what may stand in them (seed 1, "Prefixes per ExitNode" and "PrefixZero"). */
import { contains, formatPrefix, hasHostBits, networkOf } from "../common/index.ts";
import type { Prefix, Severity } from "../common/index.ts";
import { allocationLength } from "./allocation.ts";

/** Exit nodes per allocation: sixteen parts less PrefixZero's. */
export const maximumExitNodeNumber = 15;
/** The greatest allocation number n; names stay within 15 bytes and n within a signed byte. */
export const maximumAllocationNumber = 127;
/** /64s of one part: the low 12 bits of a subnet number. */
export const prefixesPerPart = 4096;

type ResourcePrefixJudgementCode =
  "prefix-not-64" | "prefix-host-bits" | "prefix-outside-allocation" | "prefix-in-prefix-zero" | "prefix-outside-part" | "prefix-reserved";

/** Why a prefix cannot be a network resource's; a `Problem` without its place. */
export interface ResourcePrefixJudgement {
  readonly severity: Severity;
  readonly code: ResourcePrefixJudgementCode;
  readonly message: string;
  readonly hint: string;
}

/** The uint16 everything is derived from: bytes 6 and 7 of the prefix. */
export function subnetNumberOf(prefix: Prefix): number {
  return Number(BigInt.asUintN(16, prefix.address.value >> 64n));
}

/** The /64 of a subnet number (0..0xffff) in an allocation. */
export function subnetOf(allocation: Prefix, subnetNumber: number): Prefix {
  const value = networkOf({ address: allocation.address, length: allocationLength }).address.value | (BigInt(subnetNumber) << 64n);
  return { address: { family: 6, value }, length: 64 };
}

/** The /48 that a longer prefix lies in. */
export function allocationOf(prefix: Prefix): Prefix {
  return networkOf({ address: prefix.address, length: allocationLength });
}

/** The /52 of exit node x, e.g. 2a02:1802:5e:a000::/52 for x = 10; x = 0 gives PrefixZero's part. */
export function exitNodePart(allocation: Prefix, exitNode: number): Prefix {
  return { ...subnetOf(allocation, exitNode << 12), length: 52 };
}

/**
 * Whether a subnet number is never handed out: ffXX of part 15. Its NR would own 10.255.XX.0/24, which is the WireGuard transit of
 * other networks.
 */
export function isReservedSubnet(subnetNumber: number): boolean {
  return subnetNumber >= 0xff00;
}

/**
 * Why a prefix cannot be that of a network resource behind exit node x of this allocation: it must be a /64 without host bits, in
 * the exit node's part, and not reserved. The first reason found, undefined where there is none.
 */
export function judgeResourcePrefix(prefix: Prefix, allocation: Prefix, exitNode: number): ResourcePrefixJudgement | undefined {
  const part = exitNodePart(allocation, exitNode);
  // Texts are made for a refusal only: this runs once for every network resource of a farm.
  const refuse = (
    code: ResourcePrefixJudgementCode,
    what: string,
    hint = `exit node ${exitNode} has ${formatPrefix(part)}`,
  ): ResourcePrefixJudgement => ({
    severity: "error",
    code,
    message: `${formatPrefix(prefix)} ${what}`,
    hint,
  });
  if (prefix.address.family === 4 || prefix.length !== 64)
    return refuse("prefix-not-64", "is no IPv6 /64; a network resource has exactly one");
  if (hasHostBits(prefix))
    return refuse("prefix-host-bits", "has bits set beyond its 64", `did you mean ${formatPrefix(networkOf(prefix))}?`);
  if (!contains(allocation, prefix)) return refuse("prefix-outside-allocation", `is not of the allocation ${formatPrefix(allocation)}`);
  const subnetNumber = subnetNumberOf(prefix);
  if (subnetNumber >> 12 === 0) return refuse("prefix-in-prefix-zero", "lies in part 0, which is PrefixZero's and never handed out");
  if (subnetNumber >> 12 !== exitNode) return refuse("prefix-outside-part", `is outside the part of exit node ${exitNode}`);
  if (isReservedSubnet(subnetNumber)) {
    const hint = `use ${formatPrefix(subnetOf(allocation, 0xf000))} up to ${formatPrefix(subnetOf(allocation, 0xfeff))}`;
    return refuse("prefix-reserved", "cannot be used: its IPv4 /24 would lie in the WireGuard transit 10.255.0.0/16", hint);
  }
  return undefined;
}
