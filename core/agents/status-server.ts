/** The agent's own socket: whoever connects gets the current line and then each new one. Works without the network under test. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";

export interface StatusServer {
  /** Sends a line (without its line feed) to all who listen, if it differs from the last. */
  tell(line: string): void;
  close(): Promise<void>;
}

/** A listener that reads nothing while this much is waiting for it is cut off. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** Listens at the path; the socket file of an agent that is gone is replaced. */
export async function openStatusServer(path: string, firstLine: string): Promise<StatusServer> {
  const listeners = new Set<Socket>();
  let current = firstLine;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    listeners.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => listeners.delete(socket));
    socket.resume();
    socket.write(`${current}\n`);
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(path, () => listening.resolve());
  await listening.promise;
  return {
    tell(line) {
      if (line === current) return;
      current = line;
      for (const socket of listeners) {
        if (socket.writableLength > maxWaitingBytes) socket.destroy();
        else socket.write(`${line}\n`);
      }
    },
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      for (const socket of listeners) socket.destroy();
      await closed.promise;
    },
  };
}
