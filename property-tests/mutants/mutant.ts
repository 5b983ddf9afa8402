/** A seeded fault as data, and short ways to write one down. */
import type { SourcePatch } from "../../emulator/image/index.ts";
import { lawNamed } from "../laws/index.ts";

/** Where in the system the fault sits. */
export type Subject =
  | "derivation"
  | "allocation"
  | "farm file"
  | "intents"
  | "mesh"
  | "overlays"
  | "routes"
  | "gateway rules"
  | "rules of an NR"
  | "kernel settings"
  | "apply"
  | "agent"
  | "timer"
  | "store"
  | "surroundings"
  | "upstream router"
  | "check"
  | "configuration";

export interface Mutant {
  readonly id: string;
  readonly subject: Subject;
  /** What is wrong, in one sentence. */
  readonly description: string;
  /** Laws that must catch it; others may besides. */
  readonly laws: readonly string[];
  /** Patches of the sources, of the agent and of what runs in the harness alike. */
  readonly patches: readonly SourcePatch[];
  /** Edit of the farm file, for what the farmer types; `find` occurs exactly once in the mutant's farm. */
  readonly farmEdit?: { readonly find: string; readonly replace: string };
  /** Farm of `topologies/` that shows it; absent: `exit-node`, the smallest that has all that an exit node has. */
  readonly farm?: string;
}

/** Whether nothing may run beside it, as one of its laws needs a quiet machine. */
export const needsQuiet = ({ laws }: Mutant): boolean =>
  laws.some((id) => lawNamed(id)?.properties.some((property) => property.needsQuiet !== undefined) === true);

export const defaultFarm = "exit-node";

/** `[file, text that occurs in it exactly once, what stands there instead]`. */
export type Patch = readonly [file: string, find: string, replace: string];

type Patched = (id: string, description: string, laws: string, ...patches: readonly Patch[]) => Mutant;

/** Mutants of one subject that are patches; `laws` is a list with blanks, as `EX-7 EX-20`. */
export function patchedIn(subject: Subject): Patched {
  return (id, description, laws, ...patches) => ({
    ...{ id, subject, description, laws: laws.split(" ") },
    patches: patches.map(([file, find, replace]) => ({ file, find, replace })),
  });
}

/** A mutant that the farmer types. */
export function typed(id: string, description: string, laws: string, find: string, replace: string): Mutant {
  return { id, subject: "configuration", description, laws: laws.split(" "), patches: [], farmEdit: { find, replace } };
}

/** The farm file with the mutant's edit; throws where the edit does not fit. */
export function mutatedText(mutant: Mutant, text: string): string {
  if (mutant.farmEdit === undefined) return text;
  const { find, replace } = mutant.farmEdit;
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`mutant ${mutant.id}: ${places} places of the farm file read ${JSON.stringify(find)}, not one`);
  return text.replace(find, () => replace);
}
