/** One case of the conformance suite, and what it is given to work with. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { startDeadline } from "../../core/common/index.ts";
import type { ScheduleRules } from "../faults/index.ts";
import type { BackendName, ExecResult, Lab, LabNode } from "../lab.ts";
import type { Topology } from "../topology/index.ts";

export type Sketch = Omit<Topology, "name" | "seed">;

export interface CaseContext {
  readonly backend: BackendName;
  /** The rules of time of faults, which are core/farm's. */
  readonly rules: ScheduleRules;
  /** Brings a lab up under a name of its own; whoever runs the case takes it down. */
  readonly up: (sketch: Sketch) => Promise<Lab>;
}

export interface ConformanceCase {
  /** What holds of every backend, as a sentence that follows "a lab". */
  readonly name: string;
  /** Throws where the backend does not do it. */
  readonly check: (context: CaseContext) => Promise<void>;
}

const patienceMs = 10_000;
const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };

/** Waits until `look` answers without throwing; then throws what it threw last. */
export async function eventually(what: string, look: () => Promise<void>): Promise<void> {
  await startDeadline(clock, patienceMs).until(what, async () => {
    try {
      await look();
      return { done: undefined };
    } catch (error) {
      return { seen: error instanceof Error ? error.message : String(error) };
    }
  });
}

/** Runs a program that must succeed; its standard output without the white space around it. */
export async function said(node: LabNode, argv: readonly string[], namespace?: string): Promise<string> {
  const result = await node.exec(argv, namespace === undefined ? {} : { namespace });
  assert.equal(result.code, 0, describeResult(node, argv, result));
  return result.stdout.trim();
}

/** Runs a program that must fail. */
export async function refused(node: LabNode, argv: readonly string[]): Promise<ExecResult> {
  const result = await node.exec(argv);
  assert.notEqual(result.code, 0, describeResult(node, argv, result));
  return result;
}

const describeResult = (node: LabNode, argv: readonly string[], { code, stdout, stderr }: ExecResult): string =>
  `${argv.join(" ")} on ${node.name} ended with ${code}: ${`${stdout}${stderr}`.trim().slice(-500)}`;

/** Longer than a kernel takes to ask for a neighbour again whom it has not found at once: that is a second. */
const answerWaitS: number = 5;
/** For echoes that nobody is to answer. */
export const silenceWaitS: number = 1;

/** One echo, never fragmented; `bytes` is the whole IP packet's size. */
export function pingArguments(to: string, bytes = 84, waitS: number = answerWaitS): string[] {
  const headers = to.includes(":") ? 48 : 28;
  return ["ping", "-c1", `-W${waitS}`, "-M", "do", "-s", String(bytes - headers), to];
}
