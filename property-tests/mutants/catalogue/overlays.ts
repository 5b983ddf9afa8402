/** What carries networks that are no WireGuard meshes. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const overlay = "core/plan/overlay.ts";
const derived = "core/derive/exit-node/overlays.ts";
const resourceRules = "core/plan/resource-rules.ts";
const vxlanRules = "core/plan/vxlan-rules.ts";
const vxlan = "core/apply/vxlan.ts";
const links = "core/apply/links.ts";
const overlayRules = "core/farm/rules/overlays.ts";
const onOverlays = (mutant: Mutant): Mutant => ({ ...mutant, farm: "overlays" });
const patched = patchedIn("overlays");

export const overlayMutants: readonly Mutant[] = [
  patched("vni-of-the-node", "each node's VXLAN has an identifier of its own, by its own prefix", "EX-7 EX-8 EX-20", [
    overlay,
    "vni: vxlanVni(exitPoint.prefix,",
    "vni: vxlanVni(mine.prefix,",
  ]),
  patched("vni-without-allocation", "VXLANs of two allocations have the same identifier", "EX-20", [
    derived,
    "return (n << 16) | subnetNumberOf(exitPoint);",
    "return subnetNumberOf(exitPoint);",
  ]),
  onOverlays(
    patched("overlay-is-a-star", "between NRs that reach each other packets go by the exit point", "EX-7", [
      "core/plan/resource.ts",
      "mine.exitPoint ? othersOf(mine, network) : peers;",
      'mine.exitPoint ? othersOf(mine, network) : link.kind === "wireguard" ? peers : [];',
    ]),
  ),
  patched("vxlan-mtu-of-ethernet", "a VXLAN's packets are as long as those of the Ethernet below", "EX-20", [
    derived,
    "return underlay === 4 ? 1450 : 1430;",
    "return underlay === 4 ? 1500 : 1500;",
  ]),
  patched("vxlan-without-flooding", "nobody is asked for his address in a VXLAN", "EX-7 EX-8 EX-20", [
    vxlan,
    "[`${mac} ${destination}`, `${everybody} ${destination}`]",
    "[`${mac} ${destination}`]",
  ]),
  patched("vxlan-forwards-to-another", "a VXLAN sends each node's frames to the next one", "EX-7 EX-8 EX-20", [
    vxlan,
    "flatMap(({ mac, destination }) => [",
    "flatMap(({ destination }, index, all) => [{ mac: all[(index + 1) % all.length]?.mac ?? '', destination }]).flatMap(({ mac, destination }) => [",
  ]),
  patched("vxlan-learns", "a VXLAN learns from packets who is where", "EX-20", [
    vxlan,
    "return madeWith(vni, local, port, false);",
    "return madeWith(vni, local, port, true);",
  ]),
  patched("vxlan-open", "a VXLAN takes packets from everybody", "EX-20", [
    vxlanRules,
    "`  udp dport ${vxlanPort} drop`",
    "`  udp dport ${vxlanPort} accept`",
  ]),
  patched("vxlan-peers-of-others", "a node of one VXLAN can send into the others of a node", "EX-20", [
    vxlanRules,
    "${vniField} ${vni} accept",
    "accept",
  ]),
  patched("overlay-senders-unchecked", "in an overlay that is no WireGuard each node may send for all", "EX-20", [
    resourceRules,
    "if (sources === undefined) return",
    "if (mac.length > 0) return",
  ]),
  patched("overlay-strangers-taken", "what no node of the network has sent is taken for a packet of it", "EX-20", [
    resourceRules,
    "    `${arriving} drop`,\n",
    "",
  ]),
  patched("segment-shared", "an interface on a segment of its own takes every frame", "EX-20", [
    overlay,
    "      sources: peers.map((peer) => overlayMac(peer, network)).toSorted(),\n",
    "",
  ]),
  patched("forwarding-stays", "what a VXLAN forwards to a node that has left the network stays", "EX-13 EX-17", [
    vxlan,
    "!wanted.has(entry) && !replaced.has(macOf(entry))",
    "!wanted.has(entry) && replaced.has(macOf(entry))",
  ]),
  patched("senders-stay", "an interface on a segment takes frames of those alone who were there when it was made", "EX-17", [
    links,
    "sourceLines(link.name, link.sources, observed.sources)",
    'sourceLines(link.name, link.sources, link.sources.join(" "))',
  ]),
  patched("service-on-vxlan-port", "a service may hold the port of its node's VXLANs", "EX-21", [
    overlayRules,
    "heldUdpPorts(node).has(vxlanPort)",
    "heldUdpPorts(node).has(-vxlanPort)",
  ]),
  patched("tunnel-on-vxlan-port", "a tunnel may have the port of its node's VXLANs", "EX-21", [
    overlayRules,
    "prefix === undefined || subnetNumberOf(prefix) !== vxlanPort",
    "prefix === undefined || subnetNumberOf(prefix) !== -vxlanPort",
  ]),
  patched("port-of-no-tunnel", "a service is kept off the number of a resource that has no tunnel", "EX-21", [
    "core/farm/rules/networks.ts",
    "if (network.overlay !== undefined) return [];",
    "if (prefix.length < 0) return [];",
  ]),
].map(onOverlays);
