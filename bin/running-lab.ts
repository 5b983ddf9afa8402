/** A running lab by name, for the commands that enter it from other terminals. */
import { findLab, listLabs, type RunningLab } from "../emulator/locate.ts";
import { complain } from "./output.ts";

/** The lab, or undefined after saying that there is none and which ones there are. */
export async function requireLab(name: string, exitCode: number): Promise<RunningLab | undefined> {
  const userId = process.getuid?.() ?? 0;
  const lab = await findLab(name, userId);
  if (lab !== undefined) return lab;
  const others = (await listLabs(userId)).map((other) => other.name);
  const hint = others.length === 0 ? "farmlab up FILE starts one" : `running: ${others.join(", ")}`;
  complain({ severity: "error", code: "no-such-lab", message: `no lab named "${name}" is running`, hint }, exitCode);
  return undefined;
}

/** Tells a lab's holder to end it; one that has ended meanwhile is as good. */
export function endLab({ holderPid }: Pick<RunningLab, "holderPid">): void {
  try {
    process.kill(holderPid, "SIGTERM");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
