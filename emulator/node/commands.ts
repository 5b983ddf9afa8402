/** The commands that a topology has its nodes run once everything is there. */
import { LabError } from "../lab-error.ts";
import type { LabNode } from "../lab.ts";
import { splitWords, type Topology, type TopologyNode } from "../topology/index.ts";

const commandWaitMs = 120_000;

/** The words of a command with the node's own environment; `env` is the image's. */
function argumentsOf(node: TopologyNode, line: string): string[] {
  const words = splitWords(line);
  if (words === undefined) throw new Error(`a command of node ${node.name} has quotes that are not closed: ${line}`);
  const environment = Object.entries(node.container?.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  return environment.length === 0 ? words : ["/usr/bin/env", ...environment, ...words];
}

/** Side by side for all nodes, in order for each. Throws a LabError `command-failed` for the first that fails. */
export async function runCommands(topology: Topology, nodes: ReadonlyMap<string, LabNode>, signal: AbortSignal | undefined): Promise<void> {
  // The others need not go on: the lab is lost.
  const failed = new AbortController();
  const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const run = async (node: TopologyNode): Promise<void> => {
    for (const line of node.container?.exec ?? []) {
      ended.throwIfAborted();
      const result = await nodes.get(node.name)?.exec(argumentsOf(node, line), { signal: ended, timeoutMs: commandWaitMs });
      if (result === undefined || result.code === 0 || ended.aborted) continue;
      const error = new LabError("command-failed", `node ${node.name}: ${line}\nexit code ${result.code}: ${result.stderr.trim()}`);
      failed.abort(error);
      throw error;
    }
  };
  for (const outcome of await Promise.allSettled(topology.nodes.map(run))) {
    if (outcome.status === "rejected") throw failed.signal.aborted ? failed.signal.reason : outcome.reason;
  }
}
