/** A running lab by name, for the commands that enter it from other terminals. */
import type { Problem } from "../core/common/index.ts";
import { formatProblem } from "../core/common/index.ts";
import { findLab, listLabs, type RunningLab } from "../emulator/netns/index.ts";

/** Prints a problem to standard error and sets the exit code. */
export function complain(problem: Problem, exitCode: number): void {
  process.stderr.write(`${formatProblem(problem, { color: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined })}\n`);
  process.exitCode = exitCode;
}

/** The lab, or undefined after saying that there is none and which ones there are. */
export async function requireLab(name: string, exitCode: number): Promise<RunningLab | undefined> {
  const userId = process.getuid?.() ?? 0;
  const lab = await findLab(name, userId);
  if (lab !== undefined) return lab;
  const others = (await listLabs(userId)).map((other) => other.name);
  complain(
    {
      severity: "error",
      code: "no-such-lab",
      message: `no lab named ${name} is running`,
      hint: others.length === 0 ? "farmlab up FILE starts one" : `running: ${others.join(", ")}`,
    },
    exitCode,
  );
  return undefined;
}
