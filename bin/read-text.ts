/** Reads a file that people write from disk: bounded, whatever the path leads to. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { DeadlineError, failure, startDeadline } from "../core/common/index.ts";
import type { Clock, Outcome, Problem } from "../core/common/index.ts";
import { fileSizeLimit, tooLarge } from "../core/common/reading/index.ts";
import type { FileKind } from "../core/common/reading/index.ts";

const clock: Clock = { nowMs: () => performance.now(), pause: async (milliseconds) => void (await pause(milliseconds)) };

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is no directory",
  ELOOP: "its symbolic links lead in circles",
  ENAMETOOLONG: "the path is too long",
  ENXIO: "it is a socket, or a device without anything behind it",
  EIO: "the system could not read it",
};

/** A pipe or a device may take so long to hand over a file. */
const readWaitMs = 5000;
const lookAgainMs = 10;

/** At most one byte more than a file may have, so that the loader sees what is too large. */
async function readBounded(path: string, limit: number): Promise<Buffer> {
  // Opening or reading a pipe that nobody writes to would wait for ever.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { size } = await file.stat();
  if (size > limit) return Buffer.alloc(limit + 1, " ");
  const buffer = Buffer.alloc(limit + 1);
  let length = 0;
  const readOn = async (): Promise<{ done: Buffer } | { seen: string }> => {
    try {
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) return { done: buffer.subarray(0, length) };
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return { seen: `${length} bytes` };
      throw error;
    }
  };
  return await startDeadline(clock, readWaitMs).until("the end of the file", readOn, lookAgainMs);
}

function cannotRead(path: string, why: string, kind: FileKind): Problem {
  return {
    severity: "error",
    code: "cannot-read",
    message: `cannot read the file: ${why}`,
    hint: kind.advice,
    place: { file: path === "" ? '""' : path, line: 1, column: 1 },
  };
}

/** The text of a file, at most `limit` bytes long. Errors: `cannot-read`, `file-too-large`. */
export async function readText(path: string, kind: FileKind, limit: number = fileSizeLimit): Promise<Outcome<string>> {
  try {
    const bytes = await readBounded(path, limit);
    if (bytes.length > limit) return failure(tooLarge(path, kind, limit));
    return { ok: true, value: new TextDecoder().decode(bytes), problems: [] };
  } catch (error) {
    if (error instanceof DeadlineError) return failure(cannotRead(path, `it did not come to its end within ${readWaitMs / 1000} s`, kind));
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    return failure(cannotRead(path, reasons[code] ?? code, kind));
  }
}
