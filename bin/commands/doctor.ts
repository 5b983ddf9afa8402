/** `farmlab doctor`: what this machine can do, what stands in for what it lacks, and how to get that. */
import { Command, Option } from "commander";
import { probeHost, requireSandbox } from "../../emulator/host/index.ts";
import type { HostReport } from "../../emulator/host/index.ts";
import { findImage } from "../../emulator/image/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { printProblem } from "../output.ts";

interface DoctorOptions {
  readonly format: "text" | "json";
}

function table(report: HostReport): string {
  const rows = report.capabilities.map(({ capability, present, tried, required, usedFor, standIn, how }) => {
    if (present) return [capability, "yes", usedFor] as const;
    if (!tried) return [capability, "?", `${usedFor}; not looked at: ${how ?? "unknown"}`] as const;
    const missing = required ? "no lab runs without it" : `instead: ${standIn ?? "nothing"}`;
    return [capability, "no", `${usedFor}; ${missing}; to get it: ${how ?? "unknown"}`] as const;
  });
  const width = Math.max(...rows.map(([capability]) => capability.length));
  return rows.map(([capability, present, what]) => `${capability.padEnd(width)}  ${present.padEnd(3)}  ${what}\n`).join("");
}

async function doctor(options: DoctorOptions): Promise<void> {
  const report = await probeHost();
  const verdict = requireSandbox(report);
  const imageBuilt = findImage() !== undefined;
  if (options.format === "json") {
    process.stdout.write(`${JSON.stringify({ schema: "farmlab.doctor/1", canRun: verdict.ok, imageBuilt, ...report }, undefined, 2)}\n`);
  } else {
    process.stdout.write(table(report));
    process.stdout.write(imageBuilt ? "\nThe node image is built.\n" : "\nThe node image is not built yet: npm start builds it.\n");
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
