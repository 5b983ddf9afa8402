import { seededMac } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { workloadNamespace } from "../derive/index.ts";

/** Fixed: MAC addresses depend on node, namespace and link only, so that a lab brought up again has the same ones. */
const macSeed = 98;

/** The MAC address of a planned link. */
export function plannedMac(node: string, namespace: string, link: string): string {
  return seededMac(macSeed, node, `${namespace}/${link}`);
}

/** A workload's one interface, in its own namespace. */
export const workloadLink = "eth0";

/** Its MAC address. `prefix` is the /64 of its resource, `host` its host number. */
export function plannedWorkloadMac(node: string, prefix: Prefix, host: number): string {
  return plannedMac(node, workloadNamespace(prefix, host), workloadLink);
}
