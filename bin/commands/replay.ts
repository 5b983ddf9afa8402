/** `farmlab replay`: runs a capsule's scenario again and says whether its law still breaks. */
import { release } from "node:os";
import { Command, Option } from "commander";
import { backendNames } from "../../emulator/backend.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { capsuleKind, capsuleLines, noteLines, readCapsule, replay, replayLines, usualRepeats } from "../../property-tests/replay/index.ts";
import type { LoadedCapsule, Replay, ReplayedWith } from "../../property-tests/replay/index.ts";
import { createScenarioRunner, currentCommit } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { imageOption, imageProblem } from "../image-option.ts";
import { untilInterrupted } from "../interrupt.ts";
import { complain } from "../output.ts";
import type { OutputOptions } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { readText } from "../read-text.ts";
import { wholeNumber } from "../run/option-values.ts";
import { version } from "../version.ts";

interface Options extends OutputOptions {
  readonly backend?: BackendName;
  readonly image?: "host";
  readonly repeats?: number;
  readonly format: "text" | "json";
}

const meanings = { fires: "failed", gone: "holds", needs: "hostCannot", unknown: "unknown" } as const;

function print(file: string, { capsule }: LoadedCapsule, replayed: Replay, now: ReplayedWith, { format, quiet }: Options): void {
  const notes = noteLines(capsule, now);
  if (format === "json") {
    const { law, property } = capsule;
    const found = { schema: "farmlab.replay/1", capsule: file, law, property, ...replayed, notes };
    process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
    return;
  }
  if (quiet !== true) for (const note of notes) process.stderr.write(`${note}\n`);
  process.stdout.write(`${[...capsuleLines(capsule), ...replayLines(replayed)].join("\n")}\n`);
}

async function run(file: string, options: Options): Promise<void> {
  const text = await readText(file, capsuleKind);
  const loaded = text.ok ? readCapsule(text.value, file) : text;
  for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!loaded.ok) return;
  const backend = options.backend ?? loaded.value.capsule.backend;
  const problem = imageProblem(options.image, backend);
  if (problem !== undefined) return complain(problem, exitCodes.wrongInput);
  if (!(await hostCanRun(backend))) return;

  const repeats = options.repeats ?? usualRepeats(loaded.value);
  const silent = options.quiet === true || options.format === "json";
  const say = (line: string): void => void (silent || process.stderr.write(`${line}\n`));
  const image = options.image ?? "built";
  await untilInterrupted(async (signal) => {
    await prepareRuntime(signal, silent, image);
    const runner = createScenarioRunner({
      ...{ backend, image, signal, jobs: 1, reuse: false, evidence: true },
      onEvent: (event) => {
        if (event.kind === "farm-started") say(`${event.farm}: coming up`);
        if (event.kind === "law-judged") say(`${event.farm}: ${event.result.verdict}`);
      },
    });
    const replayed = await replay(loaded.value, runner, repeats);
    const now = { farmlab: version, commit: await currentCommit(), kernel: release() };
    print(file, loaded.value, replayed, now, options);
    process.exitCode = exitCodes[meanings[replayed.outcome]];
  });
}

export function replayCommand(): Command {
  return new Command("replay")
    .argument("<capsule>", "the file, as farmlab run wrote it")
    .addOption(new Option("--backend <backend>", "what makes the lab (default: what made it when it failed)").choices(backendNames))
    .addOption(imageOption())
    .option("--repeats <number>", "run it so often before it counts as gone (default: as its firing rate wants)", wholeNumber(1, 1000))
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Exit codes: 0 it does not fire any more, 1 it fires, 2 wrong input, 3 this host cannot, 5 nobody could look.

Examples:
  farmlab replay .farmlab/capsules/ex-8-exit-node-1f0c2a9b.capsule.json
  farmlab replay x.capsule.json --backend containerlab --repeats 5
`,
    )
    .action(run);
}
