/** What becomes of a change that a law found: the smallest farm that shows it, in a capsule, which is replayed, all with the changed sources. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { expectValue } from "../../../core/common/index.ts";
import { loadFarm } from "../../../core/farm/index.ts";
import type { SourcePatch } from "../../../emulator/image/index.ts";
import { lawNamed } from "../../laws/index.ts";
import { sizeText } from "../../reduce/index.ts";
import { brokenOf, capsuleText, makeCapsule, readCapsule, reduced, replay, usualRepeats } from "../../replay/index.ts";
import { scenarioOf } from "../../run/index.ts";
import type { ScenarioRun, ScenarioRunner } from "../../run/index.ts";
import { startPatched } from "../run-mutant.ts";
import type { PatchedProcess } from "../run-mutant.ts";

export interface FollowedUp {
  /** Sizes before and after, in words, and whether no single part can go any more. */
  readonly reduced: { readonly from: string; readonly to: string; readonly end: string; readonly emulations: number } | null;
  /** What replaying the capsule gave: `fires` where the law broke again, and how many runs of it that took. */
  readonly replayed: { readonly outcome: string; readonly runs: number } | null;
}

/** A reduction whose time is over has not measured how often its farm fires: as `farmlab replay --repeats 5` does. */
const leastRepeats = 5;

/** In the process that has the patched sources. */
const patchedRunner = (patched: PatchedProcess, signal: AbortSignal): ScenarioRunner => ({
  async run({ file, text, seed }, properties): Promise<ScenarioRun> {
    const ids = [...new Set(properties.map(({ law }) => law))];
    const { laws, durationMs } = await patched.judge({ file, text, seed, laws: ids }, { signal });
    const asked = laws.filter(({ property }) => properties.some(({ name }) => name === property));
    return { laws: asked, verdict: asked[0]?.verdict ?? "unknown", coverage: [], evidence: [], lab: "cold", durationMs };
  },
  close: () => Promise.resolve(patched.close()),
});

export interface FollowUpOptions {
  readonly seed: number;
  readonly file: string;
  /** The property that failed, and the versions and the host for the capsule. */
  readonly law: string;
  readonly property: string;
  readonly commit: string;
  readonly signal: AbortSignal;
  /** After this long the smallest farm so far is taken. */
  readonly budgetMs: number;
}

const nothing: FollowedUp = { reduced: null, replayed: null };

/** Rejects when interrupted. */
export async function followUp(patch: SourcePatch, options: FollowUpOptions): Promise<FollowedUp> {
  const { seed, file, law, property: name, signal, budgetMs, commit } = options;
  const property = lawNamed(law)?.properties.find((one) => one.name === name);
  if (property === undefined) return nothing;
  const { document } = expectValue(loadFarm(readFileSync(file, "utf8"), file));
  const scenario = expectValue(scenarioOf(document, seed, file));
  const runner = patchedRunner(startPatched([patch]), signal);
  try {
    const [broken] = brokenOf(scenario, await runner.run(scenario, [property]), [property]);
    if (broken === undefined) return nothing;
    const end = performance.now() + budgetMs;
    const kept = await reduced(broken, runner, { isOver: () => performance.now() > end });
    const versions = { farmlab: "changed", commit, sources: "changed", node: process.version, kernel: release(), image: null };
    const capsule = makeCapsule(kept, { versions, host: { choices: {}, capabilities: [] }, backend: "netns" }, "npm run mutate");
    const loaded = expectValue(readCapsule(capsuleText(capsule), "the change's capsule"));
    const { outcome, runs } = await replay(loaded, runner, Math.max(usualRepeats(loaded), leastRepeats));
    const { reduction } = kept;
    return {
      reduced:
        reduction === undefined
          ? null
          : { from: sizeText(reduction.from), to: sizeText(reduction.to), end: reduction.end, emulations: reduction.emulations },
      replayed: { outcome, runs },
    };
  } finally {
    await runner.close();
  }
}
