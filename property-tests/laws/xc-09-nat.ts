/**
 * XC-9: routers of the surroundings translate as the farm file says, measured from a host behind them and from their outer side. Timeouts
 * are minutes: they are measured in a lab of their own, of routers with short ones (topologies/surroundings/lab).
 */
import { emulatedNodes } from "../../core/farm/index.ts";
import type { Address } from "../../core/common/index.ts";
import type { HomeRouter, NatBehaviour, RouterForward } from "../../core/farm/index.ts";
import { NoWayOutError, measureForward, measureNat, natDifferences, openBench } from "../../emulator/nat/index.ts";
import type { Bench, FarHost, InnerHost, NatHosts } from "../../emulator/nat/index.ts";
import { startProber } from "../../emulator/probe/index.ts";
import { findStoreHost } from "../../topologies/index.ts";
import type { Session } from "../run/session.ts";
import { outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

/** A router with hosts behind it, and where its outer side is looked at from. */
interface Measurable {
  readonly name: string;
  readonly nat: NatBehaviour;
  readonly outer: Address;
  readonly hosts: readonly InnerHost[];
  readonly forwards: readonly RouterForward[];
  /** Between it and the far side no other router translates. */
  readonly far: FarHost;
}

/** Farm nodes that leave by the router: whoever is on its LAN and leaves by another NIC can tell nothing of it. The host's own filter looks at frames of its bridges only. */
function nodesBehind(session: Session, router: HomeRouter): InnerHost[] {
  return emulatedNodes(session.farm).flatMap((node) => {
    const leaving = node.nics.find(({ ipv4, gateway4 }) => ipv4 !== undefined && gateway4 !== undefined);
    if (leaving?.segment !== router.segment || leaving.ipv4 === undefined) return [];
    const namespacePath = session.lab.namespacePath(node.name);
    return [{ namespacePath, interface: leaving.name, address: leaving.ipv4.address, acceptsConnections: true }];
  });
}

/** A home router itself is its carrier's customer; its filter drops connections to itself. */
const customerOf = (session: Session, router: HomeRouter): InnerHost => ({
  namespacePath: session.lab.namespacePath(router.name),
  interface: "wan",
  address: router.wan4,
  acceptsConnections: false,
});

function measurables(session: Session): Measurable[] {
  const { farm, lab } = session;
  const store = findStoreHost(farm);
  const internet: FarHost = { namespacePath: lab.namespacePath(store.name), addresses: [store.ipv4, store.knock4] };
  const farOf = ({ behind }: HomeRouter): FarHost => {
    const carrier = farm.carriers.find(({ name }) => name === behind);
    return carrier === undefined
      ? internet
      : { namespacePath: lab.namespacePath(carrier.name), addresses: [carrier.lan4.address, carrier.wan4] };
  };
  const homes = farm.homeRouters.map((router) => ({
    ...{ name: router.name, nat: router.nat, outer: router.wan4, forwards: router.portForwards },
    ...{ hosts: nodesBehind(session, router), far: farOf(router) },
  }));
  const carriers = farm.carriers.map(({ name, nat, wan4 }) => ({
    ...{ name, nat, outer: wan4, forwards: [], far: internet },
    hosts: farm.homeRouters.filter(({ behind }) => behind === name).map((router) => customerOf(session, router)),
  }));
  return [...homes, ...carriers].filter(({ hosts }) => hosts.length > 0);
}

interface Judged {
  readonly runs: number;
  readonly stories: readonly string[];
}

const sameValue = (one: Address, other: Address): boolean => one.value === other.value;

async function judgeForwards(bench: Bench, router: Measurable): Promise<Judged> {
  const judged = await Promise.all(
    router.forwards.map(async ({ port, protocol, to, toPort }) => {
      const host = router.hosts.find(({ address }) => sameValue(address, to));
      if (host === undefined) return null;
      const arrived = await measureForward(bench, { protocol, outer: router.outer, port, host, toPort });
      return arrived === true
        ? ""
        : `${router.name} does not forward ${protocol}/${port} to its host's port ${toPort}; expected: it does (XC-9)`;
    }),
  );
  const stories = judged.filter((story) => story !== null);
  return { runs: stories.length, stories: stories.filter((story) => story !== "") };
}

async function judgeRouter(bench: Bench, router: Measurable): Promise<Judged> {
  const [host, neighbour] = router.hosts;
  if (host === undefined) return { runs: 0, stories: [] };
  const hosts: NatHosts = neighbour === undefined ? { host } : { host, neighbour };
  try {
    const [measured, forwards] = await Promise.all([measureNat(bench, hosts), judgeForwards(bench, router)]);
    const { differences, judged } = natDifferences(measured, router);
    return {
      runs: judged + forwards.runs,
      stories: [...differences.map((difference) => `${router.name}: ${difference} (XC-9)`), ...forwards.stories],
    };
  } catch (error) {
    if (!(error instanceof NoWayOutError)) throw error;
    return { runs: 1, stories: [`${router.name} lets nothing out: ${error.message}; expected: it translates (XC-9)`] };
  }
}

/** Routers that share a far side share a bench, since it listens on fixed ports. */
async function translation(session: Session): Promise<PropertyOutcome> {
  const routers = measurables(session);
  const prober = startProber((argv) => session.lab.startHelper(argv));
  try {
    const sides = [...new Map(routers.map(({ far }) => [far.namespacePath, far])).values()];
    const judged = await Promise.all(
      sides.map(async (far) => {
        const bench = await openBench(prober, far);
        return await Promise.all(
          routers
            .filter((router) => router.far.namespacePath === far.namespacePath)
            .map(async (router) => await judgeRouter(bench, router)),
        );
      }),
    );
    const all = judged.flat();
    return outcomeOf(
      all.reduce((sum, { runs }) => sum + runs, 0),
      all.flatMap(({ stories }) => stories),
      { nothing: "this farm has no home router with a node behind it" },
    );
  } finally {
    await prober.close();
  }
}

export const natProperties: readonly Property[] = [
  { law: "XC-9", name: "XC-9 routers of the surroundings translate as their presets say", needs: [], run: translation },
];
