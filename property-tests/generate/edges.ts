/** The values that a sketch's numbers stand for: the plainest first, then those at which real networks broke. */
import { natPresetNames } from "../../core/farm/index.ts";
import type { ConditionEntry, NatOverridesEntry, NatPresetName } from "../../core/farm/index.ts";

/** The first has digits in all places, others none in some; with the upper 16 bits of both halves small and great. */
export const allocationPrefixes = [
  "2a02:1802:5e::/48",
  "2a10:c0de:7::/48",
  "2600::/48",
  "2a00:ffff:ffff::/48",
  "2001:678:1::/48",
  "2c0f:0:abcd::/48",
] as const;

/** One, two and three digits, and both ends. */
export const allocationNumbers = [1, 0, 9, 10, 99, 100, 127] as const;

/**
 * Lengths of the IPv4 networks that come with an allocation, shorter where their addresses do not fit: with 30 they are as full as they get,
 * with 23 the usual ends of a /24, .255 and .0, are addresses like others. Without a network of its own an allocation's gateways would have
 * addresses that no one routes to them.
 */
export const poolChoices = [24, 30, 23] as const;

/** Low 12 bits of a prefix: both ends, an IPv4 network's ends, bytes that look alike, ffXX, and the seed's own. */
export const edgeSubnets = [0xabc, 0x000, 0x001, 0xfff, 0xf00, 0xf0f, 0x0ff, 0x100, 0x011, 0xeff] as const;

/** Subnet choices without an allocator: `edgeSubnets`, then every number of 12 bits. */
export const subnetChoices: number = 1 + edgeSubnets.length + 0x1000;

/** Exit node numbers: of one digit and two, whose decimal and hexadecimal differ, whose ports are ephemeral (8 to 14), and the last. */
export const edgeExitNodeNumbers = [1, 2, 8, 9, 10, 14, 15] as const;

/** WireGuard, a VXLAN, and the first two segments that a network may have for itself. */
export const overlayChoices = 4;

/** Both ends, and numbers between. */
export const workloadHosts = [2, 254, 3, 253, 100, 155, 17, 128] as const;

export interface ServiceChoice {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

/** The same ports of both protocols, both ends, and the ends of the ephemeral range. */
export const serviceChoices: readonly ServiceChoice[] = [
  { protocol: "tcp", port: 80 },
  { protocol: "udp", port: 53 },
  { protocol: "tcp", port: 53 },
  { protocol: "udp", port: 80 },
  { protocol: "tcp", port: 65_535 },
  { protocol: "udp", port: 1 },
  { protocol: "tcp", port: 32_768 },
  { protocol: "udp", port: 60_999 },
];

export const forwardedPorts = [8080, 5353, 80, 53, 1, 65_535, 60_999, 32_767, 443, 61_000] as const;

export interface LanChoice {
  /** The router's address. */
  readonly router: string;
  /** Addresses of nodes, in turn; all of them with the router's prefix length. */
  readonly nodes: readonly string[];
}

const lan = (network: string, router: number, first: number): LanChoice => ({
  router: `${network}.${router}/24`,
  nodes: Array.from({ length: 16 }, (_, index) => `${network}.${first + index}/24`),
});

/** Usual ones, one whose router is last, a whole class, and such as would be a network's or a tunnel's own inside. */
export const lanChoices: readonly LanChoice[] = [
  lan("192.168.1", 1, 10),
  lan("192.168.178", 254, 1),
  { router: "10.0.0.138/8", nodes: Array.from({ length: 16 }, (_, index) => `10.26.188.${index + 1}/8`) },
  { router: "172.31.255.254/16", nodes: Array.from({ length: 16 }, (_, index) => `172.31.${index}.255/16`) },
  lan("10.255.26", 1, 188),
  lan("10.26.188", 1, 2),
];

export interface NatChoice {
  readonly nat?: NatPresetName;
  readonly overrides?: NatOverridesEntry;
}

/** Without a word, each preset by its name, and presets with something changed. */
export const natChoices: readonly NatChoice[] = [
  {},
  ...natPresetNames.map((nat) => ({ nat })),
  { nat: "full-cone", overrides: { filtering: "address-dependent", timeouts: { udp: 30, "udp-stream": 120 } } },
  { nat: "symmetric", overrides: { ports: "sequential", hairpin: "external" } },
  { overrides: { overloading: false, hairpin: "internal" } },
];

/** What a home router lets in besides answers: `to` is the position of a node behind it, the last where there are fewer. */
export const routerForwards = [
  { service: "tcp/2222", to: 0, port: 22 },
  { service: "udp/5060", to: 1 },
] as const;

/** Nothing is lost, so that no law has to leave anything out. */
export const conditionChoices: readonly Omit<ConditionEntry, "link" | "segment">[] = [
  { like: "lan" },
  { "delay-ms": 5 },
  { like: "wifi", "loss-percent": 0 },
  { like: "cable" },
  { like: "dsl" },
  { like: "4g", "loss-percent": 0 },
  { direction: "up", "delay-ms": 20 },
  { direction: "down", "delay-ms": 10, "jitter-ms": 10 },
  { "rate-kbit": 5000 },
];
