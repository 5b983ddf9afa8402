/** The parts of `ip -json -details` that are looked at. */

/** Of a macvlan or a VXLAN. */
export interface ShownLinkData {
  readonly mode?: string;
  readonly macaddr_data?: readonly string[];
  readonly id?: number;
  readonly local?: string;
  readonly local6?: string;
  readonly port?: number;
  readonly learning?: boolean;
}

/** An entry of `bridge -json fdb show`. */
export interface ShownForwarding {
  readonly mac: string;
  readonly ifname?: string;
  readonly dst?: string;
}

export interface ShownLink {
  readonly ifname: string;
  readonly ifindex?: number;
  /** Of the link below it, in the namespace where that one is. */
  readonly link_index?: number;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master?: string;
  readonly address?: string;
  readonly group?: string;
  readonly inet6_addr_gen_mode?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: ShownLinkData };
  readonly addr_info?: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly dynamic?: boolean;
    readonly protocol?: string;
  }[];
}

export interface ShownRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly pref?: string;
  readonly flags?: readonly string[];
  /** Absent for the main table. */
  readonly table?: string;
}

/** An entry of `ip -json rule show`. */
export interface ShownPolicy {
  readonly priority: number;
  readonly fwmark?: string;
  readonly table?: string;
  readonly suppress_prefixlen?: number;
}

/** The arrays that a batch of `show` lines prints, one after the other. */
export function shownArrays(output: string): readonly (readonly unknown[])[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("["))
    .map((line) => JSON.parse(line) as readonly unknown[]);
}
