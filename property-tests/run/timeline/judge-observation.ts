/** Whether one probe went as the laws say of its time. */
import { sameAddress } from "../../../core/common/index.ts";
import { answerText, flowText, judgeFlow, storyOf } from "../../laws/flows.ts";
import { HarnessError } from "../../laws/law.ts";
import type { Delivered, TimedPrediction } from "../../oracle/index.ts";
import type { Session } from "../session.ts";
import { namelessResponder } from "../traffic.ts";
import type { Observation } from "./observation.ts";

const when = ({ fromMs, toMs }: Observation): string =>
  `sent ${Math.round(fromMs)} ms after the timeline's zero point, until ${Math.round(toMs)} ms`;

/** A kernel answers echoes and does not say what it saw: nobody watches where they arrive while namespaces come and go. */
function judgeEcho({ flow, sent }: Observation, prediction: Delivered): string | undefined {
  const answer = sent?.answer;
  if (answer === undefined || (answer.kind === "reply" && sameAddress(answer.from, flow.to))) return undefined;
  return storyOf(flow, prediction, answerText(answer));
}

/** The port that the receiver saw, where that says something. */
function judgePort({ flow, sent, sourcePort }: Observation, prediction: Delivered): string | undefined {
  const answer = sent?.answer;
  if (prediction.portSeen !== "kept" || sourcePort === undefined || answer?.kind !== "reply") return undefined;
  if (answer.seenPort === undefined || answer.seenPort === sourcePort) return undefined;
  return storyOf(flow, prediction, `${answerText(answer)} port ${answer.seenPort}, but was sent from port ${sourcePort}`);
}

/** The story of a probe that had another fate than it must have had. */
export function storyOfObservation(session: Session, observation: Observation, timed: TimedPrediction): string | undefined {
  const { flow, sent, error } = observation;
  const { mode, prediction, because } = timed;
  if (sent === undefined) {
    if (mode !== "must") return undefined;
    throw new HarnessError(`${flowText(flow)} could not be sent: ${error ?? "for no reason given"}`);
  }
  // In mode may nothing at all is right too, a router on the way may say that it has no way, and of a connection a part may arrive.
  const { answer } = sent;
  if (mode === "may" && (answer.kind !== "reply" || answer.who === namelessResponder)) return undefined;
  // Errors come at a limited rate: that there are some is judged over all probes.
  const judged = !prediction.delivered && prediction.refusal === "unreachable" ? ({ ...prediction, refusal: "any" } as const) : prediction;
  const echo = flow.protocol === "icmp" && judged.delivered;
  const seen = echo ? judgeEcho(observation, judged) : judgeFlow(session, { flow, prediction: judged, sent });
  const story = seen ?? (judged.delivered ? judgePort(observation, judged) : undefined);
  return story === undefined
    ? undefined
    : `${story}, ${mode} be delivered${because === "" ? "" : ` while or after: ${because}`} (${when(observation)})`;
}

/** Whether a router that may do so said that nobody has the address. */
export function isRefusedRightly({ sent }: Observation, { prediction }: TimedPrediction): boolean {
  if (prediction.delivered || sent?.answer.kind !== "unreachable") return false;
  const { from } = sent.answer;
  const allowed = prediction.refusedBy?.addresses ?? [];
  return from !== undefined && allowed.some((address) => sameAddress(address, from));
}
