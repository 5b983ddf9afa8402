/** One `native capture` process: starts it, feeds a sink with its pcapng, ends it so that nothing that was captured before is lost. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { decodeLine, encodeLine } from "../../core/common/index.ts";
import { LabError } from "../lab-error.ts";
import { splitLines } from "../probe/lines.ts";

/** An interface to capture. */
export interface CapturePlace {
  /** Its name in the file: `node:interface`, or `node/namespace:interface`. */
  readonly name: string;
  /** As `Lab.namespacePath` gives it. */
  readonly namespacePath: string;
  readonly interface: string;
  /** For who opens the file: the link that it is an end of. */
  readonly description?: string;
}

export interface CaptureOptions {
  /** Bytes that wait in the kernel for this process, of all interfaces together; default 64 MiB. */
  readonly memoryBytes?: number;
  /** Bytes of each packet that are kept; default: all that the interface's MTU lets pass, and of what segmentation offload makes larger the beginning. */
  readonly snapLength?: number;
  /** Instructions of a classic BPF program, each `code,true,false,k`, as `tcpdump -ddd` gives them. */
  readonly filter?: readonly string[];
}

/** Takes the bytes in order; the next chunk waits for the promise. */
export interface CaptureSink {
  write(chunk: Buffer): Promise<void>;
  /** After the last chunk, also of a capture that failed. */
  close(): Promise<void>;
}

export interface CaptureEnd {
  /** False where the capture was ended from elsewhere, as with its lab: the file then ends without counts. */
  readonly complete: boolean;
  /** Packets that passed, and how many of them the kernel had no room for. */
  readonly received: number;
  readonly dropped: number;
}

export interface RunningCapture {
  /** Resolves when it has ended, whoever ended it. Rejects when the sink failed. */
  readonly ended: Promise<CaptureEnd>;
  /** Ends it; every packet that passed before is in the sink when this resolves. Idempotent. */
  stop(): Promise<CaptureEnd>;
}

const complaintsKept = 2000;

function requestLines(places: readonly CapturePlace[], { memoryBytes, snapLength, filter }: CaptureOptions): string {
  return [
    ...(memoryBytes === undefined ? [] : [["memory", String(memoryBytes)]]),
    ...(snapLength === undefined ? [] : [["snap", String(snapLength)]]),
    ...(filter === undefined ? [] : [["filter", String(filter.length), filter.join(" ")]]),
    ...places.map((place) => ["interface", place.name, place.namespacePath, place.interface, place.description ?? ""]),
    ["start"],
  ]
    .map(encodeLine)
    .join("");
}

async function pour(child: ChildProcessWithoutNullStreams, sink: CaptureSink): Promise<void> {
  try {
    for await (const chunk of child.stdout) await sink.write(chunk as Buffer);
  } catch (error) {
    // Nobody takes any more: the process is to end and not to wait for us.
    child.kill("SIGTERM");
    throw error;
  } finally {
    await sink.close();
  }
}

/**
 * Starts capturing; when this resolves, every packet that passes from now on is captured. Throws a LabError (`capture`) that names
 * what cannot be captured; then nothing is.
 */
export async function startCapture(
  startHelper: (argv: readonly string[]) => ChildProcessWithoutNullStreams,
  places: readonly CapturePlace[],
  sink: CaptureSink,
  options: CaptureOptions = {},
): Promise<RunningCapture> {
  const child = startHelper(["capture"]);
  const ready = Promise.withResolvers<void>();
  let counts: { received: number; dropped: number } | undefined;
  let complaints = "";
  let started = false;
  const takeLine = (line: string): void => {
    const [verb, ...fields] = decodeLine(line);
    if (verb === "ready") ready.resolve();
    else if (verb === "end") counts = { received: Number(fields[0]), dropped: Number(fields[1]) };
    else if (verb === "error") complaints = `${fields[0]}: ${fields[1]}`;
    else complaints = `${complaints}${line}\n`.slice(-complaintsKept);
  };
  splitLines(child.stderr, takeLine);
  // A write to a process that has ended fails here first; why it ended is told by its end.
  child.stdin.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      complaints = error.message;
      resolve();
    });
    child.once("close", () => resolve());
  });
  const ended = Promise.all([pour(child, sink), closed]).then((): CaptureEnd => {
    if (!started) ready.reject(new LabError("capture", `the capture cannot start: ${complaints.trim() || "the lab has ended"}`));
    return { complete: counts !== undefined, received: counts?.received ?? 0, dropped: counts?.dropped ?? 0 };
  });
  ended.catch((error: unknown) => ready.reject(error instanceof Error ? error : new Error(String(error))));
  child.stdin.write(requestLines(places, options));
  await ready.promise;
  started = true;
  return {
    ended,
    stop() {
      child.stdin.end();
      return ended;
    },
  };
}
