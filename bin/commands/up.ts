/** `farmlab up FILE`: brings a farm up and leaves one holder process with it; the lab ends with `farmlab down` or its holder. */
import { basename } from "node:path";
import { Command, Option } from "commander";
import type { Farm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import type { Intents } from "../../core/intents/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import { findLab } from "../../emulator/netns/index.ts";
import { openFarm, type LiveFarm } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { onInterrupt, type Interrupt } from "../interrupt.ts";
import { complain, type OutputOptions } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { readFarm } from "../read-farm.ts";

interface Options extends OutputOptions {
  readonly name?: string;
  readonly foreground?: boolean;
}

interface Given {
  readonly farm: Farm;
  readonly intents: Intents;
  readonly name: string;
}

const namePattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;
/** Labs of `up` are made from one seed, so that their addresses repeat from day to day. */
const seed = 1;
/** Of what agents report, as much as a terminal shows without scrolling. */
const reportCharactersMax = 1000;

function complainOfName(name: string): void {
  const hint = `farmlab down ${name} ends it; --name gives this one another name`;
  complain({ severity: "error", code: "name-taken", message: `a lab named ${name} is running`, hint }, exitCodes.wrongInput);
}

/** Farm, intents and a free name; undefined after saying what is wrong with them. */
async function read(file: string, options: Options): Promise<Given | undefined> {
  const loaded = await readFarm(file);
  for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!loaded.ok) return undefined;
  const intents = intentsOf(loaded.value.farm);
  for (const problem of intents.problems) complain(problem, intents.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!intents.ok) return undefined;
  const name = options.name ?? basename(file).replace(/\.farm\.ya?ml$|\.ya?ml$/, "");
  if (!namePattern.test(name)) {
    const hint = "letters a-z, digits and hyphens, at most 40; --name gives one";
    complain({ severity: "error", code: "lab-name", message: `"${name}" is no name for a lab`, hint }, exitCodes.wrongInput);
    return undefined;
  }
  if ((await findLab(name, process.getuid?.() ?? 0)) !== undefined) return void complainOfName(name);
  return { farm: loaded.value.farm, intents: intents.value, name };
}

/** Until Ctrl-C, or until the lab is ended from elsewhere; then the lab is gone. */
async function stay(live: LiveFarm, { signal }: Interrupt): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await Promise.race([interrupted, live.lab.ended]);
  await live.close();
}

/** What agents say that did not get ready, cut to what can be read. */
function complainOfAgents(report: string): void {
  const message = report.length > reportCharactersMax ? `${report.slice(0, reportCharactersMax)}...` : report;
  const hint = "the lab is gone again; farmlab doctor shows what this host lacks, farmlab run judges a farm whose agents fail";
  complain({ severity: "error", code: "not-ready", message, hint }, exitCodes.failed);
}

async function hold({ farm, intents, name }: Given, options: Options, interrupt: Interrupt): Promise<void> {
  const { signal } = interrupt;
  const say = (text: string): void => void (options.quiet === true || process.stderr.write(`${text}\n`));
  const live = await openFarm({ farm, intents, seed, name, signal, onStep: say, evenUnready: true });
  if (live.notReady !== undefined) {
    await live.close();
    if (!signal.aborted) complainOfAgents(live.notReady);
    return;
  }
  say(`lab ${name} is up: ${live.lab.topology.nodes.map((node) => node.name).join(", ")}`);
  say(`try: farmlab exec ${name} ${farm.nodes[0]?.name ?? "internet"} -- ip netns`);
  if (options.foreground === true) {
    say("Ctrl-C ends it");
    await stay(live, interrupt);
    if (!signal.aborted) say(`lab ${name} was ended from elsewhere`);
    return;
  }
  await live.leave();
  // Interrupted at the last moment: what was announced holds.
  if (signal.aborted) await live.lab.down();
  else say(`farmlab down ${name} ends it`);
}

async function up(file: string, options: Options): Promise<void> {
  const given = await read(file, options);
  if (given === undefined || !(await hostCanRun())) return;
  const interrupt = onInterrupt();
  try {
    await prepareRuntime(interrupt.signal, options.quiet === true);
    await hold(given, options, interrupt);
  } catch (error) {
    if (error instanceof LabError && error.code === "name-taken") complainOfName(given.name);
    else if (!interrupt.signal.aborted) throw error;
  } finally {
    interrupt.release();
  }
  // At once: what still waits for the lab that is gone must not keep this process.
  if (interrupt.signal.aborted) process.exit(interrupt.exitCode());
}

export function upCommand(): Command {
  return new Command("up")
    .argument("<file>", "farm file")
    .option("--name <lab>", "the lab's name (default: the file's)")
    .option("--foreground", "stay with it; Ctrl-C ends the lab")
    .addOption(new Option("--backend <backend>", "what makes the lab").choices(["netns"]).default("netns"))
    .addHelpText(
      "after",
      `
Examples:
  farmlab up topologies/exit-node.farm.yml
  farmlab up topologies/exit-node.farm.yml --name second --foreground
`,
    )
    .action(up);
}
