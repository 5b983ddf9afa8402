/** Work that one process of this machine does at a time: under a name that vanishes with its process. */
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";

/** Listens at the name, or answers undefined where another process does. */
async function claim(path: string): Promise<Server | undefined> {
  const server = createServer();
  server.listen({ path });
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return undefined;
  }
}

/** Until the process that holds the name has ended or let it go; at once where that has happened already. */
async function untilFree(path: string, signal: AbortSignal | undefined): Promise<void> {
  const socket = createConnection({ path });
  const stop = (): void => void socket.destroy();
  signal?.addEventListener("abort", stop);
  socket.on("error", () => undefined);
  // Nothing is ever said: only the end is waited for.
  socket.resume();
  await once(socket, "close");
  signal?.removeEventListener("abort", stop);
}

/** Does the work while the name is held; who waits for the name then learns by the end of its connection that it is free. */
async function holding<T>(server: Server, work: () => Promise<T>): Promise<T> {
  const waiting = new Set<Socket>();
  server.on("connection", (socket) => {
    waiting.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => waiting.delete(socket));
  });
  try {
    return await work();
  } finally {
    server.close();
    for (const socket of waiting) socket.destroy();
  }
}

/** Does the work when no other process is at work under the same name. Throws the signal's reason at abort while waiting. */
export async function exclusively<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const path = `\0farmlab/${name}`;
  for (;;) {
    signal?.throwIfAborted();
    const server = await claim(path);
    if (server !== undefined) return await holding(server, work);
    await untilFree(path, signal);
  }
}

/** Does the work if nobody holds the name, and keeps everybody from taking it meanwhile; else undefined. */
export async function unlessHeld<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  const server = await claim(`\0farmlab/${name}`);
  return server === undefined ? undefined : await holding(server, work);
}
