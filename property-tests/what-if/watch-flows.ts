/** Probes every flow at a fixed rate, all the time, and keeps what became of each probe. */
import type { Clock } from "../../core/common/index.ts";
import type { Sent } from "../run/session.ts";
import type { WatchedFlow } from "./flows.ts";
import type { Probe } from "./outages.ts";

export interface WatchRate {
  readonly everyMs: number;
  /** A probe without an answer for so long is lost. */
  readonly waitMs: number;
}

/** Sends one probe; rejects when it could not even be sent. */
export type SendProbe = (flow: WatchedFlow, waitMs: number) => Promise<Sent>;

export interface FlowWatch {
  /** Whether the last few probes sent since then, as far as their fate is known, were all answered. */
  isAnswering(flow: WatchedFlow, sinceMs: number): boolean;
  /** Whether any probe of the flow that was sent since then was answered. */
  wasAnswered(flow: WatchedFlow, sinceMs: number): boolean;
  /** Stops, and waits for the fate of every probe; of each flow all, in the order in which they were sent. */
  stop(): Promise<ReadonlyMap<WatchedFlow, readonly Probe[]>>;
  /** By how much a probe was sent too late, at most: the harness was held up. */
  readonly lateMs: number;
  /** The first probe that could not be sent, and when it was to be. */
  readonly failure: { readonly flow: WatchedFlow; readonly atMs: number; readonly why: string } | undefined;
}

/** So many answers in a row, and a flow works again. */
const answersInARow = 3;

interface Fate {
  readonly sentMs: number;
  /** When its answer came; null: it was lost; undefined: not known yet. */
  answeredMs?: number | null;
  token?: string;
}

const isAnswered = ({ answeredMs }: Fate): boolean => typeof answeredMs === "number";

export interface WatchOptions {
  readonly flows: readonly WatchedFlow[];
  readonly rate: WatchRate;
  readonly clock: Clock;
  readonly send: SendProbe;
  readonly identityOf: (flow: WatchedFlow) => string | undefined;
  /** Whether it is no wonder that a probe cannot be sent, as its sender is off; such a probe is lost. */
  readonly isSilenced: (flow: WatchedFlow) => boolean;
}

/** Begins at once. */
export function watchFlows({ flows, rate, clock, send, identityOf, isSilenced }: WatchOptions): FlowWatch {
  const fates = new Map<WatchedFlow, Fate[]>(flows.map((flow) => [flow, []]));
  const pending = new Set<Promise<void>>();
  let stopped = false;
  let lateMs = 0;
  let failure: FlowWatch["failure"];

  const sendOne = async (flow: WatchedFlow, fate: Fate): Promise<void> => {
    try {
      const { answer, token } = await send(flow, rate.waitMs);
      if (token !== undefined) fate.token = token;
      const wanted = identityOf(flow);
      // A kernel that echoes does not say who it is.
      const isRight = answer.kind === "reply" && (answer.who === undefined || wanted === undefined || answer.who === wanted);
      fate.answeredMs = isRight ? clock.nowMs() : null;
    } catch (error) {
      fate.answeredMs = null;
      if (!isSilenced(flow)) failure ??= { flow, atMs: fate.sentMs, why: error instanceof Error ? error.message : String(error) };
    }
  };
  const keepSending = async (flow: WatchedFlow, firstMs: number): Promise<void> => {
    const own = fates.get(flow) ?? [];
    for (let dueMs = firstMs; !stopped; dueMs += rate.everyMs) {
      const restMs = dueMs - clock.nowMs();
      if (restMs > 0) await clock.pause(restMs);
      if (stopped) return;
      const nowMs = clock.nowMs();
      lateMs = Math.max(lateMs, nowMs - dueMs);
      // What was missed is not made up for: a burst of probes would say nothing more.
      dueMs += Math.floor((nowMs - dueMs) / rate.everyMs) * rate.everyMs;
      const fate: Fate = { sentMs: nowMs };
      own.push(fate);
      const sending = sendOne(flow, fate).finally(() => pending.delete(sending));
      pending.add(sending);
    }
  };
  // One after the other within the interval, rather than all at once.
  const beganMs = clock.nowMs();
  const loops = flows.map((flow, position) => keepSending(flow, beganMs + (position * rate.everyMs) / flows.length));
  const ended = Promise.all(loops);
  ended.catch(() => undefined);

  const since = (flow: WatchedFlow, sinceMs: number): readonly Fate[] => fates.get(flow)?.filter(({ sentMs }) => sentMs >= sinceMs) ?? [];
  return {
    isAnswering(flow, sinceMs) {
      const known = since(flow, sinceMs)
        .filter(({ answeredMs }) => answeredMs !== undefined)
        .slice(-answersInARow);
      return known.length === answersInARow && known.every(isAnswered);
    },
    wasAnswered: (flow, sinceMs) => since(flow, sinceMs).some(isAnswered),
    async stop() {
      stopped = true;
      await ended;
      await Promise.all(pending);
      const probeOf = ({ sentMs, answeredMs, token }: Fate): Probe => ({
        sentMs,
        ...(typeof answeredMs === "number" ? { answeredMs } : {}),
        ...(token === undefined ? {} : { token }),
      });
      return new Map([...fates].map(([flow, own]) => [flow, own.map(probeOf)]));
    },
    get lateMs() {
      return lateMs;
    },
    get failure() {
      return failure;
    },
  };
}

/** Probes under way at once, at most: the prober would keep more waiting. */
const mostUnderWay = 400;

/** As often as asked for, or as seldom as it takes to have no more probes under way than the prober takes, to whole 10 ms. */
export function rateFor(flows: number, wanted: WatchRate): WatchRate {
  const leastMs = Math.ceil((flows * wanted.waitMs) / mostUnderWay / 10) * 10;
  return { ...wanted, everyMs: Math.max(wanted.everyMs, leastMs) };
}
