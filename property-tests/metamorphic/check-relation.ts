/** Checks one relation on one farm without a lab: what the oracle says of its flows, and what its nodes are planned to have. */
import { failure, success } from "../../core/common/index.ts";
import type { Outcome } from "../../core/common/index.ts";
import type { FarmFile, TimelineEntry } from "../../core/farm/index.ts";
import { isApplied } from "./relation.ts";
import type { Applied, Relation } from "./relation.ts";
import { compareVerdicts, farmVerdict } from "./verdict.ts";
import type { VerdictOptions } from "./verdict.ts";

export interface Checked {
  /** Why the relation says nothing of this farm. */
  readonly notApplicable?: string;
  /** What changed although it must not, a line each. */
  readonly differences: readonly string[];
  /** How many flows at how many times, and plans, were compared. */
  readonly compared: number;
}

const stepMs = 1000;

/** The farm with the network's leaving and coming back after all that its timeline does, and the times between and after. */
function withLeave(document: FarmFile, network: string): { readonly document: FarmFile; readonly times: readonly number[] } {
  const timeline = document.timeline ?? [];
  const lastMs = Math.max(0, ...timeline.map((entry) => entry["until-ms"] ?? entry["at-ms"]));
  const entries: TimelineEntry[] = [
    { "at-ms": lastMs + stepMs, leave: network },
    { "at-ms": lastMs + 2 * stepMs, join: network },
  ];
  const middleMs = stepMs / 2;
  return {
    document: { ...document, timeline: [...timeline, ...entries] },
    times: [lastMs + stepMs + middleMs, lastMs + 2 * stepMs + middleMs],
  };
}

/** While the network is away nothing changes for the others, and nothing for anybody once it is back. */
function compareRejoined(document: FarmFile, { rejoins = "" }: Applied, options: VerdictOptions): Outcome<Omit<Checked, "notApplicable">> {
  const { document: leaving, times } = withLeave(document, rejoins);
  const [awayMs = 0, backMs = 0] = times;
  const looks: readonly VerdictOptions[] = [
    { ...options, times: [awayMs], without: rejoins },
    { ...options, times: [backMs] },
  ];
  const found = looks.map((look) => [farmVerdict(document, look), farmVerdict(leaving, look)] as const);
  const problems = found.flat().flatMap((outcome) => (outcome.ok ? [] : outcome.problems));
  if (problems.length > 0) return failure(...problems);
  return success({
    differences: found.flatMap(([one, other]) => (one.ok && other.ok ? compareVerdicts(one.value, other.value) : [])),
    compared: found.reduce((sum, [one]) => sum + (one.ok ? one.value.size : 0), 0),
  });
}

/** The problems where the document is no farm. A farm that the change makes invalid is not one that the relation speaks of. */
export function checkRelation(
  relation: Relation,
  document: FarmFile,
  seed: number,
  options: Pick<VerdictOptions, "predictFlow"> = {},
): Outcome<Checked> {
  const applied = relation.apply(document, seed);
  const before = farmVerdict(document, isApplied(applied) ? { ...options, renamed: applied.renamed } : options);
  if (!before.ok) return before;
  if (!isApplied(applied)) return success({ notApplicable: applied.because, differences: [], compared: 0 });
  if (applied.rejoins !== undefined) return compareRejoined(document, applied, options);
  const after = farmVerdict(applied.document, options);
  if (!after.ok) {
    return success({ notApplicable: after.problems.map(({ message }) => message).join("; "), differences: [], compared: 0 });
  }
  return success({ differences: compareVerdicts(before.value, after.value), compared: before.value.size });
}
