/** A network resource: its namespace, bridge and overlay; as exit point also its link to the gateway. */
import { formatPrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import {
  bridgeName,
  epPubIP4R,
  epPubLL,
  epPubName,
  exitPointDefaultRoutes,
  gatewayNamespace,
  gwToEPName,
  nrBridgePortName,
  nrLocalIP4,
  nrLocalIP6,
  nrLocalName,
  nrNamespace,
  peerRoutes,
  resourceDefaultRoutes,
  subnetNumberOf,
  vrfNamespace,
  wgIP4RT,
  wgLL,
} from "../derive/index.ts";
import type { NetworkIntent, NodeFacts, NodeIntent, ResourceIntent } from "../intents/index.ts";
import { choicePolicies, choiceRoutes, choiceTable } from "./exit-choice.ts";
import { gatewaySeat } from "./gateway.ts";
import { resourceLinkLocal } from "./link-local.ts";
import { plannedMac } from "./macs.ts";
import { exitPointOf, othersOf, workloadsOf } from "./networks.ts";
import type { AddressPlan, LinkPlan, RoutePlan } from "./node-plan.ts";
import type { PlanMemory } from "./memory.ts";
import type { NamespacePart } from "./part.ts";
import { planOverlay, planSecondTunnel, socketNamespaceOf, vxlanSourceOf } from "./overlay.ts";
import type { OverlayPlan } from "./overlay.ts";
import type { SecondTunnel } from "./partners.ts";
import { factsWithin } from "./peers.ts";
import { portRules } from "./port-rules.ts";
import { resourceRules } from "./resource-rules.ts";
import { routePlan } from "./routes.ts";
import { bridgeSysctls, byTurnsSysctls, routerSysctls } from "./sysctls.ts";

/** The bridge of the host's namespace that joins the resource and its workloads, whose host numbers are given. */
const bridgePart = (node: string, prefix: Prefix, n: number, hosts: readonly number[]): NamespacePart => {
  const bridge = bridgeName(prefix, n);
  const port = nrBridgePortName(prefix, n);
  return {
    name: "host",
    links: [
      { kind: "bridge", name: bridge, mac: plannedMac(node, "host", bridge) },
      {
        kind: "veth",
        name: port,
        peerNamespace: nrNamespace(prefix, n),
        peerName: nrLocalName(prefix, n),
        bridge,
        mac: plannedMac(node, "host", port),
      },
    ],
    sysctls: bridgeSysctls,
    tables: portRules(node, prefix, n, hosts),
  };
};

/**
 * Routes to the network's other resources. The exit point has one for each, reached or not yet: without it the packet would go
 * back to the gateway, which sent it. The others have them for their direct peers; the rest goes by the exit point.
 */
const routesWithin = (mine: ResourceIntent, network: NetworkIntent, { link, peers }: OverlayPlan): readonly RoutePlan[] => {
  const others = mine.exitPoint ? othersOf(mine, network) : peers;
  return others.flatMap((other) => peerRoutes(other.prefix, link.name).map(routePlan));
};

const routesOut = (mine: ResourceIntent, network: NetworkIntent, { link }: OverlayPlan): readonly RoutePlan[] => {
  const n = network.allocationNumber;
  if (mine.exitPoint) return exitPointDefaultRoutes(mine.prefix, n).map(routePlan);
  const exitPoint = exitPointOf(network);
  return exitPoint === undefined ? [] : resourceDefaultRoutes(exitPoint.prefix, link.name).map(routePlan);
};

/** The parts of one network resource in the host's and in its own namespace. */
export function planResource(
  node: NodeIntent,
  network: NetworkIntent,
  mine: ResourceIntent,
  facts: readonly NodeFacts[],
  memory: PlanMemory,
  second?: SecondTunnel,
): readonly NamespacePart[] {
  const inputs = (): readonly unknown[] => [
    ...[network, socketNamespaceOf(node), vxlanSourceOf(node, network), node.exitNode?.isolation, node.exitNode?.partner],
    ...factsWithin(network, facts),
    ...(second === undefined ? [] : [second.mirror, second.port, ...factsWithin(second.mirror, facts)]),
  ];
  return memory.recall(mine, inputs, () => resourceParts(node, network, mine, facts, second));
}

/** Where an exit point's link to its gateway ends: in the gateway, in the one that is kept ready, or in the network's own routing table. */
function gatewayNamespaceOf(node: NodeIntent, network: NetworkIntent, mine: ResourceIntent): string {
  if (network.mirrored === true) return gatewaySeat({ ...network, number: subnetNumberOf(mine.prefix) >> 12 }, "partner");
  return node.exitNode?.isolation === "vrf" ? vrfNamespace(mine.prefix, network.allocationNumber) : gatewayNamespace;
}

/** Whether the exit point is one that the partner of its exit node has too. */
const isByTurns = (node: NodeIntent, network: NetworkIntent): boolean => network.mirrored === true || node.exitNode?.partner !== undefined;

function resourceParts(
  node: NodeIntent,
  network: NetworkIntent,
  mine: ResourceIntent,
  facts: readonly NodeFacts[],
  secondTunnel: SecondTunnel | undefined,
): readonly NamespacePart[] {
  const { prefix } = mine;
  const n = network.allocationNumber;
  const name = nrNamespace(prefix, n);
  const local = nrLocalName(prefix, n);
  const overlay = planOverlay(node, network, mine, facts);
  const second = secondTunnel === undefined ? undefined : planSecondTunnel(node, secondTunnel, mine, facts);
  const links: LinkPlan[] = [
    { kind: "veth", name: local, peerNamespace: "host", peerName: nrBridgePortName(prefix, n), mac: plannedMac(node.name, name, local) },
    overlay.link,
    ...(second === undefined ? [] : [second]),
  ];
  const addresses: AddressPlan[] = [
    { link: local, address: resourceLinkLocal },
    { link: local, address: formatPrefix(nrLocalIP6(prefix)) },
    { link: local, address: formatPrefix(nrLocalIP4(prefix)) },
    { link: overlay.link.name, address: formatPrefix(wgLL(prefix)) },
    { link: overlay.link.name, address: formatPrefix(wgIP4RT(prefix)) },
  ];
  if (mine.exitPoint) {
    const up = epPubName(prefix, n);
    links.push({
      kind: "veth",
      name: up,
      peerNamespace: gatewayNamespaceOf(node, network, mine),
      peerName: gwToEPName(prefix, n),
      mac: plannedMac(node.name, name, up),
    });
    addresses.push({ link: up, address: formatPrefix(epPubLL(prefix)) }, { link: "lo", address: formatPrefix(epPubIP4R(prefix)) });
  }
  return [
    bridgePart(
      node.name,
      prefix,
      n,
      workloadsOf(mine, network).map(({ host }) => host),
    ),
    {
      name,
      links,
      addresses,
      routes: [
        ...routesWithin(mine, network, overlay),
        ...routesOut(mine, network, overlay),
        ...(second === undefined ? [] : choiceRoutes(second.name)),
      ],
      ...(second === undefined ? {} : { policies: choicePolicies }),
      sysctls: mine.exitPoint && isByTurns(node, network) ? { ...routerSysctls, ...byTurnsSysctls } : routerSysctls,
      tables: [resourceRules(overlay, second), ...(second === undefined ? [] : [choiceTable(overlay.link.name, second.name)])],
    },
  ];
}
