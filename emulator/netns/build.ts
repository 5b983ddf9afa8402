/**
 * Brings a topology up in a sandbox: first all nodes, then their links, then each node's own state. Requests are not awaited one by one,
 * and nodes' files and rulesets are made while the next requests are done.
 */
import { ofOneInterface, type Topology, type TopologyNode } from "../topology/index.ts";
import { numberInterfaces } from "./interfaces.ts";
import { linkMessages, stateMessages, type LinkMessage, type Message } from "./messages.ts";
import { LabError } from "../lab-error.ts";
import { bindRequests, type StagedMounts } from "./binds.ts";
import type { Sandbox } from "./sandbox.ts";

export interface BuiltNode {
  /** farmlab-init's process id inside the sandbox; 0 where there is none. */
  readonly initPid: number;
}

/** Settings of one interface can only be made once it is there; all others come before, so that links inherit the defaults. */
function splitSysctls(node: TopologyNode): { early: string; late: string } {
  const lines = { early: "", late: "" };
  for (const [path, value] of Object.entries(node.config.sysctls ?? {})) {
    lines[ofOneInterface(path) ? "late" : "early"] += `${path}=${value}\n`;
  }
  return lines;
}

interface NodePlan {
  readonly node: TopologyNode;
  readonly early: string;
  readonly late: string;
  /** Its ends of links. */
  readonly names: readonly string[];
  readonly links: readonly LinkMessage[];
  readonly state: readonly Message[];
}

/** What is to be asked for, before anything is. */
export type TopologyPlan = readonly NodePlan[];

/** Throws an Error that says what is wrong in the topology. */
export function planTopology(topology: Topology): TopologyPlan {
  const interfaces = numberInterfaces(topology);
  const links = Map.groupBy(linkMessages(topology, interfaces), (link) => link.node);
  const ends = Map.groupBy(
    topology.links.flatMap((link) => link.endpoints),
    (endpoint) => endpoint.node,
  );
  return topology.nodes.map((node) => {
    const names = (ends.get(node.name) ?? []).map((endpoint) => endpoint.interface);
    return { node, ...splitSysctls(node), names, links: links.get(node.name) ?? [], state: stateMessages(node, names, interfaces) };
  });
}

async function sendMessages(sandbox: Sandbox, node: string, messages: readonly Message[]): Promise<void> {
  try {
    await sandbox.request(["netlink", node], Buffer.concat(messages.map((message) => message.bytes)));
  } catch (error) {
    const [, number, words] = error instanceof LabError ? (/^message (\d+): (.*)$/s.exec(error.words) ?? []) : [];
    const message = messages[Number(number)];
    if (message === undefined) throw error;
    throw new LabError("netlink", `${message.what} (node ${node}): ${words ?? ""}`);
  }
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
  const work: Promise<unknown>[] = [];
  const ask = (fields: readonly string[], payload: string): void => {
    if (payload.length > 0) work.push(sandbox.request(fields, payload));
  };
  const send = (node: string, messages: readonly Message[]): void => {
    if (messages.length > 0) work.push(sendMessages(sandbox, node, messages));
  };
  for (const { node, early } of plan) ask(["sysctl", node.name], early);
  for (const { node, links } of plan) {
    send(
      node.name,
      links.map(({ what, farNode, bytes }) => ({ what, bytes: bytes(descriptors.get(farNode) ?? -1) })),
    );
  }
  for (const { node, late, names, state } of plan) {
    ask(["sysctl", node.name], late);
    ask(["offloads", node.name], names.map((name) => `${name}\n`).join(""));
    send(node.name, state);
    ask(["nft", node.name], node.config.nft ?? "");
    for (const [path, content] of Object.entries(node.config.files ?? {}))
      work.push(sandbox.request(["file", node.name, path, "644"], content));
    for (const request of bindRequests(node, mounts)) work.push(sandbox.request(request));
  }
  work.push(sandbox.request(["settle"]));
  for (const outcome of await Promise.allSettled(work)) if (outcome.status === "rejected") throw outcome.reason;
  return built;
}
