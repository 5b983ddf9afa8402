/** What a node's power has in common in every backend: its links move on to its next life, and what of its state is made again. */
import type { NodePower } from "../lab.ts";
import type { HelperProcess } from "./helper-process.ts";
import { moveLink } from "./netlink.ts";
import { sendMessages, type NodeState } from "./state.ts";

const inMemory = /^\/(?:run|tmp)\//;

/** Files on the node's disk are there already, as it has left them. */
export function stateAfterReboot(state: NodeState): NodeState {
  const { node } = state;
  const files = Object.fromEntries(Object.entries(node.config.files ?? {}).filter(([path]) => inMemory.test(path)));
  return { ...state, node: { ...node, config: { ...node.config, files } } };
}

/** Moves links by their indexes to the network that the helper has open as a descriptor; they lose their addresses, and are down there. */
export async function moveLinks(
  helper: HelperProcess,
  node: string,
  indexes: ReadonlyMap<string, number>,
  descriptor: number,
): Promise<void> {
  const messages = [...indexes].map(([name, index]) => ({ what: `moving ${name}`, bytes: moveLink(index, descriptor) }));
  if (messages.length > 0) await sendMessages(helper, node, messages);
}

export const rebooting =
  ({ powerOff, powerOn }: Pick<NodePower, "powerOff" | "powerOn">): (() => Promise<void>) =>
  async () => {
    await powerOff();
    await powerOn();
  };
