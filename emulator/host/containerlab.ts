/** Looks for containerlab: its program, its version, and in what that version differs from those that farmlab is tried with. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../find-program.ts";
import { cacheDirectory } from "../image/index.ts";
import { attemptTimeoutMs } from "./attempts.ts";
import type { Finding } from "./probe.ts";

/** Oldest release that makes labs without a management network (`skip-when-unused`). */
const oldestMinor = 76;
/** From this release on `deploy` changes a running lab into what its file says instead of refusing. */
const convergesFromMinor = 78;

/** The one on PATH, else the one that was built into the cache. */
export function containerlabProgram(): string | undefined {
  const onPath = findProgram("containerlab");
  if (onPath !== undefined) return onPath;
  const folder = join(cacheDirectory(), "containerlab");
  try {
    return readdirSync(folder)
      .toSorted()
      .toReversed()
      .flatMap((version) => findProgram("containerlab", join(folder, version)) ?? [])
      .at(0);
  } catch {
    return undefined;
  }
}

/** What `containerlab version` prints; throws in words where it does not answer. */
export function versionOutput(program: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Else it asks the network for a newer version, and waits three seconds for it.
    const env = { ...process.env, CLAB_VERSION_CHECK: "disable" };
    execFile(program, ["version"], { timeout: attemptTimeoutMs, killSignal: "SIGKILL", env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          new Error(error.killed === true ? `no answer within ${attemptTimeoutMs} ms` : stderr.trim().split("\n")[0] || error.message),
        );
    });
  });
}

/** The version in what `containerlab version` printed; undefined where it says none, as builds by `go install` do. */
export function versionIn(output: string): string | undefined {
  const version = /^\s*version:\s*v?(\d+\.\d+\S*)/m.exec(output)?.[1];
  return version === undefined || version.startsWith("0.0.") ? undefined : version;
}

/** What `containerlab version` printed, judged. `go install` leaves the version string empty or 0.0.0: no reason to refuse. */
export function judgeVersion(output: string, program: string): Finding {
  const text = versionIn(output);
  const [major = "0", minor = "0"] = text?.split(".") ?? [];
  if (text === undefined) return { found: `${program}, built without a version string: taken for a current one` };
  if (major === "0" && Number(minor) < oldestMinor)
    return { refusal: `${program} is version ${text}; 0.${oldestMinor} is the oldest that will do` };
  if (major === "0" && Number(minor) < convergesFromMinor)
    return { found: `${text}, ${program}; before 0.${convergesFromMinor} deploy does not converge: a lab that is up already is made anew` };
  return { found: `${text}, ${program}` };
}

export async function probeContainerlab(): Promise<Finding> {
  const program = containerlabProgram();
  if (program === undefined) return { refusal: "not on PATH, and not in the cache" };
  try {
    return judgeVersion(await versionOutput(program), program);
  } catch (error) {
    return { refusal: `${program}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
