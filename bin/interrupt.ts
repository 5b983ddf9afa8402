/** Ctrl-C once stops and cleans up; twice stops at once. A lab never outlives this process, so the second leaves nothing behind either. */
import { exitCodes } from "./exit-codes.ts";

/** npm, timeout(1) and other wrappers pass a signal on that the process' group got as well: so close together it is one Ctrl-C. */
const sameSignalMs = 100;

export interface Interrupt {
  readonly signal: AbortSignal;
  exitCode(): number;
  /** Gives the signals back to their default. */
  release(): void;
}

/**
 * Runs `work` with a signal that Ctrl-C aborts. Once interrupted the process ends at once and with the code of that: what still waits for a lab
 * that is gone must not keep it. `lastWords` say what is left. Throws whatever else `work` throws.
 */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>, lastWords = "the labs are gone"): Promise<void> {
  const interrupt = onInterrupt();
  try {
    await work(interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.stderr.write(`interrupted; ${lastWords}\n`);
    process.exit(interrupt.exitCode());
  } finally {
    interrupt.release();
  }
}

/** `announce` says what the first one does. */
export function onInterrupt(announce = "taking the labs down (again to stop at once)"): Interrupt {
  const controller = new AbortController();
  let code: number = exitCodes.interrupted;
  let firstMs = 0;
  const take =
    (name: "SIGINT" | "SIGTERM", itsCode: number): (() => void) =>
    () => {
      if (controller.signal.aborted) {
        if (performance.now() - firstMs > sameSignalMs) process.exit(itsCode);
        return;
      }
      code = itsCode;
      firstMs = performance.now();
      if (announce !== "") process.stderr.write(`\n${name === "SIGINT" ? "interrupted" : "terminated"}: ${announce}\n`);
      controller.abort(new Error("interrupted"));
    };
  const onInt = take("SIGINT", exitCodes.interrupted);
  const onTerm = take("SIGTERM", exitCodes.terminated);
  process.on("SIGINT", onInt);
  process.on("SIGTERM", onTerm);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release() {
      process.off("SIGINT", onInt);
      process.off("SIGTERM", onTerm);
    },
  };
}
