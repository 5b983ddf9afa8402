/** `farmlab up FILE`: brings a farm or a topology of containerlab's up and leaves one holder process with it; the lab ends with `farmlab down` or its holder. */
import { basename } from "node:path";
import { Command, Option } from "commander";
import { backendNames } from "../../emulator/backend.ts";
import { missingPackages } from "../../emulator/image/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import { findLab } from "../../emulator/locate.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun, hostCanTunnel } from "../host-problem.ts";
import { imageOption, imageProblem } from "../image-option.ts";
import { onInterrupt, type Interrupt } from "../interrupt.ts";
import { complain } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";
import { clabLab } from "../up/clab-lab.ts";
import { farmLab } from "../up/farm-lab.ts";
import type { HeldLab, LabToHold, UpOptions } from "../up/lab-to-hold.ts";

interface Given {
  readonly toHold: LabToHold;
  readonly name: string;
}

const namePattern = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;
const clabEnding = /\.clab\.ya?ml$/;

function complainOfName(name: string): void {
  const hint = `farmlab down ${name} ends it; --name gives this one another name`;
  complain({ severity: "error", code: "name-taken", message: `a lab named ${name} is running`, hint }, exitCodes.wrongInput);
}

/** What the file holds and a free name; undefined after saying what is wrong with them. */
async function read(file: string, options: UpOptions): Promise<Given | undefined> {
  const toHold = clabEnding.test(file) ? await clabLab(file, options) : await farmLab(file, options);
  if (toHold === undefined) return undefined;
  const name = options.name ?? basename(file).replace(/(\.farm|\.clab)?\.ya?ml$/, "");
  if (!namePattern.test(name)) {
    const hint = "letters a-z, digits and hyphens, at most 40; --name gives one";
    complain({ severity: "error", code: "lab-name", message: `"${name}" is no name for a lab`, hint }, exitCodes.wrongInput);
    return undefined;
  }
  if ((await findLab(name, process.getuid?.() ?? 0)) !== undefined) return void complainOfName(name);
  return { toHold, name };
}

/** Whether this machine has what the lab's nodes run; says what it lacks. */
function hasPrograms({ toHold, name }: Given): boolean {
  const missing = missingPackages(toHold.topology);
  if (missing.length === 0) return true;
  const message = `this machine lacks programs that nodes of ${name} run: ${missing.join(", ")}`;
  const hint = "without --image host they run on the node image, which has them";
  complain({ severity: "error", code: "image-host-lacks", message, hint }, exitCodes.hostCannot);
  return false;
}

/** Until Ctrl-C, or until the lab is ended from elsewhere; then the lab is gone. */
async function stay(live: HeldLab, { signal }: Interrupt): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
  await Promise.race([interrupted, live.lab.ended]);
  await live.close();
}

async function hold({ toHold, name }: Given, options: UpOptions, interrupt: Interrupt): Promise<void> {
  const { signal } = interrupt;
  const say = (text: string): void => void (options.quiet === true || process.stderr.write(`${text}\n`));
  const live = await toHold.bringUp(name, signal, say);
  if (live === undefined) return;
  say(`lab ${name} is up: ${live.lab.topology.nodes.map((node) => node.name).join(", ")}`);
  say(`try: farmlab exec ${name} ${toHold.example}`);
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

async function up(file: string, options: UpOptions): Promise<void> {
  const wrong = imageProblem(options.image, options.backend);
  if (wrong !== undefined) return complain(wrong, exitCodes.wrongInput);
  const given = await read(file, options);
  if (given === undefined || (options.image === "host" && !hasPrograms(given)) || !(await hostCanRun(options.backend))) return;
  if (given.toHold.tunnels && !(await hostCanTunnel())) return;
  const interrupt = onInterrupt();
  try {
    await prepareRuntime(interrupt.signal, options.quiet === true, options.image ?? "built");
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
    .argument("<file>", "farm file, or a topology of containerlab's (.clab.yml)")
    .option("--name <lab>", "the lab's name (default: the file's)")
    .option("--foreground", "stay with it; Ctrl-C ends the lab")
    .option("--trust", "let a .clab.yml run its commands and bind files of this machine")
    .addOption(imageOption())
    .addOption(new Option("--backend <backend>", "what makes the lab").choices(backendNames).default("netns"))
    .addHelpText(
      "after",
      `
Examples:
  farmlab up topologies/exit-node.farm.yml
  farmlab up topologies/exit-node.farm.yml --name second --foreground
  farmlab up mine.clab.yml --trust
`,
    )
    .action(up);
}
