/** What the farmer expects, held against what was seen: while everything works, and through each failure that it has to survive. */
import type { Expectation } from "../../core/farm/index.ts";
import { expectationText } from "../oracle/index.ts";
import type { World } from "../oracle/index.ts";
import type { Failure } from "./failures.ts";
import { flowsOfExpectation } from "./flows.ts";
import type { WatchedFlow } from "./flows.ts";
import { outagesIn } from "./judge-failure.ts";
import type { Outage } from "./outages.ts";
import type { ExpectationResult } from "./result.ts";
import type { Trial } from "./try-failure.ts";
import type { WatchRate } from "./watch-flows.ts";

/** One failure and what was seen of it; no trial where it could not be looked at. */
export interface Seen {
  readonly failure: Failure;
  readonly trial: Trial | undefined;
}

/**
 * Whether it has to hold through a failure: one of a single part, of a kind that it names. The node on which a party itself lives is
 * no way to it: without it there is nobody to be reached.
 */
export function hasToSurvive(world: World, expectation: Expectation, { parts }: Failure): boolean {
  const [part, other] = parts;
  if (part === undefined || other !== undefined || !expectation.survives.includes(part.kind)) return false;
  const homes = [expectation.from, expectation.to].flatMap((party) =>
    party.kind === "internet" ? [] : world.workloads.filter(({ network, name }) => network === party.network && name === party.workload),
  );
  return !homes.some(({ node }) => node === part.offNode);
}

type Verdict = ExpectationResult["verdict"];

interface Judged {
  readonly verdict: Verdict;
  readonly why?: string;
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** How long nothing was answered, at least as far as is known: until the last probe where none was any more. */
function lengthUpTo({ fromMs, untilMs }: Outage, lastMs: number): number {
  return (untilMs ?? lastMs) - fromMs;
}

interface Looked {
  readonly outages: readonly Outage[];
  /** When the last probe was sent. */
  readonly lastMs: number;
  /** For how long nothing was looked at, at most: between two probes, longer where the harness was held up. */
  readonly blindMs: number;
  /** Whether it was held up for so long that it may have lost what the farm did not. */
  readonly heldUp: boolean;
}

/** What was lost at all broke what allows no loss; a longer time is known only as exactly as it was looked. */
function judgeReachable(flow: WatchedFlow, { failure }: Seen, { outages, lastMs, blindMs, heldUp }: Looked, withinMs: number): Judged {
  const longestMs = Math.max(0, ...outages.map((outage) => lengthUpTo(outage, lastMs)));
  const isOpen = outages.some(({ untilMs }) => untilMs === null);
  if (outages.length === 0 && !heldUp) return { verdict: "passed" };
  if (!isOpen && withinMs > 0 && longestMs <= withinMs && (!heldUp || longestMs + blindMs <= withinMs)) return { verdict: "passed" };
  const isSure = isOpen || longestMs - blindMs > withinMs || (withinMs === 0 && outages.length > 0);
  if (heldUp && !isOpen && !(withinMs > 0 && longestMs - blindMs > withinMs)) {
    return { verdict: "unknown", why: `${failure.name}: the harness was held up for ${seconds(blindMs)}` };
  }
  if (!isSure) {
    return {
      verdict: "unknown",
      why: `${failure.name}: ${flow.text} was away for ${seconds(longestMs)}, give or take ${seconds(blindMs)}`,
    };
  }
  const allowed = withinMs === 0 ? "no answer may be missing" : `${seconds(withinMs)} are allowed`;
  const howLong = isOpen ? "and did not come back" : `for ${seconds(longestMs)}`;
  return { verdict: "failed", why: `${failure.name}: ${flow.text} was away ${howLong}, and ${allowed}` };
}

function judgeThrough(world: World, expectation: Expectation, seen: Seen, rate: WatchRate): readonly Judged[] {
  const { failure, trial } = seen;
  if (trial === undefined) return [{ verdict: "unknown", why: `${failure.name}: it could not be looked at` }];
  const wanted = new Set(flowsOfExpectation(world, expectation).map(({ text }) => text));
  return [...trial.probes].flatMap(([flow, probes]): Judged[] => {
    if (!wanted.has(flow.text)) return [];
    if (!expectation.reachable) {
      const answered = probes.some((probe) => probe.answeredMs !== undefined && probe.sentMs >= trial.beganMs);
      return [answered ? { verdict: "failed", why: `${failure.name}: ${flow.text} was answered` } : { verdict: "passed" }];
    }
    const looked: Looked = {
      outages: outagesIn(world, flow, trial),
      lastMs: probes.at(-1)?.sentMs ?? trial.beganMs,
      blindMs: rate.everyMs + trial.lateMs,
      heldUp: trial.lateMs > rate.waitMs / 2,
    };
    return [judgeReachable(flow, seen, looked, expectation.withinMs)];
  });
}

const storiesToTell = 5;

/** `atRest`: which flows were answered while everything worked; undefined where that could not be seen. */
export function judgeExpectation(
  world: World,
  expectation: Expectation,
  given: { readonly atRest: ReadonlySet<string> | undefined; readonly seen: readonly Seen[]; readonly rate: WatchRate },
): ExpectationResult {
  const { atRest, seen, rate } = given;
  const flows = flowsOfExpectation(world, expectation);
  const through = seen.filter(({ failure }) => hasToSurvive(world, expectation, failure));
  const whole = flows.map(({ text }): Judged => {
    if (atRest === undefined) return { verdict: "unknown", why: "the farm did not come up" };
    if (atRest.has(text) === expectation.reachable) return { verdict: "passed" };
    return { verdict: "failed", why: `${text} is ${expectation.reachable ? "not " : ""}answered while nothing has failed` };
  });
  const nobody: readonly Judged[] = flows.length > 0 ? [] : [{ verdict: "unknown", why: "there is no address at which it could be asked" }];
  const judged = [...nobody, ...whole, ...through.flatMap((one) => judgeThrough(world, expectation, one, rate))];
  const verdict = (["failed", "unknown"] as const).find((one) => judged.some((each) => each.verdict === one)) ?? "passed";
  const stories = judged.flatMap((one) => (one.verdict === verdict && one.why !== undefined ? [one.why] : []));
  const more = stories.length > storiesToTell ? [`and ${stories.length - storiesToTell} more like these`] : [];
  return {
    expectation: expectationText(expectation),
    verdict,
    failures: through.length,
    why: [...stories.slice(0, storiesToTell), ...more],
  };
}
