import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** The folders of PATH, and those of the system's own programs, which an ordinary user's PATH may lack. */
const usualFolders = (): string => [process.env["PATH"] ?? "", "/usr/sbin", "/sbin"].join(delimiter);

/** Path of a program of this machine, looked for in folders as PATH has them; undefined where there is none. */
export function findProgram(name: string, searchPath: string = usualFolders()): string | undefined {
  const folders = searchPath.split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
