/**
 * Whether each of two partners has its own number and nothing of the other's (EX-15): what a farm has is only told once it is so. A machine that
 * was held up lets a partner take over without need, and the number goes back after 20 s.
 */
import { stateOfFarm } from "../run/farm-state.ts";
import type { FarmState } from "../run/farm-state.ts";
import { heldBy, partneredBars } from "../run/places.ts";
import type { Session } from "../run/session.ts";
import type { Bar } from "../oracle/index.ts";
import { leftAtLast } from "./left-at-last.ts";
import { daemonLog } from "./take-overs.ts";

/** A node has to start, its tunnels to be opened, and its number to be left where it is for 20 s. */
export const comeBack = { waitMs: 60_000, everyMs: 500 };
/** Where no node has to start. */
export const numbersBack = { waitMs: 30_000, everyMs: 100 };

export const nameOf = ({ config }: Bar): string => `exit node ${config.number}`;

/** The namespace in which a node has the gateway of an exit node. */
const gatewayOn = ({ node, config }: Bar, on: string): string =>
  node === on ? "gateway" : `gateway-${config.number}-${config.allocationNumber}`;

/** What a node has of the addresses that only the active gateway has; undefined where it cannot be looked at. */
async function addressesOn(session: Session, bar: Bar, node: string): Promise<readonly string[] | undefined> {
  const { code, stdout } = await session.lab.node(node).exec(["ip", "-br", "address", "show"], { namespace: gatewayOn(bar, node) });
  const has = stdout.split(/\s+/).map((word) => word.split("/")[0]);
  return code === 0 ? heldBy(bar).filter((address) => has.includes(address)) : undefined;
}

/** That the one has all of them and the other, where it can be looked at, none. */
export async function notHeldBy(session: Session, bar: Bar, node: string, other: string | undefined): Promise<readonly string[]> {
  const [here, there] = await Promise.all([
    addressesOn(session, bar, node),
    other === undefined ? undefined : addressesOn(session, bar, other),
  ]);
  return [
    ...heldBy(bar)
      .filter((address) => here?.includes(address) !== true)
      .map((address) => `${node} does not have ${address} of ${nameOf(bar)}`),
    ...(there ?? []).map((address) => `${other} has ${address} of ${nameOf(bar)} too`),
  ];
}

/** That each has its own and nothing of the other's. */
export const notAtHome = async (session: Session, bars: readonly Bar[]): Promise<readonly string[]> =>
  (await Promise.all(bars.map(async (bar) => await notHeldBy(session, bar, bar.node, bar.config.partner)))).flat();

/** Partners whose daemon has just started and waits, as it does for 4 s, before it takes over from anybody. */
async function notStarted(session: Session, bars: readonly Bar[]): Promise<readonly string[]> {
  const looks = bars.map(async ({ node, config }): Promise<readonly string[]> => {
    const { partner = "" } = config;
    const said = await session.lab.node(partner).exec(["cat", daemonLog(config)]);
    const isWaiting = said.stdout.lastIndexOf("Delaying startup") > said.stdout.lastIndexOf("Delayed start completed");
    return isWaiting ? [`${partner} does not stand in for ${node} yet`] : [];
  });
  return (await Promise.all(looks)).flat();
}

/** What is not so when it has been waited for: that each has its own number, and that its partner would take it over. */
export const awayAtLast = async (session: Session, bars: readonly Bar[]): Promise<readonly string[]> =>
  await leftAtLast(session, numbersBack, async () => [...(await notAtHome(session, bars)), ...(await notStarted(session, bars))]);

/** The state of all nodes when each partner has its number, or when that has been waited for in vain. Throws where a node cannot be looked at. */
export async function stateAtRest(session: Session, options: { readonly flows: boolean }): Promise<FarmState> {
  const bars = partneredBars(session.world);
  if (bars.length > 0) await leftAtLast(session, numbersBack, async () => await notAtHome(session, bars));
  return await stateOfFarm(session, options);
}
