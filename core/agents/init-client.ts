/** Speaks with farmlab-init over its socket (core/common/service-line.ts). One connection per request: answers need no matching. */
import { connect, type Socket } from "node:net";
import { atMost, decodeLine, encodeLine, encodeStart, type Clock, type ServiceRequest } from "../common/index.ts";
import { createBackOff } from "../store/index.ts";

export interface RunningService {
  readonly name: string;
  readonly pid: number;
}

export type ServiceEvent = { readonly kind: "started"; readonly name: string } | { readonly kind: "exited"; readonly name: string };

export interface InitClient {
  /** Resolves once the process runs. */
  start(service: ServiceRequest): Promise<void>;
  /** Resolves once the process is gone. */
  stop(name: string): Promise<void>;
  list(): Promise<RunningService[]>;
  /** Tells of services' starts and ends until the signal aborts, and of nothing that happened while init was not to be reached. */
  watch(onEvent: (event: ServiceEvent) => void, clock: Clock, signal: AbortSignal): Promise<void>;
}

/** init answers at once; stopping waits for a process that is given time to end. */
const answerWaitMs = 15_000;
/** init has room for 64 who speak with it, and others speak with it too. */
const mostRequests = 32;

export function openInitClient(socketPath: string): InitClient {
  const limited = atMost(mostRequests);
  const request = async (line: string): Promise<string[][]> => await limited(async () => await ask(line));
  const ask = async (line: string): Promise<string[][]> => {
    const answer = Promise.withResolvers<string[][]>();
    const collected: string[][] = [];
    const socket = readFields(socketPath, (fields) => {
      if (fields[0] === "ok") answer.resolve(collected);
      else if (fields[0] === "error") answer.reject(new Error(`farmlab-init: ${fields[1] ?? "refused"}`));
      else collected.push(fields);
    });
    socket.setTimeout(answerWaitMs, () => answer.reject(new Error(`farmlab-init: no answer in ${answerWaitMs} ms`)));
    socket.on("error", (error) => answer.reject(new Error(`farmlab-init: ${error.message}`)));
    socket.on("close", () => answer.reject(new Error("farmlab-init closed the connection")));
    socket.write(line);
    try {
      return await answer.promise;
    } finally {
      socket.destroy();
    }
  };

  const watchOnce = async (onEvent: (event: ServiceEvent) => void, signal: AbortSignal): Promise<void> => {
    const ended = Promise.withResolvers<void>();
    const socket = readFields(socketPath, ([kind, name]) => {
      if (name !== undefined && (kind === "started" || kind === "exited")) onEvent({ kind, name });
    });
    const end = (): void => ended.resolve();
    socket.on("error", end);
    socket.on("close", end);
    signal.addEventListener("abort", end, { once: true });
    socket.write(encodeLine(["watch"]));
    await ended.promise;
    signal.removeEventListener("abort", end);
    socket.destroy();
  };

  return {
    start: async (service) => void (await request(encodeStart(service))),
    stop: async (name) => void (await request(encodeLine(["stop", name]))),
    list: async () => (await request(encodeLine(["list"]))).map((fields) => ({ name: fields[1] ?? "", pid: Number(fields[2]) })),
    watch: async (onEvent, clock, signal) => {
      const backOff = createBackOff({ firstMs: 100, longestMs: 5000 }, () => 1);
      while (!signal.aborted) {
        await watchOnce(onEvent, signal);
        if (!signal.aborted) await clock.pause(backOff.next());
      }
    },
  };
}

function readFields(socketPath: string, onFields: (fields: string[]) => void): Socket {
  const socket = connect(socketPath);
  socket.setEncoding("utf8");
  let rest = "";
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onFields(decodeLine(line));
  });
  return socket;
}
