/** From what was seen of a failure to its result: who lost what, for how long, and what came back by itself. */
import type { World } from "../oracle/index.ts";
import type { Failure } from "./failures.ts";
import { leastLostOf, tellFlow } from "./flows.ts";
import type { WatchedFlow } from "./flows.ts";
import { lengthOf, longestOf, outagesOf, returnOf } from "./outages.ts";
import type { Outage } from "./outages.ts";
import type { FailureResult, LostFlow } from "./result.ts";
import type { Trial } from "./try-failure.ts";

const rounded = (milliseconds: number | null): number | null => (milliseconds === null ? null : Math.round(milliseconds));

/**
 * The outages of a flow since the failure began; a probe that was under way then is not counted. Where everything had come back, what was
 * lost at the very end came after that.
 */
export function outagesIn(world: World, flow: WatchedFlow, trial: Trial): readonly Outage[] {
  const probes = (trial.probes.get(flow) ?? []).filter(({ sentMs }) => sentMs >= trial.beganMs);
  return outagesOf(probes, leastLostOf(world)).filter(({ untilMs }) => untilMs !== null || !trial.recovered);
}

function lostFlow(world: World, flow: WatchedFlow, trial: Trial): LostFlow | undefined {
  const outages = outagesIn(world, flow, trial);
  const longest = longestOf(outages);
  if (longest === undefined) return undefined;
  const { repairedMs } = trial;
  const comesBack = returnOf(outages, repairedMs);
  const across = outages.find(
    ({ fromMs, untilMs }) => repairedMs !== undefined && untilMs !== null && fromMs < repairedMs && untilMs >= repairedMs,
  );
  const afterRepairMs =
    comesBack === "repaired" && typeof across?.untilMs === "number" && repairedMs !== undefined ? across.untilMs - repairedMs : null;
  return {
    flow: flow.text,
    ...tellFlow(world, flow),
    comesBack,
    outageMs: rounded(lengthOf(longest)),
    afterRepairMs: rounded(afterRepairMs),
  };
}

/** Who has no flow that was not lost until the repair, or for good. */
function cutOff(world: World, flows: readonly WatchedFlow[], lost: readonly LostFlow[]): readonly string[] {
  const gone = new Set(lost.flatMap(({ flow, comesBack }) => (comesBack === "alone" ? [] : [flow])));
  const ends = flows.flatMap((flow) => {
    const { from, to } = tellFlow(world, flow);
    return [from, to].map((party) => ({ party, isGone: gone.has(flow.text) }));
  });
  return [...Map.groupBy(ends, ({ party }) => party)].flatMap(([party, own]) => (own.every(({ isGone }) => isGone) ? [party] : []));
}

export function judgeFailure(world: World, failure: Failure, trial: Trial): FailureResult {
  const flows = [...trial.probes.keys()].filter(({ answeredBy }) => answeredBy !== undefined);
  const lost = flows.flatMap((flow) => lostFlow(world, flow, trial) ?? []);
  const verdict = lost.some(({ comesBack }) => comesBack === "never")
    ? "lasting"
    : lost.some(({ comesBack }) => comesBack === "repaired")
      ? "standing"
      : lost.length > 0
        ? "passing"
        : "harmless";
  return {
    failure: failure.name,
    parts: failure.parts.map(({ kind, name }) => ({ kind, name })),
    verdict,
    stoodMs: trial.repairedMs === undefined ? null : Math.round(trial.repairedMs - trial.beganMs),
    lost,
    cutOff: cutOff(world, flows, lost),
    onlyTogether: null,
    why: null,
  };
}
