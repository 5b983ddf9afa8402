/** What is in a running lab, as programs in it tell. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { RunningLab } from "../emulator/locate.ts";
import { enterArguments } from "../emulator/node/index.ts";

/** Where in a lab. */
export interface LabPlace {
  readonly lab: RunningLab;
  /** Absent: the lab outside of its nodes, which labs of containers do not have. */
  readonly node?: string | undefined;
  /** Network namespace inside the node; the node's own without it. */
  readonly namespace?: string | undefined;
}

export interface Inside extends LabPlace {
  readonly native: string;
}

/** What makes the native helper run a program there; undefined where the node has no process to enter by. */
export async function argumentsInto({ lab, node, namespace }: LabPlace, argv: readonly string[]): Promise<string[] | undefined> {
  if (lab.backend === "netns") return enterArguments(lab.sandboxPid, node, namespace, argv);
  // Loaded for labs of containers only: who looks into a sandbox need not wait for the engine's client.
  const { containerIn } = await import("../emulator/containerlab/index.ts");
  const pid = node === undefined ? undefined : await containerIn(lab, node);
  return pid === undefined ? undefined : enterArguments(pid, undefined, namespace, argv);
}

/** Standard output of a program in the lab; undefined when it fails or there is no such place. */
export async function readInside(inside: Inside, argv: readonly string[]): Promise<string | undefined> {
  const entrance = await argumentsInto(inside, argv);
  if (entrance === undefined) return undefined;
  try {
    return (await promisify(execFile)(inside.native, entrance)).stdout;
  } catch {
    return undefined;
  }
}

/** Names in a folder of the lab, or of one of its nodes. */
export async function namesIn(inside: Inside, folder: string): Promise<readonly string[]> {
  const listed = await readInside(inside, ["ls", folder]);
  return (listed ?? "").split("\n").filter((name) => name !== "");
}

/** Names of a lab's nodes. */
export async function nodesOf(native: string, lab: RunningLab): Promise<readonly string[]> {
  if (lab.backend === "netns") return await namesIn({ native, lab }, "/run/farmlab/nodes");
  const { nodesIn } = await import("../emulator/containerlab/index.ts");
  return await nodesIn(lab);
}
