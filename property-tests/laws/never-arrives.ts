/** Packets that must reach nobody: sent all at once, while every victim's interface is watched. */
import { formatAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { Party, Protocol } from "../oracle/index.ts";
import type { Position, Sent, Session, Sighting, WatchPlace } from "../run/session.ts";
import { answerText, arrivalOf, judgementOf, partyText, requireAnswers, sampleFlows, silenceWaitMs, tokenOf } from "./flows.ts";
import type { Judgement } from "./flows.ts";
import { HarnessError } from "./law.ts";
import { losesPackets } from "./lossy.ts";
import type { BrokenFlow } from "./law.ts";

/** A sender that is no party, with a name for the story. */
export type Stranger = Position & { readonly called: string };

export interface Attempt {
  readonly from: Party | Stranger;
  readonly to: Address;
  readonly protocol: Protocol;
  readonly port?: number;
  readonly sourcePort?: number;
  /** Of udp: an address in place of the sender's own. */
  readonly foreignSource?: Address;
  /** Of icmp: an echo's answer that nobody has asked for. */
  readonly unasked?: true;
  /** Interface of the sender for a link-local destination. */
  readonly zone?: string;
  /** Whether an echo's answer is an arrival too: the address is a victim's, and no router has it. */
  readonly echoIsArrival?: boolean;
}

const mostAttempts = 600;

const attemptText = (attempt: Attempt): string => {
  const from = "called" in attempt.from ? attempt.from.called : partyText(attempt.from);
  const port = attempt.unasked === true ? " echo reply that nobody asked for" : attempt.port === undefined ? " echo" : "";
  const sourcePort = attempt.sourcePort === undefined ? "" : ` port ${attempt.sourcePort}`;
  const as = attempt.foreignSource === undefined ? "" : ` as ${formatAddress(attempt.foreignSource)}${sourcePort}`;
  return `${attempt.protocol}${port} from ${from}${as} to ${formatAddress(attempt.to)}${attempt.port === undefined ? "" : ` port ${attempt.port}`}`;
};

const placeText = (place: WatchPlace): string =>
  `${place.interface} of ${place.namespace ?? place.node}${place.namespace === undefined ? "" : ` on ${place.node}`}`;

export interface NeverArrives {
  /** In words of the law, for the story. */
  readonly law: string;
  readonly attempts: readonly Attempt[];
  /** Whoever must not get them, and may answer over a permitted path all the while. */
  readonly victims: readonly Party[];
  /** Further interfaces at which none may be seen, such as those of NRs. */
  readonly also?: readonly WatchPlace[];
  /** Interfaces of which each attempt (but for TCP) has to pass one, in or out: where it does not, it never came to who should have refused it. */
  readonly passing?: readonly WatchPlace[];
}

const kindOf = ({ unasked }: Attempt): Sighting["kind"] => (unasked === true ? "answer" : "request");

const isAt = (places: readonly WatchPlace[], { place }: Sighting): boolean =>
  places.some((one) => one.node === place.node && one.namespace === place.namespace && one.interface === place.interface);

/** How an attempt came through; undefined where it did not. */
function arrivalText(attempt: Attempt, sent: Sent, arrival: Sighting | undefined): string | undefined {
  if (arrival !== undefined) return `the packet arrived at ${placeText(arrival.place)} (from ${arrival.source} to ${arrival.destination})`;
  const answered = sent.answer.kind === "reply" && (attempt.protocol !== "icmp" || attempt.echoIsArrival === true);
  return answered ? answerText(sent.answer) : undefined;
}

function requestOf({ from, to, protocol, port, sourcePort, zone, foreignSource, unasked }: Attempt): BrokenFlow["request"] {
  return {
    ...{ from, to, protocol },
    ...(port === undefined ? {} : { port }),
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(zone === undefined ? {} : { zone }),
    ...(foreignSource === undefined ? {} : { foreignSource }),
    ...(unasked === undefined ? {} : { unasked }),
  };
}

/**
 * Judges that none of the attempts reaches a victim. A service's answer is an arrival too (an echo's is not: a router answers for
 * itself), and so is a packet seen at a victim's interface. The victims have to answer over a permitted path at the end, while the watch
 * still goes on: on a slow machine that gives the attempts the time that packets take there. Throws a HarnessError where they do not, and
 * where an attempt was never made.
 */
export async function judgeNeverArrives(session: Session, given: NeverArrives): Promise<Judgement> {
  const { law, victims, also = [], passing = [] } = given;
  const chosen = sampleFlows(session, law, given.attempts, mostAttempts);
  if (chosen.length === 0) return judgementOf(0, []);
  const places = [...victims.flatMap((victim) => session.interfacesOf(victim)), ...also];
  const families = [...new Set(chosen.map(({ to }) => to.family))];
  const silent: string[] = [];
  const { value, sightings } = await session.watch([...places, ...passing], async (send) => {
    const made = await Promise.all(
      chosen.map(async (attempt) => ({ attempt, sent: await send({ ...attempt, timeoutMs: silenceWaitMs }) })),
    );
    silent.push(...(await session.silentResponders(victims, families)));
    return made;
  });
  const atVictims = sightings.filter((sighting) => isAt(places, sighting));
  const broken = value.flatMap(({ attempt, sent }): BrokenFlow[] => {
    const happened = arrivalText(attempt, sent, arrivalOf(sent, atVictims, kindOf(attempt)));
    if (happened === undefined) return [];
    return [
      { request: requestOf(attempt), story: `${attemptText(attempt)}: ${happened}; expected: never delivered (${law})`, ...tokenOf(sent) },
    ];
  });
  let made = value.length;
  if (broken.length === 0) {
    requireAnswers(silent);
    const mayBeLost = losesPackets(session.farm);
    for (const { attempt, sent } of value) {
      // A stranger's own kernel may be the one that refuses: a tunnel without a peer for the address does.
      const hasLeft = "called" in attempt.from || sent.answer.kind !== "localError";
      // The first packet of TCP carries no mark: it is not seen to pass.
      const isSeen = sightings.some((one) => one.token === sent.token && one.kind === kindOf(attempt) && isAt(passing, one));
      const hasPassed = passing.length === 0 || attempt.protocol === "tcp" || isSeen;
      if (hasLeft && hasPassed) continue;
      made -= 1;
      if (hasLeft && mayBeLost && made > 0) continue;
      throw new HarnessError(`${attemptText(attempt)} never came to who should refuse it: ${answerText(sent.answer)}`);
    }
  }
  return judgementOf(made, broken);
}
