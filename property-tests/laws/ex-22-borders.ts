/** EX-22: who may send as whom, what may leave a BAR upstream, and what a BAR says for itself. */
import { addressIn, formatAddress, parseAddress, sameAddress } from "../../core/common/index.ts";
import type { Address, Family } from "../../core/common/index.ts";
import { gatewayIpv4, upstreamOf } from "../oracle/index.ts";
import type { Bar, InternetParty, NetworkWorld, Protocol, WorkloadParty } from "../oracle/index.ts";
import { gatewayPlaces, gatewayUpPlace, liveBars, resourcePlaces, resourcePosition, upstreamPlaces } from "../run/places.ts";
import type { Answer, SendRequest, Session, WatchPlace } from "../run/session.ts";
import { answerText, answerWaitMs, silenceWaitMs } from "./flows.ts";
import { HarnessError, needsTunnels, outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { probesIn, sendUntilAnswered } from "./lossy.ts";
import { judgeNeverArrives } from "./never-arrives.ts";
import type { Attempt } from "./never-arrives.ts";

const literal = (...texts: readonly string[]): readonly Address[] => texts.flatMap((text) => parseAddress(text) ?? []);

/** Of nobody in a farm: private, link-local and global. */
const private4 = literal("172.16.99.9", "192.168.99.9", "169.254.99.9");
const uniqueLocal = literal("fd00:99::9");
const strangers = literal("203.0.113.199", "2001:db8:99::9");

const families: readonly Family[] = [4, 6];
/** Nothing listens there: what counts is how far a packet gets. */
const port = 9;

const ofFamily = (addresses: readonly (Address | undefined)[], family: Family): Address[] =>
  addresses.flatMap((address) => (address?.family === family ? [address] : []));

const hostsOf = (session: Session, family: Family): Address[] =>
  ofFamily(
    session.world.internetHosts.map((host: InternetParty) => (family === 4 ? host.ipv4 : host.ipv6)),
    family,
  ).slice(0, 1);

const outerPlaces = (network: NetworkWorld): WatchPlace[] =>
  resourcePlaces(network).filter((place) => !place.interface.startsWith("veth-"));

/** The first workload of each NR. */
function firstWorkloads(session: Session, { network, resources }: NetworkWorld): WorkloadParty[] {
  const own = session.world.workloads.filter((workload) => workload.network === network.name);
  return resources.flatMap((resource) => own.find((workload) => workload.resource === resource) ?? []);
}

/**
 * As its NR, as a neighbour on its bridge, as a workload of elsewhere, as somebody private, as a host of the internet; to the internet, to
 * another node's NR of its network, and to a neighbour.
 */
function impersonations(session: Session, network: NetworkWorld): Attempt[] {
  return firstWorkloads(session, network).flatMap((from) => {
    const inside = session.world.workloads.filter((other) => other !== from && other.resource === from.resource);
    const outside = session.world.workloads.filter((other) => other.resource !== from.resource);
    const away = network.resources.find((resource) => resource !== from.resource);
    return families.flatMap((family) => {
      const addressesOf = (workloads: readonly WorkloadParty[]): Address[] =>
        workloads.map(({ ipv4, ipv6 }) => (family === 4 ? ipv4 : ipv6));
      const router = family === 4 ? from.resource.address4 : from.resource.address6;
      const own = family === 4 ? from.resource.prefix4 : from.resource.prefix6;
      const neighbours = addressesOf(inside).slice(0, 1);
      const others = [...neighbours, addressIn(own, 153), router, ...addressesOf(outside).slice(0, 2)];
      const sources = [...others, ...ofFamily([...private4.slice(0, 1), ...uniqueLocal, ...strangers], family)];
      const targets = [...hostsOf(session, family), ...ofFamily([away?.address4, away?.address6], family), ...neighbours];
      return sources.flatMap((foreignSource) =>
        targets.filter((to) => !sameAddress(to, foreignSource)).map((to): Attempt => ({ from, to, protocol: "udp", port, foreignSource })),
      );
    });
  });
}

async function ownAddressesOnly(session: Session): Promise<PropertyOutcome> {
  const { networks, internetHosts, workloads } = session.world;
  const { runs, stories, broken } = await judgeNeverArrives(session, {
    law: "EX-22: a workload sends only from its own addresses",
    attempts: networks.flatMap((network) => impersonations(session, network)),
    victims: [...internetHosts, ...workloads],
    also: [...gatewayPlaces(session.world), ...networks.flatMap(resourcePlaces)],
    passing: workloads.flatMap((workload) => session.interfacesOf(workload)),
  });
  return outcomeOf(runs, stories, { broken, nothing: "this farm has no workload" });
}

/**
 * From inside an exit point, where nothing checks the source any more: private sources, private destinations that no NR holds, and what
 * connection tracking calls invalid, which no rule translates.
 */
function leaks(session: Session, network: NetworkWorld): Attempt[] {
  const { exitPoint } = network;
  const from = { ...resourcePosition(network, exitPoint), called: `the exit point of network ${network.network.name}` };
  return families.flatMap((family) => {
    const own = family === 4 ? exitPoint.address4 : exitPoint.address6;
    const foreign = ofFamily([...private4, ...uniqueLocal], family);
    const attempt = (foreignSource: Address, to: Address): Attempt => ({ from, to, protocol: "udp", port, foreignSource });
    return [
      ...hostsOf(session, family).flatMap((to) => foreign.map((source) => attempt(source, to))),
      ...foreign.map((to) => attempt(own, to)),
      ...hostsOf(session, family)
        .filter(() => family === 4)
        .map((to): Attempt => ({ from, to, protocol: "icmp", unasked: true })),
    ];
  });
}

async function nothingPrivateLeaves(session: Session): Promise<PropertyOutcome> {
  const { networks, internetHosts } = session.world;
  const ups = liveBars(session.world).map(gatewayUpPlace);
  const { runs, stories, broken } = await judgeNeverArrives(session, {
    law: "EX-22: no packet leaves a BAR upstream with a private or link-local source or destination",
    attempts: networks.filter(({ exitPoint }) => exitPoint.emulated).flatMap((network) => leaks(session, network)),
    victims: internetHosts,
    also: upstreamPlaces(session.world),
    passing: gatewayPlaces(session.world).filter((place) => !ups.some((up) => up.node === place.node && up.interface === place.interface)),
  });
  return outcomeOf(runs, stories, { broken, nothing: "this farm has no network" });
}

/** From above, as one of the gateway's own part, or as somebody private: on IPv6 to workloads, on IPv4 to what is forwarded. */
function spoofsFromAbove(session: Session, bar: Bar): Attempt[] {
  const upstream = upstreamOf(session.world, bar);
  if (upstream === undefined) return [];
  const from = { node: upstream.name, called: `router ${upstream.name}` };
  const networks = session.world.networks.filter((network) => network.bar === bar);
  const inside = networks.flatMap((network) => firstWorkloads(session, network));
  // Of its part, and nobody's: a neighbour of none of those that it is sent to.
  const nobody: Address = { family: 6, value: bar.part.address.value | (0xabcn << 64n) | 0x99n };
  const own6 = [...inside.map(({ ipv6 }) => ipv6), nobody];
  const own4 = inside.map(({ ipv4 }) => ipv4);
  const attempt = (foreignSource: Address, to: Address, at: number): Attempt => ({ from, to, protocol: "udp", port: at, foreignSource });
  const onIpv6 = inside.flatMap(({ ipv6 }) =>
    [...own6.filter((source) => !sameAddress(source, ipv6)).slice(-3), ...uniqueLocal].map((source) => attempt(source, ipv6, port)),
  );
  const forwards =
    gatewayIpv4(bar) === undefined || upstream.ipv4 === undefined ? [] : networks.flatMap(({ network }) => network.portForwards);
  const onIpv4 = forwards
    .filter(({ protocol }) => protocol === "udp")
    .flatMap((forward) => [...own4.slice(0, 2), ...private4].map((source) => attempt(source, forward.address, forward.port)));
  return [...onIpv6, ...onIpv4];
}

/** Of nobody else's: ports that senders are given by chance are above it. */
const firstKnownPort = 20_200;

/** From above, as the workloads themselves that have a flow with what is forwarded just now: connection tracking knows whatever looks like it. */
async function spoofsOfKnownFlows(session: Session, bar: Bar): Promise<Attempt[]> {
  const upstream = upstreamOf(session.world, bar);
  if (upstream?.ipv4 === undefined || gatewayIpv4(bar) === undefined) return [];
  const from = { node: upstream.name, called: `router ${upstream.name}` };
  const networks = session.world.networks.filter((network) => network.bar === bar);
  const flows = networks.flatMap((network) =>
    network.network.portForwards
      .filter(({ protocol }) => protocol === "udp")
      .flatMap(({ address, port: at }) =>
        firstWorkloads(session, network)
          .slice(0, 2)
          .map((workload) => ({ from: workload, to: address, protocol: "udp" as const, port: at })),
      ),
  );
  const attempts = flows.map(async (flow, index): Promise<Attempt[]> => {
    const known = { ...flow, sourcePort: firstKnownPort + index };
    const { sent } = await sendUntilAnswered(
      async (one) => await session.send(one),
      { ...known, timeoutMs: answerWaitMs },
      probesIn(session.farm),
    );
    return sent.answer.kind === "reply" ? [{ ...known, from, foreignSource: flow.from.ipv4 }] : [];
  });
  return (await Promise.all(attempts)).flat();
}

async function nobodyInsideComesFromAbove(session: Session): Promise<PropertyOutcome> {
  const { networks, workloads } = session.world;
  const bars = liveBars(session.world);
  const known = await Promise.all(bars.map(async (bar) => await spoofsOfKnownFlows(session, bar)));
  const { runs, stories, broken } = await judgeNeverArrives(session, {
    law: "EX-22: nobody sends from above as somebody below, or as somebody private",
    attempts: [...bars.flatMap((bar) => spoofsFromAbove(session, bar)), ...known.flat()],
    victims: workloads,
    also: networks.flatMap(outerPlaces),
    passing: bars.map(gatewayUpPlace),
  });
  return outcomeOf(runs, stories, { broken, nothing: "this farm has no workload below an upstream router" });
}

interface OwnAddress {
  readonly bar: Bar;
  readonly address: Address;
  /** On the upstream router's own link only. */
  readonly zone?: string;
  /** Whether services of workloads are reached by it: their ports are EX-9's. */
  readonly isForwarded: (protocol: Protocol, port: number) => boolean;
}

const never = (): boolean => false;

function ownAddresses(session: Session): OwnAddress[] {
  return liveBars(session.world).flatMap((bar) => {
    const own = [bar.address6, gatewayIpv4(bar)].flatMap((address) =>
      address === undefined ? [] : [{ bar, address, isForwarded: never }],
    );
    const networks = session.world.networks.filter((network) => network.bar === bar && gatewayIpv4(bar) !== undefined);
    const owned = networks.flatMap(({ network }) =>
      network.ownedIpv4.map((address): OwnAddress => ({
        ...{ bar, address },
        isForwarded: (protocol, outer) =>
          network.portForwards.some((one) => sameAddress(one.address, address) && one.protocol === protocol && one.port === outer),
      })),
    );
    return [...own, ...owned, { bar, address: bar.linkLocal, zone: "swp1", isForwarded: never }];
  });
}

/** ssh, DNS, the web, BGP, FRR's terminals: what a router of another make might answer at; and a port where nothing ever listens. */
const knockPorts = [22, 53, 80, 179, 2601, port];

interface Knock {
  readonly request: Omit<SendRequest, "timeoutMs">;
  readonly story: string;
  readonly mustAnswer: boolean;
}

/** From the upstream router, where the address is on the link; an echo, and everything that has to be met with silence. */
function knocks(session: Session, { bar, address, zone, isForwarded }: OwnAddress): Knock[] {
  const upstream = upstreamOf(session.world, bar);
  if (upstream === undefined || (address.family === 4 && upstream.ipv4 === undefined)) return [];
  const base = { from: { node: upstream.name }, to: address, ...(zone === undefined ? {} : { zone }) };
  const what = `from router ${upstream.name} to ${formatAddress(address)}, which is the BAR's of exit node ${bar.config.number}`;
  const shut = (["tcp", "udp"] as const).flatMap((protocol) =>
    knockPorts
      .filter((one) => !isForwarded(protocol, one))
      .map((one): Knock => ({
        request: { ...base, protocol, port: one },
        story: `${protocol} ${what}, port ${one}`,
        mustAnswer: false,
      })),
  );
  return [{ request: { ...base, protocol: "icmp" }, story: `icmp echo ${what}`, mustAnswer: true }, ...shut];
}

function judgeKnock({ request, story, mustAnswer }: Knock, answer: Answer): string[] {
  if (answer.kind === "localError") throw new HarnessError(`${story}: ${answerText(answer)}`);
  const isRight = mustAnswer ? answer.kind === "reply" && sameAddress(answer.from, request.to) : answer.kind === "timeout";
  if (isRight) return [];
  const expected = mustAnswer ? "answered" : "silence";
  return [
    `${story}: ${answerText(answer)}; expected: ${expected} (EX-22: a BAR's own addresses answer ND, ARP, ICMP and VRRP, and nothing else)`,
  ];
}

async function ownAddressesAnswer(session: Session): Promise<PropertyOutcome> {
  const asked = ownAddresses(session).flatMap((own) => knocks(session, own));
  const stories = await Promise.all(
    asked.map(async (one) => {
      const { answer } = await session.send({ ...one.request, timeoutMs: one.mustAnswer ? answerWaitMs : silenceWaitMs });
      return judgeKnock(one, answer);
    }),
  );
  return outcomeOf(asked.length, stories.flat(), { nothing: "this farm has no exit node below an upstream router" });
}

export const borderProperties: readonly Property[] = [
  { law: "EX-22", name: "EX-22 a workload sends from its own addresses only", needs: seesTunnelled, run: ownAddressesOnly },
  { law: "EX-22", name: "EX-22 nothing private leaves a BAR upstream", needs: seesTunnelled, run: nothingPrivateLeaves },
  {
    law: "EX-22",
    name: "EX-22 nobody sends from above as somebody below or private",
    needs: seesTunnelled,
    run: nobodyInsideComesFromAbove,
  },
  {
    law: "EX-22",
    name: "EX-22 a BAR's own addresses answer ND, ARP and ICMP, and nothing else",
    needs: needsTunnels,
    run: ownAddressesAnswer,
  },
];
