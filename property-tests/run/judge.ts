/**
 * Judges one farm that is up. Properties only send and look, so they go on side by side and share the time in which nothing may arrive;
 * those that do something to the lab come after, one by one. Each has a deadline, so that one that hangs is `unknown` and the rest go on.
 */
import { overflowText, readOverflows } from "../../emulator/host/index.ts";
import type { Overflows } from "../../emulator/host/index.ts";
import type { LawResult } from "../../reports/index.ts";
import { HeldUpError, unknownOutcome } from "../laws/index.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "../laws/index.ts";
import type { OnEvent } from "./events.ts";
import { labLosses } from "./lab-losses.ts";
import { dropsText } from "./kernel-drops.ts";
import type { RecentDrops } from "./kernel-drops.ts";
import type { Session } from "./session.ts";

/** Longer than any property takes on a farm that is in order or broken; a stuck harness is found by it. */
const propertyWaitMs = 60_000;

export interface JudgeOptions {
  readonly signal: AbortSignal;
  /** What this host has; a property that needs more is skipped by name. */
  readonly capabilities: ReadonlySet<string>;
  readonly onEvent: OnEvent;
  /** Told of each failed property's flows that can be sent once more. */
  readonly onBroken?: (property: Property, broken: readonly BrokenFlow[]) => void;
  /** Waited for before each property that does something to the lab. */
  readonly beforeAlone?: () => Promise<void>;
  /** What of this machine's shared tables has overflown by now; default: asked of the kernel. */
  readonly overflows?: () => Overflows;
  /** What the kernel threw away in the lab of late; absent: nobody looks. */
  readonly recentDrops?: RecentDrops;
  /** What the lab itself has lost by now, in words; default: asked of its nodes. */
  readonly losses?: (session: Session) => Promise<string | undefined>;
}

async function withDeadline(work: Promise<PropertyOutcome>, waitMs: number, signal: AbortSignal): Promise<PropertyOutcome> {
  const ended = new AbortController();
  const late = new Promise<PropertyOutcome>((resolve, reject) => {
    const timer = setTimeout(() => resolve(unknownOutcome(`not judged within ${waitMs / 1000} s`)), waitMs);
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("interrupted"));
    signal.addEventListener("abort", abort, { signal: ended.signal });
    ended.signal.addEventListener("abort", () => clearTimeout(timer));
    if (signal.aborted) abort();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}

/** So often at most is judged what a machine that was held up has spoilt. */
const timesMost = 3;

/** Whatever a property throws means that the harness could not look. */
async function runProperty(property: Property, session: Session, options: JudgeOptions): Promise<PropertyOutcome> {
  const { signal } = options;
  const waitMs = Math.max(propertyWaitMs, property.waitMs?.(session.farm) ?? 0);
  for (let times = 1; ; times += 1) {
    try {
      return await withDeadline(property.run(session), waitMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HeldUpError) || times === timesMost)
        return unknownOutcome(`could not be judged: ${error instanceof Error ? error.message : String(error)}`);
      await options.beforeAlone?.();
    }
  }
}

/** Every property repeats it. */
const remarkCharactersMax = 300;

/** Where an agent did not get ready nothing has passed, and whatever failed may have failed of that. */
function withAgents(outcome: PropertyOutcome, notReady: string | undefined): PropertyOutcome {
  if (notReady === undefined || outcome.verdict === "skipped") return outcome;
  const remark = notReady.length > remarkCharactersMax ? `${notReady.slice(0, remarkCharactersMax)}…` : notReady;
  const why = outcome.why === null ? remark : `${outcome.why}\n${remark}`;
  return { ...outcome, why, verdict: outcome.verdict === "passed" ? "unknown" : outcome.verdict };
}

/** Where the machine itself lost packets, nobody knows whose: silence shows nothing then, but what came where it must not has come. So it is told and no more. */
const withLosses = (outcome: PropertyOutcome, lost: readonly (string | undefined)[]): PropertyOutcome => ({
  ...outcome,
  why: [outcome.why, ...lost].filter((line) => line !== null && line !== undefined).join("\n") || null,
});

export function lawResult(property: Property, outcome: PropertyOutcome, needs: readonly string[] = []): LawResult {
  const { verdict, runs, why, figures } = outcome;
  return { law: property.law, property: property.name, verdict, runs, needs, why, figures };
}

const tokensOf = ({ broken = [] }: PropertyOutcome): string[] => broken.flatMap(({ token }) => token ?? []);

/** The results are in the order of the properties; events come as they are judged. */
export async function judgeFarm(session: Session, properties: readonly Property[], options: JudgeOptions): Promise<LawResult[]> {
  // Agents that have nothing to make tunnels with do not get ready: what needs none holds all the same.
  const canTunnel = options.capabilities.has("tun");
  const { overflows = readOverflows, losses = labLosses, recentDrops = (): [] => [] } = options;
  const judge = async (property: Property): Promise<LawResult> => {
    options.signal.throwIfAborted();
    const [begun, begunAt, overflownBefore] = [performance.now(), Date.now(), overflows()];
    const missing = property.needs.filter((need) => !options.capabilities.has(need));
    const outcome: PropertyOutcome =
      missing.length > 0 ? { verdict: "skipped", runs: 0, why: null, figures: [] } : await runProperty(property, session, options);
    const isWrong = outcome.verdict === "failed" || outcome.verdict === "unknown";
    const dropped = isWrong ? dropsText(recentDrops(), tokensOf(outcome), BigInt(begunAt) * 1_000_000n) : undefined;
    const lost = isWrong ? [overflowText(overflownBefore, overflows()), await losses(session).catch(() => undefined), dropped] : [];
    const seen = withLosses(outcome, lost);
    const judged = lawResult(property, withAgents(seen, canTunnel ? session.notReady : undefined), missing);
    const result = missing.length > 0 ? judged : { ...judged, durationMs: Math.round(performance.now() - begun) };
    if (outcome.broken !== undefined) options.onBroken?.(property, outcome.broken);
    options.onEvent({ kind: "law-judged", farm: session.farm.name, result });
    return result;
  };
  const results = new Map<Property, LawResult>();
  const together = properties.filter((property) => property.alone !== true);
  await Promise.all(together.map(async (property) => results.set(property, await judge(property))));
  const alone = properties.filter((property) => property.alone === true);
  let isTouched = true;
  for (const property of alone) {
    // What had nothing to judge has changed nothing.
    if (isTouched) await options.beforeAlone?.();
    const result = await judge(property);
    results.set(property, result);
    isTouched = result.runs > 0;
  }
  return properties.flatMap((property) => results.get(property) ?? []);
}
