/**
 * The links between the internet and what hangs on it. They are unnumbered: each side has its own addresses with full length, the
 * internet's are the same on all links, and routes name the link. So no address of a provider's is used up for a link.
 */
import { formatAddress, formatPrefix, hostPrefix, parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { NodeConfig, NodeRoute } from "../../emulator/topology/index.ts";
import { wanInterface, type WanPlug } from "../compile/parts.ts";

const known = (text: string): Address => {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
};

/** The internet's own addresses, from which it also sends ICMP errors (documentation prefixes, RFC 5737 and 3849). */
export const internet4: Address = known("192.0.2.1");
export const internet6: Address = known("2001:db8::1");
/** Link-local addresses of the internet and of the other side. Neither is fe80::1, which upstream routers have on PrefixZero. */
export const internetLinkLocal: Address = known("fe80::ffff");
export const farLinkLocal: Address = known("fe80::2");

type Addresses = NonNullable<NodeConfig["addresses"]>;

/** Interface addresses of the side that is not the internet. */
export function wanAddresses({ ipv4, ipv6 }: Pick<WanPlug, "ipv4" | "ipv6">): Addresses {
  const texts = [...ipv4, ...ipv6].map((address) => formatPrefix(hostPrefix(address)));
  if (ipv6.length > 0) texts.push(`${formatAddress(farLinkLocal)}/64`);
  return texts.map((address) => ({ interface: wanInterface, address }));
}

/** Default routes of that side, for nodes where the kernel is told directly; `gateway4`: another IPv4 gateway than the internet. */
export function wanRoutes({ ipv4, ipv6 }: Pick<WanPlug, "ipv4" | "ipv6">, gateway4: Address = internet4): NodeRoute[] {
  const routes: NodeRoute[] = [];
  if (ipv4.length > 0) {
    const via = formatAddress(gateway4);
    routes.push({ family: 4, to: `${via}/32`, interface: wanInterface }, { family: 4, to: "default", via, interface: wanInterface });
  }
  if (ipv6.length > 0) routes.push({ family: 6, to: "default", via: formatAddress(internetLinkLocal), interface: wanInterface });
  return routes;
}
