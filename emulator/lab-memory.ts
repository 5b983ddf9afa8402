/** What the processes of a lab have resident. */
import { readFileSync } from "node:fs";
import { findLab } from "./locate.ts";

/** Kilobytes by program name, of every process of a netns lab; undefined for labs whose processes are not below one of ours. */
export async function residentKilobytes(labName: string): Promise<ReadonlyMap<string, number> | undefined> {
  const running = await findLab(labName, process.getuid?.() ?? 0);
  if (running?.backend !== "netns") return undefined;
  const resident = new Map<string, number>();
  const visit = (pid: number): void => {
    const { status, children } = processOf(pid);
    const name = /^Name:\t(.*)$/mu.exec(status)?.[1] ?? "";
    resident.set(name, (resident.get(name) ?? 0) + Number(/^VmRSS:\s+([0-9]+)/mu.exec(status)?.[1] ?? 0));
    for (const child of children) visit(child);
  };
  visit(running.sandboxPid);
  return resident;
}

/** Nothing of one that has ended meanwhile. */
function processOf(pid: number): { readonly status: string; readonly children: readonly number[] } {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return { status: readFileSync(`/proc/${pid}/status`, "utf8"), children: children === "" ? [] : children.split(" ").map(Number) };
  } catch {
    return { status: "", children: [] };
  }
}
