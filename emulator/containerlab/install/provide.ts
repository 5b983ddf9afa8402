/**
 * Makes containerlab and a container engine available, or ends the engine that it has started. What is there already is used as it is.
 *
 * usage: provide.ts start | stop
 */
import { join } from "node:path";
import { BuildError, buildOnce } from "../../image/index.ts";
import { LabError } from "../../lab-error.ts";
import { findContainerlab, pinFolder, pinnedVersion, programOnPath, requireContainerlab } from "../containerlab-program.ts";
import { provideEngine, stopEngine } from "./start-engine.ts";

const hostCannot = 3;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function provideContainerlab(): Promise<void> {
  if (findContainerlab() === undefined) {
    const go = programOnPath("go", ["/usr/local/go/bin", "/usr/lib/go/bin"]);
    const hint = "install containerlab itself, or Go 1.26 or newer to have it built";
    if (go === undefined) throw new LabError("no-containerlab", "containerlab is not on PATH, and there is no Go to build it", undefined, hint);
    const script = join(pinFolder, "build-containerlab.sh");
    await buildOnce({
      kind: "containerlab",
      hash: pinnedVersion(),
      argv: ["sh", script, go, pinFolder, pinnedVersion()],
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
  say(`container engine: ${await provideEngine(say)}`);
}

try {
  await main(process.argv[2]);
} catch (error) {
  const known = error instanceof BuildError ? error.problem : error instanceof LabError ? error : undefined;
  if (known === undefined) throw error;
  say(`farmlab: ${known.message}${known.hint === undefined ? "" : `\n  ${known.hint}`}`);
  process.exitCode = hostCannot;
}
