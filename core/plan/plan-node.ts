/** The whole plan of a node: the parts of its roles, merged. */
import { publicNamespace, wgListenPort } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { Intents, NetworkIntent, NodeFacts, NodeIntent } from "../intents/index.ts";
import { gatewayServices, planGateway } from "./gateway.ts";
import { hostRules } from "./host-rules.ts";
import { forgetful } from "./memory.ts";
import type { PlanMemory } from "./memory.ts";
import { allocationNumbered, exitPointOf, networksOfGateway, nodeNamed, resourcesOn, workloadsOf } from "./networks.ts";
import type { Located } from "./networks.ts";
import type { NodePlan, ServicePlan } from "./node-plan.ts";
import { mergeParts } from "./part.ts";
import type { NamespacePart } from "./part.ts";
import { secondTunnelsOf, standInOf } from "./partners.ts";
import type { SecondTunnel, StandIn } from "./partners.ts";
import { planPublic } from "./public.ts";
import { pulseService } from "./pulse.ts";
import { socketNamespaceOf } from "./overlay.ts";
import { planResource } from "./resource.ts";
import { reservedPorts } from "./sysctls.ts";
import { vxlanRules } from "./vxlan-rules.ts";
import { planWorkload } from "./workload.ts";

/** What a node has of gateways: its own, and that of the partner. */
interface Gateways {
  readonly parts: readonly NamespacePart[];
  readonly services: readonly ServicePlan[];
}

const gatewaysOf = (node: NodeIntent, standIn: StandIn | undefined, intents: Intents, memory: PlanMemory): Gateways => {
  const own =
    node.exitNode === undefined ? [] : [{ config: node.exitNode, networks: networksOfGateway(node, intents), seat: "home" as const }];
  const all = [...own, ...(standIn === undefined ? [] : [{ ...standIn, seat: "partner" as const }])].flatMap((one) => {
    const allocation = allocationNumbered(one.config.allocationNumber, intents);
    // A partner that is not there as an exit node yet, as where it has no number, leaves the gateway to its own node.
    const config = standIn === undefined ? withoutPartner(one.config) : one.config;
    return allocation === undefined ? [] : [{ ...one, config, prefix: allocation.prefix }];
  });
  return {
    parts: all.flatMap(({ config, prefix, networks, seat }) => planGateway(node.name, config, prefix, networks, memory, seat)),
    services: all.flatMap(({ config, prefix, networks, seat }) => gatewayServices(config, prefix, networks, seat)),
  };
};

const withoutPartner = ({ partner: _partner, ...rest }: ExitNodeConfig): ExitNodeConfig => rest;

const hostPart: NamespacePart = { name: "host", tables: [hostRules] };

/** Ports of the node's tunnels; a VXLAN's is below those that the kernel gives. */
const tunnelPorts = (resources: readonly Located[], second: Iterable<SecondTunnel>): readonly number[] => [
  ...resources.filter(({ network }) => network.overlay === undefined).map(({ resource }) => wgListenPort(resource.prefix)),
  ...[...second].map(({ port }) => port),
];

const networksOf = (resources: readonly Located[]): readonly NetworkIntent[] => [...new Set(resources.map(({ network }) => network))];

/**
 * The desired state of `node`: `public` where it has one, the gateway where it is an exit node, its network resources and their workloads.
 * Takes intents as checked; what another node has not published yet (a key) is left out until it has. A node that no intent names has
 * an empty plan, which removes whatever it had. The order of intents and facts has no influence, and neither has `memory`, by which who
 * plans again and again gets what is as before as the same objects.
 */
export function planNode(node: string, intents: Intents, facts: readonly NodeFacts[], memory: PlanMemory = forgetful): NodePlan {
  memory.begin();
  const self: NodeIntent = nodeNamed(node, intents) ?? { name: node };
  const standIn = standInOf(node, intents);
  const ready = (standIn?.networks ?? []).flatMap((network) => {
    const resource = exitPointOf(network);
    return resource === undefined ? [] : [{ network, resource }];
  });
  const own = resourcesOn(node, intents);
  const resources = [...own, ...ready];
  const second = secondTunnelsOf(node, intents);
  const gateways = gatewaysOf(self, standIn, intents, memory);
  const parts = [
    ...(resources.length === 0 ? [] : [hostPart]),
    ...(self.public === undefined
      ? []
      : [planPublic(node, self.public), { name: publicNamespace, tables: [vxlanRules(node, networksOf(resources), facts)] }]),
    { name: socketNamespaceOf(self), sysctls: reservedPorts(tunnelPorts(resources, second.values())) },
    ...gateways.parts,
    ...resources.flatMap(({ network, resource }) => planResource(self, network, resource, facts, memory, second.get(resource))),
    ...own.flatMap(({ network, resource }) =>
      workloadsOf(resource, network).flatMap((workload) =>
        memory.recall(
          workload,
          () => [resource, network.allocationNumber],
          () => planWorkload(node, resource.prefix, network.allocationNumber, workload.host),
        ),
      ),
    ),
  ];
  return mergeParts(node, parts, memory, [...gateways.services, ...pulseService(own, second)]);
}
