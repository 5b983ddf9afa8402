/** What a run could leave on the machine: processes, labs' locks, mounts, files, half-built caches. Other labs of the machine do not count. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../../emulator/image/index.ts";

export const noTraces: Traces = { processes: [], locks: [], mounts: [], files: [], staging: [] };

export interface Traces {
  /** Processes of labs of the run; the holder's name is in its arguments, that of the others in their environment. */
  readonly processes: readonly string[];
  readonly locks: readonly string[];
  readonly mounts: readonly string[];
  readonly files: readonly string[];
  readonly staging: readonly string[];
}

function processesOf(labPrefix: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = [readFileSync(`/proc/${pid}/cmdline`, "utf8"), readFileSync(`/proc/${pid}/environ`, "utf8")].join("\0").split("\0");
        const isOfRun = words.some((word) => word.startsWith(labPrefix) || word.startsWith(`FARMLAB_LAB=${labPrefix}`));
        return isOfRun ? [`${pid} ${words[0] ?? ""}`] : [];
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

/** What there is of a run; `temporary` is the directory that it had as its own for temporary files. */
export function tracesOf(runPid: number, temporary: string): Traces {
  const labPrefix = `run-${runPid}-`;
  const locks = readFileSync("/proc/net/unix", "utf8").match(/@farmlab\S*/g) ?? [];
  // A container engine that farmlab has provided outlives runs, and is no run's.
  const isOurs = (text: string): boolean =>
    (text.includes("farmlab") && !text.includes("farmlab/engine")) || text.includes(cacheDirectory());
  const inRun = listed("/run", isOurs).flatMap((name) =>
    name === "farmlab" ? listed("/run/farmlab", (entry) => entry !== "engine") : [name],
  );
  return {
    processes: processesOf(labPrefix),
    locks: locks.filter((lock) => lock.includes(labPrefix)),
    mounts: readFileSync("/proc/mounts", "utf8").split("\n").filter(isOurs),
    files: [...listed(temporary, () => true), ...inRun, ...listed("/dev/shm", isOurs)],
    staging: ["image", "native", "bundle"].flatMap((kind) => listed(join(cacheDirectory(), kind), (name) => name.startsWith("staging"))),
  };
}
