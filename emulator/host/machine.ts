/** The machine itself: what needs no attempt. */
import { readFileSync } from "node:fs";
import { arch, availableParallelism, release, totalmem } from "node:os";
import type { Finding } from "./probe.ts";
import type { Machine } from "./report.ts";

/** Memory is that of the machine, or of the control group that this process is kept in. */
export function describeMachine(): Machine {
  const limit = process.constrainedMemory();
  const memoryBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return {
    kernel: release(),
    architecture: arch(),
    cores: availableParallelism(),
    memoryBytes,
    freeMemoryBytes: process.availableMemory(),
  };
}

/** Hugepages that are free, of the machine's default size. */
export async function hugepages(): Promise<Finding> {
  const text = readFileSync("/proc/meminfo", "utf8");
  const amount = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  const free = amount("HugePages_Free");
  if (free === 0) return { refusal: `${amount("HugePages_Total")} hugepages, none of them free` };
  return { found: `${free} of ${amount("Hugepagesize")} KiB` };
}
