/** The sandbox process of a lab, its holder (emulator/native/sandbox.c), and the processes in it. */
import { readFileSync } from "node:fs";
import { HelperProcess } from "../node/index.ts";
import type { SubordinateIds } from "../subordinate-ids.ts";
import type { StagedMounts } from "./binds.ts";

/** What a lab on this machine is made from: the unpacked image, or this machine's own programs, and farmlab's own programs, bound into every node. */
export interface SandboxPrograms {
  readonly rootfs: string;
  /** Whether nodes run on this machine's own programs, of which a root is assembled at `rootfs`, an empty folder. */
  readonly ofHost: boolean;
  /** What labs of a user who is not root are made with; undefined for root. */
  readonly subordinate: SubordinateIds | undefined;
  readonly native: string;
  /** Source path -> name below /usr/lib/farmlab in the nodes. */
  readonly programs: Readonly<Record<string, string>>;
}

/** The lab lives as long as this process, its holder; when it is gone, so is every process of the lab. */
export type Sandbox = HelperProcess;

const endGraceMs = 2000;

/** Makes the sandbox, with what is to be mounted in nodes staged; when this resolves it waits for requests. */
export async function startSandbox(
  name: string,
  { rootfs, ofHost, subordinate, native, programs }: SandboxPrograms,
  mounts: StagedMounts,
): Promise<Sandbox> {
  const binds = Object.entries({ [native]: "native", ...programs }).flatMap(([source, target]) => ["--bind", `${source}=${target}`]);
  const staged = mounts.flatMap((mount) => ["--mount", mount]);
  const ids = subordinate === undefined ? [] : ["--subordinate", `${subordinate.users},${subordinate.groups}`];
  const argv = ["sandbox", "--name", name, ofHost ? "--host-root" : "--rootfs", rootfs, ...ids, ...binds, ...staged];
  return await HelperProcess.start({ native, argv, what: "starting the sandbox", endGraceMs });
}

/** A process' ids from the outermost PID namespace that we see to its own; none when it has ended. */
export function namespacedPids(pid: number): number[] {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return [];
  }
  return /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/).map(Number) ?? [];
}
