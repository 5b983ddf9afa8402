/** Reads a farm file from disk: bounded, whatever the path leads to. */
import { open } from "node:fs/promises";
import { failure } from "../core/common/index.ts";
import type { Outcome } from "../core/common/index.ts";
import { farmFileLimit, loadFarm, tooLarge } from "../core/farm/index.ts";
import type { LoadedFarm } from "../core/farm/index.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is no directory",
  ELOOP: "its symbolic links lead in circles",
  ENAMETOOLONG: "the path is too long",
};

/** At most one byte more than a farm file may have, so that the loader sees what is too large. */
async function readBounded(path: string): Promise<Buffer> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  if (size > farmFileLimit) return Buffer.alloc(farmFileLimit + 1, " ");
  const buffer = Buffer.alloc(farmFileLimit + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
  }
}

/** The text of a farm file, at most `farmFileLimit` long. Errors: `cannot-read`, `file-too-large`. */
export async function readFarmText(path: string): Promise<Outcome<string>> {
  try {
    const bytes = await readBounded(path);
    if (bytes.length > farmFileLimit) return failure(tooLarge(path));
    return { ok: true, value: new TextDecoder().decode(bytes), problems: [] };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    return failure({
      severity: "error",
      code: "cannot-read",
      message: `cannot read the file: ${reasons[code] ?? code}`,
      hint: "`farmlab init` writes a farm file to start from",
      place: { file: path, line: 1, column: 1 },
    });
  }
}

/** Reads and loads a farm file. Errors: `cannot-read`, and those of `loadFarm`. */
export async function readFarm(path: string): Promise<Outcome<LoadedFarm>> {
  const text = await readFarmText(path);
  return text.ok ? loadFarm(text.value, path) : text;
}
