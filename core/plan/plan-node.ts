/** The whole plan of a node: the parts of its roles, merged. */
import { publicNamespace, wgListenPort } from "../derive/index.ts";
import type { Intents, NetworkIntent, NodeFacts, NodeIntent } from "../intents/index.ts";
import { planGateway } from "./gateway.ts";
import { hostRules } from "./host-rules.ts";
import { forgetful } from "./memory.ts";
import type { PlanMemory } from "./memory.ts";
import { allocationNumbered, networksOfGateway, nodeNamed, resourcesOn, workloadsOf } from "./networks.ts";
import type { Located } from "./networks.ts";
import type { NodePlan } from "./node-plan.ts";
import { mergeParts } from "./part.ts";
import type { NamespacePart } from "./part.ts";
import { planPublic } from "./public.ts";
import { socketNamespaceOf } from "./overlay.ts";
import { planResource } from "./resource.ts";
import { reservedPorts } from "./sysctls.ts";
import { vxlanRules } from "./vxlan-rules.ts";
import { planWorkload } from "./workload.ts";

const gatewayParts = (node: NodeIntent, intents: Intents, memory: PlanMemory): readonly NamespacePart[] => {
  if (node.exitNode === undefined) return [];
  const allocation = allocationNumbered(node.exitNode.allocationNumber, intents);
  return allocation === undefined ? [] : planGateway(node.name, node.exitNode, allocation.prefix, networksOfGateway(node, intents), memory);
};

const hostPart: NamespacePart = { name: "host", tables: [hostRules] };

/** Ports of the node's tunnels; a VXLAN's is below those that the kernel gives. */
const tunnelPorts = (resources: readonly Located[]): readonly number[] =>
  resources.filter(({ network }) => network.overlay === undefined).map(({ resource }) => wgListenPort(resource.prefix));

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
  const resources = resourcesOn(node, intents);
  const parts = [
    ...(resources.length === 0 ? [] : [hostPart]),
    ...(self.public === undefined
      ? []
      : [planPublic(node, self.public), { name: publicNamespace, tables: [vxlanRules(node, networksOf(resources), facts)] }]),
    { name: socketNamespaceOf(self), sysctls: reservedPorts(tunnelPorts(resources)) },
    ...gatewayParts(self, intents, memory),
    ...resources.flatMap(({ network, resource }) => planResource(self, network, resource, facts, memory)),
    ...resources.flatMap(({ network, resource }) =>
      workloadsOf(resource, network).flatMap((workload) =>
        memory.recall(
          workload,
          () => [resource, network.allocationNumber],
          () => planWorkload(node, resource.prefix, network.allocationNumber, workload.host),
        ),
      ),
    ),
  ];
  return mergeParts(node, parts, memory);
}
