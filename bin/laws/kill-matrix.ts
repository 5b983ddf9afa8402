/** `farmlab laws --mutants`: runs every seeded fault and shows which law catches it. */
import { availableParallelism } from "node:os";
import { editDistance } from "../../core/common/reading/index.ts";
import { cacheDirectory } from "../../emulator/image/index.ts";
import { faultsOf, keepMatrix, matrixText, mutantNamed, mutants, runMatrix } from "../../property-tests/mutants/index.ts";
import type { Mutant } from "../../property-tests/mutants/index.ts";
import { sourcesHash } from "../../property-tests/run/index.ts";
import { partOf } from "../../reports/index.ts";
import type { Shard } from "../../reports/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { hostCanRun } from "../host-problem.ts";
import { untilInterrupted } from "../interrupt.ts";
import { complain } from "../output.ts";
import { prepareRuntime } from "../prepare-runtime.ts";

export interface MatrixChoice {
  readonly only?: readonly string[];
  readonly part?: Shard;
  readonly everyLaw?: boolean;
  readonly jobs?: number;
  readonly seed?: number;
  readonly quiet?: boolean;
  readonly format: "text" | "json";
}

/**
 * A lab with a fault in it waits most of the time, for answers that do not come; one that is judged by every law keeps a processor busy. On two
 * cores the whole matrix took 1244 s with three at once, and 1135 s with four, of 1733 s of processor time.
 */
const defaultJobs = 2 * availableParallelism();
const defaultSeed = 42;

/** Undefined after complaining of an id that no mutant has. */
function choose({ only, part }: MatrixChoice): readonly Mutant[] | undefined {
  const unknown = (only ?? []).filter((id) => mutantNamed(id) === undefined);
  for (const id of unknown) {
    const distance = (mutant: Mutant): number => editDistance(mutant.id, id);
    const nearest = mutants.reduce((best, mutant) => (distance(mutant) < distance(best) ? mutant : best));
    complain(
      { severity: "error", code: "unknown-mutant", message: `there is no mutant ${id}`, hint: `the nearest is ${nearest.id}` },
      exitCodes.wrongInput,
    );
  }
  if (unknown.length > 0) return undefined;
  const chosen = only === undefined ? mutants : mutants.filter(({ id }) => only.includes(id));
  return partOf(chosen, part);
}

/** Sets the exit code: 1 where a mutant lives, a law missed one that it must catch, or (of a whole matrix) is the only killer of none. */
export async function makeMatrix(options: MatrixChoice): Promise<void> {
  const chosen = choose(options);
  if (chosen === undefined) return;
  if (chosen.length === 0) {
    const hint = `there are ${mutants.length} mutants`;
    complain({ severity: "error", code: "nothing-selected", message: "no mutant is in this part", hint }, exitCodes.nothingSelected);
    return;
  }
  if (!(await hostCanRun("netns"))) return;
  const say = (line: string): void => {
    if (options.quiet !== true) process.stderr.write(`${line}\n`);
  };
  await untilInterrupted(async (signal) => {
    await prepareRuntime(signal, options.quiet === true, "built");
    const made = await runMatrix(chosen, {
      ...{ seed: options.seed ?? defaultSeed, jobs: options.jobs ?? defaultJobs, signal },
      ...(options.everyLaw === true || options.only !== undefined ? { everyLaw: (): boolean => true } : {}),
      onRow: ({ mutant, killedBy, why }, done, of) =>
        say(
          `${done}/${of} ${mutant}: ${killedBy.length === 0 ? `LIVES${why === null ? "" : ` (${why})`}` : `caught by ${killedBy.join(", ")}`}`,
        ),
    });
    keepMatrix(cacheDirectory(), sourcesHash(), made);
    process.stdout.write(options.format === "json" ? `${JSON.stringify(made, undefined, 2)}\n` : `${matrixText(made)}\n`);
    process.exitCode = faultsOf(made).length === 0 ? exitCodes.holds : exitCodes.failed;
  });
}
