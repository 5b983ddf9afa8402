/** The gateway of an exit node (the BAR): the one router between its part of the allocation and the upstream router. */
import { formatPrefix, hostPrefix, parsePrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import {
  epPubName,
  gatewayBaseRoutes,
  gatewayNamespace,
  gatewayResourceRoutes,
  gwPubIP6,
  gwPubLL,
  gwPubName,
  gwToEPIP4,
  gwToEPLL,
  gwToEPName,
  nrNamespace,
} from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { NetworkIntent } from "../intents/index.ts";
import { fenceTables } from "./fence.ts";
import { gatewayRules } from "./gateway-rules.ts";
import { plannedMac } from "./macs.ts";
import { exitPointOf, resourcesOf } from "./networks.ts";
import type { AddressPlan, LinkPlan, RoutePlan } from "./node-plan.ts";
import type { PlanMemory } from "./memory.ts";
import type { NamespacePart } from "./part.ts";
import { defaultRoute, routePlan, unreachable } from "./routes.ts";
import { routerSysctls } from "./sysctls.ts";

/** Private destinations that no network of this gateway holds: they never leave upstream. */
const neverUpstream: readonly RoutePlan[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7"].map((text) => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return unreachable(prefix);
});

interface NetworkPart {
  readonly links: readonly LinkPlan[];
  readonly addresses: readonly AddressPlan[];
  readonly routes: readonly RoutePlan[];
}

/** What one network adds: the link to its exit point and the routes of all its resources. */
const networkPart = (node: string, network: NetworkIntent): NetworkPart => {
  const exitPoint = exitPointOf(network);
  if (exitPoint === undefined) return { links: [], addresses: [], routes: [] };
  const n = network.allocationNumber;
  const link = gwToEPName(exitPoint.prefix, n);
  // The exit point's own routes first: those of the others have it as next hop.
  const resources = [exitPoint, ...resourcesOf(network).filter((resource) => !resource.exitPoint)];
  return {
    links: [
      {
        kind: "veth",
        name: link,
        peerNamespace: nrNamespace(exitPoint.prefix, n),
        peerName: epPubName(exitPoint.prefix, n),
        mac: plannedMac(node, gatewayNamespace, link),
      },
    ],
    addresses: [
      { link, address: formatPrefix(gwToEPLL(exitPoint.prefix)) },
      { link, address: formatPrefix(gwToEPIP4) },
    ],
    routes: resources.flatMap((resource) => gatewayResourceRoutes(resource.prefix, exitPoint.prefix, n).map(routePlan)),
  };
};

/** `allocation` is the /48 that this exit node routes a part of; `networks` those whose exit point is on it. */
export function planGateway(
  node: string,
  config: ExitNodeConfig,
  allocation: Prefix,
  networks: readonly NetworkIntent[],
  memory: PlanMemory,
): NamespacePart {
  const parts = networks.map((network) =>
    memory.recall(
      network,
      () => [node],
      () => networkPart(node, network),
    ),
  );
  return memory.recall(
    config,
    () => [node, allocation, ...parts],
    () => gatewayPart(node, config, allocation, networks, parts),
  );
}

function gatewayPart(
  node: string,
  config: ExitNodeConfig,
  allocation: Prefix,
  networks: readonly NetworkIntent[],
  parts: readonly NetworkPart[],
): NamespacePart {
  const up = gwPubName(config.number, config.allocationNumber);
  const owned = config.ipv4 === undefined ? [] : networks.flatMap((network) => network.ownedIpv4);
  return {
    name: gatewayNamespace,
    links: [
      { kind: "macvlan", name: up, parent: config.nic, mac: plannedMac(node, gatewayNamespace, up) },
      ...parts.flatMap((part) => part.links),
    ],
    addresses: [
      { link: up, address: formatPrefix(gwPubLL(config.number)) },
      { link: up, address: formatPrefix(gwPubIP6(allocation, config.number)) },
      ...(config.ipv4 === undefined ? [] : [{ link: up, address: formatPrefix(config.ipv4) }]),
      ...owned.map((address) => ({ link: up, address: formatPrefix(hostPrefix(address)) })),
      ...parts.flatMap((part) => part.addresses),
    ],
    routes: [
      ...gatewayBaseRoutes(allocation, config.number, config.allocationNumber).map(routePlan),
      ...defaultRoute(config.ipv4, config.gateway4, up),
      ...neverUpstream,
      ...parts.flatMap((part) => part.routes),
    ],
    sysctls: routerSysctls,
    tables: [gatewayRules(config, allocation, networks), ...(config.standbys === undefined ? [] : fenceTables(up))],
  };
}
