/** Runs a program in a node of a running lab on this terminal's own standard streams; its exit code becomes ours. */
import { spawn } from "node:child_process";
import { ensureNative } from "../emulator/image/index.ts";
import { enterArguments, type RunningLab } from "../emulator/netns/index.ts";

/** Exit code for failures of entering, not of the program. */
export const enterFailedCode = 125;

export async function enterNode(lab: RunningLab, node: string, namespace: string | undefined, argv: readonly string[]): Promise<void> {
  const child = spawn(await ensureNative(), enterArguments(lab.sandboxPid, node, namespace, argv), { stdio: "inherit" });
  // The terminal sends its signals to the whole group; the program decides, and we report what became of it.
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  const ignore = (): void => undefined;
  for (const signal of signals) process.on(signal, signal === "SIGTERM" || signal === "SIGHUP" ? passOn : ignore);
  process.exitCode = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(enterFailedCode));
    child.once("exit", (code) => resolve(code ?? enterFailedCode));
  });
  for (const signal of signals) process.removeAllListeners(signal);
}
