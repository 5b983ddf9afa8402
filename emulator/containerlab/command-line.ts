/** containerlab's command line, for one lab. */
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { LabError } from "../lab-error.ts";

export interface LabCommand {
  /** containerlab's path. */
  readonly containerlab: string;
  /** The engine's socket. */
  readonly socket: string;
  /** The lab's own folder: its file, containerlab's folder, the lock. */
  readonly folder: string;
}

export const topologyFile = "lab.clab.yml";
const script = join(import.meta.dirname, "isolated.sh");
/** So long containerlab has to end once it was told to; it takes down what it has made. */
const endGraceMs = 25_000;
const linesShown = 6;
const usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Runs `containerlab VERB` on the lab's file; one at a time per lab, whoever asks. It is told to end when this process dies. Throws a
 * LabError with its last words where it fails, and the signal's reason at abort, when it has ended.
 */
export async function runContainerlab(
  { containerlab, socket, folder }: LabCommand,
  verb: "deploy" | "destroy",
  argv: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const isolated = [
    "unshare",
    "--mount",
    "--net",
    "sh",
    script,
    containerlab,
    verb,
    "--topo",
    topologyFile,
    "--log-level",
    "error",
    ...argv,
  ];
  const alone = ["--pdeathsig", "TERM", "flock", "--no-fork", join(folder, "lock"), ...isolated];
  const result = await execa("setpriv", alone, {
    cwd: folder,
    extendEnv: false,
    env: {
      PATH: process.env["PATH"] ?? usualPath,
      HOME: folder,
      DOCKER_HOST: `unix://${socket}`,
      CLAB_LABDIR_BASE: folder,
      CLAB_VERSION_CHECK: "disable",
    },
    stdin: "ignore",
    all: true,
    reject: false,
    forceKillAfterDelay: endGraceMs,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (!result.failed) return;
  const words = stripVTControlCharacters(result.all).trim().split("\n").slice(-linesShown).join("\n");
  throw new LabError(
    "containerlab",
    `containerlab ${verb} ended with ${result.exitCode ?? result.signal ?? "an error"}: ${words || result.shortMessage}`,
  );
}
