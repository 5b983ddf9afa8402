/** Formulas of the drawing: names, addresses, ports, AllowedIPs (seed 1's own contradictions among them). */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const addresses = "core/derive/exit-node/addresses.ts";
const names = "core/derive/exit-node/names.ts";
const peers = "core/derive/exit-node/peers.ts";
const parts = "core/farm/parts.ts";
const patched = patchedIn("derivation");

export const derivationMutants: readonly Mutant[] = [
  patched("wireguard-24-for-16", "the tunnel's IPv4 address has the drawing's /24 in place of /16", "EX-1 EX-7 EX-20", [
    addresses,
    "return ip4(0x0aff0000n | uint16(prefix), 16);",
    "return ip4(0x0aff0000n | uint16(prefix), 24);",
  ]),
  patched("octets-swapped", "an NR's IPv4 network takes bytes 6 and 7 the wrong way round", "EX-1 EX-7 EX-20", [
    addresses,
    "export function nrNetwork4(prefix: Prefix): Prefix {\n  return ip4(0x0a000000n | (uint16(prefix) << 8n), 24);",
    "export function nrNetwork4(prefix: Prefix): Prefix {\n  return ip4(0x0a000000n | ((uint16(prefix) & 0xffn) << 16n) | (uint16(prefix) & 0xff00n), 24);",
  ]),
  patched("octets-in-hexadecimal", "the bytes of an IPv4 address are the hex digits read as decimal ones", "EX-1", [
    addresses,
    "return ip4(0x0a000001n | (uint16(prefix) << 8n), 24);",
    "const [a, b] = [uint16(prefix) >> 8n, uint16(prefix) & 0xffn].map((byte) => BigInt(Number.parseInt(byte.toString(16), 10) % 256 || 0));\n  return ip4(0x0a000001n | ((a ?? 0n) << 16n) | ((b ?? 0n) << 8n), 24);",
  ]),
  patched("gateway-10.1.0.0", "the gateway's IPv4 address on its links is the network's address 10.1.0.0", "EX-1", [
    addresses,
    "ip4(0x0a010001n, 32)",
    "ip4(0x0a010000n, 32)",
  ]),
  patched("gateway-named-in-hexadecimal", "exit node 10's gateway is pub-a-1 and not pub-10-1", "EX-1", [
    names,
    "return `pub-${x}-${n}`;",
    "return `pub-${x.toString(16)}-${n}`;",
  ]),
  patched("names-in-decimal", "names have the uint16 in decimal", "EX-1", [
    names,
    'return subnetNumberOf(prefix).toString(16).padStart(4, "0");',
    'return subnetNumberOf(prefix).toString(10).padStart(4, "0");',
  ]),
  patched("exit-node-nibble-low", "GWPubLL has the exit node's number in the low nibble, fe80::1:0:0:1", "EX-1 EX-8", [
    addresses,
    "return ip6(linkLocalBase | (BigInt(x) << 60n) | 1n, 64);",
    "return ip6(linkLocalBase | (BigInt(x) << 48n) | 1n, 64);",
  ]),
  patched("gateway-address-decimal", "GWPubIP6 has the exit node's number as decimal digits", "EX-1", [
    addresses,
    "return ip6(subnetOf(allocation, 0).address.value | (BigInt(x) << 60n) | 1n, 64);",
    "return ip6(subnetOf(allocation, 0).address.value | ((BigInt(`0x${x}`) & 0xfn) << 60n) | 1n, 64);",
  ]),
  patched("gateway-address-host-1", "every gateway has PrefixZero's ::1, which is the upstream router's", "EX-1 EX-11", [
    addresses,
    "return ip6(subnetOf(allocation, 0).address.value | (BigInt(x) << 60n) | 1n, 64);",
    "return ip6(subnetOf(allocation, 0).address.value | 1n, 64);",
  ]),
  patched("veth-ends-alike", "both ends of the link between gateway and exit point have the same link-local address", "EX-1 EX-8", [
    addresses,
    "return ip6(linkLocalBase | (1n << 16n) | uint16(exitPoint), 64);",
    "return ip6(linkLocalBase | (uint16(exitPoint) << 16n) | 1n, 64);",
  ]),
  patched("tunnel-link-local-shifted", "WGLL is fe80::hex:0", "EX-1 EX-20", [
    addresses,
    "return ip6(linkLocalBase | uint16(prefix), 64);",
    "return ip6(linkLocalBase | (uint16(prefix) << 16n), 64);",
  ]),
  patched("transit-in-10.254", "the tunnels' transit is 10.254.0.0/16", "EX-1 EX-20", [
    addresses,
    "return ip4(0x0aff0000n | uint16(prefix), 16);",
    "return ip4(0x0afe0000n | uint16(prefix), 16);",
  ]),
  patched("routing-address-24", "the exit point's routing address is a /24, so that it has a connected route", "EX-1", [
    addresses,
    "return ip4(0x0aff0000n | uint16(exitPoint), 32);",
    "return ip4(0x0aff0000n | uint16(exitPoint), 24);",
  ]),
  patched("port-off-by-one", "the tunnel listens one above its derived port", "EX-1 EX-20", [
    addresses,
    "return subnetNumberOf(prefix);",
    "return subnetNumberOf(prefix) + 1;",
  ]),
  patched("port-of-12-bits", "the port has lost the exit node's nibble", "EX-1 EX-20", [
    addresses,
    "return subnetNumberOf(prefix);",
    "return subnetNumberOf(prefix) & 0xfff;",
  ]),
  patched("workload-off-by-one", "a workload's IPv4 address is one above its host number", "EX-7", [
    addresses,
    "(uint16(prefix) << 8n) | BigInt(host), 24)",
    "(uint16(prefix) << 8n) | BigInt(host + 1), 24)",
  ]),
  patched("port-name-too-long", "the bridge port of a workload with a number of three digits has 17 bytes", "EX-2", [
    names,
    "return `v-${hexOf(prefix)}-${host}`;",
    "return `workload-${hexOf(prefix)}-${host}`;",
  ]),
  patched("port-name-without-part", "bridge ports of NRs of two parts have one name where their low three digits are the same", "EX-2", [
    names,
    "return `nrb-${hexOf(prefix)}-${n}`;",
    "return `nrb-${hexOf(prefix).slice(1)}-${n}`;",
  ]),
  patched("part-of-8", "an exit node's part is an eighth of the /48, as an older text has it", "EX-1 EX-4", [
    parts,
    "return { ...subnetOf(allocation, exitNode << 12), length: 52 };",
    "return { ...subnetOf(allocation, exitNode << 12), length: 51 };",
  ]),
  patched(
    "part-1-for-1000",
    "the part of exit node 1 is $prefix:1::/52, which the kernel takes for PrefixZero's",
    "EX-1 EX-4 EX-11 EX-17",
    [parts, "return { ...subnetOf(allocation, exitNode << 12), length: 52 };", "return { ...subnetOf(allocation, exitNode), length: 52 };"],
  ),
  patched("sixteen-exit-nodes", "a sixteenth exit node is taken for a possible one", "EX-4", [
    parts,
    "export const maximumExitNodeNumber = 15;",
    "export const maximumExitNodeNumber = 16;",
  ]),
  patched("allowed-ips-16", "AllowedIPs hold the transit address with /16, which only the last peer then keeps", "EX-1 EX-20", [
    peers,
    "hostPrefix(wgIP4RT(prefix).address)",
    "{ address: wgIP4RT(prefix).address, length: 16 }",
  ]),
  patched("allowed-ips-without-ipv4", "AllowedIPs leave out the NR's IPv4 network", "EX-1 EX-7 EX-20", [
    peers,
    "nrNetwork4(prefix), prefix]",
    "prefix]",
  ]),
  patched("allowed-ips-48", "AllowedIPs hold the whole /48 in place of the NR's /64", "EX-1 EX-20", [
    peers,
    "nrNetwork4(prefix), prefix]",
    "nrNetwork4(prefix), { address: { family: 6 as const, value: (prefix.address.value >> 80n) << 80n }, length: 48 }]",
  ]),
];
