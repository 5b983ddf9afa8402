/** EX-11: what nobody has is answered unreachable, and no packet goes round in circles. */
import { addressIn, contains, formatPrefix, sameAddress, seededRandom } from "../../core/common/index.ts";
import type { Address, Prefix } from "../../core/common/index.ts";
import { predict } from "../oracle/index.ts";
import type { Flow, NotDelivered, Party, Protocol } from "../oracle/index.ts";
import type { Session, Sighting } from "../run/session.ts";
import { answerText, answerWaitMs, judgementOf, storyOf, tokenOf } from "./flows.ts";
import type { Judgement } from "./flows.ts";
import { HarnessError, needsTunnels, outcomeOf, seesTunnelled } from "./law.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "./law.ts";
import { pairFlows } from "./ex-07-within.ts";
import { leftAtLast } from "./left-at-last.ts";
import { isSure } from "./lossy.ts";
import { gatewayPlaces, liveBars, resourcePlaces, upstreamPlaces } from "../run/places.ts";

/**
 * Routers limit how many errors they send to one address (RFC 4443 section 2.4 (f)). Linux answers six at once, and no sender asks one
 * router more often here; but others of the file's laws, and of those that are judged beside it, ask for the same senders.
 */
const prefixesAsked = 3;
/** Of packets that nobody answers, until they have gone wherever they go. */
const roundWaitMs = 400;
const protocols: readonly Protocol[] = ["icmp", "udp", "tcp"];

/** An internet host with IPv6 and the first workload of every network. */
function senders(session: Session): Party[] {
  const host = session.world.internetHosts.find((candidate) => candidate.ipv6 !== undefined);
  const workloads = session.world.networks.flatMap(
    ({ network }) => session.world.workloads.find((workload) => workload.network === network.name) ?? [],
  );
  return [...(host === undefined ? [] : [host]), ...workloads];
}

/** /64s of a part that no NR holds: beside one that is held, the first, the last and one by chance. */
function freePrefixes(session: Session, part: Prefix): Prefix[] {
  const held = session.world.networks.flatMap(({ resources }) => resources.map((resource) => resource.prefix6));
  const random = seededRandom(session.seed, `free /64 of ${formatPrefix(part)}`);
  const neighbours = held.filter((prefix) => contains(part, prefix)).map((prefix) => prefix.address.value + (1n << 64n));
  const numbers = [0, 4095, random.below(4096), random.below(4096)].map((number) => part.address.value + (BigInt(number) << 64n));
  const candidates = [...neighbours.slice(0, 1), ...numbers].map((value): Prefix => ({ address: { family: 6, value }, length: 64 }));
  return candidates.filter(
    (candidate) => contains(part, candidate) && !held.some((prefix) => sameAddress(prefix.address, candidate.address)),
  );
}

/** /52s of an allocation without exit node (part 0 is PrefixZero's). */
function freeParts(session: Session): Prefix[] {
  return session.farm.allocations.flatMap(({ prefix }) => {
    const parts = Array.from({ length: 15 }, (_, index): Prefix => ({
      address: { family: 6, value: prefix.address.value + (BigInt(index + 1) << 76n) },
      length: 52,
    }));
    const free = parts.filter((part) => !session.world.bars.some((bar) => sameAddress(bar.part.address, part.address)));
    return seededRandom(session.seed, `free /52 of ${formatPrefix(prefix)}`)
      .shuffle(free)
      .slice(0, 3);
  });
}

interface Asked {
  readonly flow: Flow;
  readonly prediction: NotDelivered;
}

/** What is not answered is asked again when a router has an error for the sender again, which it has once a second. */
const rationed = { waitMs: 2 * answerWaitMs, everyMs: 1000 };

/** One sender asks after one address. */
async function ask(session: Session, { flow, prediction }: Asked): Promise<readonly BrokenFlow[]> {
  let broken: readonly BrokenFlow[] = [];
  await leftAtLast(session, rationed, async () => {
    const sent = await session.send({ ...flow, timeoutMs: answerWaitMs });
    const { answer } = sent;
    const from = answer.kind === "unreachable" ? answer.from : undefined;
    const isRight = from !== undefined && (prediction.refusedBy?.addresses ?? []).some((address) => sameAddress(address, from));
    const story = storyOf(flow, prediction, answerText(answer));
    broken = isRight ? [] : [{ request: flow, prediction, story, ...tokenOf(sent) }];
    return answer.kind === "timeout" ? [story] : [];
  });
  return broken;
}

async function judgeUnassigned(session: Session, targets: readonly Address[]): Promise<Judgement> {
  const asked = senders(session).flatMap((from) =>
    targets.flatMap((to, index): Asked[] => {
      const protocol = protocols[index % protocols.length] ?? "icmp";
      const flow: Flow = { from, to, protocol, ...(protocol === "icmp" ? {} : { port: 80 }) };
      const prediction = predict(session.world, flow);
      return prediction === undefined || prediction.delivered || !isSure(session.world, flow) ? [] : [{ flow, prediction }];
    }),
  );
  const broken = await Promise.all(asked.map(async (one) => await ask(session, one)));
  return judgementOf(asked.length, broken.flat());
}

const first = (prefix: Prefix): Address => addressIn(prefix, 2);

async function unassigned64(session: Session): Promise<PropertyOutcome> {
  const targets = liveBars(session.world).flatMap((bar) => freePrefixes(session, bar.part).slice(0, prefixesAsked).map(first));
  const { runs, stories, broken } = await judgeUnassigned(session, targets);
  return outcomeOf(runs, stories, { broken, nothing: "this farm has no exit node" });
}

async function unassigned52(session: Session): Promise<PropertyOutcome> {
  const { runs, stories, broken } = await judgeUnassigned(session, freeParts(session).map(first));
  return outcomeOf(runs, stories, { broken, nothing: "every /52 of this farm has an exit node" });
}

const namespaceOf = (sighting: Sighting): string =>
  sighting.place.namespace === undefined ? sighting.place.node : `${sighting.place.namespace} on ${sighting.place.node}`;

/** Packets that came into one routing namespace more than once. The same mark between other addresses is the answer, or another encapsulation. */
export function returningPackets(sightings: readonly Sighting[]): { readonly token: string; readonly story: string }[] {
  const passes = new Map<string, { readonly sighting: Sighting; times: number }>();
  for (const sighting of sightings.filter((one) => !one.outgoing)) {
    const key = [sighting.token, sighting.sequence, sighting.source, sighting.destination, namespaceOf(sighting)].join(" ");
    const known = passes.get(key);
    if (known === undefined) passes.set(key, { sighting, times: 1 });
    else known.times += 1;
  }
  return [...passes.values()]
    .filter(({ times }) => times > 1)
    .map(({ sighting, times }) => ({
      token: sighting.token,
      story: `a packet from ${sighting.source} to ${sighting.destination} passed ${namespaceOf(sighting)} ${times} times; expected: once (EX-11: no packet passes the same routing namespace twice)`,
    }));
}

/** Private IPv4 addresses that no NR holds: where an NR's own network and the tunnels' transit would be for a free /64. */
function privateNobody(session: Session): Address[] {
  const free = liveBars(session.world).flatMap((bar) => freePrefixes(session, bar.part).slice(0, 1));
  return free.flatMap((prefix) => {
    const bytes = (prefix.address.value >> 64n) & 0xffffn;
    return [(10n << 24n) | (bytes << 8n) | 2n, (10n << 24n) | (255n << 16n) | bytes].map((value): Address => ({ family: 4, value }));
  });
}

async function noCircles(session: Session): Promise<PropertyOutcome> {
  const { world } = session;
  const free = [...liveBars(world).flatMap((bar) => freePrefixes(session, bar.part).slice(0, 1)), ...freeParts(session).slice(0, 1)].map(
    first,
  );
  const outside = senders(session);
  const toNobody = outside.flatMap((from) =>
    free.flatMap((to): Flow[] => [
      { from, to, protocol: "icmp" },
      { from, to, protocol: "udp", port: 53 },
    ]),
  );
  const toWorkloads = outside.flatMap((from) =>
    world.workloads.filter((to) => to !== from).map((to): Flow => ({ from, to: to.ipv6, protocol: "icmp" })),
  );
  const toInternet = world.workloads.flatMap((from) =>
    world.internetHosts.flatMap((host) =>
      [host.ipv6, host.ipv4].flatMap((to): Flow[] => (to === undefined ? [] : [{ from, to, protocol: "icmp" }])),
    ),
  );
  const toNobody4 = outside.flatMap((from) => privateNobody(session).map((to): Flow => ({ from, to, protocol: "udp", port: 53 })));
  const inside = [...pairFlows(session, 4), ...pairFlows(session, 6)].filter((flow) => flow.protocol === "icmp");
  const flows = [...toNobody, ...toNobody4, ...toWorkloads, ...toInternet, ...inside];
  const places = [...upstreamPlaces(world), ...gatewayPlaces(world), ...world.networks.flatMap((network) => resourcePlaces(network))];
  const { value, sightings } = await session.watch(
    places,
    async (send) =>
      await Promise.all(flows.map(async (flow) => ({ flow, token: (await send({ ...flow, timeoutMs: roundWaitMs })).token }))),
  );
  if (flows.length > 0 && sightings.length === 0) throw new HarnessError(`none of ${flows.length} packets was seen at any interface`);
  const returning = returningPackets(sightings);
  const stories = returning.map(({ story }) => story);
  const broken = returning.flatMap(({ token, story }): BrokenFlow[] => {
    const request = value.find((one) => one.token === token)?.flow;
    const prediction = request === undefined ? undefined : predict(session.world, request);
    return request === undefined || prediction === undefined ? [] : [{ request, prediction, story }];
  });
  const figures = [{ name: "packets seen", value: sightings.length, unit: "packets", bound: null }];
  return outcomeOf(flows.length, stories, { broken, nothing: "this farm has nobody who could send", figures });
}

export const unassignedProperties: readonly Property[] = [
  {
    law: "EX-11",
    name: "EX-11 a packet to an unassigned /64 is answered unreachable by the BAR of its /52",
    needs: needsTunnels,
    run: unassigned64,
  },
  {
    law: "EX-11",
    name: "EX-11 a packet to a /52 without exit node is answered unreachable by the upstream router",
    needs: needsTunnels,
    run: unassigned52,
  },
  { law: "EX-11", name: "EX-11 no packet passes the same routing namespace twice", needs: seesTunnelled, run: noCircles },
];
