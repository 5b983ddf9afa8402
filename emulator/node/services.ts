/** Client of a node's farmlab-init, over the node's own socket as this machine sees it. */
import { open, stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { decodeLine, encodeLine, encodeStart, startDeadline } from "../../core/common/index.ts";
import type { LabNode, NodeServices } from "../lab.ts";
import type { ServiceSpec, Topology } from "../topology/index.ts";

const answerWaitMs = 10_000;
const readyWaitMs = 20_000;

/** One request on a connection of its own; throws what farmlab-init answers as an error. */
function ask(socketPath: string, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(answerWaitMs, () => socket.destroy(new Error(`farmlab-init did not answer within ${answerWaitMs} ms`)));
    socket.on("connect", () => socket.write(line));
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!text.includes("\n")) return;
      const [state, message] = decodeLine(text.slice(0, text.indexOf("\n")));
      socket.destroy();
      if (state === "ok") resolve();
      else reject(new Error(message ?? "farmlab-init answered nothing"));
    });
    socket.on("error", (error) => reject(new Error(`farmlab-init: ${error.message}`)));
    socket.on("close", () => reject(new Error("farmlab-init closed the connection")));
  });
}

/** A daemon may bind its socket well before it listens; a client that comes between is refused and may wait a second before it tries again. */
function takesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Throws where the node itself is gone: then there is nothing to wait for. */
async function isReady(root: string, path: string): Promise<{ done: undefined } | { seen: string }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    await stat(root).catch(() => Promise.reject(new Error("the node has ended")));
    return { seen: "it is not there" };
  }
  if (found.isSocket() && !(await takesConnections(path))) return { seen: "it takes no connections" };
  return { done: undefined };
}

const logBytesShown = 1000;

/** The end of a daemon's log, for messages; empty where there is none to be had. */
async function logEnd(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(logBytesShown), 0, logBytesShown, Math.max(0, size - logBytesShown));
    return buffer.toString("utf8", 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

export function nodeServices(hostPath: (path: string) => string): NodeServices {
  const socketPath = (): string => hostPath("/run/farmlab/init.sock");
  return {
    async start(service: ServiceSpec): Promise<void> {
      await ask(socketPath(), encodeStart(service));
      const { readyPath } = service;
      if (readyPath === undefined) return;
      const deadline = startDeadline(
        { nowMs: () => performance.now(), pause: async (milliseconds) => void (await pause(milliseconds)) },
        readyWaitMs,
      );
      try {
        await deadline.until(`${service.name} to make ${readyPath}`, () => isReady(hostPath("/"), hostPath(readyPath)), 2);
      } catch (error) {
        const log = await logEnd(hostPath(`/var/log/farmlab/${service.name}.log`));
        if (error instanceof Error && log !== "") error.message += `; the end of its log:\n${log}`;
        throw error;
      }
    },
    stop: async (name) => await ask(socketPath(), encodeLine(["stop", name])),
    kill: async (name, signal) => await ask(socketPath(), encodeLine(["kill", name, signal])),
  };
}

/** Starts every node's daemons, each node's in their order, the nodes side by side. */
export async function startServices(
  topology: Topology,
  nodes: ReadonlyMap<string, LabNode>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await Promise.all(
    topology.nodes.map(async (node) => {
      for (const service of node.config.services ?? []) {
        signal?.throwIfAborted();
        await nodes.get(node.name)?.services.start(service);
      }
    }),
  );
}
