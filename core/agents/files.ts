/** Writing a file so that it is either the old one or the new one, whenever the power goes; and reading the end of one. */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Replaces the file's content; readable by its owner only. Makes its folder where that is missing. */
export function replaceFile(path: string, content: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  try {
    const file = openSync(temporary, "w", 0o600);
    try {
      // All of it, or it throws: a disk that gets full takes a part, and says so only of the next.
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  renameSync(temporary, path);
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

const mostLineBytes = 400;

/** The last line of a log that is not empty, its end where it is long; undefined where there is no such file or nothing in it. */
export function lastLineOf(path: string): string | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, mostLineBytes));
      const length = readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString("utf8", 0, length).trimEnd().split("\n").at(-1) || undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** The names in a folder; none where there is no such folder. */
export const entriesOf = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);
