/** What WireGuard peers put into AllowedIPs. Keys and endpoints are facts that nodes publish; they are not derived. */
import { hostPrefix } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import { nrNetwork4, wgIP4RT, wgLL } from "./addresses.ts";

/** Seconds between keepalives on every peer, so that a NAT in between holds its mapping. */
export const keepaliveSeconds = 20;
/** MTU of WireGuard interfaces, bytes. */
export const wireguardMtu = 1420;

export const anywhere4: Prefix = { address: { family: 4, value: 0n }, length: 0 };
export const anywhere6: Prefix = { address: { family: 6, value: 0n }, length: 0 };

/** AllowedIPs of the exit point at its peers: everything. */
export const exitPeerAllowedIPs: readonly Prefix[] = [anywhere4, anywhere6];

/**
 * AllowedIPs of an ordinary network resource at its peers: WGLL/128, WGIP4RT/32, its /24 and its /64. Single addresses because
 * WireGuard would mask a wider prefix and leave it with the peer that was set last.
 */
export function peerAllowedIPs(prefix: Prefix): readonly Prefix[] {
  return [hostPrefix(wgLL(prefix).address), hostPrefix(wgIP4RT(prefix).address), nrNetwork4(prefix), prefix];
}
