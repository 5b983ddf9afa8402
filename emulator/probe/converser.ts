/** Drives one `native converse` process: flows that last for as long as it does, and what became of each. One request at a time. */
import { encodeLine, formatAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { splitLines } from "./lines.ts";
import type { NamespacePath, ProberProcess } from "./prober.ts";

export interface LastingFlow {
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly from: NamespacePath;
  readonly to: Address;
  /** Not for ICMP. */
  readonly port?: number;
}

/** Of one flow since it was last asked for. */
export interface FlowFate {
  /** Words sent, and answers. */
  readonly sent: number;
  readonly answered: number;
  /** The longest time between two answers, milliseconds. */
  readonly gapMs: number;
  /** Since the last answer, milliseconds. */
  readonly silentMs: number;
  /** `new`: never answered yet; `moved`: seen to come from another port than at first (UDP); `over`: reset, or closed by the other end (TCP). */
  readonly state: "open" | "new" | "moved" | "over";
}

export interface Converser {
  /** Answers TCP and UDP at a port of all addresses there. Throws with the kernel's word where it cannot. */
  answer(namespace: NamespacePath, port: number): Promise<void>;
  /** Opens a flow, which has the next number from 0. */
  open(flow: LastingFlow): Promise<void>;
  /** How often each flow says a word, milliseconds. */
  every(milliseconds: number): Promise<void>;
  /** What became of each since it was last asked, in the order of their numbers. */
  fates(): Promise<readonly FlowFate[]>;
  close(): Promise<void>;
}

const fateOf = (line: string): FlowFate => {
  const [sent, answered, gapMs, silentMs, state] = line.split("\t");
  return {
    sent: Number(sent),
    answered: Number(answered),
    gapMs: Number(gapMs),
    silentMs: Number(silentMs),
    state: state as FlowFate["state"],
  };
};

/** Takes a process started as `native converse`. */
export function createConverser(process: ProberProcess): Converser {
  const ended = Promise.withResolvers<void>();
  let failure: Error | undefined;
  let lines: string[] = [];
  let waiting: PromiseWithResolvers<readonly string[]> | undefined;
  const end = (error: Error): void => {
    failure ??= error;
    waiting?.reject(error);
    ended.resolve();
  };
  process.once("error", end);
  process.once("close", (code) => end(new Error(`the flows' program ended with ${code}`)));
  splitLines(process.stdout, (line) => {
    const isLast = line === "ok" || line.startsWith("error");
    if (!isLast) return void lines.push(line);
    const told = lines;
    lines = [];
    if (line === "ok") waiting?.resolve(told);
    else waiting?.reject(new Error(line.split("\t")[1]));
  });
  const request = async (...fields: readonly string[]): Promise<readonly string[]> => {
    if (failure !== undefined) throw failure;
    waiting = Promise.withResolvers();
    process.stdin.write(encodeLine(fields));
    return await waiting.promise;
  };
  return {
    answer: async (namespace, port) => void (await request("answer", namespace, String(port))),
    open: async ({ protocol, from, to, port = 0 }) => void (await request("open", protocol, from, formatAddress(to), String(port))),
    every: async (milliseconds) => void (await request("every", String(milliseconds))),
    fates: async () => (await request("mark")).map(fateOf),
    close: async () => {
      process.stdin.end();
      await ended.promise;
    },
  };
}
