import { seededMac } from "../common/index.ts";

/** Fixed: MAC addresses depend on node, namespace and link only, so that a lab brought up again has the same ones. */
const macSeed = 98;

/** The MAC address of a planned link. */
export function plannedMac(node: string, namespace: string, link: string): string {
  return seededMac(macSeed, node, `${namespace}/${link}`);
}
