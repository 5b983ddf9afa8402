/** A process of the native helper that answers requests about a lab (emulator/native/request.h): a sandbox, a holder, a node's worker. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { decodeLine, encodeLine } from "../../core/common/index.ts";
import { LabError } from "../lab-error.ts";

export interface HelperOptions {
  readonly native: string;
  readonly argv: readonly string[];
  /** What it is, for messages: `starting the sandbox`. */
  readonly what: string;
  /** So long it has to end by itself once it was told to; then it is killed. Milliseconds. */
  readonly endGraceMs: number;
}

interface Waiting {
  readonly what: string;
  resolve(fields: string[]): void;
  reject(error: Error): void;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const complaintsKept = 2000;
/** More than the helper takes in one request. */
export const payloadBytesMax: number = 16 * 1024 * 1024;

/** Requests are answered in order, so many may be under way. */
export class HelperProcess {
  readonly #process: Child;
  readonly #waiting: Waiting[] = [];
  readonly #gone: Promise<void>;
  readonly #endGraceMs: number;
  #ended = false;
  #rest = "";
  #complaints = "";

  private constructor(process: Child, endGraceMs: number) {
    this.#process = process;
    this.#endGraceMs = endGraceMs;
    process.stdout.setEncoding("utf8");
    process.stdout.on("data", (chunk: string) => this.#read(chunk));
    process.stderr.setEncoding("utf8");
    process.stderr.on("data", (chunk: string) => {
      this.#complaints = (this.#complaints + chunk).slice(-complaintsKept);
    });
    // A write to a process that has ended fails here first; the requests hear of it when it is gone.
    process.stdin.on("error", () => undefined);
    process.on("error", () => undefined);
    // Not at `exit`: what it said last may not have been read yet.
    this.#gone = new Promise((resolve) => void process.once("close", () => resolve()));
    void this.#gone.then(() => this.#end());
  }

  /** Starts it; when this resolves it waits for requests. It gets nothing of this process' environment. */
  static async start({ native, argv, what, endGraceMs }: HelperOptions): Promise<HelperProcess> {
    const process = spawn(native, argv, { stdio: ["pipe", "pipe", "pipe"], env: {}, cwd: "/" });
    try {
      await once(process, "spawn");
    } catch (error) {
      throw new LabError("prepare", `${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    const helper = new HelperProcess(process, endGraceMs);
    await helper.#answer(what);
    return helper;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves when it is gone, whoever ended it. */
  get ended(): Promise<void> {
    return this.#gone;
  }

  /** One request; the answer's fields after `ok`. Throws a LabError. */
  async request(fields: readonly string[], payload?: Buffer | string): Promise<string[]> {
    const what = fields.slice(0, 3).join(" ");
    if (this.#ended) throw new LabError("lab-gone", `${what}: the lab has ended`);
    const bytes = payload === undefined ? undefined : Buffer.from(payload);
    if (bytes !== undefined && bytes.length > payloadBytesMax)
      throw new LabError("too-large", `${what}: ${bytes.length} bytes are too many`);
    const line = encodeLine(bytes === undefined ? fields : [...fields, String(bytes.length)]);
    this.#process.stdin.write(bytes === undefined ? line : Buffer.concat([Buffer.from(line), bytes]));
    return this.#answer(what);
  }

  /** Lets it live on when this process ends. */
  async detach(): Promise<void> {
    await this.request(["detach"]);
    this.#process.stdin.end();
    this.#process.unref();
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.destroy();
  }

  /** Ends it, whatever it is doing; resolves when it is gone. Idempotent. */
  async end(): Promise<void> {
    if (!this.#ended) {
      this.#process.kill("SIGTERM");
      this.#process.stdin.destroy();
    }
    const late = setTimeout(() => this.#process.kill("SIGKILL"), this.#endGraceMs);
    await this.#gone;
    clearTimeout(late);
  }

  #answer(what: string): Promise<string[]> {
    return new Promise((resolve, reject) => this.#waiting.push({ what, resolve, reject }));
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [state, ...fields] = decodeLine(line);
      const waiting = this.#waiting.shift();
      const words = fields.slice(1).join(": ").trim();
      if (state === "error") waiting?.reject(new LabError(fields[0] ?? "helper", `${waiting.what}: ${fields.join(": ").trim()}`, words));
      else waiting?.resolve(fields);
    }
  }

  #end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting.splice(0)) {
      waiting.reject(new LabError("lab-gone", `${waiting.what}: the lab ended ${this.#complaints}`.trim()));
    }
  }
}
