/** `farmlab what-if`: each link, node and daemon of a farm fails, and what becomes of every flow is told. */
import { randomInt } from "node:crypto";
import { Command, Option } from "commander";
import { nearestHint } from "../../core/common/reading/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { backendNames } from "../../emulator/backend.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { failureWords, isTunnelDaemon, partsNamed, usualJobs, whatIf, whatIfMeaning } from "../../property-tests/what-if/index.ts";
import type { WhatIfEvent, WhatIfResult } from "../../property-tests/what-if/index.ts";
import { duration } from "../duration.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun, hostCanTunnel } from "../host-problem.ts";
import { imageOption, imageProblem } from "../image-option.ts";
import { untilInterrupted } from "../interrupt.ts";
import { complain } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { loadFarms } from "../run/load-farms.ts";
import { gather, wholeNumber } from "../run/option-values.ts";
import { version } from "../version.ts";
import { whatIfText } from "../what-if-text.ts";

interface Options {
  readonly pairs?: boolean;
  readonly only?: readonly string[];
  readonly stands: number;
  readonly budget?: number;
  readonly seed?: number;
  readonly jobs?: number;
  readonly backend: BackendName;
  readonly image?: "host";
  readonly format: "text" | "json";
  readonly quiet?: boolean;
}

const seedMax = 0x7fff_ffff;
const usualStandMs = 3000;

/** To standard error: one line that changes on a terminal, else a line for each failure. */
function progress(quiet: boolean): (event: WhatIfEvent) => void {
  if (quiet) return () => undefined;
  const isTerminal = process.stderr.isTTY;
  let [tried, failures] = [0, 0];
  const say = (text: string): void => {
    const line = isTerminal ? `\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}` : `${text}\n`;
    process.stderr.write(line);
  };
  return (event) => {
    if (event.kind === "begun") {
      failures = event.failures;
      say(`${event.failures} failures to try, ${event.flows} flows watched`);
    } else if (event.kind === "tried") {
      tried += 1;
      const { failure, verdict, lost } = event.result;
      say(`${tried}/${failures} ${failure}: ${verdict === "harmless" ? "nothing lost" : `${verdict}, ${lost.length} flows`}`);
    } else if (isTerminal) say(event.step);
  };
}

function unknownWords(farm: Farm, only: readonly string[]): boolean {
  const known = failureWords(farm);
  const unknown = only.flatMap(partsNamed).filter((word) => !known.includes(word) && !isTunnelDaemon(farm, word));
  for (const word of unknown) {
    const message = `nothing of the farm is called "${word}"`;
    complain({ severity: "error", code: "unknown-failure", message, hint: nearestHint(word, known, "failures") }, exitCodes.wrongInput);
  }
  return unknown.length > 0;
}

function print(result: WhatIfResult, { format }: Options): void {
  process.stdout.write(format === "json" ? `${JSON.stringify(result, undefined, 2)}\n` : whatIfText(result));
}

async function run(file: string, options: Options): Promise<void> {
  const wrongImage = imageProblem(options.image, options.backend);
  if (wrongImage !== undefined) complain(wrongImage, exitCodes.wrongInput);
  const [given, another] = (await loadFarms([file])) ?? [];
  if (given === undefined || wrongImage !== undefined) return;
  if (another !== undefined) {
    const hint = "name one of its farm files";
    return complain({ severity: "error", code: "one-farm", message: `${file} is a folder of several farms`, hint }, exitCodes.wrongInput);
  }
  const only = options.only ?? [];
  if (unknownWords(given.farm, only) || !(await hostCanRun(options.backend)) || !(await hostCanTunnel())) return;

  const isSilent = options.quiet === true;
  const image = options.image ?? "built";
  await untilInterrupted(async (signal) => {
    await prepareRuntime(signal, isSilent, image);
    const result = await whatIf({
      ...{ given, only, image, version, backend: options.backend },
      pairs: options.pairs === true,
      seed: options.seed ?? randomInt(seedMax),
      jobs: options.jobs ?? usualJobs(),
      holdMs: options.stands,
      ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
      signal,
      onEvent: progress(isSilent),
    });
    if (process.stderr.isTTY && !isSilent) process.stderr.write("\r\u001b[K");
    print(result, options);
    const meaning = whatIfMeaning(result);
    process.exitCode = exitCodes[meaning];
  });
}

export function whatIfCommand(): Command {
  return new Command("what-if")
    .argument("<file>", "farm file")
    .option("--pairs", "let every two fail together besides")
    .option(
      "--only <failure>",
      "link, node or process, or one as it is listed, e.g. 'link home-a:wan', or two with + between (may be given several times)",
      gather,
    )
    .option("--stands <duration>", "how long a failure stands before it is repaired", duration, usualStandMs)
    .option("--budget <duration>", "begin no further failure after so long, e.g. 10m", duration)
    .option("--seed <number>", "choose flows and the order of pairs by this seed", wholeNumber(0, seedMax))
    .option("--jobs <number>", "labs at once (default: one for two cores)", wholeNumber(1, 64))
    .addOption(new Option("--backend <backend>", "what makes the labs").choices(backendNames).default("netns"))
    .addOption(imageOption())
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Each link, node and daemon fails in a lab, one by one, while every flow that should work is probed all the time.

Exit codes: 0 the farm's expectations hold, 1 one does not, 2 wrong input, 3 this host cannot, 4 nothing to try, 5 something is unknown.

Examples:
  farmlab what-if topologies/exit-node.farm.yml
  farmlab what-if topologies/exit-node.farm.yml --only process --only 'node home-a'
  farmlab what-if topologies/exit-node.farm.yml --pairs --budget 10m --format json
`,
    )
    .action(run);
}
