/** Where a network resource may be: it goes with its exit node to those that stand in for that (EX-14). */
import type { FarmNode, NetworkResource } from "./farm.ts";

/** The resource's node, and for an exit point those that stand in for it. `home` is its node in the farm, undefined where there is none. */
export function nodesOfResource({ node, exitPoint }: NetworkResource, home: FarmNode | undefined): readonly string[] {
  const standbys = exitPoint ? (home?.exitNode?.standbys ?? []) : [];
  return [node, ...standbys.map((standby) => standby.node)];
}
