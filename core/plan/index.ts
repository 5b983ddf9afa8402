/** Intents + facts -> the desired state of a node, as data. Pure; runs nothing and reads nothing of a system. */
export type * from "./node-plan.ts";
export { hostLinkGroup } from "./host-rules.ts";
export { closeFence, fencedGatewayOf, fencedNamespace, openFence, type FencedGateway } from "./fence.ts";
export { candidatesFor, hostedIntents, leasedExitNodes, type ExitNodeHome } from "./hosts.ts";
export { planNode } from "./plan-node.ts";
export { factsByNode, resourcesOn } from "./networks.ts";
export { overlayLinkName, secondLinkName } from "./overlay.ts";
export { mirrorOf, standInOf } from "./partners.ts";
export { createPlanMemory } from "./memory.ts";
export type { PlanMemory } from "./memory.ts";
export { expectedFacts } from "./expected-facts.ts";
export { heldAddressesOf, type HeldAddresses } from "./vrrp.ts";
export { planText } from "./text.ts";
export * from "./upstream/index.ts";
