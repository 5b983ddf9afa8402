/**
 * Makes containerlab and a container engine available, or ends the engine that it has started. What is there already is used as it is.
 * `start` prints `started` where it has started an engine, which then is to be stopped by somebody, else `found`.
 *
 * usage: provide.ts start | stop
 */
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { findProgram } from "../../find-program.ts";
import { containerlabProgram } from "../../host/index.ts";
import { BuildError, buildOnce } from "../../image/index.ts";
import { LabError } from "../../lab-error.ts";
import { requireContainerlab } from "../require.ts";
import { provideEngine, stopEngine } from "./start-engine.ts";

const hostCannot = 3;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** Where Go's own archives put it, beside PATH. */
const goFolders = "/usr/local/go/bin";

/** The version that go.mod pins, without its `v`. */
function pinnedVersion(): string {
  const pin = readFileSync(join(import.meta.dirname, "go.mod"), "utf8");
  const [, version] = /^require github\.com\/srl-labs\/containerlab v(\S+)$/m.exec(pin) ?? [];
  if (version === undefined) throw new Error("go.mod names no version of containerlab");
  return version;
}

async function provideContainerlab(): Promise<void> {
  if (containerlabProgram() === undefined) {
    const go = findProgram("go", [process.env["PATH"] ?? "", goFolders].join(delimiter));
    const hint = "install containerlab itself, or Go 1.26 or newer to have it built";
    if (go === undefined)
      throw new LabError("no-containerlab", "containerlab is not on PATH, and there is no Go to build it", undefined, hint);
    const script = join(import.meta.dirname, "build-containerlab.sh");
    await buildOnce({
      kind: "containerlab",
      hash: pinnedVersion(),
      packages: "golang-go",
      argv: ["sh", script, go, import.meta.dirname, pinnedVersion()],
      onLine: (line) => line.startsWith("I: ") && say(line.slice("I: ".length)),
    });
  }
  const { path, version } = await requireContainerlab();
  say(`containerlab ${version}: ${path}`);
}

async function main(command: string | undefined): Promise<void> {
  if (command === "stop") return say((await stopEngine()) ? "the engine that was started for labs has ended" : "no engine of ours runs");
  if (command !== "start") {
    say("usage: provide.ts start | stop");
    process.exitCode = 2;
    return;
  }
  await provideContainerlab();
  const { name, isNew } = await provideEngine(say);
  say(`container engine: ${name}`);
  process.stdout.write(isNew ? "started\n" : "found\n");
}

try {
  await main(process.argv[2]);
} catch (error) {
  const known = error instanceof BuildError ? error.problem : error instanceof LabError ? error : undefined;
  if (known === undefined) throw error;
  say(`farmlab: ${known.message}${known.hint === undefined ? "" : `\n  ${known.hint}`}`);
  process.exitCode = hostCannot;
}
