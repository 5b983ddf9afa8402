/** What a topology leaves unsaid, alike for every backend. */
import { seededMac } from "../../core/common/index.ts";
import type { Endpoint } from "./topology.ts";

/** Where every node has farmlab's own programs. */
export const programsFolder: string = "/usr/lib/farmlab";
/** The native helper inside a lab, in every node and outside of them. */
export const nativeInLab: string = `${programsFolder}/native`;

/** Bytes. containerlab's own default is 9500; farms are built of Ethernets of 1500. */
export const defaultMtu: number = 1500;

/** The address of one end of a link, or of a bridge: as stated, else from the seed and its names. */
export function macOf(seed: number, { node, interface: name, mac }: Endpoint): string {
  return mac ?? seededMac(seed, node, name);
}

const perInterface4 = { rp_filter: "0", promote_secondaries: "0", arp_ignore: "0", arp_announce: "0" };

/**
 * A new network takes its IPv4 settings from the machine's own, which distributions, container engines and the machine's owner change.
 * A lab is the same on every machine: these are the kernel's defaults, and what a node states comes after them.
 */
export const kernelDefaults: Readonly<Record<string, string>> = {
  "net/ipv4/ip_forward": "0",
  ...Object.fromEntries(
    ["all", "default"].flatMap((scope) => Object.entries(perInterface4).map(([name, value]) => [`net/ipv4/conf/${scope}/${name}`, value])),
  ),
};

/** Whether a setting (path below /proc/sys) is one interface's: it can only be made once the interface is there, all others come before. */
export function ofOneInterface(path: string): boolean {
  const owner = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//.exec(path)?.[1];
  return owner !== undefined && !["all", "default", "lo"].includes(owner);
}
