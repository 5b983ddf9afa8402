/** The container engine's API, over dockerode. */
import Docker from "dockerode";
import { LabError } from "../lab-error.ts";
import { engineSocket } from "./engine-address.ts";

export interface Engine {
  readonly socket: string;
  readonly docker: Docker;
  /** E.g. `docker 20.10.24`. */
  readonly name: string;
}

const answerWaitMs = 10_000;
const hint = "npm run containerlab:start starts one where there is none; docs/containerlab.md says more";

/** The engine behind a socket, whether it answers or not. */
export function engineAt(socket: string): Docker {
  return new Docker({ socketPath: socket });
}

/** The engine, asked for its version. Throws a LabError where none answers. */
export async function requireEngine(): Promise<Engine> {
  const socket = engineSocket();
  if (socket === undefined) throw new LabError("no-engine", "no container engine runs on this machine", undefined, hint);
  const docker = engineAt(socket);
  try {
    const { Version: version } = await docker.version({ abortSignal: AbortSignal.timeout(answerWaitMs) });
    return { socket, docker, name: `docker ${version}` };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LabError("no-engine", `the container engine at ${socket} does not answer: ${why}`, undefined, hint);
  }
}

/** The API's answer for what is not there, or is no longer. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}

/** The API's answer for what is being done already: a container that is just being removed, or paused when it is to be. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 409;
}
