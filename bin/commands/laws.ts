/** `farmlab laws`: what must hold, which properties check it, which seeded faults it catches, and how it fared last. */
import { Command, Option } from "commander";
import { cacheDirectory } from "../../emulator/image/index.ts";
import { laws } from "../../property-tests/laws/index.ts";
import type { Law } from "../../property-tests/laws/index.ts";
import { flakeLine, readFlakes } from "../../property-tests/flakes/index.ts";
import { mutants } from "../../property-tests/mutants/index.ts";
import { lastVerdicts, sourcesHash } from "../../property-tests/run/index.ts";
import type { Verdicts } from "../../property-tests/run/index.ts";

interface Options {
  readonly mutants?: boolean;
  readonly format: "text" | "json";
}

const describe = (law: Law, verdicts: Verdicts): object => ({
  law: law.id,
  kind: law.kind,
  text: law.text,
  properties: law.properties.map(({ name, needs }) => ({ property: name, needs, verdicts: verdicts[name] ?? {} })),
  tests: law.tests,
  mutants: mutants.filter((mutant) => mutant.laws.includes(law.id)).map(({ id, description }) => ({ mutant: id, description })),
});

function lawText(law: Law, verdicts: Verdicts, withMutants: boolean): string {
  const properties = law.properties.map(({ name }) => {
    const last = Object.entries(verdicts[name] ?? {}).map(([backend, verdict]) => `${verdict} on ${backend}`);
    return `    ${name}: ${last.length === 0 ? "unknown" : last.join(", ")}`;
  });
  const caught = mutants.filter((mutant) => mutant.laws.includes(law.id));
  return [
    `${law.id} (${law.kind})  ${law.text}`,
    ...properties,
    ...law.tests.map((file) => `    tested by ${file}`),
    ...(properties.length + law.tests.length === 0 ? ["    no property checks it yet"] : []),
    ...(withMutants ? caught.map((mutant) => `    catches ${mutant.id}: ${mutant.description}`) : []),
  ].join("\n");
}

export function lawsCommand(): Command {
  return new Command("laws")
    .option("--mutants", "show the seeded faults that each law catches")
    .addOption(new Option("--format <format>", "output").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
A verdict is of these very sources on this host; after any change it is unknown until the next run.

Examples:
  farmlab laws --mutants
  farmlab laws --format json
`,
    )
    .action((options: Options) => {
      const verdicts = lastVerdicts(cacheDirectory(), sourcesHash());
      if (options.format === "json") {
        const listed = laws.map((law) => describe(law, verdicts));
        process.stdout.write(`${JSON.stringify({ schema: "farmlab.laws/1", laws: listed }, undefined, 2)}\n`);
      } else {
        const lines = [...laws.map((law) => lawText(law, verdicts, options.mutants === true)), flakeLine(readFlakes())];
        process.stdout.write(`${lines.join("\n")}\n`);
      }
    });
}
