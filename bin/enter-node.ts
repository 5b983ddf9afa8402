/** Runs a program in a node of a running lab on this terminal's own standard streams; its exit code becomes ours. */
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { safeText } from "../core/common/index.ts";
import { ensureNative } from "../emulator/image/index.ts";
import { enterArguments, type RunningLab } from "../emulator/netns/index.ts";
import { enterFailedCode } from "./exit-codes.ts";

export interface Destination {
  readonly lab: RunningLab;
  readonly node: string;
  /** Network namespace inside the node; the node's own without it. */
  readonly namespace?: string | undefined;
}

export async function enterNode(destination: Destination, argv: readonly string[]): Promise<void> {
  const { lab, node, namespace } = destination;
  const native = await ensureNative();
  const child = spawn(native, enterArguments(lab.sandboxPid, node, namespace, argv), { stdio: "inherit" });
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
  if (process.exitCode === enterFailedCode) await sayWhatThereIs(native, destination);
}

/** Names in a folder of the lab, or of one of its nodes. */
async function namesIn(native: string, lab: RunningLab, node: string | undefined, folder: string): Promise<readonly string[]> {
  try {
    const { stdout } = await promisify(execFile)(native, enterArguments(lab.sandboxPid, node, undefined, ["ls", folder]));
    return stdout.split("\n").filter((name) => name !== "");
  } catch {
    return [];
  }
}

/** After a failure to enter: which nodes and namespaces there are, where the one that was asked for is not among them. */
async function sayWhatThereIs(native: string, { lab, node, namespace }: Destination): Promise<void> {
  const say = (what: string, names: readonly string[]): void =>
    void process.stderr.write(`hint: ${what}: ${names.length === 0 ? "none" : safeText(names.join(", "))}\n`);
  const nodes = await namesIn(native, lab, undefined, "/run/farmlab/nodes");
  if (!nodes.includes(node)) return nodes.length === 0 ? undefined : say(`nodes of ${lab.name}`, nodes);
  if (namespace === undefined) return undefined;
  const namespaces = await namesIn(native, lab, node, "/run/netns");
  return namespaces.includes(namespace) ? undefined : say(`namespaces of ${node}`, namespaces);
}
