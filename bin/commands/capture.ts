/** `farmlab capture LAB LINK [-w FILE]`: the packets of one end of a link of a running lab, for people, for programs, or as pcapng. */
import { spawn } from "node:child_process";
import { Command, Option } from "commander";
import type { Outcome, Problem } from "../../core/common/index.ts";
import { failure, success } from "../../core/common/index.ts";
import { startCapture, type CaptureEnd, type CaptureSink, type RunningCapture } from "../../emulator/capture/index.ts";
import { ensureNative } from "../../emulator/image/index.ts";
import { LabError } from "../../emulator/lab-error.ts";
import { nativeInLab } from "../../emulator/topology/index.ts";
import { compileFilter } from "../capture-filter.ts";
import { fileSink, lineSink, packetJson, packetLine, standardOutputSink } from "../capture-output.ts";
import { exitCodes } from "../exit-codes.ts";
import { findLink } from "../find-link.ts";
import { onInterrupt } from "../interrupt.ts";
import { argumentsInto, type Inside } from "../look-into-lab.ts";
import { complain, printProblem, type OutputOptions } from "../output.ts";
import { requireLab } from "../running-lab.ts";

interface Options extends OutputOptions {
  readonly write?: string;
  readonly filter?: string;
  readonly format: "text" | "json";
}

function cannotWrite(path: string, error: unknown): Problem {
  const message = `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`;
  return { severity: "error", code: "cannot-write", message, hint: "-w names a file in a folder that is there, on a disk with room" };
}

async function openSink({ write, format }: Options): Promise<Outcome<CaptureSink>> {
  if (write === undefined) return success(lineSink(format === "json" ? packetJson : packetLine));
  if (write === "-") {
    if (!process.stdout.isTTY) return success(standardOutputSink);
    const hint = "pipe it: farmlab capture LAB LINK -w - | wireshark -k -i -";
    return failure({ severity: "error", code: "terminal", message: "pcapng is nothing for a terminal", hint });
  }
  try {
    return success(await fileSink(write));
  } catch (error) {
    return failure(cannotWrite(write, error));
  }
}

function sayEnd({ complete, received, dropped }: CaptureEnd, labName: string, interrupted: boolean, quiet: boolean): void {
  if (!complete) {
    if (!interrupted && !quiet) process.stderr.write(`lab ${labName} has ended\n`);
    return;
  }
  if (!quiet) process.stderr.write(`${received} packet${received === 1 ? "" : "s"}, ${dropped} lost\n`);
  if (dropped === 0) return;
  const message = `${dropped} of ${received} packets are missing: they came faster than they were taken`;
  printProblem({
    severity: "warning",
    code: "packets-lost",
    message,
    hint: "-w FILE takes more than a terminal; --filter leaves out what does not matter",
  });
}

async function capture(labName: string, linkText: string, options: Options): Promise<void> {
  const lab = await requireLab(labName, exitCodes.wrongInput);
  if (lab === undefined) return;
  const outside: Inside = { native: await ensureNative(), lab };
  const link = await findLink(outside, linkText);
  if (!link.ok) return link.problems.forEach((problem) => complain(problem, exitCodes.wrongInput));
  const { name, node, namespace, interface: itsInterface } = link.value;
  const filter = options.filter === undefined ? success(undefined) : await compileFilter({ ...outside, node }, options.filter);
  if (!filter.ok) return filter.problems.forEach((problem) => complain(problem, exitCodes.wrongInput));
  const entrance = await argumentsInto({ lab, node, namespace }, [nativeInLab]);
  if (entrance === undefined) {
    const hint = "its container has ended; farmlab ls shows the labs that run";
    return complain({ severity: "error", code: "no-such-link", message: `node ${node} does not run`, hint }, exitCodes.wrongInput);
  }
  const sink = await openSink(options);
  if (!sink.ok) return sink.problems.forEach((problem) => complain(problem, exitCodes.wrongInput));

  const place = { name, namespacePath: "/proc/self/ns/net", interface: itsInterface, description: `lab ${labName}` };
  const refuse = (error: unknown): void => complain(cannotWrite(options.write ?? "-", error), exitCodes.hostCannot);
  let running: RunningCapture;
  try {
    running = await startCapture(
      (argv) => spawn(outside.native, [...entrance, ...argv], { stdio: "pipe" }),
      [place],
      sink.value,
      filter.value === undefined ? {} : { filter: filter.value },
    );
  } catch (error) {
    if (error instanceof LabError) throw error;
    // The file's beginning is written before the capture has started.
    return refuse(error);
  }
  const interrupt = onInterrupt("");
  // Its end is waited for below, with all that it has seen.
  const stop = (): void => void running.stop().catch(() => undefined);
  interrupt.signal.addEventListener("abort", stop);
  if (options.quiet !== true) process.stderr.write(`capturing ${name}; Ctrl-C ends it\n`);
  try {
    sayEnd(await running.ended, labName, interrupt.signal.aborted, options.quiet === true);
    interrupt.release();
    process.exitCode = interrupt.signal.aborted ? interrupt.exitCode() : exitCodes.holds;
  } catch (error) {
    // Whatever else goes wrong with a capture ends it without an error of its own.
    refuse(error);
  }
}

export function captureCommand(): Command {
  return new Command("capture")
    .argument("<lab>", "name of a running lab (farmlab ls)")
    .argument("<link>", "an end of a link: node:interface, or node/namespace:interface inside a node")
    .option("-w, --write <file>", "write pcapng to a file; - is standard output")
    .option("--filter <expression>", "only what matches, as tcpdump has it (pcap-filter)")
    .addOption(new Option("--format <format>", "of packets that are not written as pcapng").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Ends with Ctrl-C (130) or with the lab (0); the file is whole then, and what was lost is told.

Examples:
  farmlab capture exit-node node-1:eth0
  farmlab capture exit-node node-1/gateway:pub-1-1 --filter "icmp6 or udp port 53"
  farmlab capture exit-node home-a:wan -w home-a.pcapng
  farmlab capture exit-node upstream:swp1 -w - | wireshark -k -i -
`,
    )
    .action(capture);
}
