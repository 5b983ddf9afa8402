/**
 * What the rules of a translating router are made from. The kernel's own SNAT gives a host's port one external port as long as that is
 * free towards the destination (RFC 4787's "overloading"), and lets in only answers. Everything else is remembered in maps that the rules
 * fill from conntrack, once the kernel has chosen a port:
 *
 * - `inside`: protocol and external port -> the host's address and port, by which strangers' packets and hairpins find the host;
 * - `outside`: the host's side -> external address and port, by which a port keeps its mapping towards other destinations;
 * - `held`: both sides of every mapping, by which a port that another mapping has is refused;
 * - `contacted`: external port and far address, for filtering by address;
 * - `long`: external ports of mappings with an established flow, whose timeout is the longer one.
 */
import { wanInterface } from "../../compile/parts.ts";
import type { Address, Prefix } from "../../../core/common/index.ts";
import type { NatBehaviour, RouterForward } from "../../../core/farm/index.ts";

export interface Translation {
  readonly nat: NatBehaviour;
  /** The network that is hidden; all its hosts' packets to the outside are translated. */
  readonly inner: Prefix;
  /** The one external address. */
  readonly outer: Address;
  readonly forwards: readonly RouterForward[];
}

/** Which maps the behaviour needs. */
export interface Memory {
  readonly inside: boolean;
  readonly outside: boolean;
  readonly contacted: boolean;
}

export function memoryOf({ mapping, filtering, hairpin, ports, overloading }: NatBehaviour): Memory {
  // The kernel itself keeps a port towards all destinations where it may be shared, and draws a new one for each where that is wanted.
  const outside = mapping === "address-dependent" || (mapping === "endpoint-independent" && !(ports === "preserve" && overloading));
  return {
    inside: outside || filtering !== "address-and-port-dependent" || hairpin !== "none",
    outside,
    contacted: filtering === "address-dependent",
  };
}

export const portProtocols: string = "{ tcp, udp }";
export const fromOutside: string = `iifname "${wanInterface}"`;
export const toOutside: string = `oifname "${wanInterface}"`;
/** From one inner interface to another, or back through the same. */
export const turnsAround: string = `iifname != "${wanInterface}" oifname != "${wanInterface}"`;

/** The sides of a flow as conntrack knows them once it is translated. */
export interface Sides {
  readonly status: string;
  readonly external: string;
  readonly externalAddress: string;
  readonly host: string;
  readonly far: string;
}

/** Of a flow that the host has opened. */
export const opened: Sides = {
  status: "ct status snat",
  external: "ct reply proto-dst",
  externalAddress: "ct reply ip daddr",
  host: "ct original ip saddr . ct original proto-src",
  far: "ct original ip daddr",
};

/** Of a flow that was let in. */
export const letIn: Sides = {
  status: "ct status dnat",
  external: "ct original proto-dst",
  externalAddress: "ct original ip daddr",
  host: "ct reply ip saddr . ct reply proto-src",
  far: "ct original ip saddr",
};

/** `chain NAME { ... }`, two spaces deeper than its table. */
export function chain(name: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), "  }"];
}
