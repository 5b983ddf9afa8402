/**
 * Link-local addresses on the Ethernet of a network resource, which the drawing leaves to the kernel. A router needs one: it asks for
 * neighbours of a forwarded packet from its link-local address only (RFC 4861, 7.2.2). They mean nothing on any other link.
 */
import { addressIn, formatPrefix, parsePrefix } from "../common/index.ts";

const block = parsePrefix("fe80::/64");

const linkLocal = (host: number): string => {
  if (block === undefined) throw new Error("fe80::/64 is a prefix");
  return formatPrefix({ address: addressIn(block, host), length: block.length });
};

/** Of the network resource: fe80::1/64, the same host part as NRLocalIP6. */
export const resourceLinkLocal: string = linkLocal(1);

/** Of a workload: the same host part as its other addresses. */
export function workloadLinkLocal(host: number): string {
  return linkLocal(host);
}
