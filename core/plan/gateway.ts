/** The gateway of an exit node (the BAR): the one router between its part of the allocation and the upstream router. */
import { formatPrefix, hostPrefix, parsePrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import {
  epPubName,
  gatewayBaseRoutes,
  gatewayNamespace,
  gatewayResourceRoutes,
  gatewayVrfRoutes,
  gwPubIP6,
  gwPubLL,
  gwPubName,
  gwToEPIP4,
  gwToEPLL,
  gwToEPName,
  gwToVrfIP4,
  gwToVrfLL,
  gwToVrfName,
  nrNamespace,
  partnerGatewayNamespace,
  vrfDefaultRoutes,
  vrfNamespace,
  vrfToGWIP4,
  vrfToGWLL,
  vrfToGWName,
} from "../derive/index.ts";
import type { DerivedRoute } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { NetworkIntent, ResourceIntent } from "../intents/index.ts";
import { fenceTables } from "./fence.ts";
import { gatewayRules, vrfRules } from "./gateway-rules.ts";
import { vrrpServices } from "./gateway-services.ts";
import { plannedMac } from "./macs.ts";
import { exitPointOf, resourcesOf } from "./networks.ts";
import type { AddressPlan, LinkPlan, RoutePlan, ServicePlan } from "./node-plan.ts";
import type { PlanMemory } from "./memory.ts";
import type { NamespacePart } from "./part.ts";
import { defaultRoute, routePlan, unreachable } from "./routes.ts";
import { byTurnsSysctls, routerSysctls } from "./sysctls.ts";
import { vrrpAddresses, vrrpRoutes } from "./vrrp.ts";
import type { Seat } from "./vrrp.ts";

/** Private destinations that no network of this gateway holds: they never leave upstream. */
const neverUpstream: readonly RoutePlan[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7"].map((text) => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`);
  return unreachable(prefix);
});

/** The namespace of an exit node's gateway on its own node, or of the one that its partner keeps ready. */
export function gatewaySeat(config: Pick<ExitNodeConfig, "number" | "allocationNumber">, seat: Seat): string {
  return seat === "home" ? gatewayNamespace : partnerGatewayNamespace(config.number, config.allocationNumber);
}

/** What one network adds to a namespace. */
interface NetworkPart {
  readonly links: readonly LinkPlan[];
  readonly addresses: readonly AddressPlan[];
  readonly routes: readonly RoutePlan[];
}

const routesFor = (
  network: NetworkIntent,
  exitPoint: ResourceIntent,
  routesTo: (prefix: Prefix, exitPoint: Prefix, n: number) => readonly DerivedRoute[],
): readonly RoutePlan[] =>
  // The exit point's own routes first: those of the others have it as next hop.
  [exitPoint, ...resourcesOf(network).filter((resource) => !resource.exitPoint)].flatMap((resource) =>
    routesTo(resource.prefix, exitPoint.prefix, network.allocationNumber).map(routePlan),
  );

/** The link to the exit point and the routes of all of the network's resources, in the namespace where that link is. */
const exitPointPart = (node: string, network: NetworkIntent, exitPoint: ResourceIntent, namespace: string): NetworkPart => {
  const n = network.allocationNumber;
  const link = gwToEPName(exitPoint.prefix, n);
  return {
    links: [
      {
        kind: "veth",
        name: link,
        peerNamespace: nrNamespace(exitPoint.prefix, n),
        peerName: epPubName(exitPoint.prefix, n),
        mac: plannedMac(node, namespace, link),
      },
    ],
    addresses: [
      { link, address: formatPrefix(gwToEPLL(exitPoint.prefix)) },
      { link, address: formatPrefix(gwToEPIP4) },
    ],
    routes: routesFor(network, exitPoint, gatewayResourceRoutes),
  };
};

/** The gateway's link to a network's own routing table, and the routes into it. */
const towardsVrf = (node: string, network: NetworkIntent, exitPoint: ResourceIntent): NetworkPart => {
  const n = network.allocationNumber;
  const link = gwToVrfName(exitPoint.prefix, n);
  const [peerNamespace, peerName] = [vrfNamespace(exitPoint.prefix, n), vrfToGWName(exitPoint.prefix, n)];
  return {
    links: [{ kind: "veth", name: link, peerNamespace, peerName, mac: plannedMac(node, gatewayNamespace, link) }],
    addresses: [gwToVrfLL(exitPoint.prefix), gwToVrfIP4].map((address) => ({ link, address: formatPrefix(address) })),
    routes: routesFor(network, exitPoint, gatewayVrfRoutes),
  };
};

/**
 * A network's own routing table, a namespace where a kernel may lack VRF devices: its own prefixes, and the gateway for all that is global.
 * What is private and not its own ends here, so that no rule has to keep networks apart.
 */
const vrfPart = (node: string, network: NetworkIntent, exitPoint: ResourceIntent): NamespacePart => {
  const n = network.allocationNumber;
  const name = vrfNamespace(exitPoint.prefix, n);
  const link = vrfToGWName(exitPoint.prefix, n);
  const inner = exitPointPart(node, network, exitPoint, name);
  return {
    name,
    links: [
      {
        kind: "veth",
        name: link,
        peerNamespace: gatewayNamespace,
        peerName: gwToVrfName(exitPoint.prefix, n),
        mac: plannedMac(node, name, link),
      },
      ...inner.links,
    ],
    addresses: [
      ...[vrfToGWLL(exitPoint.prefix), vrfToGWIP4].map((address) => ({ link, address: formatPrefix(address) })),
      ...inner.addresses,
    ],
    routes: [...vrfDefaultRoutes(exitPoint.prefix, n).map(routePlan), ...neverUpstream, ...inner.routes],
    sysctls: routerSysctls,
    tables: [vrfRules],
  };
};

interface PartsOfNetwork {
  readonly inGateway: NetworkPart;
  /** A namespace of its own, where each network has a routing table. */
  readonly own?: NamespacePart;
}

/** Nothing where the network has no exit point. */
function networkParts(node: string, config: ExitNodeConfig, network: NetworkIntent, seat: Seat): readonly PartsOfNetwork[] {
  const exitPoint = exitPointOf(network);
  if (exitPoint === undefined) return [];
  return config.isolation === "vrf"
    ? [{ inGateway: towardsVrf(node, network, exitPoint), own: vrfPart(node, network, exitPoint) }]
    : [{ inGateway: exitPointPart(node, network, exitPoint, gatewaySeat(config, seat)) }];
}

/**
 * `allocation` is the /48 that this exit node routes a part of; `networks` those whose exit point is on this node. `seat` is `partner` for the
 * gateway that a partner keeps ready.
 */
export function planGateway(
  node: string,
  config: ExitNodeConfig,
  allocation: Prefix,
  networks: readonly NetworkIntent[],
  memory: PlanMemory,
  seat: Seat = "home",
): readonly NamespacePart[] {
  const parts = networks.flatMap((network) =>
    memory.recall(
      network,
      () => [node, config.isolation],
      () => networkParts(node, config, network, seat),
    ),
  );
  const core = memory.recall(
    config,
    () => [node, allocation, ...parts],
    () => gatewayPart(node, config, allocation, networks, parts, seat),
  );
  return [core, ...parts.flatMap(({ own }) => own ?? [])];
}

/** The daemons of a gateway that two exit nodes keep; none where there is one. */
export function gatewayServices(
  config: ExitNodeConfig,
  allocation: Prefix,
  networks: readonly NetworkIntent[],
  seat: Seat,
): readonly ServicePlan[] {
  return config.partner === undefined ? [] : vrrpServices(config, allocation, networks, seat, gatewaySeat(config, seat));
}

function gatewayPart(
  node: string,
  config: ExitNodeConfig,
  allocation: Prefix,
  networks: readonly NetworkIntent[],
  added: readonly PartsOfNetwork[],
  seat: Seat,
): NamespacePart {
  const up = gwPubName(config.number, config.allocationNumber);
  const name = gatewaySeat(config, seat);
  const parts = added.map(({ inGateway }) => inGateway);
  const owned = config.ipv4 === undefined ? [] : networks.flatMap((network) => network.ownedIpv4);
  const held = [
    ...[gwPubLL(config.number), gwPubIP6(allocation, config.number)],
    ...(config.ipv4 === undefined ? [] : [config.ipv4]),
    ...owned.map(hostPrefix),
  ].map((address): AddressPlan => ({ link: up, address: formatPrefix(address) }));
  const isShared = config.partner !== undefined;
  return {
    name,
    links: [{ kind: "macvlan", name: up, parent: config.nic, mac: plannedMac(node, name, up) }, ...parts.flatMap((part) => part.links)],
    addresses: [...(isShared ? vrrpAddresses(config, allocation, owned, seat) : held), ...parts.flatMap((part) => part.addresses)],
    routes: [
      ...gatewayBaseRoutes(allocation, config.number, config.allocationNumber).map(routePlan),
      ...(isShared ? vrrpRoutes(config, seat) : []),
      ...(isShared ? [] : defaultRoute(config.ipv4, config.gateway4, up)),
      ...neverUpstream,
      ...parts.flatMap((part) => part.routes),
    ],
    sysctls: isShared ? { ...routerSysctls, ...byTurnsSysctls } : routerSysctls,
    tables: [gatewayRules(config, allocation, networks, seat), ...(config.standbys === undefined ? [] : fenceTables(up))],
  };
}
