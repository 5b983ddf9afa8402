/** What containerlab is told to deploy: containers and their links, without the state that nodes are brought to afterwards. */
import { bindsOf } from "../node/index.ts";
import { kernelDefaults, writeClab, type Topology, type TopologyNode } from "../topology/index.ts";
import { marksOf, namePrefix } from "./marks.ts";

/** Image and first process are every node's own node image and farmlab-init, as on every backend; commands are run once the state is there. */
function containerOf(node: TopologyNode, lab: string): TopologyNode {
  const { environment, capAdd, labels } = node.container ?? {};
  return {
    ...node,
    kind: "linux",
    config: { ...node.config, sysctls: { ...kernelDefaults, ...node.config.sysctls } },
    container: {
      // Every process of a lab shows in its environment whose it is.
      environment: { ...environment, FARMLAB_LAB: lab },
      binds: bindsOf(node),
      ...(capAdd === undefined ? {} : { capAdd }),
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

/** Text of the file. `image` is the node image in the engine's store, `programs` the folder with farmlab's own programs. */
export function deployFile(topology: Topology, lab: string, image: string, programs: string): string {
  const nodes = topology.nodes.map((node) => containerOf(node, lab));
  return writeClab(
    { ...topology, name: lab, nodes },
    { image, programs: { folder: programs }, state: "none", prefix: namePrefix, labels: marksOf(lab) },
  );
}
