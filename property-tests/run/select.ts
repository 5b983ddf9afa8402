/** Which properties a run judges. */
import { lawNamed, laws, nearestLaw } from "../laws/index.ts";
import type { Property } from "../laws/index.ts";
import { failure, success } from "../../core/common/index.ts";
import type { Outcome, Problem } from "../../core/common/index.ts";

const unknownLaw = (id: string): Problem => ({
  severity: "error",
  code: "unknown-law",
  message: `there is no law ${id}`,
  hint: `the nearest is ${nearestLaw(id)}; farmlab laws lists them all`,
});

/** The ids in the registry's own spelling; every id that is no law's is a Problem. */
export function lawIds(ids: readonly string[]): Outcome<string[]> {
  const unknown = ids.filter((id) => lawNamed(id) === undefined);
  if (unknown.length > 0) return failure(...unknown.map(unknownLaw));
  return success(ids.flatMap((id) => lawNamed(id)?.id ?? []));
}

/** The properties of the given laws, or of all where none is given, in the registry's order. */
export function selectProperties(ids: readonly string[]): Property[] {
  const chosen = ids.length === 0 ? laws : laws.filter((law) => ids.includes(law.id));
  return chosen.flatMap((law) => law.properties);
}
