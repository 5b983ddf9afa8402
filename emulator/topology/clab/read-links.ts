/** The links of a `.clab.yml`. */
import type { Path, Places } from "../../../core/common/reading/index.ts";
import type { Endpoint, TopologyLink } from "../topology.ts";
import { endpointJudge, type PluggableNode } from "./endpoints.ts";
import type { EndpointEntry } from "./file.ts";
import { linkReader } from "./link-entries.ts";
import type { Reports } from "./reports.ts";

/** containerlab's own, in bytes. */
const clabMtu = 9500;
const mtuMin = 68;
const mtuMinIpv6 = 1280;
const mtuMax = 65535;

function readMtu(text: string | undefined, path: Path, reports: Reports): number {
  const mtu = text === undefined ? clabMtu : Number(text);
  if (mtu < mtuMin || mtu > mtuMax) {
    reports.refuse("bad-mtu", path, `an MTU of ${mtu} cannot be`, `a link takes ${mtuMin} to ${mtuMax} bytes`);
  } else if (mtu < mtuMinIpv6) {
    const hint = `the kernel gives such interfaces no IPv6 address; it needs ${mtuMinIpv6}`;
    reports.warnOnce("small-mtu", "small-mtu", path, `an MTU of ${mtu} is too small for IPv6`, hint);
  }
  return mtu;
}

function endpointOf({ node, interface: name, mac }: EndpointEntry): Endpoint {
  return { node, interface: name, ...(mac === undefined ? {} : { mac: mac.toLowerCase().replaceAll("-", ":") }) };
}

/** The links that can be made; the others are reported. `nodes` are those that links may lead to. */
export function readLinks(
  entries: readonly unknown[],
  nodes: ReadonlyMap<string, PluggableNode>,
  places: Places,
  reports: Reports,
): TopologyLink[] {
  const reader = linkReader(places, reports);
  const judge = endpointJudge(nodes, reports);
  return entries.flatMap((entry, index): TopologyLink[] => {
    const link = reader.read(entry, index);
    if (link === undefined) return [];
    const mtu = readMtu(link.mtu, [...link.path, "mtu"], reports);
    const accepted = link.endpoints.map((end, position) => judge.accepts(end, [...link.path, "endpoints", position]));
    if ([link, ...link.endpoints].some(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined)) {
      const message = "addresses of links are ignored: containerlab itself gives none to linux nodes";
      reports.warnOnce("link-address", "ignored-key", link.path, message, "add them under exec: ip address add ...");
    }
    if (accepted.includes(false)) return [];
    const [near, far] = link.endpoints;
    return [{ name: `${near.node}:${near.interface}`, endpoints: [endpointOf(near), endpointOf(far)], mtu }];
  });
}
