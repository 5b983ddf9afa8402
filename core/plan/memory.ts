/**
 * What the plans of one node were made of, from one to the next. A farm's changes are small and its plans large: what nothing has changed of
 * is taken from the last plan as it is, the very same object, so that whoever compares the two plans need not look into it.
 */
import { sameValue } from "../common/index.ts";
import type { NamespacePlan } from "./node-plan.ts";

export interface PlanMemory {
  /**
   * The answer that `key` had in the last plan if its inputs are the same (texts and numbers by value, all else by identity), else what
   * `make` makes of it. A key belongs to one place in the planner; `make` recalls nothing, as it may not be asked. `inputs`
   * is asked only where something is kept.
   */
  recall<Answer>(key: object, inputs: () => readonly unknown[], make: () => Answer): Answer;
  /** The last plan's namespace of that name if it is equal. */
  keep(namespace: NamespacePlan): NamespacePlan;
  /** A plan begins: what the last one did not ask for is forgotten. */
  begin(): void;
}

interface Entry {
  readonly inputs: readonly unknown[];
  readonly answer: unknown;
}

const same = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((input, index) => input === other[index]);

/** For a node that is planned again and again. */
export function createPlanMemory(): PlanMemory {
  let last = new Map<object, Entry>();
  let now = new Map<object, Entry>();
  let lastNamespaces = new Map<string, NamespacePlan>();
  let namespaces = new Map<string, NamespacePlan>();
  /** Of those that were made anew and found equal: the one that was kept. What is recalled later is the former. */
  const keptFor = new WeakMap<NamespacePlan, NamespacePlan>();
  return {
    recall<Answer>(key: object, inputsOf: () => readonly unknown[], make: () => Answer): Answer {
      const inputs = inputsOf();
      const known = now.get(key) ?? last.get(key);
      const entry = known !== undefined && same(known.inputs, inputs) ? known : { inputs, answer: make() };
      now.set(key, entry);
      return entry.answer as Answer;
    },
    keep(namespace) {
      const before = lastNamespaces.get(namespace.name);
      const isKept = before !== undefined && (keptFor.get(namespace) === before || sameValue(before, namespace));
      const kept = isKept ? before : namespace;
      if (kept !== namespace) keptFor.set(namespace, kept);
      namespaces.set(namespace.name, kept);
      return kept;
    },
    begin() {
      last = now;
      now = new Map();
      lastNamespaces = namespaces;
      namespaces = new Map();
    },
  };
}

/** For a plan that is made once: nothing is kept. */
export const forgetful: PlanMemory = { recall: (_key, _inputs, make) => make(), keep: (namespace) => namespace, begin: () => {} };
