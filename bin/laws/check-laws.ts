/** `farmlab laws --check`: whether every law is checked, holds by its last verdicts, and was seen to catch its seeded faults. */
import { laws as allLaws, lawsToCome } from "../../property-tests/laws/index.ts";
import type { Law, LawToCome } from "../../property-tests/laws/index.ts";
import { faultsOf, mutants as allMutants } from "../../property-tests/mutants/index.ts";
import type { KillMatrix } from "../../property-tests/mutants/index.ts";
import type { Verdicts } from "../../property-tests/run/index.ts";
import { exitCodes } from "../exit-codes.ts";

export interface LawFault {
  /** Null where it is of a seeded fault, whichever law it breaks. */
  readonly law: string | null;
  /** `broken`: it does not hold; `unknown`: nobody looked with these very sources. */
  readonly kind: "broken" | "unknown";
  readonly message: string;
}

export interface Standing {
  readonly laws: readonly Law[];
  readonly toCome: readonly LawToCome[];
  /** Last verdicts of these very sources. */
  readonly verdicts: Verdicts;
  /** Ids of all seeded faults. */
  readonly mutants: readonly string[];
  /** The kill matrix of these very sources. */
  readonly matrix: KillMatrix | undefined;
}

function unchecked(law: Law, toCome: readonly LawToCome[]): LawFault[] {
  const isChecked = law.properties.length + law.tests.length > 0;
  const isToCome = toCome.some((one) => one.law === law.id);
  if (isChecked && isToCome) return [{ law: law.id, kind: "broken", message: `${law.id} is checked, and listed as a law to come` }];
  return isChecked || isToCome ? [] : [{ law: law.id, kind: "broken", message: `${law.id} has no property` }];
}

/** Every property has to have passed on each backend that any was judged on. */
function unproven(law: Law, verdicts: Verdicts): LawFault[] {
  const backends = [...new Set(Object.values(verdicts).flatMap((byBackend) => Object.keys(byBackend)))].toSorted();
  return law.properties.flatMap(({ name }) => {
    if (backends.length === 0) return [{ law: law.id, kind: "unknown", message: `${name}: not judged since the last change` } as const];
    return backends.flatMap((backend): LawFault[] => {
      const verdict = verdicts[name]?.[backend];
      if (verdict === "passed") return [];
      const kind = verdict === "failed" || verdict === "flaky" ? "broken" : "unknown";
      return [{ law: law.id, kind, message: `${name}: ${verdict ?? "not judged since the last change"} on ${backend}` }];
    });
  });
}

function uncaught(mutants: readonly string[], matrix: KillMatrix | undefined): LawFault[] {
  const tried = new Set(matrix?.rows.map(({ mutant }) => mutant));
  const missing = mutants.filter((id) => !tried.has(id));
  const untried: LawFault[] =
    missing.length === 0
      ? []
      : [
          {
            law: null,
            kind: "unknown",
            message: `${missing.length} of ${mutants.length} seeded faults were not tried since the last change`,
          },
        ];
  const wrong = matrix === undefined ? [] : faultsOf(matrix).map((message): LawFault => ({ law: null, kind: "broken", message }));
  return [...wrong, ...untried];
}

export const lawFaults = ({ laws, toCome, verdicts, mutants, matrix }: Standing): LawFault[] => [
  ...laws.flatMap((law) => [...unchecked(law, toCome), ...unproven(law, verdicts)]),
  ...uncaught(mutants, matrix),
];

const codeOf = (faults: readonly LawFault[]): number =>
  faults.some(({ kind }) => kind === "broken") ? exitCodes.failed : faults.length > 0 ? exitCodes.unknown : exitCodes.holds;

/** Prints what is missing, and sets the exit code: 1 where something is broken, 5 where something is only unknown. */
export function checkLaws(verdicts: Verdicts, matrix: KillMatrix | undefined, format: "text" | "json"): void {
  const faults = lawFaults({ laws: allLaws, toCome: lawsToCome, verdicts, mutants: allMutants.map(({ id }) => id), matrix });
  process.exitCode = codeOf(faults);
  if (format === "json") {
    const toCome = lawsToCome.map(({ law, because }) => ({ law, because }));
    process.stdout.write(
      `${JSON.stringify({ schema: "farmlab.laws-check/1", holds: faults.length === 0, faults, toCome }, undefined, 2)}\n`,
    );
    return;
  }
  const checked = allLaws.filter((law) => law.properties.length + law.tests.length > 0).length;
  const end = `${checked} laws checked, ${lawsToCome.length} to come: ${faults.length === 0 ? "all hold, and every seeded fault was caught" : `${faults.length} things are missing`}`;
  process.stdout.write([...faults.map(({ kind, message }) => `${kind}: ${message}`), end, ""].join("\n"));
}
