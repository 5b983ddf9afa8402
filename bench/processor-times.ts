/** Where a lab's processor time went. */
import { readFileSync } from "node:fs";
import { processesOfLab } from "../emulator/lab-processes.ts";

const ticksPerSecond = 100;

/** Nothing of a process that has ended meanwhile. */
function statOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
}

/** Processor milliseconds so far, by program name, of every process of a netns lab; programs that have ended count with who waited for them. */
export async function processorTimes(labName: string): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const pid of (await processesOfLab(labName)) ?? []) {
    const text = statOf(pid);
    if (text === undefined) continue;
    const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    times.set(name, (times.get(name) ?? 0) + (ticks * 1000) / ticksPerSecond);
  }
  return times;
}

/** Milliseconds of this process's processor time that `work` takes. Not of a clock: what else the machine does would be measured with it. */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
