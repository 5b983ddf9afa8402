/** Where a network resource may be: it goes with its exit node to those that stand in for that (EX-14, EX-15). */
import type { NetworkResource } from "./farm.ts";

/** A node, as far as it has to be known what it is an exit node of. */
interface Home {
  readonly exitNode?: { readonly standbys?: readonly { readonly node: string }[]; readonly partner?: string };
}

/** The resource's node, and for an exit point those that stand in for it. `home` is its node in the farm, undefined where there is none. */
export function nodesOfResource(
  { node, exitPoint }: Pick<NetworkResource, "node" | "exitPoint">,
  home: Home | undefined,
): readonly string[] {
  if (!exitPoint) return [node];
  const { standbys = [], partner } = home?.exitNode ?? {};
  return [node, ...standbys.map((standby) => standby.node), ...(partner === undefined ? [] : [partner])];
}
