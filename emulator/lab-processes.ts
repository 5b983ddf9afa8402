/** The processes of a lab, as this process sees them. */
import { readFileSync } from "node:fs";
import { findLab } from "./locate.ts";

/** Child processes of a process, by the ids that this process sees; none of one that has ended. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

/** Every process of a netns lab; undefined for labs whose processes are not below one of ours. */
export async function processesOfLab(labName: string): Promise<readonly number[] | undefined> {
  const running = await findLab(labName, process.getuid?.() ?? 0);
  if (running?.backend !== "netns") return undefined;
  const withChildren = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(withChildren)];
  return withChildren(running.sandboxPid);
}

/** Kilobytes that the processes of a lab have resident; undefined as above. */
export async function residentKilobytes(labName: string): Promise<number | undefined> {
  const processes = await processesOfLab(labName);
  return processes?.reduce((sum, pid) => sum + residentOf(pid), 0);
}

/** Nothing of one that has ended meanwhile. */
function residentOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+([0-9]+)/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
