/** `farmlab doctor`: what this machine can do, what stands in for what it lacks, and how to get that. */
import { Command, Option } from "commander";
import { probeHost, requireSandbox } from "../../emulator/host/index.ts";
import { findImage } from "../../emulator/image/index.ts";
import { doctorText } from "../doctor-text.ts";
import { exitCodes } from "../exit-codes.ts";
import { lawsNeeding } from "../host-laws.ts";
import { hasColour, printProblem } from "../output.ts";

interface DoctorOptions {
  readonly format: "text" | "json";
}

/** Where the output is no terminal. */
const usualColumns = 100;

async function doctor(options: DoctorOptions): Promise<void> {
  const report = await probeHost();
  const verdict = requireSandbox(report);
  const imageBuilt = findImage() !== undefined;
  if (options.format === "json") {
    const capabilities = report.capabilities.map((one) => ({ ...one, laws: lawsNeeding(one) }));
    const whole = { schema: "farmlab.doctor/1", canRun: verdict.ok, imageBuilt, ...report, capabilities };
    process.stdout.write(`${JSON.stringify(whole, undefined, 2)}\n`);
  } else {
    const options = { columns: process.stdout.columns || usualColumns, colour: hasColour(process.stdout), lawsOf: lawsNeeding };
    process.stdout.write(doctorText(report, options));
    process.stdout.write(imageBuilt ? "The node image is built.\n" : "The node image is not built yet: npm start builds it.\n");
  }
  for (const problem of verdict.problems) printProblem(problem);
  process.exitCode = verdict.ok ? exitCodes.holds : exitCodes.hostCannot;
}

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("what this machine can do, what stands in for the rest, and how to get it")
    .addOption(new Option("--format <format>", "text or json").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      "\nExamples:\n  farmlab doctor\n  farmlab doctor --format json | jq .choices\n\nExit code 0 when a lab can run here, else 3.\n",
    )
    .action(doctor);
}
