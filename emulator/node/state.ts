/** The state that a node starts with, as requests to whoever does them inside the node: the same for every backend. */
import { LabError } from "../lab-error.ts";
import { kernelDefaults, ofOneInterface, type TopologyNode } from "../topology/index.ts";
import type { HelperProcess } from "./helper-process.ts";
import type { Interfaces } from "./interfaces.ts";
import { stateMessages, type Message } from "./messages.ts";

export interface NodeState {
  readonly node: TopologyNode;
  /** Settings before there are links, which inherit the defaults; those of one interface come later. */
  readonly early: string;
  readonly late: string;
  /** Its ends of links. */
  readonly names: readonly string[];
  readonly messages: readonly Message[];
}

/** Settings of one interface can only be made once it is there; all others come before, so that links inherit the defaults. */
function splitSysctls(node: TopologyNode): { early: string; late: string } {
  const lines = { early: "", late: "" };
  for (const [path, value] of Object.entries({ ...kernelDefaults, ...node.config.sysctls })) {
    lines[ofOneInterface(path) ? "late" : "early"] += `${path}=${value}\n`;
  }
  return lines;
}

/** What is to be asked for; `names` are the node's ends of links. Throws an Error that says what is wrong in the topology. */
export function planState(node: TopologyNode, names: readonly string[], interfaces: Interfaces): NodeState {
  return { node, ...splitSysctls(node), names, messages: stateMessages(node, names, interfaces) };
}

/** Sends rtnetlink messages in a node; an error then names whose message was refused. */
export async function sendMessages(helper: HelperProcess, node: string, messages: readonly Message[]): Promise<void> {
  try {
    await helper.request(["netlink", node], Buffer.concat(messages.map((message) => message.bytes)));
  } catch (error) {
    const [, number, words] = error instanceof LabError ? (/^message (\d+): (.*)$/s.exec(error.words) ?? []) : [];
    const message = messages[Number(number)];
    if (message === undefined) throw error;
    throw new LabError("netlink", `${message.what} (node ${node}): ${words ?? ""}`);
  }
}

function ask(helper: HelperProcess, fields: readonly string[], payload: string): Promise<unknown>[] {
  return payload.length > 0 ? [helper.request(fields, payload)] : [];
}

/** Settings that links inherit; not awaited. */
export function requestEarly(helper: HelperProcess, { node, early }: NodeState): Promise<unknown>[] {
  return ask(helper, ["sysctl", node.name], early);
}

/** Everything else, once the links are there; not awaited. What is only started then is awaited with a request `settle`. */
export function requestState(helper: HelperProcess, { node, late, names, messages }: NodeState): Promise<unknown>[] {
  return [
    ...ask(helper, ["sysctl", node.name], late),
    ...ask(helper, ["offloads", node.name], names.map((name) => `${name}\n`).join("")),
    ...(messages.length > 0 ? [sendMessages(helper, node.name, messages)] : []),
    ...ask(helper, ["nft", node.name], node.config.nft ?? ""),
    ...Object.entries(node.config.files ?? {}).map(([path, content]) => helper.request(["file", node.name, path, "644"], content)),
  ];
}

/** Bridges that have live ports can send at once, without the kernel's wait of up to a second; not awaited. When both ends of links are up. */
export function requestCarriers(helper: HelperProcess, { node }: NodeState): Promise<unknown>[] {
  const bridges = node.config.bridges ?? [];
  const names = [...bridges.flatMap(({ ports }) => ports), ...bridges.map(({ name }) => name)];
  return ask(helper, ["carriers", node.name], names.map((name) => `${name}\n`).join(""));
}

/** Waits for all; of those that fail, the first is thrown: the others may have failed for its sake. */
export async function allOf(work: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
}
