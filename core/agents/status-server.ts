/** The agent's own socket: whoever connects gets what there is to tell and then what is new. Works without the network under test. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname } from "node:path";

/** What is told of a node, as JSON texts. */
export interface Told {
  readonly status: string;
  /** Of a large exit node 100 kB. */
  readonly facts: string;
}

export interface StatusServer {
  /** Sends a line to all who listen: the status, with the facts where those are others. Nothing where neither is another. */
  tell(told: Told): void;
  close(): Promise<void>;
}

/** A listener that reads nothing while this much is waiting for it is cut off. */
const maxWaitingBytes = 4 * 1024 * 1024;

const whole = ({ status, facts }: Told): string => `{"status":${status},"facts":${facts}}\n`;

/** Listens at the path; the socket file of an agent that is gone is replaced. */
export async function openStatusServer(path: string, first: Told): Promise<StatusServer> {
  const listeners = new Set<Socket>();
  let current = first;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    listeners.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => listeners.delete(socket));
    socket.resume();
    socket.write(whole(current));
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(path, () => listening.resolve());
  await listening.promise;
  return {
    tell(told) {
      const isKnown = told.facts === current.facts;
      if (isKnown && told.status === current.status) return;
      current = told;
      const line = isKnown ? `{"status":${told.status}}\n` : whole(told);
      for (const socket of listeners) {
        if (socket.writableLength > maxWaitingBytes) socket.destroy();
        else socket.write(line);
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
