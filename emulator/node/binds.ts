/** Files and folders of the machine that a topology shows to its nodes. */
import { programsFolder, type Bind, type TopologyNode } from "../topology/index.ts";

/** All but farmlab's own programs, which every node has already. */
export const bindsOf = (node: TopologyNode): readonly Bind[] =>
  (node.container?.binds ?? []).filter(({ target }) => target !== programsFolder);
