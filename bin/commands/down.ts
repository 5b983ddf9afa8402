/** `farmlab down LAB`: ends a running lab by its holder, with everything that belongs to it. */
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { startDeadline } from "../../core/common/index.ts";
import { findLab } from "../../emulator/locate.ts";
import { exitCodes } from "../exit-codes.ts";
import type { OutputOptions } from "../output.ts";
import { endLab, requireLab } from "../running-lab.ts";

/** The kernel takes a lab of netns at once; a container engine takes its time for each container. */
const goneWaitMs = { netns: 5000, containerlab: 60_000 } as const;

export function downCommand(): Command {
  return new Command("down")
    .argument("<lab...>", "names of running labs (farmlab ls)")
    .addHelpText("after", "\nExample:\n  farmlab down exit-node\n")
    .action(async (names: string[], options: OutputOptions) => {
      for (const name of new Set(names)) {
        const lab = await requireLab(name, exitCodes.wrongInput);
        if (lab === undefined) continue;
        endLab(lab);
        const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };
        await startDeadline(clock, goneWaitMs[lab.backend]).until(`lab ${name} to end`, async () => {
          const again = await findLab(name, process.getuid?.() ?? 0);
          return again?.holderPid === lab.holderPid ? { seen: `holder ${lab.holderPid} is there` } : { done: true };
        });
        if (options.quiet !== true) process.stderr.write(`lab ${name} is gone\n`);
      }
    });
}
