/** The prober as the properties see it: parties and positions in place of paths, and marks by which packets are followed. */
import { formatAddress } from "../../core/common/index.ts";
import type { Address, Family } from "../../core/common/index.ts";
import type { Lab } from "../../emulator/lab.ts";
import type { Prober, ProbeOutcome } from "../../emulator/probe/index.ts";
import { HarnessError } from "../laws/law.ts";
import { probesIn, sendUntilAnswered } from "../laws/lossy.ts";
import { addressOf, gatewayIpv4, networkNamed, upstreamOf } from "../oracle/index.ts";
import type { Bar, Party, World } from "../oracle/index.ts";
import { serviceText } from "../what-if/flows.ts";
import { gatewayPosition, interfacesOf, liveBars, positionOf, resourcePosition } from "./places.ts";
import type { Answer, Position, SendFrame, SendRequest, Sent, Session, Sighting, WatchPlace } from "./session.ts";

export const startTtl = 64;
/** A port that no farm file's service is likely to have; every internet host answers there. */
export const internetPort = 7007;
const controlWaitMs = 2500;
/** Who took a connection and has not said who it is: none of the harness's, or its word was lost on the way. */
export const namelessResponder = "something that is no responder of the harness";

export type Traffic = Pick<
  Session,
  "startTtl" | "internetPort" | "identityOf" | "positionOf" | "interfacesOf" | "send" | "silentResponders" | "watch"
> & {
  pathOf(position: Position): string;
};

export const identityOf = (party: Party): string => (party.kind === "workload" ? `${party.network}/${party.name}` : party.name);

const isParty = (from: Party | Position): from is Party => "kind" in from;

function answerOf(outcome: ProbeOutcome): Answer {
  switch (outcome.kind) {
    case "reply":
      return {
        kind: "reply",
        from: outcome.from,
        ...(outcome.who === null ? {} : { who: outcome.who }),
        ...(outcome.seen === null ? {} : { seenSource: outcome.seen.source, seenPort: outcome.seen.sourcePort }),
        ...(outcome.seen === null || outcome.seen.ttl === null ? {} : { seenTtl: outcome.seen.ttl }),
        ...(outcome.replyTtl === null ? {} : { replyHops: startTtl - outcome.replyTtl }),
      };
    case "accepted":
      return { kind: "reply", who: namelessResponder, from: outcome.from };
    case "unreachable":
      return {
        ...{ kind: "unreachable", type: outcome.type, code: outcome.code, from: outcome.from },
        ...(outcome.mtu === null ? {} : { mtu: outcome.mtu }),
      };
    case "time-exceeded":
      return { kind: "timeExceeded", from: outcome.from };
    case "refused":
      return { kind: "refused" };
    case "local-error":
      return { kind: "localError", message: outcome.errno };
    case "timeout":
      return { kind: "timeout" };
  }
}

/**
 * A namespace or an interface is not there: that no agent made it is for the laws to judge. A namespace's name is a plain file for a moment
 * while it is made or taken away.
 */
export const isAbsence = (error: unknown): boolean =>
  error instanceof Error && /\bEN(?:OENT|ODEV|XIO)\b|\/netns\/\S+: .*\bEINVAL\b/.test(error.message);

const proberFailed = (error: unknown): HarnessError =>
  new HarnessError(`the prober cannot work: ${error instanceof Error ? error.message : String(error)}`);

/** What the prober itself throws means that nothing was seen. */
async function asHarness<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw proberFailed(error);
  }
}

const placeKey = (place: WatchPlace): string => `${place.node}/${place.namespace ?? ""}/${place.interface}`;

export function trafficOf(world: World, lab: Lab, prober: Prober): Traffic {
  const pathOf = (position: Position): string => lab.namespacePath(position.node, position.namespace);

  const sendMarked = async (request: SendRequest, token: string): Promise<Sent> => {
    const position = isParty(request.from) ? positionOf(request.from) : request.from;
    const probe = {
      from: {
        namespacePath: pathOf(position),
        ...(request.sourcePort === undefined ? {} : { sourcePort: request.sourcePort }),
        ...(request.foreignSource === undefined ? {} : { source: request.foreignSource, foreign: true as const }),
      },
      protocol: request.protocol,
      to: request.to,
      ...(request.unasked === undefined ? {} : { unasked: request.unasked }),
      ...(request.port === undefined ? {} : { port: request.port }),
      ...(request.zone === undefined ? {} : { zone: request.zone }),
      ...(request.size === undefined ? {} : { size: request.size }),
      ...(request.answerSize === undefined ? {} : { answerSize: request.answerSize }),
      ttl: startTtl,
      timeoutMs: request.timeoutMs,
      token,
    };
    try {
      return { token, answer: answerOf(await prober.probe(probe)) };
    } catch (error) {
      if (isAbsence(error)) return { token, answer: { kind: "localError", message: "its namespace is not there" } };
      throw proberFailed(error);
    }
  };
  const send: Session["send"] = async (request) => await sendMarked(request, prober.newToken());

  const isAnswered = async (request: SendRequest): Promise<boolean> => {
    const { sent } = await sendUntilAnswered(send, request, probesIn(world.farm));
    return sent.answer.kind === "reply";
  };

  const answersGateway = async (to: Address, bar: Bar): Promise<boolean> => {
    const upstream = upstreamOf(world, bar);
    const reachesIpv4 = gatewayIpv4(bar) !== undefined && upstream?.ipv4 !== undefined;
    if (upstream === undefined || (to.family === 4 && !reachesIpv4)) return true;
    return await isAnswered({ from: gatewayPosition(bar), to, protocol: "icmp", timeoutMs: controlWaitMs });
  };

  /**
   * Over a path that no law but the network's own reachability has a say in: a workload by one of the same network, else by the NR itself; a
   * host of the internet by every gateway for itself, whose neighbours are then known too.
   */
  const unansweredPermitted = async (party: Party, family: Family): Promise<readonly string[]> => {
    const to = addressOf(party, family);
    if (to === undefined) return [];
    if (party.kind !== "workload") {
      const bars = liveBars(world);
      const answered = await Promise.all(bars.map(async (bar) => await answersGateway(to, bar)));
      return bars.flatMap(({ node }, index) => (answered[index] === true ? [] : [`icmp from the gateway of ${node}`]));
    }
    const colleague = world.workloads.find((other) => other !== party && other.network === party.network);
    const from = colleague ?? resourcePosition(networkNamed(world, party.network), party.resource);
    const asked = [{ protocol: "icmp" as const }, ...party.services.map(({ protocol, port }) => ({ protocol, port }))];
    const answered = await Promise.all(asked.map(async (one) => await isAnswered({ from, to, ...one, timeoutMs: controlWaitMs })));
    return asked.flatMap((one, index) => (answered[index] === true ? [] : [serviceText(one)]));
  };
  return {
    startTtl,
    internetPort,
    identityOf,
    positionOf,
    interfacesOf,
    pathOf,
    send,
    async silentResponders(parties, families) {
      const asked = parties.flatMap((party) => families.map((family) => ({ party, family })));
      const unanswered = await Promise.all(asked.map(async ({ party, family }) => await unansweredPermitted(party, family)));
      return asked.flatMap(({ party, family }, index) => {
        const what = unanswered[index] ?? [];
        return what.length === 0 ? [] : [`${identityOf(party)} on IPv${family} (${what.join(", ")})`];
      });
    },
    async watch(places, work, absent = "unknown") {
      const group = prober.newGroup();
      const distinct = [...new Map(places.map((place) => [placeKey(place), place])).values()];
      const opened = await asHarness(
        Promise.allSettled(
          distinct.map(async (place) => ({
            place,
            watch: await prober.watch({ namespacePath: pathOf(place), interface: place.interface, token: group }),
          })),
        ),
      );
      const watches = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const failed = opened.filter((one) => one.status === "rejected").find(({ reason }) => absent === "unknown" || !isAbsence(reason));
      try {
        if (failed !== undefined) throw new HarnessError(`an interface cannot be watched: ${String(failed.reason)}`);
        const sendFrame: SendFrame = async (place, frameWith) => {
          const mark = prober.newToken(group);
          await asHarness(prober.sendFrame({ namespacePath: pathOf(place), interface: place.interface, frame: frameWith(mark) }));
          return mark;
        };
        const value = await work(async (request) => await sendMarked(request, prober.newToken(group)), sendFrame);
        const results = await asHarness(Promise.all(watches.map(async ({ place, watch }) => ({ place, result: await watch.stop() }))));
        const lost = results.reduce((sum, { result }) => sum + result.dropped, 0);
        if (lost > 0) throw new HarnessError(`the watched interfaces had ${lost} packets too many to see`);
        const sightings = results.flatMap(({ place, result }) =>
          result.packets.map((packet): Sighting => ({
            place,
            outgoing: packet.direction === "out",
            kind: packet.kind,
            source: formatAddress(packet.source),
            destination: formatAddress(packet.destination),
            ttl: packet.ttl,
            token: packet.token,
            sequence: packet.sequence,
          })),
        );
        return { value, sightings };
      } finally {
        await Promise.allSettled(watches.map(async ({ watch }) => await watch.stop()));
      }
    },
  };
}
