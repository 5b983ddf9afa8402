/** Looks for a container engine: whatever answers the Docker engine's API. */
import { existsSync } from "node:fs";
import { request, type RequestOptions } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Finding } from "./probe.ts";

export interface Engine {
  /** `Docker Engine`, `Podman Engine`, as it calls itself. */
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  /** As DOCKER_HOST would say it. */
  readonly endpoint: string;
}

/** Of the engine that `npm run containerlab:start` starts where there is none. */
export const ownEngineSocket: string = "/run/farmlab/engine/docker.sock";

const longestAnswerMs = 5000;
const answerBytesMax = 64 * 1024;

/** Sockets at which Docker and Podman listen, with and without root, in the order in which they are tried. */
function usualSockets(environment: NodeJS.ProcessEnv): readonly string[] {
  const own = environment["XDG_RUNTIME_DIR"];
  return [
    "/var/run/docker.sock",
    ...(own === undefined ? [] : [join(own, "docker.sock")]),
    join(homedir(), ".docker/run/docker.sock"),
    "/run/podman/podman.sock",
    ...(own === undefined ? [] : [join(own, "podman/podman.sock")]),
    ownEngineSocket,
  ];
}

/** Where a DOCKER_HOST leads; undefined for what is no socket and no plain TCP address (ssh://, and TLS, which takes certificates). */
function destination(endpoint: string, environment: NodeJS.ProcessEnv): RequestOptions | undefined {
  if (endpoint.startsWith("unix://")) return { socketPath: endpoint.slice("unix://".length) };
  const tcp = /^(?:tcp|http):\/\/(?:\[([0-9a-f:.]+)\]|([^/:]+))(?::(\d+))?\/?$/i.exec(endpoint);
  if (tcp === null || (environment["DOCKER_TLS_VERIFY"] ?? "") !== "") return undefined;
  return { host: tcp[1] ?? tcp[2], port: tcp[3] ?? "2375" };
}

/** The body of the answer to GET /version; whoever accepts and says nothing is left after `waitMs`, also in the middle of its answer. */
function askVersion(where: RequestOptions, waitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(waitMs);
    const asking = request({ ...where, path: "/version", headers: { host: "engine" }, agent: false, signal }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        body += text;
        if (body.length > answerBytesMax) asking.destroy(new Error("it answers more than an engine would"));
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`it answered with status ${response.statusCode ?? 0}`));
      });
    });
    asking.on("error", (error: NodeJS.ErrnoException) =>
      reject(signal.aborted ? new Error(`no answer within ${waitMs} ms`) : new Error(error.code ?? error.message)),
    );
    asking.end();
  });
}

interface VersionAnswer {
  readonly Version?: unknown;
  readonly ApiVersion?: unknown;
  readonly Components?: readonly { readonly Name?: unknown }[];
}

function readAnswer(body: string, endpoint: string): Engine {
  const { Version: version, ApiVersion: apiVersion, Components: components } = JSON.parse(body) as VersionAnswer;
  if (typeof version !== "string" || typeof apiVersion !== "string") throw new Error("it does not answer as an engine does");
  const name = components?.[0]?.Name;
  // Docker's own component is called no more than that.
  return { name: typeof name !== "string" || name === "Engine" ? "Docker Engine" : name, version, apiVersion, endpoint };
}

/** The engine at DOCKER_HOST where that is set, else the first that answers at a usual socket; in words why there is none. */
export async function findEngine(environment: NodeJS.ProcessEnv = process.env, waitMs: number = longestAnswerMs): Promise<Engine | string> {
  const chosen = environment["DOCKER_HOST"] ?? "";
  const endpoints =
    chosen === ""
      ? usualSockets(environment)
          .filter(existsSync)
          .map((path) => `unix://${path}`)
      : [chosen];
  const answers = await Promise.all(
    endpoints.map(async (endpoint): Promise<Engine | string> => {
      const where = destination(endpoint, environment);
      if (where === undefined) return `${endpoint}: only unix:// and tcp:// without TLS are looked at`;
      try {
        return readAnswer(await askVersion(where, waitMs), endpoint);
      } catch (error) {
        return `${endpoint}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }),
  );
  return answers.find((answer) => typeof answer !== "string") ?? (answers.join("; ") || "no engine's socket is there");
}

export async function probeEngine(): Promise<Finding> {
  const engine = await findEngine();
  if (typeof engine === "string") return { refusal: engine };
  return { found: `${engine.name} ${engine.version}, API ${engine.apiVersion}, at ${engine.endpoint}` };
}
