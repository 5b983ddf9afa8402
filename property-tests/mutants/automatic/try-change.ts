/** Tries one change of core/: does the system start with it, and does a law see it? */
import { readFileSync } from "node:fs";
import { expectValue } from "../../../core/common/index.ts";
import { farmToRun, labMark } from "../patched/judge.ts";
import { lawNamed } from "../../laws/index.ts";
import { runPatched } from "../run-mutant.ts";
import type { MutantRun } from "../run-mutant.ts";
import type { Drawn } from "./draw.ts";

export type Outcome =
  /** `laws` failed, and where a lab was needed one of them did so again. */
  | { readonly kind: "found"; readonly laws: readonly string[]; readonly property: string; readonly farm: string; readonly why: string }
  /** A farm that is a valid one is no longer taken. */
  | { readonly kind: "refused"; readonly farm: string; readonly why: string }
  /** No law failed, but farmlab itself ended with an error, and did so again: its own checks noticed it, as who runs it would. */
  | { readonly kind: "stopped"; readonly farm: string; readonly why: string }
  /** A law could not be judged, and none failed. */
  | { readonly kind: "unknown"; readonly farm: string; readonly why: string }
  | { readonly kind: "survived" }
  /** The sources do not load or bundle: nothing to find. */
  | { readonly kind: "does not start"; readonly why: string };

export interface Tried {
  readonly outcome: Outcome;
  /** Labs until it was found, the confirming one not counted. */
  readonly emulations: number;
}

export interface TryOptions {
  readonly seed: number;
  /** Paths of farm files, the one most likely to show it first. */
  readonly farms: readonly string[];
  readonly signal: AbortSignal;
}

const nameOf = (farm: string): string => farm.slice(farm.lastIndexOf("/") + 1);
const isOfLab = (law: string): boolean => lawNamed(law)?.kind !== "pure";

const firstStory = (laws: MutantRun["laws"]): string => laws.find(({ verdict }) => verdict === "failed")?.why?.split("\n")[0] ?? "";

/** Until a law fails on one of the farms. Rejects with the signal's reason when interrupted. */
export async function tryChange({ patch }: Drawn, { seed, farms, signal }: TryOptions): Promise<Tried> {
  let emulations = 0;
  let notJudged: Outcome | undefined;
  for (const file of farms) {
    const text = readFileSync(file, "utf8");
    const mark = await labMark(expectValue(farmToRun(text, file)), []);
    const judge = async (laws: readonly string[]): Promise<MutantRun> =>
      await runPatched({ patches: [patch], file, text, seed, laws, labMark: mark }, { signal });
    const { laws, end, killedBy, emulations: labs } = await judge([]);
    const farm = nameOf(file);
    emulations += labs;
    if (end.kind === "refused") return { outcome: { kind: "refused", farm, why: end.why }, emulations };
    if (end.kind === "broken" && laws.length === 0) return { outcome: { kind: "does not start", why: end.why }, emulations };
    const certain = killedBy.filter((law) => !isOfLab(law));
    const again = killedBy.length === 0 || certain.length > 0 ? killedBy : (await judge(killedBy)).killedBy;
    if (again.length > 0) {
      const first = laws.find(({ law, verdict }) => verdict === "failed" && law === again[0]);
      const why = first?.why?.split("\n")[0] ?? "";
      return { outcome: { kind: "found", laws: again, property: first?.property ?? "", farm, why }, emulations };
    }
    if (end.kind === "broken") {
      const { end: repeated } = await judge([]);
      if (repeated.kind === "broken") return { outcome: { kind: "stopped", farm, why: repeated.why }, emulations };
    }
    const unknown = laws.find(({ verdict }) => verdict === "unknown");
    const why =
      end.kind === "broken"
        ? end.why
        : (unknown?.why ?? (killedBy.length > 0 ? `${killedBy.join(", ")} failed once and not again: ${firstStory(laws)}` : undefined));
    if (why !== undefined) notJudged ??= { kind: "unknown", farm, why };
  }
  return { outcome: notJudged ?? { kind: "survived" }, emulations };
}
