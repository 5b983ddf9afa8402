/** Files and folders of the machine in nodes: staged when the sandbox is made, mounted in each node once it is there. */
import { bindsOf } from "../node/index.ts";
import type { Bind, Topology, TopologyNode } from "../topology/index.ts";

/** What the sandbox is told to stage, in its order; see `native sandbox --mount`. */
export type StagedMounts = readonly string[];

const mountOf = ({ source, readOnly }: Bind): string => `${readOnly ? "ro" : "rw"}=${source}`;

export function stagedMounts(topology: Topology): StagedMounts {
  return [...new Set(topology.nodes.flatMap((node) => bindsOf(node).map(mountOf)))];
}

/** The requests that mount a node's binds (or those that are wanted of them) and then hide what others have; none where nothing is staged. */
export function bindRequests(
  node: TopologyNode,
  staged: StagedMounts,
  isWanted: (bind: Bind) => boolean = () => true,
): (readonly string[])[] {
  if (staged.length === 0) return [];
  const wanted = bindsOf(node).filter(isWanted);
  const binds = wanted.map((bind) => ["bind", node.name, String(staged.indexOf(mountOf(bind))), bind.target]);
  return [...binds, ["unstage", node.name]];
}
