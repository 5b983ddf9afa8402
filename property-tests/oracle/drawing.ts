/** The seed's drawing for one network resource, written down as texts: what derivation has to give from the same four things. */
import { formatPrefix, parsePrefix } from "../../core/common/address.ts";
import type { Prefix } from "../../core/common/address.ts";

export interface DrawnResource {
  /** The /48. */
  readonly allocation: Prefix;
  /** x, 1 to 15. */
  readonly exitNode: number;
  /** n, 0 to 127. */
  readonly number: number;
  /** Bytes 6 and 7 of the /64 as four hex digits. */
  readonly hex: string;
  /** The same of the network's exit point; equal to `hex` where it is the exit point itself. */
  readonly exitPointHex: string;
}

/** Under the seed's function names, and beside them what the drawing says without naming it. */
export type Drawing = Readonly<Record<string, string | number | readonly string[]>>;

/** In RFC 5952 text. */
const tidy = (text: string): string => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`the oracle wrote ${text}, which is no prefix`);
  return formatPrefix(prefix);
};
const bare = (text: string): string => tidy(text).split("/")[0] ?? "";

/** `a.b` of a network resource, the decimal values of its two bytes. */
const ab = (hex: string): string => `${Number.parseInt(hex.slice(0, 2), 16)}.${Number.parseInt(hex.slice(2), 16)}`;

/** Groups of a /48 with their colons, so that what follows them can be appended. */
function groupsOf({ address: { value } }: Prefix): string {
  return [112n, 96n, 80n].map((shift) => ((value >> shift) & 0xffffn).toString(16)).join(":");
}

const route = (to: string, via: string, dev: string): string =>
  `${to === "::/0" || to === "0.0.0.0/0" ? to : tidy(to)} via ${bare(via)} dev ${dev}`;

/** Routes are `TO via NEXT-HOP dev LINK`, `TO dev LINK` or `unreachable TO`, in no order. */
export function drawingOf({ allocation, exitNode, number: n, hex, exitPointHex: ep }: DrawnResource): Drawing {
  const block = groupsOf(allocation);
  const x = exitNode.toString(16);
  const own = `${block}:${hex}::`;
  const isExitPoint = hex === ep;
  const toExitPoint = `to-${ep}-${n}`;
  const exitPointTunnel = `wg-${ep}-${n}`;
  const transit = `10.255.${ab(hex)}/32`;
  const exitTransit = `10.255.${ab(ep)}/32`;
  return {
    GWPubName: `pub-${exitNode}-${n}`,
    GWPubLL: tidy(`fe80:0:0:0:${x}000:0:0:1/64`),
    GWPubIP6: tidy(`${block}:0:${x}000:0:0:1/64`),
    GWtoEPName: toExitPoint,
    GWtoEPLL: tidy(`fe80::1:${ep}/64`),
    EPPubName: `pub-${ep}-${n}`,
    EPPubLL: tidy(`fe80::${ep}:1/64`),
    EPPubIP4R: exitTransit,
    WGName: `wg-${hex}-${n}`,
    WGLL: tidy(`fe80::${hex}/64`),
    WGIP4RT: `10.255.${ab(hex)}/16`,
    NRLocalName: `veth-${hex}-${n}`,
    NRLocalIP6: tidy(`${own}1/64`),
    NRLocalIP4: `10.${ab(hex)}.1/24`,
    WGListenPort: Number.parseInt(hex, 16),
    bridge: `br-${hex}-${n}`,
    namespace: `net-${hex}-${n}`,
    AllowedIPs: isExitPoint ? ["0.0.0.0/0", "::/0"] : [`fe80::${hex}/128`, transit, `10.${ab(hex)}.0/24`, `${own}/64`].map(tidy).toSorted(),
    gatewayRoutes: [
      route("::/0", "fe80::1/64", `pub-${exitNode}-${n}`),
      `unreachable ${tidy(`${block}:${x}000::/52`)}`,
      route(`${own}/64`, `fe80::${ep}:1/64`, toExitPoint),
      isExitPoint ? `${transit} dev ${toExitPoint}` : route(transit, exitTransit, toExitPoint),
      route(`10.${ab(hex)}.0/24`, exitTransit, toExitPoint),
    ].toSorted(),
    exitPointRoutes: [
      route("::/0", `fe80::1:${ep}/64`, `pub-${ep}-${n}`),
      route("0.0.0.0/0", "10.1.0.1/32", `pub-${ep}-${n}`),
      ...(isExitPoint
        ? []
        : [route(`${own}/64`, `fe80::${hex}/64`, exitPointTunnel), route(`10.${ab(hex)}.0/24`, transit, exitPointTunnel)]),
    ].toSorted(),
    resourceRoutes: isExitPoint
      ? []
      : [route("::/0", `fe80::${ep}/64`, `wg-${hex}-${n}`), route("0.0.0.0/0", exitTransit, `wg-${hex}-${n}`)].toSorted(),
  };
}
