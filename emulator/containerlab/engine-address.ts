/** Where the container engine listens: the one that the user names, else the machine's own, else the one that farmlab has started. */
import { existsSync } from "node:fs";
import { LabError } from "../lab-error.ts";

export interface EngineFolders {
  /** Socket, pid, configuration and what else goes with a reboot. */
  readonly run: string;
  /** Images and containers. */
  readonly data: string;
}

/** Of the engine that `npm run containerlab:start` starts where there is none. */
export const ownEngine: EngineFolders = { run: "/run/farmlab/engine", data: "/var/lib/farmlab/engine" };
export const ownSocket: string = `${ownEngine.run}/docker.sock`;
const machineSocket = "/var/run/docker.sock";

/** Namespaces of containers are entered by their process ids: an engine on another machine is of no use. */
function socketOf(host: string): string {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(host) ?? [];
  if (path !== undefined) return path;
  const hint = "unset DOCKER_HOST, or set it to unix:///path/to/docker.sock";
  throw new LabError("no-engine", `DOCKER_HOST is ${host}: labs need an engine on this machine, by its Unix socket`, undefined, hint);
}

/** Path of the socket; undefined where no engine is to be seen. Throws a LabError for a DOCKER_HOST that is no Unix socket. */
export function engineSocket(environment: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const named = environment["DOCKER_HOST"];
  if (named !== undefined && named !== "") return socketOf(named);
  return [machineSocket, ownSocket].find((path) => existsSync(path));
}
