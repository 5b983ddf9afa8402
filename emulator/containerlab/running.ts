/** Nodes of running labs that others have made, for the commands that enter them. */
import { firstProcess, markedContainers } from "./containers.ts";
import { engineAt } from "./engine.ts";

/** Where a lab's containers are, as its holder tells. */
export interface RunningContainers {
  readonly name: string;
  readonly engineSocket: string;
}

/** First process of the container that a node is, as this machine sees it; undefined where the node does not run. */
export async function containerIn({ name, engineSocket }: RunningContainers, node: string): Promise<number | undefined> {
  const docker = engineAt(engineSocket);
  const container = (await markedContainers(docker, name)).find((one) => one.node === node);
  return container === undefined ? undefined : await firstProcess(docker, container.id);
}

/** Names of a lab's nodes. */
export async function nodesIn({ name, engineSocket }: RunningContainers): Promise<string[]> {
  return (await markedContainers(engineAt(engineSocket), name)).map(({ node }) => node).toSorted();
}
