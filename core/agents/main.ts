/**
 * The agent: the one process of farmlab in a node, a daemon of farmlab-init, bundled into one file (`node agent.cjs [CONFIGURATION]`).
 * With role `allocator` it hands out prefixes instead, on the store's host (`allocator.ts`). In a node
 * it knows the intents, the facts that nodes publish and its own key file; derives, plans, applies, and says what it did. It decides
 * nothing for other nodes and is told nothing but what the store holds. No other room imports this one: it begins here.
 */
import { writeSync } from "node:fs";
import { clockSkewPath } from "../common/index.ts";
import { runAgent } from "./agent.ts";
import { runAllocator } from "./allocator.ts";
import { machineClock } from "./clock.ts";
import { defaultConfigurationPath, readConfiguration } from "./configuration.ts";
import { createLog } from "./log.ts";
import { lockNode, nodeLockName } from "./node-lock.ts";
import { skewOf, skewedClock } from "./skewed-clock.ts";
import { textOf } from "./text-of.ts";

const clock = skewedClock(machineClock, skewOf(clockSkewPath));
const log = createLog(
  (line) => {
    try {
      writeSync(1, line);
    } catch {
      // A log that nobody takes is no reason to leave the node alone.
    }
  },
  () => clock.now(),
);

async function main(): Promise<number> {
  const read = readConfiguration(process.argv[2] ?? defaultConfigurationPath);
  if (!read.ok) {
    for (const problem of read.problems) log("wrong-configuration", { message: problem.message });
    return 2;
  }
  const ending = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => ending.abort());
  try {
    const surroundings = { clock, log, seed: process.pid };
    if (read.value.role === "allocator") {
      await runAllocator(read.value.store, surroundings, ending.signal);
      return 0;
    }
    const lock = await lockNode(nodeLockName, process.pid, clock);
    if (!lock.held) {
      const who = lock.pid === undefined ? "a process that does not say which" : `process ${lock.pid}`;
      log("agent-runs-already", { message: `another agent of this node runs: ${who}`, pid: lock.pid });
      return 2;
    }
    await runAgent(read.value, surroundings, ending.signal);
    return 0;
  } catch (error) {
    log("internal-error", { message: textOf(error), stack: error instanceof Error ? error.stack : undefined });
    return 70;
  }
}

void main().then((code) => process.exit(code));
