/** Sends each of several flows again and again, and keeps what came of it. */
import type { Clock } from "../../../core/common/index.ts";
import { predictAt } from "../../oracle/index.ts";
import type { Flow, World } from "../../oracle/index.ts";
import { answerWaitMs } from "../../laws/flows.ts";
import type { Session } from "../session.ts";
import type { Observation } from "./observation.ts";
import { changeSettleMs } from "./settling.ts";

/** Between the answer to one probe and the next one of the same flow. */
const betweenMs = 150;
/** Routers limit how many errors they send, and silence takes its time anyway. */
const betweenRefusedMs = 600;
/** Of what may or must not be answered: shorter than the faults of a timeline last, so that it ends within them. */
const shortWaitMs = 400;
/** Ports of the senders of udp, one for each flow: what the receiver sees is compared with it. */
export const firstSourcePort = 21_000;

export interface WatchContext {
  readonly session: Session;
  readonly world: World;
  readonly clock: Clock;
  /** The zero point on the clock. */
  readonly zeroMs: number;
}

export interface FlowWatch {
  readonly observations: readonly Observation[];
  /** Sends no more, and resolves when the last answers are there. */
  stop(): Promise<void>;
}

/** One probe; what cannot be sent is told too, as its sender may just have gone. */
export async function observe(
  { session, clock, zeroMs }: WatchContext,
  flow: Flow,
  options: { readonly timeoutMs: number; readonly sourcePort?: number },
): Promise<Observation> {
  const fromMs = clock.nowMs() - zeroMs;
  const sourcePort = flow.protocol === "udp" && options.sourcePort !== undefined ? { sourcePort: options.sourcePort } : {};
  try {
    const sent = await session.send({ ...flow, ...sourcePort, timeoutMs: options.timeoutMs });
    return { flow, fromMs, toMs: clock.nowMs() - zeroMs, ...sourcePort, sent };
  } catch (error) {
    return { flow, fromMs, toMs: clock.nowMs() - zeroMs, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Each flow for itself, so that one that waits for its answer does not hold up the others. */
export function watchFlows(context: WatchContext, flows: readonly Flow[]): FlowWatch {
  const { world, clock, zeroMs } = context;
  const observations: Observation[] = [];
  let stopped = false;
  const again = async (flow: Flow, index: number): Promise<void> => {
    while (!stopped) {
      // What may still go the old way is not waited for, so that there are probes when it may no more.
      const now = predictAt(world, flow, clock.nowMs() - zeroMs, { settleMs: 0, changeMs: changeSettleMs });
      const isAnswered = now?.mode === "must";
      if (now !== undefined) {
        observations.push(
          await observe(context, flow, { timeoutMs: isAnswered ? answerWaitMs : shortWaitMs, sourcePort: firstSourcePort + index }),
        );
      }
      await clock.pause(isAnswered || now?.mode === "may" ? betweenMs : betweenRefusedMs);
    }
  };
  const loops = Promise.all(flows.map(async (flow, index) => await again(flow, index)));
  loops.catch(() => undefined);
  return {
    observations,
    async stop() {
      stopped = true;
      await loops;
    },
  };
}
