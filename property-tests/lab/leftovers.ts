/** What a lab could leave on the machine: processes of the mapped id range or with farmlab's names, mounts, files, half-built caches. */
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheDirectory } from "../../emulator/image/index.ts";

/** First and last id of the sub-range that labs run under. */
const firstMappedId = 524288;
const lastMappedId = firstMappedId + 65535;

export interface Traces {
  readonly processes: readonly string[];
  readonly locks: readonly string[];
  readonly mounts: readonly string[];
  readonly files: readonly string[];
  readonly staging: readonly string[];
}

function labProcesses(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        const name = /^Name:\s*(.*)$/m.exec(status)?.[1] ?? "";
        const userId = Number(/^Uid:\s*([0-9]+)/m.exec(status)?.[1]);
        return name.startsWith("farmlab-") || (userId >= firstMappedId && userId <= lastMappedId) ? [`${pid} ${name}`] : [];
      } catch {
        return []; // It ended while we looked.
      }
    });
}

function listed(directory: string, wanted: (name: string) => boolean): string[] {
  try {
    return readdirSync(directory).filter(wanted).toSorted();
  } catch {
    return [];
  }
}

/** A picture of now, to be compared with one taken before. */
export function traces(): Traces {
  return {
    processes: labProcesses(),
    locks: readFileSync("/proc/net/unix", "utf8").match(/@farmlab\S*/g) ?? [],
    mounts: readFileSync("/proc/mounts", "utf8").trim().split("\n"),
    files: [...listed(tmpdir(), () => true), ...listed("/run", (name) => name.includes("farmlab")), ...listed("/dev/shm", () => true)],
    staging: ["image", "native", "bundle"].flatMap((kind) => listed(join(cacheDirectory(), kind), (name) => name.startsWith("staging"))),
  };
}
