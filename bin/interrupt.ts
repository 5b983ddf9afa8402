/** Ctrl-C once stops and cleans up; twice stops at once. A lab never outlives this process, so the second leaves nothing behind either. */
import { exitCodes } from "./exit-codes.ts";

export interface Interrupt {
  readonly signal: AbortSignal;
  exitCode(): number;
  /** Gives the signals back to their default. */
  release(): void;
}

export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let code: number = exitCodes.interrupted;
  const take =
    (name: "SIGINT" | "SIGTERM", itsCode: number): (() => void) =>
    () => {
      code = itsCode;
      if (controller.signal.aborted) process.exit(code);
      process.stderr.write(`\n${name === "SIGINT" ? "interrupted" : "terminated"}: taking the labs down (again to stop at once)\n`);
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
