/** What the backend takes of the machine: containerlab and a container engine. */
import { containerlabProgram, findEngine, judgeVersion, versionIn, versionOutput } from "../host/index.ts";
import { LabError } from "../lab-error.ts";

export interface Containerlab {
  readonly path: string;
  /** As it says itself; `unknown` for builds that were told none. */
  readonly version: string;
}

export interface Engine {
  /** Path of its socket. */
  readonly socket: string;
  /** E.g. `Engine 20.10.24`. */
  readonly name: string;
}

const hint = "npm run containerlab:start provides what is missing of both; docs/containerlab.md says more";
const oldHint = "bring it up to date; where none is on PATH, npm run containerlab:start builds one";

/** containerlab, asked for its version. Throws a LabError where it is missing, too old, or does not answer. */
export async function requireContainerlab(): Promise<Containerlab> {
  const path = containerlabProgram();
  if (path === undefined) throw new LabError("no-containerlab", "containerlab is neither on PATH nor in the cache", undefined, hint);
  const output = await versionOutput(path).catch((error: unknown) => {
    throw new LabError("no-containerlab", `${path}: ${error instanceof Error ? error.message : String(error)}`, undefined, hint);
  });
  const judged = judgeVersion(output, path);
  if (judged.refusal !== undefined) throw new LabError("old-containerlab", judged.refusal, undefined, oldHint);
  return { path, version: versionIn(output) ?? "unknown" };
}

/**
 * The engine, asked for its version. Throws a LabError where none answers, and for one that has no socket here: namespaces of containers are
 * entered by their process ids, so it must run on this machine.
 */
export async function requireEngine(): Promise<Engine> {
  const found = await findEngine();
  if (typeof found === "string") throw new LabError("no-engine", `no container engine: ${found}`, undefined, hint);
  const [, socket] = /^unix:\/\/(\/.+)$/.exec(found.endpoint) ?? [];
  if (socket === undefined) {
    const wayOut = "unset DOCKER_HOST, or set it to unix:///path/to/docker.sock";
    throw new LabError(
      "no-engine",
      `labs need an engine on this machine, by its socket; DOCKER_HOST is ${found.endpoint}`,
      undefined,
      wayOut,
    );
  }
  return { socket, name: `${found.name} ${found.version}` };
}
