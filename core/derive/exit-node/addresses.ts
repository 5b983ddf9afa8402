/**
 * Addresses and ports (seed 1, the drawing). Interface addresses are prefixes with host bits. `prefix` is a network resource's
 * /64 with bytes 6 and 7 called a and b; `x` is the exit node number 1..15.
 */
import { addressIn } from "../../common/index.ts";
import type { Address, Prefix } from "../../common/index.ts";
import { subnetNumberOf, subnetOf } from "../../farm/parts.ts";

const linkLocalBase = 0xfe80n << 112n;
const ip6 = (value: bigint, length: number): Prefix => ({ address: { family: 6, value }, length });
const ip4 = (value: bigint, length: number): Prefix => ({ address: { family: 4, value }, length });
/** The subnet number as it goes into addresses. */
const uint16 = (prefix: Prefix): bigint => (prefix.address.value >> 64n) & 0xffffn;

/** The upstream router on PrefixZero: fe80::1, the gateway's default next hop. */
export const upstreamRouterLL: Address = { family: 6, value: linkLocalBase | 1n };
/** The gateway's IPv4 address on every link to an exit point: 10.1.0.1/32. No network resource owns 10.1.0.0/24, which is of part 0. */
export const gwToEPIP4: Prefix = ip4(0x0a010001n, 32);

/** GWPubLL: fe80:: with bytes 8 and 9 = x<<12 and byte 15 = 1, e.g. fe80::1000:0:0:1/64. */
export function gwPubLL(x: number): Prefix {
  return ip6(linkLocalBase | (BigInt(x) << 60n) | 1n, 64);
}

/**
 * The addresses that the gateways of exit node x have on PrefixZero besides those that the active one of them has, for what they have to say to
 * each other: fe80::x000:0:0:2/64 on x's own node and fe80::x000:0:0:3/64 on its partner.
 */
export function gwOwnLL(x: number, seat: "home" | "partner"): Prefix {
  return ip6(linkLocalBase | (BigInt(x) << 60n) | (seat === "home" ? 2n : 3n), 64);
}

/** GWPubIP6: the same host part in PrefixZero, e.g. 2a02:1802:5e:0:1000::1/64. */
export function gwPubIP6(allocation: Prefix, x: number): Prefix {
  return ip6(subnetOf(allocation, 0).address.value | (BigInt(x) << 60n) | 1n, 64);
}

/** GWtoEPLL: the gateway's link-local address towards an exit point, e.g. fe80::1:1abc/64. */
export function gwToEPLL(exitPoint: Prefix): Prefix {
  return ip6(linkLocalBase | (1n << 16n) | uint16(exitPoint), 64);
}

/** On the link between a gateway and a network's own routing table: the gateway's end, fe80::2:1abc/64 and 10.1.0.2/32, of no network resource either. */
export function gwToVrfLL(exitPoint: Prefix): Prefix {
  return ip6(linkLocalBase | (2n << 16n) | uint16(exitPoint), 64);
}
export const gwToVrfIP4: Prefix = ip4(0x0a010002n, 32);

/** The other end, fe80::3:1abc/64 and 10.1.0.3/32. */
export function vrfToGWLL(exitPoint: Prefix): Prefix {
  return ip6(linkLocalBase | (3n << 16n) | uint16(exitPoint), 64);
}
export const vrfToGWIP4: Prefix = ip4(0x0a010003n, 32);

/** EPPubLL: the exit point's link-local address towards the gateway, e.g. fe80::1abc:1/64. */
export function epPubLL(exitPoint: Prefix): Prefix {
  return ip6(linkLocalBase | (uint16(exitPoint) << 16n) | 1n, 64);
}

/** EPPubIP4R: the exit point's routing address 10.255.a.b/32 on its lo. */
export function epPubIP4R(exitPoint: Prefix): Prefix {
  return ip4(0x0aff0000n | uint16(exitPoint), 32);
}

/** WGLL: the link-local address on the WireGuard interface, e.g. fe80::1abc/64. */
export function wgLL(prefix: Prefix): Prefix {
  return ip6(linkLocalBase | uint16(prefix), 64);
}

/**
 * WGIP4RT: the routing address on the WireGuard interface, 10.255.a.b/16. It is /16 and not the drawing's /24, with which the kernel
 * refuses every next hop of another third byte.
 */
export function wgIP4RT(prefix: Prefix): Prefix {
  return ip4(0x0aff0000n | uint16(prefix), 16);
}

/** The UDP port on which the WireGuard interface listens: the uint16 itself, e.g. 6844 for 1abc. */
export function wgListenPort(prefix: Prefix): number {
  return subnetNumberOf(prefix);
}

/** Ports below those that can be derived: of second tunnels, which so are never those of a network resource that a node gets later. */
export const secondPorts = { first: 1024, last: 4095 } as const;

/** NRLocalIP6: the network resource's own address, prefix::1/64. */
export function nrLocalIP6(prefix: Prefix): Prefix {
  return { address: addressIn(prefix, 1n), length: 64 };
}

/** NRLocalIP4: 10.a.b.1/24. */
export function nrLocalIP4(prefix: Prefix): Prefix {
  return ip4(0x0a000001n | (uint16(prefix) << 8n), 24);
}

/** The network resource's IPv4 network, 10.a.b.0/24. */
export function nrNetwork4(prefix: Prefix): Prefix {
  return ip4(0x0a000000n | (uint16(prefix) << 8n), 24);
}

/** A workload's IPv6 address, prefix::{host}/64; `host` is 2..254. */
export function workloadIP6(prefix: Prefix, host: number): Prefix {
  return { address: addressIn(prefix, host), length: 64 };
}

/** A workload's IPv4 address, 10.a.b.{host}/24. */
export function workloadIP4(prefix: Prefix, host: number): Prefix {
  return ip4(0x0a000000n | (uint16(prefix) << 8n) | BigInt(host), 24);
}
