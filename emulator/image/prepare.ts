/** Builds what labs need and prints the paths as one line of JSON: the last part of the set-up before `npm start` and `npm test`. */
import { BuildError, cacheProblem, ensureRuntime } from "./index.ts";

const barColumns = 30;

function reportProgress(): { onProgress: (step: string, fraction?: number) => void; end: () => void } {
  const terminal = process.stderr.isTTY;
  let lastStep = "";
  return {
    onProgress(step, fraction = 0) {
      if (terminal) {
        const full = Math.round(barColumns * fraction);
        const bar = `${"█".repeat(full)}${"░".repeat(barColumns - full)}`;
        process.stderr.write(`\r\u001b[Knode image ${bar} ${Math.round(100 * fraction)} % ${step}`);
      } else if (step !== lastStep) {
        process.stderr.write(`node image: ${step}\n`);
      }
      lastStep = step;
    },
    end() {
      if (terminal && lastStep !== "") process.stderr.write("\r\u001b[K");
    },
  };
}

const progress = reportProgress();
try {
  const runtime = await ensureRuntime([], { onProgress: progress.onProgress });
  process.stdout.write(`${JSON.stringify([runtime.rootfs, runtime.native, runtime.bundle])}\n`);
} catch (error) {
  const problem = error instanceof BuildError ? error.problem : cacheProblem(error);
  if (problem === undefined) throw error;
  progress.end();
  const { message, hint } = problem;
  process.stderr.write(`farmlab: ${message}\n${hint === undefined ? "" : `  ${hint}\n`}`);
  process.exit(3);
}
progress.end();
