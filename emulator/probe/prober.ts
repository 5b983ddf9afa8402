/** Drives one `native probe` process: requests and answers by id, any number at once. */
import { randomBytes } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { atMost, encodeLine, formatAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { readAnswerLine, readHop, readOutcome, readSeenPacket } from "./answer-line.ts";
import type { AnswerLine } from "./answer-line.ts";
import { splitLines } from "./lines.ts";
import type { ProbeOutcome, ProbeProtocol, SeenPacket, TraceHop } from "./outcome.ts";

/** What the prober needs of a child process; those of node:child_process fit. */
export interface ProberProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  once(event: "error", listener: (error: Error) => void): unknown;
  once(event: "close", listener: (code: number | null, signal: string | null) => void): unknown;
}

/** Path to a network namespace as the prober's process sees it, such as `/proc/23/root/run/netns/w-1abc-2`. */
export type NamespacePath = string;

export interface ListenRequest {
  readonly namespacePath: NamespacePath;
  readonly protocol: "udp" | "tcp";
  /** The unspecified address of a family (value 0) stands for all addresses of that family, and of that family only. */
  readonly address: Address;
  /** Interface of a link-local address. */
  readonly zone?: string;
  readonly port: number;
  /** How the responder names itself, at most 200 bytes. */
  readonly who: string;
}

export interface ProbeRequest {
  readonly from: {
    readonly namespacePath: NamespacePath;
    readonly source?: Address;
    readonly sourcePort?: number;
    /** The source need not be the host's own, which no answer will find then; UDP only. */
    readonly foreign?: true;
  };
  readonly protocol: ProbeProtocol;
  /** Sends an echo's answer that nobody has asked for, which connection tracking calls invalid; ICMP only. Nothing comes back. */
  readonly unasked?: true;
  readonly to: Address;
  /** Interface of a link-local destination. */
  readonly zone?: string;
  /** Not for ICMP. */
  readonly port?: number;
  /** TTL or hop limit; default 64. */
  readonly ttl?: number;
  /** Counts from when the probe is sent, which is not delayed by other probes unless 512 are under way. */
  readonly timeoutMs: number;
  /** Packets at most, 1 ms apart, until the first answer (ICMP and UDP); default 1. */
  readonly count?: number;
  /** Payload bytes, both ways; never fragmented. Default: as few as are needed. */
  readonly size?: number;
  /** Payload bytes of the answer where it is to be longer than the request; UDP only. */
  readonly answerSize?: number;
  /** Text in every packet of it, from `newToken`, for `watch`. */
  readonly token?: string;
}

export interface TraceRequest extends Pick<ProbeRequest, "from" | "to" | "zone" | "port" | "timeoutMs"> {
  readonly protocol: "icmp" | "udp";
  /** 1 to 64. */
  readonly maxHops: number;
}

export interface WatchRequest {
  readonly namespacePath: NamespacePath;
  readonly interface: string;
  readonly token: string;
}

export interface Listener {
  close(): Promise<void>;
}

/** What a watch saw; with `dropped` above 0 packets are missing from it. */
export interface WatchResult {
  readonly packets: readonly SeenPacket[];
  readonly dropped: number;
}

export interface Watch {
  /** Ends it; everything that was captured before is in the result. */
  stop(): Promise<WatchResult>;
}

/** Listeners and watches hold their namespace: close them before a lab expects it to vanish. */
export interface Prober {
  /** A text for one probe that no other packet carries; begins with the group where one is given. */
  newToken(group?: string): string;
  /** A text with which only tokens made of it begin: one watch for all of them, and for no others. */
  newGroup(): string;
  /** Ready for traffic when it resolves. */
  listen(request: ListenRequest): Promise<Listener>;
  probe(request: ProbeRequest): Promise<ProbeOutcome>;
  /** The path as far as it is known: ends with the first hop that answers as the last one. */
  trace(request: TraceRequest): Promise<readonly TraceHop[]>;
  watch(request: WatchRequest): Promise<Watch>;
  /** Sends a frame as it is, link header included. */
  sendFrame(request: { readonly namespacePath: NamespacePath; readonly interface: string; readonly frame: Uint8Array }): Promise<void>;
  /** Ends the process; what is under way rejects. Idempotent. */
  close(): Promise<void>;
}

/** The process ended or refused a request. */
export class ProberError extends Error {
  override readonly name = "ProberError";
}

const defaultTtl = 64;
const probesAtOnce = 512;
const errorTextLimit = 2000;

interface Pending {
  /** Whether the answer is complete. */
  onLine(line: AnswerLine): boolean;
  reject(error: Error): void;
}

class NativeProber implements Prober {
  readonly #process: ProberProcess;
  readonly #pending = new Map<string, Pending>();
  readonly #prefix = randomBytes(6).toString("hex");
  readonly #limited = atMost(probesAtOnce);
  readonly #ended: Promise<void>;
  #next = 0;
  #groups = 0;
  #closing = false;
  #failure: ProberError | undefined;
  #errorText = "";

  constructor(process: ProberProcess) {
    this.#process = process;
    splitLines(process.stdout, (line) => this.#take(line));
    process.stderr?.on("data", (chunk: Buffer | string) => {
      this.#errorText = (this.#errorText + String(chunk)).slice(-errorTextLimit);
    });
    // A write to a process that has ended fails here first; why it ended is told by `close`.
    process.stdin.on("error", () => undefined);
    this.#ended = new Promise((resolve) => {
      process.once("error", (error) => {
        this.#fail(`native probe could not be started: ${error.message}`);
        resolve();
      });
      process.once("close", (code, signal) => {
        const how = this.#closing ? "was closed" : `ended (${signal ?? `code ${code ?? "unknown"}`})`;
        this.#fail(`native probe ${how}${this.#errorText === "" ? "" : `: ${this.#errorText.trim()}`}`);
        resolve();
      });
    });
  }

  // Texts of a kind are all of one length, so that none is part of another.
  newToken(group?: string): string {
    this.#next += 1;
    return `${group ?? `${this.#prefix}-`}${this.#next.toString(36).padStart(8, "0")}`;
  }

  newGroup(): string {
    this.#groups += 1;
    return `${this.#prefix}.${this.#groups.toString(36).padStart(6, "0")}-`;
  }

  async listen(request: ListenRequest): Promise<Listener> {
    const id = this.newToken();
    const address = withZone(request.address, request.zone);
    await this.#command(id, ["listen", id, request.namespacePath, request.protocol, address, String(request.port), request.who]);
    let closed: Promise<void> | undefined;
    return { close: () => (closed ??= this.#command(id, ["unlisten", id])) };
  }

  async probe(request: ProbeRequest): Promise<ProbeOutcome> {
    return await this.#limited(async () => await this.#probe(request));
  }

  #probe(request: ProbeRequest): Promise<ProbeOutcome> {
    const id = request.token ?? this.newToken();
    const ttl = request.ttl ?? defaultTtl;
    const numbers = [
      ttl,
      request.timeoutMs,
      request.count ?? 1,
      request.size ?? 0,
      request.from.sourcePort ?? 0,
      request.from.foreign === true ? 1 : 0,
      request.answerSize ?? 0,
    ].map(String);
    return this.#ask(id, ["send", id, ...target(request), ...numbers], (line) => readOutcome(line, ttl));
  }

  trace(request: TraceRequest): Promise<readonly TraceHop[]> {
    const id = this.newToken();
    const hops: TraceHop[] = [];
    return this.#ask(id, ["trace", id, ...target(request), String(request.maxHops), String(request.timeoutMs)], (line) => {
      if (line.verb === "hop") hops.push(readHop(line));
      return line.verb === "done" ? hops : undefined;
    });
  }

  async watch(request: WatchRequest): Promise<Watch> {
    const id = this.newToken();
    const packets: SeenPacket[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<WatchResult>();
    const started = Promise.withResolvers<void>();
    promise.catch(() => undefined); // told to whoever calls `stop`
    this.#send(id, ["watch", id, request.namespacePath, request.interface, request.token], {
      onLine(line) {
        if (line.verb === "ok") started.resolve();
        if (line.verb === "seen") packets.push(readSeenPacket(line));
        if (line.verb === "unwatched") resolve({ packets, dropped: Number(line.values.get("dropped") ?? 0) });
        return line.verb === "unwatched";
      },
      reject(error) {
        started.reject(error);
        reject(error);
      },
    });
    await started.promise;
    let stopped = false;
    return {
      stop: () => {
        if (!stopped && this.#failure === undefined) this.#process.stdin.write(encodeLine(["unwatch", id]));
        stopped = true;
        return promise;
      },
    };
  }

  sendFrame(request: { readonly namespacePath: NamespacePath; readonly interface: string; readonly frame: Uint8Array }): Promise<void> {
    const id = this.newToken();
    return this.#command(id, ["raw", id, request.namespacePath, request.interface, Buffer.from(request.frame).toString("hex")]);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#process.stdin.end();
    await this.#ended;
  }

  #command(id: string, fields: readonly string[]): Promise<void> {
    return this.#ask(id, fields, (line) => (line.verb === "ok" ? null : undefined)).then(() => undefined);
  }

  /** Sends a request; resolves with the first value that `read` gives. */
  #ask<T>(id: string, fields: readonly string[], read: (line: AnswerLine) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#send(id, fields, {
        onLine(line) {
          const value = read(line);
          if (value !== undefined) resolve(value);
          return value !== undefined;
        },
        reject,
      });
    });
  }

  #send(id: string, fields: readonly string[], pending: Pending): void {
    const failure = this.#failure ?? (this.#closing ? new ProberError("native probe was closed") : undefined);
    if (failure !== undefined) return pending.reject(failure);
    if (this.#pending.has(id)) return pending.reject(new ProberError(`the token ${id} is in use`));
    this.#pending.set(id, pending);
    this.#process.stdin.write(encodeLine(fields));
  }

  #take(text: string): void {
    const line = readAnswerLine(text);
    const pending = this.#pending.get(line.id);
    if (pending === undefined) {
      // An error about a request whose id could not be read: whose it was is unknown, so nothing can be relied on any more.
      if (line.verb === "error") this.#fail(`native probe refused a request: ${line.message}`);
      return;
    }
    if (line.verb === "error") {
      this.#pending.delete(line.id);
      pending.reject(new ProberError(line.message));
      return;
    }
    try {
      if (pending.onLine(line)) this.#pending.delete(line.id);
    } catch (error) {
      this.#pending.delete(line.id);
      pending.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(message: string): void {
    this.#failure ??= new ProberError(message);
    const failed = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of failed) pending.reject(this.#failure);
  }
}

const withZone = (address: Address, zone: string | undefined): string => formatAddress(address) + (zone === undefined ? "" : `%${zone}`);

const target = (request: Pick<ProbeRequest, "from" | "protocol" | "unasked" | "to" | "zone" | "port">): string[] => [
  request.from.namespacePath,
  request.unasked === true ? "unasked" : request.protocol,
  request.from.source === undefined ? "-" : formatAddress(request.from.source),
  withZone(request.to, request.zone),
  String(request.port ?? 0),
];

/**
 * Starts a prober. `spawn` runs the native helper with the given arguments, where the namespaces' paths can be opened: inside the
 * lab's sandbox, as its root. stdin, stdout and stderr are pipes.
 */
export function startProber(spawn: (argv: readonly string[]) => ProberProcess): Prober {
  return new NativeProber(spawn(["probe"]));
}
