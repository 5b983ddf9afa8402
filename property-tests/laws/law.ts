/** A law and the properties that check it, as data. */
import type { Figure, Verdict } from "../../reports/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import type { Prediction } from "../oracle/index.ts";
import type { SendRequest, Session } from "../run/session.ts";

export interface Law {
  /** e.g. `EX-8`. */
  readonly id: string;
  /** What holds, in one sentence. */
  readonly text: string;
  /** `pure`: of the derivation alone, judged on the farm's own data; `lab`: of packets and state in a running lab; `harness`: of farmlab itself. */
  readonly kind: "pure" | "lab" | "harness";
  readonly properties: readonly Property[];
  /** Files of the tests that check it besides, from the project's root: laws of farmlab itself, which no property of a farm can judge. */
  readonly tests: readonly string[];
}

export interface Property {
  readonly law: string;
  /** Begins with the law's id. */
  readonly name: string;
  /** Capabilities without which it is skipped by name. */
  readonly needs: readonly string[];
  /** It does something to the lab that others would notice: no other is judged meanwhile. */
  readonly alone?: true;
  /** Whether it asks for times on this farm of which nothing is known where labs side by side hold each other up: no other lab is up meanwhile. */
  readonly needsQuiet?: (farm: Farm) => boolean;
  /** How long it may take on a farm, in milliseconds, where that is longer than properties usually do. */
  readonly waitMs?: (farm: Farm) => number;
  /** Judges one running farm. What it cannot look at it answers with `unknown` or throws a HarnessError; both never become `passed`. */
  run(session: Session): Promise<PropertyOutcome>;
}

/** What the laws of the derivation alone are judged on: a farm's data, without a lab. */
export type PureSubject = Pick<Session, "farm" | "file" | "text" | "seed" | "world" | "intents" | "facts">;

export interface PureProperty extends Property {
  run(subject: PureSubject): Promise<PropertyOutcome>;
}

/** What every property needs that looks at packets where they pass: `Session.watch`. */
export const seesPackets: readonly string[] = ["packet-sockets"];

/** What every property needs of agents that get ready: without tunnels none does. */
export const needsTunnels: readonly string[] = ["tun"];

/** Of what agents have made, by packets where they pass. */
export const seesTunnelled: readonly string[] = [...needsTunnels, ...seesPackets];

export interface PropertyOutcome {
  readonly verdict: Exclude<Verdict, "flaky">;
  /** How many flows or facts were judged. */
  readonly runs: number;
  readonly why: string | null;
  readonly figures: readonly Figure[];
  /** The first flows that broke the law, to be looked at again while the lab is still there. */
  readonly broken?: readonly BrokenFlow[];
}

/** A flow that broke a law, in a form in which it can be sent once more. */
export interface BrokenFlow {
  readonly request: Omit<SendRequest, "timeoutMs">;
  /** Absent where the law itself says that it must never arrive. */
  readonly prediction?: Prediction;
  /** As the property tells it. */
  readonly story: string;
  /** The mark in the packets that broke it. */
  readonly token?: string;
  /** What was happening to the farm when it broke, where that is over by the time it can be sent once more. */
  readonly during?: string;
}

/** The harness could not look: the verdict is `unknown`, whatever was seen before. */
export class HarnessError extends Error {
  override readonly name = "HarnessError";
}

/** What was seen may be the work of a machine that was held up: worth nothing, and judged again. */
export class HeldUpError extends HarnessError {}

const storiesToTell = 6;

/** `failed` with the first stories, and as many of the broken flows, where there are any; else `passed`; nothing judged is `skipped`, for the reason given. */
export function outcomeOf(
  runs: number,
  stories: readonly string[],
  options: { readonly nothing?: string; readonly figures?: readonly Figure[]; readonly broken?: readonly BrokenFlow[] } = {},
): PropertyOutcome {
  const figures = options.figures ?? [];
  if (stories.length > 0) {
    const more = stories.length > storiesToTell ? [`and ${stories.length - storiesToTell} more like these`] : [];
    const why = [...stories.slice(0, storiesToTell), ...more].join("\n");
    const broken = (options.broken ?? []).slice(0, storiesToTell);
    return { verdict: "failed", runs, why, figures, ...(broken.length === 0 ? {} : { broken }) };
  }
  if (runs === 0) return { verdict: "skipped", runs, why: options.nothing ?? "this farm has nothing that the law speaks of", figures };
  return { verdict: "passed", runs, why: null, figures };
}

export const unknownOutcome = (why: string, runs = 0): PropertyOutcome => ({ verdict: "unknown", runs, why, figures: [] });
