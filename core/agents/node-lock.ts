/**
 * One agent a node: whoever holds an abstract socket in the node's network namespace is it. The kernel takes the socket away with its process,
 * however that ends, so nothing of it is ever left behind (unix(7)).
 */
import { createConnection, createServer } from "node:net";
import type { Server } from "node:net";
import type { Clock } from "../common/index.ts";

export const nodeLockName = "\0farmlab-agent";

/** One that stands still does not say who it is. */
const answerWaitMs = 1000;

export type NodeLock =
  | { readonly held: true; release(): void }
  /** `pid` as the holder's own namespace of processes has it; undefined where it does not say. */
  | { readonly held: false; readonly pid: number | undefined };

/** Whoever connects is told the pid. Rejects with what the kernel says where that is not that the name is taken. */
export async function lockNode(name: string, pid: number, clock: Clock): Promise<NodeLock> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.end(`${pid}\n`);
  });
  try {
    await listening(server, name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return { held: false, pid: await holderOf(name, clock) };
    throw error;
  }
  return { held: true, release: () => void server.close() };
}

async function listening(server: Server, path: string): Promise<void> {
  const listens = Promise.withResolvers<void>();
  server.once("error", listens.reject);
  server.listen(path, () => listens.resolve());
  await listens.promise;
  // Being the one is no reason to stay alive.
  server.unref();
}

async function holderOf(path: string, clock: Clock): Promise<number | undefined> {
  const said = Promise.withResolvers<string>();
  const socket = createConnection(path);
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => said.resolve(text));
  socket.on("close", () => said.resolve(text));
  const answer = await Promise.race([said.promise, clock.pause(answerWaitMs).then(() => text)]);
  socket.destroy();
  return /^\d+\n$/.test(answer) ? Number(answer) : undefined;
}
