/**
 * What carries a network: a VXLAN needs public nodes that have a family in common and its port free, a segment of its own a NIC on each node,
 * and neither goes with an exit node that another one stands in for (EX-14, EX-15, EX-20, EX-21).
 */
import { formatPrefix } from "../../common/index.ts";
import { nearestHint } from "../../common/reading/index.ts";
import type { Path } from "../../common/reading/index.ts";
import type { Farm, FarmNode, UserNetwork } from "../farm.ts";
import { heldUdpPorts } from "../held-ports.ts";
import { isUnusedNic, overlayNicOf, vxlanPort, vxlanUnderlayOf } from "../overlays.ts";
import { subnetNumberOf } from "../parts.ts";
import { nodesOfResource } from "../whereabouts.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey } from "./rule.ts";

interface Member {
  readonly node: FarmNode;
  readonly path: Path;
}

/** The network's nodes; one that there is not is refused for that. */
const membersOf = (farm: Farm, network: UserNetwork): Member[] =>
  network.resources.flatMap((resource, index) => {
    const node = farm.nodes.find(({ name }) => name === resource.node);
    return node === undefined ? [] : [{ node, path: ["networks", network.name, "resources", index, "node"] }];
  });

function vxlanFaults(farm: Farm, network: UserNetwork): Finding[] {
  const members = membersOf(farm, network);
  const hidden = members.filter(({ node }) => node.public === undefined);
  if (hidden.length > 0) {
    return hidden.map(({ node, path }) =>
      refuse(
        "vxlan-node-hidden",
        path,
        `network ${network.name} is a VXLAN, and ${node.name} is hidden: nobody could send to it there`,
        `give ${node.name} a public address, or the network overlay: wireguard, which reaches hidden nodes`,
      ),
    );
  }
  if (vxlanUnderlayOf(members.map(({ node }) => node)) !== undefined) return [];
  const message = `network ${network.name} is a VXLAN, and its nodes have public addresses of different families`;
  return [
    refuse("vxlan-without-family", ["networks", network.name, "overlay"], message, "give all of them a public ipv4, or all a public ipv6"),
  ];
}

/** Another node would need an interface of the network too, which it may have already: one interface of it is all that a node can have. */
function standbyFaults(farm: Farm, network: UserNetwork): Finding[] {
  const point = network.resources.find(({ exitPoint }) => exitPoint);
  const exitNode = farm.nodes.find(({ name }) => name === point?.node)?.exitNode;
  const other = exitNode?.standbys?.[0]?.node ?? exitNode?.partner;
  if (network.overlay === undefined || other === undefined) return [];
  const carried = network.overlay.kind === "vxlan" ? "is a VXLAN" : `is carried by segment ${network.overlay.segment}`;
  const message = `network ${network.name} ${carried}, and ${other} stands in for ${point?.node}, where its exit point is`;
  const hint =
    "only WireGuard moves with an exit node: leave overlay out, or have the exit point on an exit node without standby or partner";
  return [refuse("overlay-with-standby", ["networks", network.name, "overlay"], message, hint)];
}

function segmentFaults(farm: Farm, network: UserNetwork, segment: string, isStated: boolean): Finding[] {
  const path = ["networks", network.name];
  if (!isStated) {
    const message = `network ${network.name} is to be on a segment of its own, and it is not said on which`;
    return [refuse("segment-missing", [...path, "overlay"], message, "add segment: NAME, of one on which all its nodes have a NIC for it")];
  }
  const names = farm.segments.map(({ name }) => name);
  if (!names.includes(segment)) {
    const message = `there is no segment "${segment}"`;
    return [refuse("unknown-segment", [...path, "segment"], message, nearestHint(segment, names, "segments"))];
  }
  const standbys = farm.nodes.flatMap(({ exitNode }) => exitNode?.standbys ?? []);
  return membersOf(farm, network).flatMap(({ node, path: place }): Finding[] => {
    const nic = overlayNicOf(node, segment);
    // It is to forward there as soon as it stands in.
    const isStandbys = nic !== undefined && standbys.some((standby) => standby.node === node.name && standby.nic === nic.name);
    if (nic !== undefined && !isStandbys) return [];
    const used = nic ?? node.nics.find((one) => one.segment === segment && !isUnusedNic(node, one));
    const message =
      used === undefined
        ? `network ${network.name} is carried by segment ${segment}, and ${node.name} has no NIC there`
        : `network ${network.name} is carried by segment ${segment}, and ${node.name}'s ${used.name} there has other work`;
    const hint = `give ${node.name} a NIC on ${segment} without addresses, which is neither the public nor the forwarding one${isStandbys ? ", before this one" : ""}`;
    return [refuse(used === undefined ? "no-nic-on-segment" : "overlay-nic-in-use", place, message, hint)];
  });
}

const carriers: Rule = (farm, file) =>
  farm.networks.flatMap((network): Finding[] => {
    const { overlay, name } = network;
    const entry = file.networks?.[name];
    const isStated = entry?.segment !== undefined;
    if (overlay?.kind === "segment") return segmentFaults(farm, network, overlay.segment, isStated);
    const stray = isStated
      ? [
          refuseKey(
            "segment-without-overlay",
            ["networks", name, "segment"],
            `network ${name} names a segment, and is not carried by one`,
            "add overlay: segment, or leave segment out",
          ),
        ]
      : [];
    return [...stray, ...(overlay?.kind === "vxlan" ? vxlanFaults(farm, network) : [])];
  });

const standbys: Rule = (farm) => farm.networks.flatMap((network) => standbyFaults(farm, network));

/** A node's VXLANs have one port, which a tunnel of the same 16 bits would listen on too. */
const tunnelPorts: Rule = (farm) => {
  const vxlans = new Map<string, string>();
  for (const { overlay, name, resources } of farm.networks)
    if (overlay?.kind === "vxlan") for (const { node } of resources) if (!vxlans.has(node)) vxlans.set(node, name);
  return farm.networks.flatMap((network) =>
    network.resources.flatMap((resource, index): Finding[] => {
      const { prefix } = resource;
      if (network.overlay !== undefined || prefix === undefined || subnetNumberOf(prefix) !== vxlanPort) return [];
      const home = farm.nodes.find(({ name }) => name === resource.node);
      return nodesOfResource(resource, home).flatMap((node): Finding[] => {
        const vxlan = vxlans.get(node);
        if (vxlan === undefined) return [];
        return [
          refuse(
            "tunnel-port-is-vxlan",
            ["networks", network.name, "resources", index, "prefix"],
            `the tunnel of ${formatPrefix(prefix)} would listen on UDP port ${vxlanPort}, on which ${node} has the VXLAN of network ${vxlan}`,
            "the port comes from the bits 12b5: give this Network Resource another /64",
          ),
        ];
      });
    }),
  );
};

const heldPorts: Rule = (farm) =>
  farm.networks.flatMap((network) => {
    if (network.overlay?.kind !== "vxlan") return [];
    return membersOf(farm, network)
      .filter(({ node }) => heldUdpPorts(node).has(vxlanPort))
      .map(({ node, path }) => {
        const message = `network ${network.name} is a VXLAN, whose port ${vxlanPort} is that of ${node.name}'s own service udp/${vxlanPort}`;
        return refuse("port-held", path, message, "give the service another port, or the network another overlay");
      });
  });

export const overlayRules: readonly Rule[] = [carriers, standbys, tunnelPorts, heldPorts];
