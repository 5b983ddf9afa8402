/** The sandbox process of a lab: starts it and speaks its request protocol (emulator/native/sandbox_request.c). */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { decodeLine, encodeLine } from "../../core/common/index.ts";
import { LabError } from "../lab-error.ts";
import type { StagedMounts } from "./binds.ts";

/** What a lab on this machine is made from: the unpacked image and farmlab's own programs, bound into every node. */
export interface SandboxPrograms {
  readonly rootfs: string;
  readonly native: string;
  /** Source path -> name below /usr/lib/farmlab in the nodes. */
  readonly programs: Readonly<Record<string, string>>;
}

interface Waiting {
  readonly what: string;
  resolve(fields: string[]): void;
  reject(error: Error): void;
}

type SandboxProcess = ChildProcessByStdio<Writable, Readable, Readable>;

const endGraceMs = 2000;
const complaintsKept = 2000;
/** More than the sandbox takes in one request. */
export const payloadBytesMax: number = 16 * 1024 * 1024;

/** A running sandbox: requests are answered in order, so many may be under way. */
export class Sandbox {
  readonly #process: SandboxProcess;
  readonly #waiting: Waiting[] = [];
  readonly #gone: Promise<void>;
  #ended = false;
  #rest = "";
  #complaints = "";

  private constructor(process: SandboxProcess) {
    this.#process = process;
    process.stdout.setEncoding("utf8");
    process.stdout.on("data", (chunk: string) => this.#read(chunk));
    process.stderr.setEncoding("utf8");
    process.stderr.on("data", (chunk: string) => {
      this.#complaints = (this.#complaints + chunk).slice(-complaintsKept);
    });
    // A write to a sandbox that has ended fails here first; the requests hear of it when it is gone.
    process.stdin.on("error", () => undefined);
    process.on("error", () => undefined);
    // Not at `exit`: what it said last may not have been read yet.
    this.#gone = new Promise((resolve) => void process.once("close", () => resolve()));
    void this.#gone.then(() => this.#end());
  }

  /** Makes the sandbox; when this resolves it waits for requests. It gets nothing of this process' environment. */
  static async start(name: string, programs: SandboxPrograms, mounts: StagedMounts): Promise<Sandbox> {
    const binds = Object.entries({ [programs.native]: "native", ...programs.programs }).flatMap(([source, target]) => [
      "--bind",
      `${source}=${target}`,
    ]);
    const staged = mounts.flatMap((mount) => ["--mount", mount]);
    const process = spawn(programs.native, ["sandbox", "--name", name, "--rootfs", programs.rootfs, ...binds, ...staged], {
      stdio: ["pipe", "pipe", "pipe"],
      env: {},
      cwd: "/",
    });
    try {
      await once(process, "spawn");
    } catch (error) {
      throw new LabError("prepare", `starting the sandbox: ${error instanceof Error ? error.message : String(error)}`);
    }
    const sandbox = new Sandbox(process);
    await sandbox.#answer("starting the sandbox");
    return sandbox;
  }

  /** The holder's process id: the lab lives as long as it does. */
  get holderPid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves when the lab is gone, whoever ended it. */
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

  /** Lets the lab live on when this process ends. */
  async detach(): Promise<void> {
    await this.request(["detach"]);
    this.#process.stdin.end();
    this.#process.unref();
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.destroy();
  }

  /** Ends the lab, whatever it is doing; resolves when the holder is gone, and with it every process of the lab. Idempotent. */
  async end(): Promise<void> {
    if (!this.#ended) {
      this.#process.kill("SIGTERM");
      this.#process.stdin.destroy();
    }
    const late = setTimeout(() => this.#process.kill("SIGKILL"), endGraceMs);
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
      if (state === "error") waiting?.reject(new LabError(fields[0] ?? "sandbox", `${waiting.what}: ${fields.join(": ").trim()}`, words));
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

/** Child processes of a process, by the ids that this process sees. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** A process' ids from the outermost PID namespace that we see to its own; none when it has ended. */
export function namespacedPids(pid: number): number[] {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return [];
  }
  return /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
}
