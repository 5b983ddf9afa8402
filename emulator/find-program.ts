import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Where a system's own programs are that an ordinary user's PATH may lack. */
const systemFolders: readonly string[] = ["/usr/sbin", "/sbin"];

/** Path of a program of this machine, by the folders of PATH and those of the system's own; undefined where there is none. */
export function findProgram(name: string, searchPath: string = process.env["PATH"] ?? ""): string | undefined {
  const folders = [...searchPath.split(delimiter).filter((folder) => isAbsolute(folder)), ...systemFolders];
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
