/** EX-23: what is as large as the path carries passes both ways; what is larger is told so; TCP needs neither luck nor errors to fit. */
import { contains, formatAddress, sameAddress, wellKnown } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { ethernetMtu, everyFlow, pathMtu, payloadOf, predictAtRest, toldMtu } from "../oracle/index.ts";
import { internetName } from "../../core/farm/index.ts";
import type { Delivered, Flow, Party } from "../oracle/index.ts";
import type { Answer, Position, Session, Sighting } from "../run/session.ts";
import { answerText, answerWaitMs, flowText, judgeFlow, judgementOf, sampleFlows, tokenOf } from "./flows.ts";
import type { Judgement } from "./flows.ts";
import { HarnessError, outcomeOf, seesTunnelled } from "./law.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "./law.ts";

const nothing = "this farm has no flow that arrives for certain";
const mostDatagrams = 160;
const mostTooLarge = 60;
const mostTransfers = 80;
/** Many segments, each way. */
const transferBytes = 60_000;
/** A transfer takes its time on a busy machine. */
const transferWaitMs = 10_000;

interface SizedFlow {
  readonly flow: Flow;
  readonly prediction: Delivered;
  /** Bytes of the largest packet that passes. */
  readonly mtu: number;
}

/** Flows that arrive for certain, of which links lose nothing all the time. */
function certainFlows({ world, internetPort }: Session): SizedFlow[] {
  return everyFlow(world, internetPort).flatMap((flow) => {
    const timed = predictAtRest(world, flow);
    if (timed?.mode !== "must" || !timed.prediction.delivered) return [];
    return [{ flow, prediction: timed.prediction, mtu: pathMtu(world, flow, timed.prediction) }];
  });
}

/** As many as that, and of those through tunnels at least half where there are so many. */
function someOf(session: Session, label: string, flows: readonly SizedFlow[], most: number): SizedFlow[] {
  const tunnelled = sampleFlows(
    session,
    `${label}/tunnelled`,
    flows.filter(({ mtu }) => mtu < ethernetMtu),
    Math.ceil(most / 2),
  );
  const others = sampleFlows(
    session,
    `${label}/others`,
    flows.filter((one) => !tunnelled.includes(one)),
    most - tunnelled.length,
  );
  return [...tunnelled, ...others];
}

async function fullSize(session: Session): Promise<PropertyOutcome> {
  const flows = someOf(
    session,
    "EX-23/full",
    certainFlows(session).filter(({ flow }) => flow.protocol !== "tcp"),
    mostDatagrams,
  );
  const judgement = await judged(
    session,
    flows.map((one) => ({ ...one, flow: { ...one.flow, size: payloadOf(one.flow, one.mtu) } })),
    answerWaitMs,
  );
  return outcomeOf(judgement.runs, judgement.stories, { broken: judgement.broken, nothing, figures: figuresOf(flows) });
}

const figuresOf = (flows: readonly SizedFlow[]): { name: string; value: number; unit: string; bound: null }[] => [
  { name: "of these through tunnels", value: flows.filter(({ mtu }) => mtu < ethernetMtu).length, unit: "flows", bound: null },
];

/** Sends the flows as they are, with their sizes, and judges who answers; by how many hops and as whom is other laws' matter. */
async function judged(session: Session, flows: readonly SizedFlow[], timeoutMs: number): Promise<Judgement> {
  const broken = await Promise.all(
    flows.map(async ({ flow, prediction, mtu }): Promise<BrokenFlow[]> => {
      const { answeredBy, law } = prediction;
      const expected: Delivered = {
        delivered: true,
        answeredBy,
        law: "EX-23",
        because: `${law} lets it through, and its path carries packets of ${mtu} bytes`,
      };
      const sent = await session.send({ ...flow, timeoutMs });
      const { answer } = sent;
      // That an echo reached its host is other laws' matter: here it has to come back whole.
      const isEchoed = flow.protocol === "icmp" && answer.kind === "reply" && sameAddress(answer.from, flow.to);
      const story = isEchoed ? undefined : judgeFlow(session, { flow, sent, prediction: expected, arrival: undefined });
      return story === undefined ? [] : [{ request: flow, prediction: expected, story, ...tokenOf(sent) }];
    }),
  );
  return judgementOf(flows.length, broken.flat());
}

const isTooBig = (answer: Answer, { to }: Flow, mtu: number): boolean =>
  answer.kind === "unreachable" && answer.mtu === mtu && (to.family === 4 ? answer.type === 3 && answer.code === 4 : answer.type === 2);

const isPrivate = (address: Address): boolean =>
  [...wellKnown.private4, wellKnown.ula, wellKnown.linkLocal].some((prefix) => contains(prefix, address));

/** From the internet a farm's routers are seen by addresses that it can answer. */
function judgeError(flow: Flow, answer: Answer, mtu: number): string | undefined {
  if (!isTooBig(answer, flow, mtu)) {
    return `${flowText(flow)}: ${answerText(answer)}; expected: packet too big, with an MTU of ${mtu}`;
  }
  if (answer.kind !== "unreachable" || flow.from.kind === "workload" || answer.from === undefined || !isPrivate(answer.from))
    return undefined;
  return `${flowText(flow)}: ${answerText(answer)}; expected: the error comes from a global address`;
}

/** A byte too many, and as many as Ethernet carries. */
const sizesAbove = (mtu: number): readonly number[] => [mtu + 1, ethernetMtu];

async function toldTooLarge(session: Session, asked: readonly { readonly flow: Flow; readonly mtu: number }[]): Promise<BrokenFlow[]> {
  const broken = await Promise.all(
    asked.map(async ({ flow, mtu }): Promise<BrokenFlow[]> => {
      const sent = await session.send({ ...flow, timeoutMs: answerWaitMs });
      const story = judgeError(flow, sent.answer, mtu);
      return story === undefined ? [] : [{ request: flow, story: `${story} (EX-23)`, ...tokenOf(sent) }];
    }),
  );
  return broken.flat();
}

const tooLargeThere = async (session: Session, flows: readonly SizedFlow[]): Promise<BrokenFlow[]> =>
  await toldTooLarge(
    session,
    flows.flatMap(({ flow, prediction, mtu }) =>
      sizesAbove(mtu).map((bytes) => ({
        flow: { ...flow, size: payloadOf(flow, bytes) },
        mtu: toldMtu(session.world, flow, prediction, bytes),
      })),
    ),
  );

/** What passes there of a probe: the request and an error come, the answer leaves. */
const passesAt = (place: Position, token: string | undefined, kind: Sighting["kind"], sightings: readonly Sighting[]): boolean =>
  sightings.some(
    (seen) =>
      seen.kind === kind &&
      seen.outgoing === (kind === "answer") &&
      seen.token === token &&
      seen.place.node === place.node &&
      seen.place.namespace === place.namespace,
  );

/** How far it went without an error: which packet is missing tells where to look. */
function untold(place: Position, token: string | undefined, who: string, sightings: readonly Sighting[]): string {
  if (!passesAt(place, token, "request", sightings)) return `the request did not come to ${who}`;
  if (!passesAt(place, token, "answer", sightings)) return `the request came to ${who}, and no answer left it`;
  return `the answer left ${who}, which was not told that it is too big`;
}

/** The answer is too large: whoever answers is told so, through whatever translates between the two. */
async function tooLargeBack(session: Session, flows: readonly SizedFlow[]): Promise<BrokenFlow[]> {
  const asked = flows
    .filter(({ flow }) => flow.protocol === "udp")
    .map((one) => ({ ...one, request: { ...one.flow, answerSize: payloadOf(one.flow, ethernetMtu) } }));
  const places = [...new Set(asked.map(({ prediction }) => prediction.answeredBy))].flatMap((party) => session.interfacesOf(party));
  const { value, sightings } = await session.watch(
    places,
    async (send) =>
      await Promise.all(asked.map(async (one) => ({ ...one, sent: await send({ ...one.request, timeoutMs: answerBackWaitMs }) }))),
    "sees-nothing",
  );
  return value.flatMap(({ flow, request, prediction, sent, mtu }): BrokenFlow[] => {
    const text = `${flowText(flow)}, answered with ${request.answerSize} bytes`;
    const who = session.identityOf(prediction.answeredBy);
    if (sent.answer.kind === "reply")
      return [{ request, story: `${text}: the answer came; expected: it is too big for an MTU of ${mtu} (EX-23)` }];
    const place = session.positionOf(prediction.answeredBy);
    if (passesAt(place, sent.token, "error", sightings)) return [];
    const happened = untold(place, sent.token, who, sightings);
    const story = `${text}: ${happened}; expected: an error that quotes the answer, as the path carries ${mtu} bytes (EX-23)`;
    return [{ request, story, ...tokenOf(sent) }];
  });
}

/** The answer does not come, and an error that comes comes soon: so long for it on a busy machine. */
const answerBackWaitMs = 1000;

async function tooLarge(session: Session): Promise<PropertyOutcome> {
  const tunnelled = certainFlows(session).filter(({ flow, mtu }) => flow.protocol === "udp" && mtu < ethernetMtu);
  const flows = sampleFlows(session, "EX-23/too large", tunnelled, mostTooLarge);
  const broken = [...(await tooLargeThere(session, flows)), ...(await tooLargeBack(session, flows))];
  return outcomeOf(
    flows.length * (sizesAbove(0).length + 1),
    broken.map(({ story }) => story),
    { broken, nothing: "no udp service of this farm is behind a tunnel" },
  );
}

/** Less than what tunnels carry, so that it is the way behind the gateway that is too narrow. */
const narrowMtu = 1400;

/** Hosts of the internet whose links nobody's tunnels or agents need: all but the store's. */
const aside = (session: Session, { name }: Party): boolean => session.farm.internet.hosts.some((host) => host.name === name && !host.store);

/** While the last link to some hosts of the internet carries less than the rest of the way. */
async function whileNarrow<T>(session: Session, hosts: readonly Party[], work: () => Promise<T>): Promise<T> {
  const node = internetName(session.farm);
  const links = new Set<string>();
  for (const { ipv4, ipv6 } of hosts) {
    const [address] = [ipv4, ipv6].flatMap((one) => (one === undefined ? [] : [formatAddress(one)]));
    if (address === undefined) continue;
    const [route] = JSON.parse(await session.read({ node }, ["ip", "-j", "route", "get", address])) as { readonly dev?: string }[];
    if (route?.dev === undefined) throw new HarnessError(`the internet's way to ${address} cannot be read`);
    links.add(route.dev);
  }
  const carry = async (mtu: number): Promise<void> => {
    for (const link of links) await session.read({ node }, ["ip", "link", "set", "dev", link, "mtu", String(mtu)]);
  };
  try {
    await carry(narrowMtu);
    return await work();
  } finally {
    await carry(ethernetMtu);
  }
}

/** Workloads send to the internet: by IPv6 as themselves, by IPv4 as their gateway. */
async function narrowBeyond(session: Session): Promise<PropertyOutcome> {
  const leaving = certainFlows(session).filter(
    ({ flow, prediction }) => flow.protocol === "udp" && flow.from.kind === "workload" && aside(session, prediction.answeredBy),
  );
  const flows = sampleFlows(session, "EX-23/narrow", leaving, mostTooLarge);
  const sized = (bytes: number): SizedFlow[] =>
    flows.map((one) => ({ ...one, mtu: narrowMtu, flow: { ...one.flow, size: payloadOf(one.flow, bytes) } }));
  const hosts = [...new Set(flows.map(({ prediction }) => prediction.answeredBy))];
  const broken = await whileNarrow(session, hosts, async () => {
    const fitting = await judged(session, sized(narrowMtu), answerWaitMs);
    return [...fitting.broken, ...(await toldTooLarge(session, sized(narrowMtu + 1)))];
  });
  // What senders have learnt meanwhile holds no longer.
  for (const party of new Set(flows.map(({ flow }) => flow.from))) await forgetPaths(session, session.positionOf(party));
  const stories = broken.map(({ story }) => story);
  return outcomeOf(2 * flows.length, stories, {
    broken,
    nothing: "no workload of this farm reaches a host of the internet besides the store's",
  });
}

async function forgetPaths(session: Session, position: Position): Promise<void> {
  for (const family of ["-4", "-6"]) await session.read(position, ["ip", family, "route", "flush", "cache"]);
}

/** Errors of the kind do not get to who sends, as on the many paths where somebody filters them. */
const deaf = [
  "table inet harness {",
  "chain deaf { type filter hook input priority -10; policy accept;",
  "icmp type destination-unreachable icmp code frag-needed drop;",
  "icmpv6 type packet-too-big drop; }; }",
].join(" ");

/** What a host has learnt of paths would be as good as an error. */
async function whileDeaf<T>(session: Session, positions: readonly Position[], work: () => Promise<T>): Promise<T> {
  const made: Position[] = [];
  try {
    for (const position of positions) {
      await session.read(position, ["nft", "add", deaf]);
      made.push(position);
      await forgetPaths(session, position);
    }
    return await work();
  } finally {
    for (const position of made) await session.read(position, ["nft", "delete", "table", "inet", "harness"]);
  }
}

async function transfers(session: Session): Promise<PropertyOutcome> {
  const flows = someOf(
    session,
    "EX-23/tcp",
    certainFlows(session).filter(({ flow }) => flow.protocol === "tcp"),
    mostTransfers,
  );
  const parties = [...new Set(flows.flatMap(({ flow, prediction }) => [flow.from, prediction.answeredBy]))];
  const sized = flows.map((one) => ({ ...one, flow: { ...one.flow, size: transferBytes } }));
  const positions = parties.map((party) => session.positionOf(party));
  const judgement = await whileDeaf(session, positions, async () => await judged(session, sized, transferWaitMs));
  return outcomeOf(judgement.runs, judgement.stories, { broken: judgement.broken, nothing, figures: figuresOf(flows) });
}

export const fullSizeProperties: readonly Property[] = [
  {
    law: "EX-23",
    name: "EX-23 packets as large as the path carries pass both ways, and are never fragmented",
    needs: seesTunnelled,
    run: fullSize,
  },
  { law: "EX-23", name: "EX-23 whoever sends more is told the path's MTU, through every translation", needs: seesTunnelled, run: tooLarge },
  {
    law: "EX-23",
    name: "EX-23 that the way behind a gateway is narrow is told to who sends, through NAT",
    needs: seesTunnelled,
    alone: true,
    run: narrowBeyond,
  },
  {
    law: "EX-23",
    name: "EX-23 TCP transfers work both ways where nobody hears that packets are too big",
    needs: seesTunnelled,
    alone: true,
    run: transfers,
  },
];
