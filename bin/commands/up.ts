/** `farmlab up FILE`: brings a farm up and leaves one holder process with it; the lab ends with `farmlab down` or its holder. */
import { basename } from "node:path";
import { Command } from "commander";
import { intentsOf } from "../../core/intents/index.ts";
import { BuildError } from "../../emulator/image/index.ts";
import { SandboxError } from "../../emulator/netns/index.ts";
import { openFarm, type LiveFarm } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { onInterrupt } from "../interrupt.ts";
import { readFarm } from "../read-farm.ts";
import { complain } from "../running-lab.ts";

interface Options {
  readonly name?: string;
  readonly foreground?: boolean;
  readonly quiet?: boolean;
}

const namePattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;
/** Labs of `up` are made from one seed, so that their addresses repeat from day to day. */
const seed = 1;

function complainOfFailure(error: unknown, name: string): void {
  if (error instanceof BuildError) return complain(error.problem, exitCodes.hostCannot);
  if (error instanceof SandboxError && error.code === "name-taken") {
    const hint = `farmlab down ${name} ends it; --name gives this one another name`;
    return complain({ severity: "error", code: "name-taken", message: `a lab named ${name} is running`, hint }, exitCodes.wrongInput);
  }
  if (error instanceof SandboxError) {
    return complain({ severity: "error", code: error.code, message: error.message, hint: "farmlab doctor shows what this host lacks" }, exitCodes.hostCannot);
  }
  throw error;
}

async function holdUntilInterrupted(live: LiveFarm, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await live.close();
}

async function up(file: string, options: Options): Promise<void> {
  const loaded = await readFarm(file);
  for (const problem of loaded.problems) complain(problem, loaded.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!loaded.ok) return;
  const intents = intentsOf(loaded.value.farm);
  for (const problem of intents.problems) complain(problem, intents.ok ? exitCodes.holds : exitCodes.wrongInput);
  if (!intents.ok) return;
  const name = options.name ?? basename(file).replace(/\.farm\.ya?ml$|\.ya?ml$/, "");
  if (!namePattern.test(name)) {
    const hint = "letters a-z, digits and hyphens, at most 40; --name gives one";
    complain({ severity: "error", code: "lab-name", message: `${name} is no name for a lab`, hint }, exitCodes.wrongInput);
    return;
  }
  const say = (text: string): void => void (options.quiet === true || process.stderr.write(`${text}\n`));
  const interrupt = onInterrupt();
  try {
    const { farm } = loaded.value;
    const live = await openFarm({ farm, intents: intents.value, seed, name, signal: interrupt.signal, onStep: say });
    say(`lab ${name} is up: ${live.lab.topology.nodes.map((node) => node.name).join(", ")}`);
    say(`try: farmlab exec ${name} ${farm.nodes[0]?.name ?? "internet"} -- ip netns`);
    if (options.foreground === true) {
      say("Ctrl-C ends it");
      await holdUntilInterrupted(live, interrupt.signal);
    } else {
      await live.leave();
      say(`farmlab down ${name} ends it`);
    }
  } catch (error) {
    if (interrupt.signal.aborted) process.exitCode = interrupt.exitCode();
    else complainOfFailure(error, name);
  } finally {
    interrupt.release();
  }
}

export function upCommand(): Command {
  return new Command("up")
    .argument("<file>", "farm file")
    .option("--name <lab>", "the lab's name (default: the file's)")
    .option("--foreground", "stay with it; Ctrl-C ends the lab")
    .option("--quiet", "say nothing of what is done")
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
