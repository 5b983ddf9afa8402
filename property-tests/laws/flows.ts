/** Sends flows, compares what happened with what the oracle predicts, and tells each difference as a packet's story. */
import { formatAddress, parseAddress, sameAddress, seededRandom } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { predictAtRest } from "../oracle/index.ts";
import type { Delivered, Flow, NotDelivered, Party, Prediction } from "../oracle/index.ts";
import type { Answer, Sent, Session, Sighting } from "../run/session.ts";
import { HarnessError } from "./law.ts";
import { probesFor, sendUntilAnswered } from "./lossy.ts";
import type { BrokenFlow } from "./law.ts";

/** How long an answer may take that must come; a good lab answers in a few milliseconds. */
export const answerWaitMs = 2500;
/** How long an answer is waited for that must not come; after it the same responders have to answer over a permitted path. */
export const silenceWaitMs = 300;
/** No more flows than this a property; the seed chooses which. */
const mostFlows = 400;

export interface Judgement {
  readonly runs: number;
  readonly stories: readonly string[];
  /** Those of the stories' flows that can be sent once more, in the stories' order. */
  readonly broken: readonly BrokenFlow[];
}

/** The judgement of flows of which each is its own story. */
export const judgementOf = (runs: number, broken: readonly BrokenFlow[]): Judgement => ({
  runs,
  stories: broken.map(({ story }) => story),
  broken,
});

export interface JudgedFlow {
  readonly flow: Flow;
  readonly prediction: Prediction;
  readonly sent: Sent;
  /** The packet at the interface of who should get it, of echoes only: a kernel answers them and does not say what it saw. */
  readonly arrival?: Sighting | undefined;
  /** Where chance may lose a probe: how many were sent, the last of which this is, and what would lose them. */
  readonly chance?: { readonly probes: number; readonly allLost: number; readonly because: string };
}

const addressText = (address: Address | undefined): string => (address === undefined ? "an unknown address" : formatAddress(address));

export const partyText = (party: Party): string =>
  party.kind === "workload" ? `${party.name} (network ${party.network}, on ${party.node})` : `internet host ${party.name}`;

export const flowText = (flow: Flow): string =>
  `${flow.size === undefined ? "" : `${flow.size} bytes of `}${flow.protocol}${flow.port === undefined ? " echo" : ""} from ${partyText(flow.from)} to ${formatAddress(flow.to)}${flow.port === undefined ? "" : ` port ${flow.port}`}`;

export function answerText(answer: Answer): string {
  switch (answer.kind) {
    case "reply":
      return `it was answered${answer.who === undefined ? "" : ` by ${answer.who}`} from ${addressText(answer.from)}${answer.seenSource === undefined ? "" : `, which saw it come from ${addressText(answer.seenSource)}`}`;
    case "unreachable":
      if (answer.mtu !== undefined) return `${addressText(answer.from)} answered that it is too big for an MTU of ${answer.mtu}`;
      return `${addressText(answer.from)} answered that it is unreachable (ICMP type ${answer.type}, code ${answer.code})`;
    case "timeExceeded":
      return `its time to live ran out at ${addressText(answer.from)}`;
    case "refused":
      return "the connection was refused";
    case "localError":
      return `the sender's own kernel refused to send it: ${answer.message}`;
    case "timeout":
      return "no answer came";
  }
}

/** What is expected, in words. */
export const expectedText = (prediction: Prediction): string => {
  if (!prediction.delivered) {
    const who = prediction.refusedBy === undefined ? "" : ` by ${prediction.refusedBy.who}`;
    return prediction.refusal === "unreachable" ? `never delivered, answered unreachable${who}` : "never delivered";
  }
  const seen = prediction.sourceSeen === undefined ? "" : ` with source ${formatAddress(prediction.sourceSeen)}`;
  const hops = prediction.hops === undefined ? "" : ` over ${prediction.hops} hops`;
  return `delivered to ${partyText(prediction.answeredBy)}${seen}${hops}`;
};

export function storyOf(flow: Flow, prediction: Prediction, happened: string): string {
  return `${flowText(flow)}: ${happened}; expected: ${expectedText(prediction)} (${prediction.law}: ${prediction.because})`;
}

function judgeDelivered(session: Session, { flow, sent, arrival }: JudgedFlow, prediction: Delivered): string | undefined {
  const { answer } = sent;
  if (answer.kind !== "reply") return answerText(answer);
  if (!sameAddress(answer.from, flow.to)) return `${answerText(answer)}, another address than was asked`;
  if (flow.protocol === "icmp" && arrival === undefined) {
    return `${answerText(answer)}, but the packet did not arrive at ${partyText(prediction.answeredBy)}`;
  }
  if (flow.protocol !== "icmp" && answer.who !== session.identityOf(prediction.answeredBy)) return answerText(answer);
  const source = arrival === undefined ? answer.seenSource : parseAddress(arrival.source);
  if (prediction.sourceSeen !== undefined) {
    if (source === undefined) throw new HarnessError(`${flowText(flow)}: it was answered, but nobody told from which source it came`);
    if (!sameAddress(source, prediction.sourceSeen)) return answerText({ ...answer, seenSource: source });
  }
  if (prediction.hops === undefined) return undefined;
  const ttl = arrival?.ttl ?? answer.seenTtl;
  if (ttl === undefined) throw new HarnessError(`${flowText(flow)}: it was answered, but nobody told over how many hops it came`);
  const hops = session.startTtl - ttl;
  return hops === prediction.hops ? undefined : `it was answered, but passed ${hops} hops`;
}

function judgeNotDelivered({ sent }: JudgedFlow, prediction: NotDelivered): string | undefined {
  const { answer } = sent;
  if (answer.kind === "reply") return prediction.mayEcho === true ? undefined : answerText(answer);
  if (prediction.refusal !== "unreachable") return undefined;
  if (answer.kind !== "unreachable") return answerText(answer);
  const from = answer.from;
  const allowed = prediction.refusedBy?.addresses ?? [];
  return from === undefined || allowed.some((address) => sameAddress(address, from)) ? undefined : answerText(answer);
}

/** Why that was no chance. */
function chanceText({ sent, chance }: JudgedFlow): string {
  if (chance === undefined || sent.answer.kind !== "timeout") return "";
  const { probes, allLost, because } = chance;
  return `, ${probes} times one after the other, and ${because} alone would lose all of these with a probability of ${allLost.toExponential(0)} at most`;
}

/** The story of a flow that went otherwise than predicted. */
export function judgeFlow(session: Session, judged: JudgedFlow): string | undefined {
  const { prediction } = judged;
  const happened = prediction.delivered ? judgeDelivered(session, judged, prediction) : judgeNotDelivered(judged, prediction);
  return happened === undefined ? undefined : storyOf(judged.flow, prediction, `${happened}${chanceText(judged)}`);
}

/** At most `mostFlows` of the flows, chosen by the seed. */
export function sampleFlows<T>(session: Session, label: string, flows: readonly T[], most: number = mostFlows): readonly T[] {
  return flows.length <= most ? flows : seededRandom(session.seed, label).shuffle(flows).slice(0, most);
}

/** The first sight of a probe's packet on its way in; its mark tells it from every other packet. `kind`: of one that is no request. */
export function arrivalOf(sent: Sent, sightings: readonly Sighting[], kind: Sighting["kind"] = "request"): Sighting | undefined {
  return sightings.find((sighting) => sighting.token === sent.token && sighting.kind === kind && !sighting.outgoing);
}

interface PredictedFlow {
  readonly flow: Flow;
  readonly prediction: Prediction;
  /** Probes until nobody believes in chance any more, the probability of one to be answered, and what may lose it. */
  readonly most: number;
  readonly chance?: number;
  readonly because: string;
}

/** Of flows of which the laws say what becomes of them, whatever links lose all the time. */
function predictedOf({ world }: Session, flow: Flow): PredictedFlow[] {
  const timed = predictAtRest(world, flow);
  if (timed === undefined) return [];
  const { prediction, mode, chance, because } = timed;
  if (mode !== "may") return [{ flow, prediction, most: 1, because }];
  const most = chance === undefined ? undefined : probesFor(chance);
  return chance === undefined || most === undefined ? [] : [{ flow, prediction, most, chance, because }];
}

async function sendPredicted(send: Session["send"], { flow, prediction, most, chance, because }: PredictedFlow): Promise<JudgedFlow> {
  const waits = prediction.delivered || prediction.refusal === "unreachable";
  const { sent, probes } = await sendUntilAnswered(send, { ...flow, timeoutMs: waits ? answerWaitMs : silenceWaitMs }, most);
  if (chance === undefined) return { flow, prediction, sent };
  return { flow, prediction, sent, chance: { probes, allLost: (1 - chance) ** probes, because } };
}

/**
 * Sends all flows at once and gives those that have a prediction with what happened. Of one that links may lose by chance there are more
 * probes until one is answered; flows of which even that would say nothing are left out.
 */
export async function sendFlows(session: Session, label: string, flows: readonly Flow[]): Promise<JudgedFlow[]> {
  const predicted = sampleFlows(
    session,
    label,
    flows.flatMap((flow) => predictedOf(session, flow)),
  );
  const receivers = new Set(
    predicted.flatMap(({ flow, prediction }) => (flow.protocol === "icmp" && prediction.delivered ? [prediction.answeredBy] : [])),
  );
  const places = [...receivers].flatMap((party) => session.interfacesOf(party));
  const { value, sightings } = await session.watch(
    places,
    async (send) => await Promise.all(predicted.map(async (one) => await sendPredicted(send, one))),
    "sees-nothing",
  );
  return value.map((judged) => ({ ...judged, arrival: judged.flow.protocol === "icmp" ? arrivalOf(judged.sent, sightings) : undefined }));
}

/** For a broken flow. */
export const tokenOf = ({ token }: Pick<Sent, "token">): Pick<BrokenFlow, "token"> => (token === undefined ? {} : { token });

/** Sends and judges: every flow for itself. */
export async function judgeFlows(session: Session, label: string, flows: readonly Flow[]): Promise<Judgement> {
  const judged = await sendFlows(session, label, flows);
  const broken = judged.flatMap((one): BrokenFlow[] => {
    const story = judgeFlow(session, one);
    return story === undefined ? [] : [{ request: one.flow, prediction: one.prediction, story, ...tokenOf(one.sent) }];
  });
  return judgementOf(judged.length, broken);
}

export function combine(...judgements: readonly Judgement[]): Judgement {
  return {
    runs: judgements.reduce((sum, judgement) => sum + judgement.runs, 0),
    stories: judgements.flatMap((judgement) => judgement.stories),
    broken: judgements.flatMap((judgement) => judgement.broken),
  };
}

/** ICMP and every service of the target that a family's address of it offers. */
export function flowsTo(
  from: Party,
  to: Address,
  services: readonly { readonly protocol: "tcp" | "udp"; readonly port: number }[],
): Flow[] {
  return [{ from, to, protocol: "icmp" }, ...services.map(({ protocol, port }): Flow => ({ from, to, protocol, port }))];
}

/** A refusal proves nothing unless the same responders answer over a permitted path: throws a HarnessError where one was silent there. */
export function requireAnswers(silent: readonly string[]): void {
  if (silent.length === 0) return;
  throw new HarnessError(`a refusal proves nothing here, as these do not answer over a permitted path either: ${silent.join(", ")}`);
}
