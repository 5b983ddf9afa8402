/** Packets that must reach nobody: sent all at once, while every victim's interface is watched. */
import { formatAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { Party, Protocol } from "../oracle/index.ts";
import type { Position, Sent, Session, Sighting, WatchPlace } from "../run/session.ts";
import { answerText, partyText, sampleFlows, silenceWaitMs } from "./flows.ts";
import type { Judgement } from "./flows.ts";

/** A sender that is no party, with a name for the story. */
export type Stranger = Position & { readonly called: string };

export interface Attempt {
  readonly from: Party | Stranger;
  readonly to: Address;
  readonly protocol: Protocol;
  readonly port?: number;
  /** Interface of the sender for a link-local destination. */
  readonly zone?: string;
  /** Whether an echo's answer is an arrival too: the address is a victim's, and no router has it. */
  readonly echoIsArrival?: boolean;
}

const mostAttempts = 600;

const attemptText = (attempt: Attempt): string => {
  const from = "called" in attempt.from ? attempt.from.called : partyText(attempt.from);
  const port = attempt.port === undefined ? " echo" : "";
  return `${attempt.protocol}${port} from ${from} to ${formatAddress(attempt.to)}${attempt.port === undefined ? "" : ` port ${attempt.port}`}`;
};

const placeText = (place: WatchPlace): string =>
  `${place.interface} of ${place.namespace ?? place.node}${place.namespace === undefined ? "" : ` on ${place.node}`}`;

/** The first sight of the attempt's packet at a victim; the mark tells it from every other packet. */
function arrivalOf(sent: Sent, sightings: readonly Sighting[]): Sighting | undefined {
  return sightings.find((sighting) => sighting.token === sent.token && sighting.kind === "request" && !sighting.outgoing);
}

/**
 * Judges that none of the attempts reaches a victim, in words of the law given. A service's answer is an arrival too (an echo's is not:
 * a router answers for itself), and so is a packet seen at a victim's interface.
 * `also` are further places to watch, such as those of NRs.
 */
export async function judgeNeverArrives(
  session: Session,
  attempts: readonly Attempt[],
  victims: readonly Party[],
  law: string,
  also: readonly WatchPlace[] = [],
): Promise<Judgement> {
  const chosen = sampleFlows(session, law, attempts, mostAttempts);
  const places = [...victims.flatMap((victim) => session.interfacesOf(victim)), ...also];
  const { value, sightings } = await session.watch(
    places,
    async () =>
      await Promise.all(chosen.map(async (attempt) => ({ attempt, sent: await session.send({ ...attempt, timeoutMs: silenceWaitMs }) }))),
  );
  const stories = value.flatMap(({ attempt, sent }) => {
    const arrival = arrivalOf(sent, sightings);
    if (arrival !== undefined) {
      return [
        `${attemptText(attempt)}: the packet arrived at ${placeText(arrival.place)} (from ${arrival.source} to ${arrival.destination}); expected: never delivered (${law})`,
      ];
    }
    const answered = sent.answer.kind === "reply" && (attempt.protocol !== "icmp" || attempt.echoIsArrival === true);
    return answered ? [`${attemptText(attempt)}: ${answerText(sent.answer)}; expected: never delivered (${law})`] : [];
  });
  return { runs: value.length, stories };
}
