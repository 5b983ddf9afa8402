/** Follows what every agent says over its node's own socket, so that a node which the network has lost is seen too. */
import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { decodeNodeFacts, decodeNodeStatus } from "../../core/store/index.ts";
import type { NodeFacts, NodeStatus } from "../../core/intents/index.ts";
import type { Lab } from "../../emulator/lab.ts";

const statusSocket = "/run/farmlab/agent.sock";
const reconnectMs = 10;
/** What an agent writes, with facts where those are new: within a JSON text quotes of a value are escaped, and a status has no key of that name. */
const readLine = /^\{"status":(?<status>.*?)(?:,"facts":(?<facts>.*))?\}$/;

export interface StatusStreams {
  readonly facts: ReadonlyMap<string, NodeFacts>;
  readonly statuses: ReadonlyMap<string, NodeStatus>;
  /** Takes facts for what a node that the lab does not have would publish. */
  know(facts: NodeFacts): void;
  /** Resolves at the next line of any agent, or after the given time. */
  changed(waitMs: number): Promise<void>;
  /** Drops what was said until now, by one node or by all: the next words count. */
  forget(node?: string): void;
  close(): void;
}

/** Follows the agents of the given nodes until closed; an agent that restarts is found again, as is a node that is off for a while. */
export function followAgents(lab: Lab, nodes: readonly string[]): StatusStreams {
  const facts = new Map<string, NodeFacts>();
  const statuses = new Map<string, NodeStatus>();
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const waiting = new Set<() => void>();
  let closed = false;

  const take = (node: string, line: string): void => {
    const told = readLine.exec(line)?.groups;
    if (told === undefined) return;
    const status = decodeNodeStatus(told["status"] ?? "");
    if (status.ok) statuses.set(node, status.value);
    const published = told["facts"] === undefined ? undefined : decodeNodeFacts(told["facts"]);
    if (published?.ok === true) facts.set(node, published.value);
    for (const wake of [...waiting]) wake();
  };

  const followSoon = (node: string): void => {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      follow(node);
    }, reconnectMs);
    timers.add(timer);
  };
  const follow = (node: string): void => {
    let path: string;
    try {
      path = lab.node(node).hostPath(statusSocket);
    } catch {
      return followSoon(node);
    }
    const socket = createConnection(path);
    let rest = "";
    sockets.add(socket);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(node, line);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      followSoon(node);
    });
  };
  for (const node of nodes) follow(node);

  return {
    facts,
    statuses,
    changed: (waitMs) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, waitMs);
        waiting.add(wake);
      }),
    know: (known) => void facts.set(known.node, known),
    forget: (node) => (node === undefined ? statuses.clear() : void statuses.delete(node)),
    close() {
      closed = true;
      for (const socket of sockets) socket.destroy();
      for (const timer of timers) clearTimeout(timer);
      for (const wake of [...waiting]) wake();
    },
  };
}

export function statusText(nodes: readonly string[], statuses: ReadonlyMap<string, NodeStatus>): string {
  return nodes
    .map((node) => {
      const status = statuses.get(node);
      if (status === undefined) return `${node}: no word from its agent`;
      return `${node}: ${status.phase} at revision ${status.revision}${status.messages.length === 0 ? "" : ` (${status.messages.join("; ")})`}`;
    })
    .join(", ");
}
