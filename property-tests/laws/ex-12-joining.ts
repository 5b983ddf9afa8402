/**
 * EX-12: who comes is there at once and nobody else notices. An NR, and a whole network, are taken out of a running farm and come into it
 * anew, while packets of all others flow; then the gateway's routes, the mesh and the newcomer's own flows are looked at.
 */
import { seededRandom } from "../../core/common/index.ts";
import type { Wishes } from "../../core/intents/index.ts";
import type { Figure } from "../../reports/index.ts";
import { drawingOf, hexOf } from "../oracle/index.ts";
import type { NetworkWorld, Party, Resource } from "../oracle/index.ts";
import { routingPosition } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import type { WatchedFlow } from "../what-if/flows.ts";
import { wrongPeers } from "./ex-20-mesh.ts";
import { needsTunnels, outcomeOf } from "./law.ts";
import type { BrokenFlow, Property, PropertyOutcome } from "./law.ts";
import { answeredFlows, lostDuring, silentFlows } from "./steady-flows.ts";
import { withoutNetwork, withoutResource } from "./without.ts";

const law = "EX-12";

/** Who comes: some NRs of one network, and the farm's list before. */
interface Newcomer {
  readonly text: string;
  readonly network: NetworkWorld;
  readonly resources: readonly Resource[];
  readonly without: Wishes;
}

/** As long as properties usually may take, for each kind of overlay. */
const comingWaitMs = 60_000;

const families = ["-4", "-6"] as const;

/** A route's beginning as `ip` shows it, which leaves a single address's length out. */
const shownRoute = (route: string): string => route.replace(/^(\S+)\/32 /, "$1 ");

/** Which of the newcomer's routes the gateway of its network lacks: each NR's own, towards the exit point. */
async function missingRoutes(session: Session, { network, resources }: Newcomer): Promise<readonly string[]> {
  const { bar, exitPoint } = network;
  const shown = families.map(async (family) => await session.read(routingPosition(network), ["ip", family, "route"]));
  const held = (await Promise.all(shown)).flatMap((text) => text.split("\n"));
  const expected = resources.flatMap((resource) => {
    const { gatewayRoutes } = drawingOf({
      allocation: bar.allocation.prefix,
      exitNode: bar.config.number,
      number: bar.allocation.number,
      hex: hexOf(resource),
      exitPointHex: hexOf(exitPoint),
    });
    return (gatewayRoutes as readonly string[]).filter((route) => !route.startsWith("::/0") && !route.startsWith("unreachable"));
  });
  return expected
    .filter((route) => !held.some((line) => `${line} `.startsWith(`${shownRoute(route)} `)))
    .map(
      (route) =>
        `the gateway on ${bar.node} has no route ${route}; expected: one (EX-12: adding an NR adds its route towards the exit point)`,
    );
}

interface Coming {
  readonly runs: number;
  readonly stories: readonly string[];
  readonly figures: readonly Figure[];
  readonly broken: readonly BrokenFlow[];
}

/** Brings it into the farm that has to be without it so far, and looks at what became of it and of everybody else. */
async function judgeComing(session: Session, newcomer: Newcomer): Promise<Coming> {
  const { text, network, resources, without } = newcomer;
  const isOfNewcomer = (party: Party | undefined): boolean => party?.kind === "workload" && resources.includes(party.resource);
  const concerns = ({ from, answeredBy }: WatchedFlow): boolean => isOfNewcomer(from) || isOfNewcomer(answeredBy);
  const isOfNetwork = (party: Party | undefined): boolean => party?.kind === "workload" && party.network === network.network.name;
  const isWithin = ({ from, answeredBy }: WatchedFlow): boolean => isOfNetwork(from) && isOfNetwork(answeredBy);
  const others = await answeredFlows(session, (flow) => !concerns(flow), isWithin);
  const own = await answeredFlows(session, concerns);
  await session.changeIntents(without);
  const { figures, stories, broken } = await lostDuring(session, others, { law, what: `${text} came` }, async () => {
    await session.changeIntents(session.wishes);
  });
  const routes = await missingRoutes(session, newcomer);
  const peers = await wrongPeers(session, network);
  const unreached = await silentFlows(session, own);
  return {
    runs: others.length + own.length + resources.length,
    stories: [
      ...stories,
      ...routes,
      ...peers.map((story) => `${text} came: ${story}`),
      ...unreached.map((flow) => `${flow.text} is not answered after ${text} came; expected: answered (EX-12)`),
    ],
    ...{ figures, broken },
  };
}

const outcomeOfComings = (comings: readonly Coming[], nothing: string): PropertyOutcome =>
  outcomeOf(
    comings.reduce((sum, { runs }) => sum + runs, 0),
    comings.flatMap(({ stories }) => stories),
    { nothing, figures: comings.flatMap(({ figures }) => figures), broken: comings.flatMap(({ broken }) => broken) },
  );

/** Not the exit point, which is there as long as its network; of those in whose network others talk to each other meanwhile, where there are some. */
async function resourceComes(session: Session): Promise<PropertyOutcome> {
  const behindLiveGateways = session.world.networks.filter(({ exitPoint }) => exitPoint.emulated);
  const candidates = behindLiveGateways.flatMap((network) =>
    network.resources.filter(({ exitPoint, emulated }) => !exitPoint && emulated).map((resource) => ({ network, resource })),
  );
  const comings: Coming[] = [];
  // Each kind of overlay gets to know a further NR in a way of its own.
  for (const [overlay, ofKind] of Map.groupBy(candidates, ({ resource }) => resource.overlay)) {
    const among = ofKind.filter(({ network }) => network.resources.length > 2);
    const [chosen] = seededRandom(session.seed, `EX-12 NR ${overlay}`).shuffle(among.length > 0 ? among : ofKind);
    if (chosen === undefined) continue;
    const { network, resource } = chosen;
    const newcomer: Newcomer = {
      text: `the NR of ${resource.network} on ${resource.node}`,
      network,
      resources: [resource],
      without: withoutResource(session.wishes, resource.network, resource.node),
    };
    comings.push(await judgeComing(session, newcomer));
  }
  return outcomeOfComings(comings, "no network of this farm has an NR besides its exit point");
}

async function networkComes(session: Session): Promise<PropertyOutcome> {
  const [network] = seededRandom(session.seed, "EX-12 network").shuffle(
    session.world.networks.filter(({ exitPoint }) => exitPoint.emulated),
  );
  if (network === undefined) return outcomeOf(0, [], { nothing: "this farm has no network" });
  const { name } = network.network;
  const without = withoutNetwork(session.wishes, name);
  const coming = await judgeComing(session, {
    text: `network ${name}`,
    network,
    resources: network.resources.filter(({ emulated }) => emulated),
    without,
  });
  return outcomeOfComings([coming], "this farm has no network");
}

export const joiningProperties: readonly Property[] = [
  {
    law,
    name: "EX-12 an NR that comes has its route, its peers and its flows, and no packet of any other is lost",
    needs: needsTunnels,
    alone: true,
    waitMs: () => 3 * comingWaitMs,
    run: resourceComes,
  },
  {
    law,
    name: "EX-12 a network that comes has its routes, its peers and its flows, and no packet of any other is lost",
    needs: needsTunnels,
    alone: true,
    run: networkComes,
  },
];
