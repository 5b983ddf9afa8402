/** Runs a program in a node of a running lab on this terminal's own standard streams; its exit code becomes ours. */
import { spawn } from "node:child_process";
import { safeText } from "../core/common/index.ts";
import { ensureNative } from "../emulator/image/index.ts";
import { enterFailedCode } from "./exit-codes.ts";
import { argumentsInto, namesIn, nodesOf, type LabPlace } from "./look-into-lab.ts";

export interface Destination extends LabPlace {
  readonly node: string;
}

export async function enterNode(destination: Destination, argv: readonly string[]): Promise<void> {
  const native = await ensureNative();
  const entrance = await argumentsInto(destination, argv);
  if (entrance === undefined) {
    process.exitCode = enterFailedCode;
    process.stderr.write(`no node named ${safeText(destination.node)} runs in this lab\n`);
    return await sayWhatThereIs(native, destination);
  }
  const child = spawn(native, entrance, { stdio: "inherit" });
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

/** After a failure to enter: which nodes and namespaces there are, where the one that was asked for is not among them. */
async function sayWhatThereIs(native: string, { lab, node, namespace }: Destination): Promise<void> {
  const say = (what: string, names: readonly string[]): void =>
    void process.stderr.write(`hint: ${what}: ${names.length === 0 ? "none" : safeText(names.join(", "))}\n`);
  const nodes = await nodesOf(native, lab);
  if (!nodes.includes(node)) return nodes.length === 0 ? undefined : say(`nodes of ${lab.name}`, nodes);
  if (namespace === undefined) return undefined;
  const namespaces = await namesIn({ native, lab, node }, "/run/netns");
  return namespaces.includes(namespace) ? undefined : say(`namespaces of ${node}`, namespaces);
}
