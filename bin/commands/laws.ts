/** `farmlab laws`: what must hold, which properties check it, which seeded faults it catches, and how it fared last. `--mutants` tries the faults. */
import { Command, Option } from "commander";
import type { Problem } from "../../core/common/index.ts";
import { cacheDirectory } from "../../emulator/image/index.ts";
import { laws } from "../../property-tests/laws/index.ts";
import type { Law } from "../../property-tests/laws/index.ts";
import { flakeLine, readFlakes } from "../../property-tests/flakes/index.ts";
import { lastMatrix, mutants } from "../../property-tests/mutants/index.ts";
import type { KillMatrix } from "../../property-tests/mutants/index.ts";
import { lastVerdicts, sourcesHash } from "../../property-tests/run/index.ts";
import type { Verdicts } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { checkLaws } from "../laws/check-laws.ts";
import { makeMatrix } from "../laws/kill-matrix.ts";
import type { MatrixChoice } from "../laws/kill-matrix.ts";
import { complain } from "../output.ts";
import { gather, wholeNumber } from "../run/option-values.ts";
import { readShard } from "../run/shard.ts";

interface Options extends MatrixChoice {
  readonly check?: boolean;
  readonly mutants?: boolean;
}

/** Faults that a law must catch, and of those that were tried with these very sources the ones that it did catch. */
const caughtBy = (law: Law, matrix: KillMatrix | undefined): readonly string[] =>
  (matrix?.rows ?? []).filter(({ killedBy }) => killedBy.includes(law.id)).map(({ mutant }) => mutant);

const describe = (law: Law, verdicts: Verdicts, matrix: KillMatrix | undefined): object => ({
  law: law.id,
  kind: law.kind,
  text: law.text,
  properties: law.properties.map(({ name, needs }) => ({ property: name, needs, verdicts: verdicts[name] ?? {} })),
  tests: law.tests,
  mutants: mutants.filter((mutant) => mutant.laws.includes(law.id)).map(({ id, description }) => ({ mutant: id, description })),
  caught: caughtBy(law, matrix),
});

function lawText(law: Law, verdicts: Verdicts, matrix: KillMatrix | undefined): string {
  const properties = law.properties.map(({ name }) => {
    const last = Object.entries(verdicts[name] ?? {}).map(([backend, verdict]) => `${verdict} on ${backend}`);
    return `    ${name}: ${last.length === 0 ? "unknown" : last.join(", ")}`;
  });
  const expected = mutants.filter((mutant) => mutant.laws.includes(law.id)).length;
  const alone = matrix?.columns.find((column) => column.law === law.id)?.onlyKillerOf.length ?? 0;
  const caught = caughtBy(law, matrix).length;
  return [
    `${law.id} (${law.kind})  ${law.text}`,
    ...properties,
    ...law.tests.map((file) => `    tested by ${file}`),
    ...(properties.length + law.tests.length === 0 ? ["    no property checks it yet"] : []),
    ...(expected === 0
      ? []
      : [
          `    must catch ${expected} seeded faults; ${caught === 0 ? "none tried since the last change" : `caught ${caught}, ${alone} of them alone`}`,
        ]),
  ].join("\n");
}

/** What would be passed over in silence otherwise. */
function misplacedOption({ check, mutants: tries, only, part, everyLaw, jobs, seed }: Options): Problem | undefined {
  const refuse = (message: string, hint: string): Problem => ({ severity: "error", code: "options-apart", message, hint });
  if (check === true && tries === true) return refuse("--check and --mutants are two things", "try the mutants first, then check");
  const given = Object.entries({ only, part, "every-law": everyLaw, jobs, seed }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (tries === true || given.length === 0) return undefined;
  return refuse(`--${given.join(" and --")} without --mutants chooses nothing`, "add --mutants");
}

export function lawsCommand(): Command {
  return new Command("laws")
    .option("--check", "exit 0 only where every law is checked, passed with these sources, and its seeded faults were caught")
    .option("--mutants", "try the seeded faults: which law catches which, and exit 1 where one lives")
    .option("--only <mutant>", "with --mutants: this one only (may be given several times)", gather)
    .option("--part <i/n>", "with --mutants: every nth one, from the ith on", readShard)
    .option("--every-law", "with --mutants: ask every law about each, not only those that must catch it")
    .option("--jobs <number>", "with --mutants: labs at once", wholeNumber(1, 64))
    .option("--seed <number>", "with --mutants: choose flows by this seed", wholeNumber(0, 0x7fff_ffff))
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
A verdict is of these very sources on this host; after any change it is unknown until the next run. So is what was caught.
--check exits with 1 where something is broken, and with 5 where it is only not known since the last change.

Examples:
  farmlab laws
  farmlab laws --check
  farmlab laws --format json
  farmlab laws --mutants
  farmlab laws --mutants --part 3/7
  farmlab laws --mutants --only nat66 --only snat-left-out
`,
    )
    .action(async (options: Options) => {
      const misplaced = misplacedOption(options);
      if (misplaced !== undefined) return complain(misplaced, exitCodes.wrongInput);
      if (options.mutants === true) return await makeMatrix(options);
      const sources = sourcesHash();
      const verdicts = lastVerdicts(cacheDirectory(), sources);
      const matrix = lastMatrix(cacheDirectory(), sources);
      if (options.check === true) checkLaws(verdicts, matrix, options.format);
      else if (options.format === "json") {
        const listed = laws.map((law) => describe(law, verdicts, matrix));
        process.stdout.write(`${JSON.stringify({ schema: "farmlab.laws/1", laws: listed }, undefined, 2)}\n`);
      } else {
        const lines = [...laws.map((law) => lawText(law, verdicts, matrix)), flakeLine(readFlakes())];
        process.stdout.write(`${lines.join("\n")}\n`);
      }
    });
}
