/**
 * Brings a topology up in a sandbox: first all nodes, then their links, then each node's own state. Requests are not awaited one by one,
 * and nodes' files and rulesets are made while the next requests are done.
 */
import {
  allOf,
  linkEnds,
  linkMessages,
  numberInterfaces,
  planState,
  requestCarriers,
  requestEarly,
  requestState,
  sendMessages,
  type LinkMessage,
  type NodeState,
} from "../node/index.ts";
import type { Topology } from "../topology/index.ts";
import { bindRequests, type StagedMounts } from "./binds.ts";
import type { Sandbox } from "./sandbox.ts";

export interface BuiltNode {
  /** farmlab-init's process id inside the sandbox; 0 where there is none. */
  readonly initPid: number;
}

export interface NodePlan extends NodeState {
  readonly links: readonly LinkMessage[];
  /** Its ends of links, by name. */
  readonly indexes: ReadonlyMap<string, number>;
}

/** What is to be asked for, before anything is. */
export type TopologyPlan = readonly NodePlan[];

/** Throws an Error that says what is wrong in the topology. */
export function planTopology(topology: Topology): TopologyPlan {
  const interfaces = numberInterfaces(topology);
  const links = Map.groupBy(linkMessages(topology, interfaces), (link) => link.node);
  const ends = linkEnds(topology);
  return topology.nodes.map((node) => {
    const names = ends.get(node.name) ?? [];
    return {
      ...planState(node, names, interfaces),
      links: links.get(node.name) ?? [],
      indexes: new Map(names.map((name) => [name, interfaces.of(node.name, name).index])),
    };
  });
}

/** All requests go out at once; of those that fail, the first is thrown: the others may have failed for its sake. */
export async function buildTopology(sandbox: Sandbox, plan: TopologyPlan, mounts: StagedMounts): Promise<Map<string, BuiltNode>> {
  const descriptors = new Map<string, number>();
  const built = new Map<string, BuiltNode>();
  await Promise.all(
    plan.map(async ({ node }) => {
      const [descriptor, initPid] = await sandbox.request(["node", node.name, node.init ? "init" : "plain"]);
      descriptors.set(node.name, Number(descriptor));
      built.set(node.name, { initPid: Number(initPid) });
    }),
  );
  const madeBy = ({ links }: NodePlan): { what: string; bytes: Buffer }[] =>
    links.map(({ what, farNode, bytes }) => ({ what, bytes: bytes(descriptors.get(farNode) ?? -1) }));
  await allOf([
    ...plan.flatMap((state) => requestEarly(sandbox, state)),
    ...plan.filter((state) => state.links.length > 0).map((state) => sendMessages(sandbox, state.node.name, madeBy(state))),
    ...plan.flatMap((state) => requestState(sandbox, state)),
    ...plan.flatMap((state) => requestCarriers(sandbox, state)),
    ...plan.flatMap(({ node }) => bindRequests(node, mounts).map((request) => sandbox.request(request))),
    sandbox.request(["settle"]),
  ]);
  return built;
}
