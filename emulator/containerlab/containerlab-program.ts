/** The containerlab program: the one on PATH, else the pinned one that farmlab has built into its cache. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { LabError } from "../lab-error.ts";
import { cacheDirectory } from "../image/index.ts";

/** Where the module that is built is pinned, with its checksum. */
export const pinFolder: string = fileURLToPath(new URL("install", import.meta.url));

/** The first that knows `skip-when-unused`: labs without a management network. */
const oldestVersion = "0.76.0";
const versionWaitMs = 10_000;

/** The version that go.mod names, without its `v`. */
export function pinnedVersion(): string {
  const [, version] = /^require github\.com\/srl-labs\/containerlab v(\S+)$/m.exec(readFileSync(join(pinFolder, "go.mod"), "utf8")) ?? [];
  if (version === undefined) throw new Error("go.mod names no version of containerlab");
  return version;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program's path by its name, looked for as a shell does, then in the given folders. */
export function programOnPath(name: string, folders: readonly string[] = []): string | undefined {
  const searched = [...(process.env["PATH"] ?? "").split(delimiter), ...folders];
  return searched.filter((folder) => folder !== "").map((folder) => join(folder, name)).find(isProgram);
}

/** containerlab's path; undefined where there is none. */
export function findContainerlab(): string | undefined {
  const cached = join(cacheDirectory(), "containerlab", pinnedVersion(), "containerlab");
  return programOnPath("containerlab") ?? (existsSync(cached) ? cached : undefined);
}

/** Told of programs of any origin: a build by `go install` calls itself 0.0.0, which says nothing. */
export function isTooOld(version: string): boolean {
  const numbers = (text: string): number[] => (/(\d+)\.(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number);
  const [given, oldest] = [numbers(version), numbers(oldestVersion)];
  if (given.length === 0 || given.every((number) => number === 0)) return false;
  const different = given.findIndex((number, index) => number !== oldest[index]);
  return different >= 0 && (given[different] ?? 0) < (oldest[different] ?? 0);
}

export interface Containerlab {
  readonly path: string;
  /** As it says itself; `0.0.0` for builds that were told none. */
  readonly version: string;
}

const missingHint = "npm run containerlab:start provides it and an engine; docs/containerlab.md says how else to get it";

/** containerlab, asked for its version. Throws a LabError where it is missing, too old, or does not answer. */
export async function requireContainerlab(): Promise<Containerlab> {
  const path = findContainerlab();
  if (path === undefined) throw new LabError("no-containerlab", "containerlab is neither on PATH nor built", undefined, missingHint);
  const { stdout, stderr, failed, shortMessage } = await execa(path, ["version", "--short"], {
    env: { CLAB_VERSION_CHECK: "disable" },
    timeout: versionWaitMs,
    reject: false,
  });
  const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
  if (failed || version === undefined)
    throw new LabError("no-containerlab", `${path} does not tell its version: ${stderr || shortMessage || stdout}`, undefined, missingHint);
  if (isTooOld(version))
    throw new LabError("old-containerlab", `${path} is version ${version}; labs need ${oldestVersion} or newer`, undefined, missingHint);
  return { path, version };
}
