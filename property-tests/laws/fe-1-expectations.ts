/** FE-1: what the farm file expects, while nothing has failed. `farmlab what-if` holds the same against every failure. */
import { formatAddress } from "../../core/common/index.ts";
import { expectationText, expectedFlows, predict } from "../oracle/index.ts";
import type { ExpectedFlow } from "../oracle/index.ts";
import type { Sent, Session } from "../run/session.ts";
import { answerText, answerWaitMs, flowText, partyText, requireAnswers, silenceWaitMs } from "./flows.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "./law.ts";
import { noExpectations } from "./silent.ts";

/** A flow of an expectation, and what became of it. */
export interface AskedFlow extends ExpectedFlow {
  /** The expectation's words. */
  readonly expectation: string;
  /** Whether it is expected to be answered. */
  readonly reachable: boolean;
  readonly sent: Sent;
}

/** An echo is a kernel's, which does not say who it is. */
const isReached = (session: Pick<Session, "identityOf">, { flow, asked }: ExpectedFlow, { answer }: Sent): boolean =>
  answer.kind === "reply" && (flow.protocol === "icmp" || answer.who === session.identityOf(asked));

export interface Disappointment {
  readonly story: string;
  /** Absent where the laws rule out what was expected: that is the file's fault, and no packet has gone astray. */
  readonly broken?: BrokenFlow;
}

/** Undefined where it went as expected. Who should not be reached is, by whatever answers. */
export function judgeAsked(session: Pick<Session, "identityOf" | "world">, given: AskedFlow): Disappointment | undefined {
  const { expectation, flow, asked, reachable, sent } = given;
  if (reachable ? isReached(session, given, sent) : sent.answer.kind !== "reply") return undefined;
  const prediction = predict(session.world, flow);
  const isRuledOut = prediction === undefined ? reachable : prediction.delivered !== reachable;
  const wanted = reachable ? `answered by ${partyText(asked)}` : `nobody answers at ${formatAddress(flow.to)}`;
  const remark = isRuledOut && prediction !== undefined ? `; ${prediction.law} has it otherwise: ${prediction.because}` : "";
  const story = `${flowText(flow)}: ${answerText(sent.answer)}; expected: ${wanted} (FE-1: ${expectation}${remark})`;
  return isRuledOut ? { story } : { story, broken: { request: flow, story, ...(prediction === undefined ? {} : { prediction }) } };
}

async function expectations(session: Session): Promise<PropertyOutcome> {
  const { world } = session;
  const all = world.farm.expectations.map((one) => ({ ...one, text: expectationText(one), flows: expectedFlows(world, one) }));
  const asked = await Promise.all(
    all.flatMap(({ text, reachable, flows }) =>
      flows.map(async (one): Promise<AskedFlow> => {
        const sent = await session.send({ ...one.flow, timeoutMs: reachable ? answerWaitMs : silenceWaitMs });
        return { ...one, expectation: text, reachable, sent };
      }),
    ),
  );
  const disappointed = asked.flatMap((one) => judgeAsked(session, one) ?? []);
  if (disappointed.length === 0) {
    const spared = asked.filter(({ reachable }) => !reachable);
    const victims = new Set(spared.map((one) => one.asked));
    requireAnswers(await session.silentResponders([...victims], [...new Set(spared.map(({ flow }) => flow.to.family))]));
    const unasked = all.filter(({ flows }) => flows.length === 0).map(({ text }) => text);
    if (unasked.length > 0) throw new HarnessError(`there is no address at which these could be asked: ${unasked.join(", ")}`);
  }
  const stories = disappointed.map(({ story }) => story);
  const broken = disappointed.flatMap((one) => one.broken ?? []);
  return outcomeOf(asked.length, stories, { broken, nothing: noExpectations });
}

export const expectationProperties: readonly Property[] = [
  { law: "FE-1", name: "FE-1 what the farm file expects holds while nothing has failed", needs: needsTunnels, run: expectations },
];
