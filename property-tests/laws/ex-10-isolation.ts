/** EX-10: networks are strangers to each other. */
import { parseAddress } from "../../core/common/index.ts";
import type { Address } from "../../core/common/index.ts";
import { predict } from "../oracle/index.ts";
import type { Flow, InternetParty, NetworkWorld, WorkloadParty } from "../oracle/index.ts";
import type { Answer, Session } from "../run/session.ts";
import { answerText, answerWaitMs, combine, flowText, flowsTo, judgeFlows, sampleFlows, tokenOf } from "./flows.ts";
import type { Judgement } from "./flows.ts";
import { outcomeOf, seesTunnelled } from "./law.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "./law.ts";
import { isSure } from "./lossy.ts";
import { judgeNeverArrives } from "./never-arrives.ts";
import type { Attempt } from "./never-arrives.ts";
import { resourcePlaces, resourcePosition, overlayName } from "../run/places.ts";

const nothing = "this farm has fewer than two networks with workloads";
const neverPrivately = "networks never reach each other by private or link-local addresses or through tunnels";

const workloadsOf = (session: Session, network: NetworkWorld): WorkloadParty[] =>
  session.world.workloads.filter((workload) => workload.network === network.network.name);

/** Everything private that the other network has: its workloads, NRs, tunnels and link-locals; `link` is the sender's, for the latter. */
function privateAttempts(session: Session, from: Attempt["from"], link: string, other: NetworkWorld): Attempt[] {
  const echo = (to: Address): Attempt => ({ from, to, protocol: "icmp", echoIsArrival: true });
  const workloads = workloadsOf(session, other).flatMap((victim): Attempt[] => [
    echo(victim.ipv4),
    ...victim.services.map(({ protocol, port }): Attempt => ({ from, to: victim.ipv4, protocol, port })),
  ]);
  const resources = other.resources.flatMap((resource): Attempt[] => [
    echo(resource.address4),
    echo(resource.transit4),
    ...resource.linkLocals.map((to): Attempt => ({ ...echo(to), zone: link })),
  ]);
  return [...workloads, ...resources];
}

/** 10.1.0.1 is an address of every exit point's link to its BAR: the own BAR may answer, no other exit point may see it. */
const gatewayAttempts = (from: WorkloadParty): Attempt[] => {
  const shared = parseAddress("10.1.0.1");
  return shared === undefined ? [] : [{ from, to: shared, protocol: "icmp" }];
};

type Attempts = (session: Session, network: NetworkWorld, others: readonly NetworkWorld[]) => readonly Attempt[];

export const attemptsFromWorkloads: Attempts = (session, network, others) =>
  workloadsOf(session, network).flatMap((from) => [
    ...others.flatMap((other) => privateAttempts(session, from, "eth0", other)),
    ...gatewayAttempts(from),
  ]);

/** From inside the NRs, where nothing checks the source any more: what a tunnel would carry to the other end. */
export const attemptsThroughTunnels: Attempts = (session, network, others) =>
  network.resources
    .filter(({ emulated }) => emulated)
    .flatMap((resource) => {
      const from = { ...resourcePosition(network, resource), called: `the NR of network ${network.network.name} on ${resource.node}` };
      return others.flatMap((other) => privateAttempts(session, from, overlayName(network, resource), other));
    });

/**
 * Link-local attempts of a farm at once, at most: each leaves a neighbour that is looked for and not there, for seconds, and the kernel
 * has room for 1024 of all namespaces together. The seed chooses which.
 */
const mostOnLink = 120;

function fewOnLink(session: Session, network: NetworkWorld, attempts: readonly Attempt[]): readonly Attempt[] {
  const most = Math.max(1, Math.floor(mostOnLink / session.world.networks.length));
  const onLink = attempts.filter(({ zone }) => zone !== undefined);
  const chosen = new Set(sampleFlows(session, `EX-10/on link/${network.network.name}`, onLink, most));
  return attempts.filter((attempt) => attempt.zone === undefined || chosen.has(attempt));
}

/** Each of the networks by itself against all others of them; `law`: whose story it is. */
export async function judgeStrangers(
  session: Session,
  networks: readonly NetworkWorld[],
  options: { readonly law: "EX-10" | "EX-16"; readonly attemptsOf: Attempts },
): Promise<Judgement> {
  const judgements = await Promise.all(
    networks.map(async (network) => {
      const others = networks.filter((other) => other !== network);
      const victims = others.flatMap((other) => workloadsOf(session, other));
      const also = others.flatMap((other) => resourcePlaces(other));
      const attempts = fewOnLink(session, network, options.attemptsOf(session, network, others));
      return await judgeNeverArrives(session, { law: `${options.law}: ${neverPrivately}`, attempts, victims, also });
    }),
  );
  return combine(...judgements);
}

const strangers =
  (attemptsOf: Attempts) =>
  async (session: Session): Promise<PropertyOutcome> => {
    const { runs, stories, broken } = await judgeStrangers(session, session.world.networks, { law: "EX-10", attemptsOf });
    return outcomeOf(runs, stories, { broken, nothing });
  };

type Internet6Party = InternetParty & { readonly ipv6: Address };

const closedPort = 9;

interface GlobalTarget {
  readonly network: string;
  readonly to: Address;
  readonly flows: readonly Omit<Flow, "from">[];
}

/** Every global address of a network, with what is open there and a port that is not. */
function globalTargets(session: Session): GlobalTarget[] {
  const closed = (["tcp", "udp"] as const).map((protocol) => ({ protocol, port: closedPort }));
  const target = (network: string, to: Address, services: WorkloadParty["services"]): GlobalTarget => ({
    network,
    to,
    flows: [{ to, protocol: "icmp" }, ...[...services, ...closed].map(({ protocol, port }) => ({ to, protocol, port }))],
  });
  return [
    ...session.world.workloads.map((workload) => target(workload.network, workload.ipv6, workload.services)),
    ...session.world.networks.flatMap(({ network, resources }) => resources.map((resource) => target(network.name, resource.address6, []))),
  ];
}

const likeness = (answer: Answer): string => (answer.kind === "unreachable" ? `unreachable ${answer.type}/${answer.code}` : answer.kind);

/** The same packets from a neighbour and from the internet must fare alike, whatever the filter lets through. */
async function asFromTheInternet(session: Session): Promise<PropertyOutcome> {
  const stranger = session.world.internetHosts.find((host): host is Internet6Party => host.ipv6 !== undefined);
  if (stranger === undefined || session.world.networks.length < 2) return outcomeOf(0, [], { nothing });
  const pairs = globalTargets(session).flatMap(({ network, flows }) => {
    const neighbours = session.world.networks
      .filter((other) => other.network.name !== network)
      .flatMap((other) => workloadsOf(session, other).slice(0, 2));
    return flows.flatMap((flow) => neighbours.map((from): Flow => ({ ...flow, from })));
  });
  // Of single packets that links may lose nobody can say that they fare alike.
  const comparable = pairs.filter((flow) => isSure(session.world, flow) && isSure(session.world, { ...flow, from: stranger }));
  const chosen = sampleFlows(session, "EX-10/global", comparable);
  const controls = new Map<string, Promise<Answer>>();
  const control = async (flow: Flow): Promise<Answer> => {
    const key = flowText({ ...flow, from: stranger });
    const known = controls.get(key) ?? session.send({ ...flow, from: stranger, timeoutMs: answerWaitMs }).then((sent) => sent.answer);
    controls.set(key, known);
    return await known;
  };
  const unlike = await Promise.all(
    chosen.map(async (flow): Promise<{ readonly story: string; readonly broken: BrokenFlow[] }[]> => {
      const [expected, sent] = await Promise.all([control(flow), session.send({ ...flow, timeoutMs: answerWaitMs })]);
      if (likeness(expected) === likeness(sent.answer)) return [];
      const story = `${flowText(flow)}: ${answerText(sent.answer)}; expected: as for internet host ${stranger.name}, to which ${answerText(expected)} (EX-10: a neighbour network is treated exactly as an internet host)`;
      const prediction = predict(session.world, flow);
      return [{ story, broken: prediction === undefined ? [] : [{ request: flow, prediction, story, ...tokenOf(sent) }] }];
    }),
  );
  const services = session.world.workloads.flatMap((to) =>
    session.world.workloads.filter((from) => from.network !== to.network).flatMap((from) => flowsTo(from, to.ipv6, to.services)),
  );
  const { runs, stories, broken } = combine(
    { runs: chosen.length, stories: unlike.flat().map(({ story }) => story), broken: unlike.flat().flatMap((one) => one.broken) },
    await judgeFlows(session, "EX-10/service", services),
  );
  return outcomeOf(runs, stories, { broken, nothing });
}

/** A neighbour at a port forward is as an internet host: seen as its own GWPubIP4; at any other port it is nobody. */
async function portForwards(session: Session): Promise<PropertyOutcome> {
  const flows = session.world.networks.flatMap(({ network }) =>
    network.portForwards.flatMap((forward) => {
      const neighbours = session.world.workloads.filter((workload) => workload.network !== network.name);
      return neighbours.map((from): Flow => ({ from, to: forward.address, protocol: forward.protocol, port: forward.port }));
    }),
  );
  if (flows.length === 0) return outcomeOf(0, [], { nothing: "no neighbour network and port forward in this farm" });
  const open = await judgeFlows(session, "EX-10/forward", flows);
  const attempts = session.world.networks.flatMap(({ network }) =>
    network.ownedIpv4.flatMap((to) =>
      session.world.workloads
        .filter((workload) => workload.network !== network.name)
        .flatMap((from) =>
          (["tcp", "udp"] as const)
            .filter((protocol) => !network.portForwards.some((forward) => forward.protocol === protocol && forward.port === closedPort))
            .map((protocol): Attempt => ({ from, to, protocol, port: closedPort })),
        ),
    ),
  );
  const shut = await judgeNeverArrives(session, {
    law: "EX-10: a neighbour is treated as an internet host, in only by port forward",
    attempts,
    victims: session.world.workloads,
  });
  const { runs, stories, broken } = combine(open, shut);
  return outcomeOf(runs, stories, { broken, nothing });
}

export const isolationProperties: readonly Property[] = [
  {
    law: "EX-10",
    name: "EX-10 networks never reach each other by private or link-local addresses",
    needs: seesTunnelled,
    run: strangers(attemptsFromWorkloads),
  },
  {
    law: "EX-10",
    name: "EX-10 networks never reach each other through tunnels",
    needs: seesTunnelled,
    run: strangers(attemptsThroughTunnels),
  },
  {
    law: "EX-10",
    name: "EX-10 to a global IPv6 address a neighbour network is exactly as an internet host",
    needs: seesTunnelled,
    run: asFromTheInternet,
  },
  {
    law: "EX-10",
    name: "EX-10 at a port forward a neighbour network is as an internet host, seen as GWPubIP4",
    needs: seesTunnelled,
    run: portForwards,
  },
];
