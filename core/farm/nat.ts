/**
 * How a router translates addresses, in the terms of RFC 4787 (UDP), RFC 5382 (TCP) and RFC 6888 (carriers), and the presets that a farm
 * file may name. Tables for people are made from what is here; how a router is made to behave so is not said here.
 */

/** On what of the far end something depends: nothing, its address, or address and port. */
export type Dependence = "endpoint-independent" | "address-dependent" | "address-and-port-dependent";

export interface NatTimeouts {
  /** Seconds that a UDP mapping outlives the last packet of a first exchange. */
  readonly udp: number;
  /** Seconds that it outlives the last packet of a flow that has gone both ways for more than two seconds (conntrack's "stream"). */
  readonly udpStream: number;
  /** Seconds for an established TCP connection. */
  readonly tcpEstablished: number;
  /** Seconds for one that opens, closes or has closed. */
  readonly tcpTransitory: number;
}

export interface NatBehaviour {
  /** For which destinations a host's port keeps one external port (RFC 4787 section 4.1). */
  readonly mapping: Dependence;
  /** From whom a mapping lets packets in: anyone, addresses that the host has sent to, or addresses and ports (section 5). */
  readonly filtering: Dependence;
  /** Whether a host reaches another of the same LAN by its external address, and whose source address that one sees (section 6). */
  readonly hairpin: "none" | "internal" | "external";
  /** How external ports are chosen (section 4.2): the host's own where it is free, any, or one after the other. */
  readonly ports: "preserve" | "random" | "sequential";
  /** Whether two hosts may share an external port towards different destinations, which RFC 4787 forbids (REQ-3) and Linux does. */
  readonly overloading: boolean;
  readonly timeouts: NatTimeouts;
}

/** Those of OpenWrt's kernel settings; transitory as conntrack has most of its states. */
const homeTimeouts: NatTimeouts = { udp: 60, udpStream: 180, tcpEstablished: 7440, tcpTransitory: 120 };
/** What RFC 4787 (REQ-5: five minutes are recommended) and RFC 5382 (REQ-5) ask for. */
const standardTimeouts: NatTimeouts = { udp: 300, udpStream: 300, tcpEstablished: 7440, tcpTransitory: 240 };

export type NatPresetName =
  | "home"
  | "full-cone"
  | "restricted-cone"
  | "port-restricted-cone"
  | "no-hairpin"
  | "internal-hairpin"
  | "per-address-open"
  | "per-address"
  | "per-address-strict"
  | "symmetric-open"
  | "symmetric-restricted"
  | "symmetric"
  | "sequential"
  | "cgnat";

const cone = (filtering: Dependence): NatBehaviour => ({
  mapping: "endpoint-independent",
  filtering,
  hairpin: "external",
  ports: "preserve",
  overloading: false,
  timeouts: standardTimeouts,
});

const dependent = (mapping: Dependence, filtering: Dependence): NatBehaviour => ({
  mapping,
  filtering,
  hairpin: "none",
  ports: "random",
  overloading: false,
  timeouts: standardTimeouts,
});

/**
 * By name: `home` is what a Linux router does out of the box, without UPnP; the cones are STUN's old names (RFC 3489); then every other
 * pair of mapping and filtering; `cgnat` is a carrier's as RFC 6888 wants it.
 */
export const natPresets: Readonly<Record<NatPresetName, NatBehaviour>> = {
  home: {
    mapping: "endpoint-independent",
    filtering: "address-and-port-dependent",
    hairpin: "none",
    ports: "preserve",
    overloading: true,
    timeouts: homeTimeouts,
  },
  "full-cone": cone("endpoint-independent"),
  "restricted-cone": cone("address-dependent"),
  "port-restricted-cone": cone("address-and-port-dependent"),
  "no-hairpin": { ...cone("endpoint-independent"), hairpin: "none" },
  "internal-hairpin": { ...cone("endpoint-independent"), hairpin: "internal" },
  "per-address-open": dependent("address-dependent", "endpoint-independent"),
  "per-address": dependent("address-dependent", "address-dependent"),
  "per-address-strict": dependent("address-dependent", "address-and-port-dependent"),
  "symmetric-open": dependent("address-and-port-dependent", "endpoint-independent"),
  "symmetric-restricted": dependent("address-and-port-dependent", "address-dependent"),
  symmetric: dependent("address-and-port-dependent", "address-and-port-dependent"),
  sequential: { ...dependent("address-and-port-dependent", "address-and-port-dependent"), ports: "sequential" },
  cgnat: { ...cone("endpoint-independent"), ports: "random" },
};

export const natPresetNames: readonly NatPresetName[] = Object.keys(natPresets) as NatPresetName[];

export type NatOverrides = Partial<Omit<NatBehaviour, "timeouts">> & { readonly timeouts?: Partial<NatTimeouts> };

/** A preset with what differs from it. */
export function natOf(preset: NatPresetName, overrides: NatOverrides = {}): NatBehaviour {
  const base = natPresets[preset];
  return { ...base, ...overrides, timeouts: { ...base.timeouts, ...overrides.timeouts } };
}

/** Why no router can behave so, and what to write instead; undefined where one can. */
export function natContradiction(nat: NatBehaviour): { readonly message: string; readonly hint: string } | undefined {
  if (nat.ports === "preserve" && nat.mapping !== "endpoint-independent") {
    return {
      message: `${nat.mapping} mapping and ports that are preserved exclude each other: a port that is kept is the same for every destination`,
      hint: "write ports: random or ports: sequential, or mapping: endpoint-independent",
    };
  }
  if (nat.overloading && nat.ports !== "preserve") {
    return {
      message: `overloading and ${nat.ports} ports exclude each other: hosts share a port only where each keeps its own`,
      hint: "write overloading: false, or ports: preserve",
    };
  }
  return undefined;
}
