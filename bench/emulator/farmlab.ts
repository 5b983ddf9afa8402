/** A shape brought up by one of farmlab's own backends. */
import { backendNamed } from "../../emulator/backend.ts";
import type { Runtime } from "../../emulator/image/index.ts";
import type { BackendName } from "../../emulator/lab.ts";
import type { Shape } from "./shapes.ts";
import type { Timing } from "./timing.ts";

const pingWaitMs = 10_000;

export async function timeFarmlab(backend: BackendName, runtime: Runtime, shape: Shape, count: number): Promise<Timing> {
  const started = performance.now();
  const lab = await backendNamed(backend, runtime).up(shape.topology, { name: `bench-${process.pid}-${count}` });
  try {
    const up = performance.now();
    const answer = await lab.node(shape.from).exec(["ping", "-c1", "-W2", "-t255", shape.to], { timeoutMs: pingWaitMs });
    if (answer.code !== 0) throw new Error(`${backend}: no answer through the ${shape.name}: ${answer.stdout}${answer.stderr}`);
    const answered = performance.now();
    await lab.down();
    return { startMs: 0, upMs: up - started, pingMs: answered - up, downMs: performance.now() - answered };
  } finally {
    await lab.down();
  }
}
