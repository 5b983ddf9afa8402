/**
 * Rules of namespace `public`, in which VXLANs have their socket. A VXLAN's header proves nothing: whoever can send a packet there could
 * send into any network, so that each one is taken from its own nodes alone.
 */
import { formatAddress } from "../common/index.ts";
import { vxlanPort, vxlanVni, vxName } from "../derive/index.ts";
import type { NetworkIntent, NodeFacts } from "../intents/index.ts";
import { exitPointOf, resourcesOf } from "./networks.ts";
import type { NftTablePlan } from "./node-plan.ts";
import { vtepOf } from "./overlay.ts";

/** The VNI after the UDP header, by place and length in bits: nft's own word for it finds it around IP packets only, not around ARP. */
const vniField = "@th,96,24";

/** `networks`: those that the node has a resource of, in any order. */
export function vxlanRules(node: string, networks: readonly NetworkIntent[], facts: readonly NodeFacts[]): NftTablePlan {
  const allowed = networks.flatMap((network) => {
    const { overlay, allocationNumber: n } = network;
    const exitPoint = exitPointOf(network);
    const own = network.resources.find((resource) => resource.node === node);
    const peers = resourcesOf(network).filter((resource) => resource !== own);
    if (overlay?.kind !== "vxlan" || exitPoint === undefined || own === undefined) return [];
    return peers.flatMap((peer) => {
      const vtep = vtepOf(peer.node, overlay, facts);
      if (vtep === undefined) return [];
      const from = `${vtep.family === 4 ? "ip" : "ip6"} saddr ${formatAddress(vtep)}`;
      const vni = `0x${vxlanVni(exitPoint.prefix, n).toString(16)}`;
      return [`  ${from} udp dport ${vxlanPort} ${vniField} ${vni} accept comment "${vxName(peer.prefix, n)} to ${vxName(own.prefix, n)}"`];
    });
  });
  return {
    family: "inet",
    name: "farmlab",
    body: [
      "chain overlays {",
      "  type filter hook prerouting priority raw; policy accept;",
      ...allowed.toSorted(),
      `  udp dport ${vxlanPort} drop`,
      "}",
    ],
  };
}
