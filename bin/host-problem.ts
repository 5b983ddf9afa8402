/** What this host lacks for labs, and errors that come of it, as problems with a way out. */
import { failure } from "../core/common/index.ts";
import type { Outcome, Problem } from "../core/common/index.ts";
import { probeHost, requireSandbox, requireTunnels, tunnelCapabilities } from "../emulator/host/index.ts";
import { BuildError, cacheProblem } from "../emulator/image/index.ts";
import { LabError } from "../emulator/lab-error.ts";
import type { BackendName } from "../emulator/lab.ts";
import { exitCodes } from "./exit-codes.ts";
import { complain } from "./output.ts";

function isPossible({ ok, problems }: Outcome<void>): boolean {
  for (const problem of problems) complain(problem, exitCodes.hostCannot);
  return ok;
}

/** Whether labs can be made here, found by trying; says why not and sets the exit code. Before anything is started. */
export async function hostCanRun(backend: BackendName = "netns"): Promise<boolean> {
  const report = await probeHost("required");
  return isPossible(backend === "containerlab" && !report.root ? failure(needsRoot) : requireSandbox(report));
}

/** Whether the tunnels of a farm can be made here; the rest as `hostCanRun`. */
export async function hostCanTunnel(): Promise<boolean> {
  return isPossible(requireTunnels(await probeHost(tunnelCapabilities)));
}

const needsRoot: Problem = {
  severity: "error",
  code: "needs-root",
  message: "labs of containers are made as root, and this user is not root",
  hint: "run it with sudo, or leave --backend out",
};

const error = (code: string, message: string, hint: string): Problem => ({ severity: "error", code, message, hint });

/** Folders that cannot be used, by what the system said: the cache, or the one that this process is in. */
function folderProblem(thrown: NodeJS.ErrnoException): Problem | undefined {
  if (thrown.syscall === "uv_cwd") return error("no-folder", "the current folder has been removed", "go to another one");
  return cacheProblem(thrown);
}

/** An error that the user or the host can mend, with its exit code; undefined for faults of farmlab's own. */
export function mendable(thrown: unknown): { readonly problem: Problem; readonly exitCode: number } | undefined {
  if (thrown instanceof BuildError) return { problem: thrown.problem, exitCode: exitCodes.hostCannot };
  if (thrown instanceof LabError) {
    const { code, message, hint: wayOut } = thrown;
    if (code === "lab-gone") {
      const hint = "farmlab down or a kill from elsewhere ends a lab at any moment; start it again";
      return { problem: error(code, "the lab was ended while it was in use", hint), exitCode: exitCodes.failed };
    }
    if (code === "command-failed") {
      return { problem: error(code, message, "the lab is gone again; mend the file's exec"), exitCode: exitCodes.failed };
    }
    if (code === "bind") {
      return {
        problem: error(code, message, "nodes have folders of their own below those of the image, as /etc"),
        exitCode: exitCodes.wrongInput,
      };
    }
    const limited = message.includes("limit") ? "raise the limit, or bring up a smaller farm" : undefined;
    const hint = wayOut ?? limited ?? "farmlab doctor shows what this host lacks";
    return { problem: error(code, message, hint), exitCode: exitCodes.hostCannot };
  }
  const problem = thrown instanceof Error ? folderProblem(thrown) : undefined;
  return problem === undefined ? undefined : { problem, exitCode: exitCodes.hostCannot };
}
