/** What makes the node image's tar archive from the recipe: mmdebstrap, on this machine or in a container. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { findProgram } from "../find-program.ts";
import { BuildError } from "./build-once.ts";
import { recipe, type Recipe } from "./recipe.ts";

export type Builder = "mmdebstrap" | "docker" | "podman";

const engineWaitMs = 5000;

/** From the recipe; the archive goes to standard output. */
const mmdebstrapArguments = ({ customize, packages, suite }: Recipe): readonly string[] => [
  ...["--format=tar", "--mode=root", "--variant=essential", "--verbose", "--skip=output/dev"],
  // The cache may lie in a home directory that apt's own user cannot enter; files that nobody will read after a crash need no sync.
  ...['--aptopt=APT::Sandbox::User "root"', '--aptopt=Acquire::Languages "none"', "--dpkgopt=force-unsafe-io"],
  ...customize.map((line) => `--customize-hook=${line}`),
  `--include=${packages.join(",")}`,
  ...[suite, "-"],
];

/** Whatever mmdebstrap starts and mounts ends with it. */
const inNamespaces: readonly string[] = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/**
 * The command that writes the archive. In a container mmdebstrap is fetched first, and no right is asked for but those that containers
 * have: without the right to mount it does without. The container ends with this command, whose standard input has to stay open
 * (in-container.sh). It uses the machine's network, for engines that have none of their own.
 */
export function builderCommand(builder: Builder, of: Recipe = recipe): string[] {
  if (builder === "mmdebstrap") return [...inNamespaces, "mmdebstrap", ...mmdebstrapArguments(of)];
  const script = readFileSync(new URL("in-container.sh", import.meta.url), "utf8");
  const container = ["run", "--rm", "--interactive", "--network=host", `docker.io/library/debian:${of.suite}-slim`];
  return [builder, ...container, "sh", "-c", script, "in-container.sh", ...mmdebstrapArguments(of)];
}

/** Why an engine does not work here, in its own words; undefined where it does. */
async function engineRefusal(engine: "docker" | "podman"): Promise<string | undefined> {
  if (findProgram(engine) === undefined) return `${engine} is not on PATH`;
  const ask = engine === "docker" ? ["version", "--format", "{{.Server.Version}}"] : ["info", "--format", "{{.Version.Version}}"];
  try {
    await promisify(execFile)(engine, ask, { timeout: engineWaitMs, killSignal: "SIGKILL" });
    return undefined;
  } catch (error) {
    const { killed, stderr, message } = error as Error & { readonly killed?: boolean; readonly stderr?: string };
    const said = stderr?.trim().split("\n").at(-1) ?? "";
    return `${engine}: ${killed === true ? `no answer within ${engineWaitMs} ms` : said === "" ? message : said}`;
  }
}

/**
 * The best that this machine has. Throws a BuildError where it has none. In a user namespace, where images of users who are not root are built,
 * Podman cannot make another one for its containers.
 */
export async function findBuilder(inUserNamespace = false): Promise<Builder> {
  if (findProgram("mmdebstrap") !== undefined) return "mmdebstrap";
  const refusals: string[] = [];
  for (const engine of ["docker", "podman"] as const) {
    const refusal = inUserNamespace && engine === "podman" ? "podman builds it for root only" : await engineRefusal(engine);
    if (refusal === undefined) return engine;
    refusals.push(refusal);
  }
  throw new BuildError({
    severity: "error",
    code: "image-no-builder",
    message: `the node image is not built yet, and nothing here can build it: mmdebstrap is not on PATH, ${refusals.join(", ")}`,
    hint: "on Debian and its relatives: apt-get install mmdebstrap debian-archive-keyring; elsewhere: install Docker or Podman",
  });
}
