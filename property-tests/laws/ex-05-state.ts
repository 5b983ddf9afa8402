/**
 * EX-5 of what the allocator of a running farm keeps in the store: what a network gives up stays with it until it is gone from its nodes, and
 * rests from then on; and an allocator that cannot read what is held gives nothing more.
 */
import { decodeAllocator } from "../../core/allocate/index.ts";
import { seededRandom } from "../../core/common/index.ts";
import {
  allocatorStatusKey,
  allocatorTextKey,
  decodeAllocatorStatus,
  encodeNetworkIntent,
  intentKeys,
  parseAllocatorKey,
} from "../../core/store/index.ts";
import { hexOf } from "../oracle/index.ts";
import type { NetworkWorld, Resource } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { answering, grantsNow, wishOfOne } from "./handed-out.ts";
import { HarnessError, needsTunnels, outcomeOf } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";
import { leftAtLast } from "./left-at-last.ts";
import { serviceOf, storeHostOf } from "./services.ts";
import { withoutNetwork } from "./without.ts";

/** What an allocator says of its own work, once it says what is wanted; undefined where it does not in time. */
async function allocatorSays(session: Session, phase: string, words: string): Promise<boolean> {
  const left = await leftAtLast(session, answering, async () => {
    const [entry] = (await session.store.range(allocatorStatusKey)).entries;
    const status = decodeAllocatorStatus(entry?.value ?? "");
    return status.ok && status.value.phase === phase && status.value.messages.join(" ").includes(words) ? [] : ["something else"];
  });
  return left.length === 0;
}

/** Kills the farm's allocator and forgets what it said: what its successor says it has made of all that stands in the store. */
async function startAnew(session: Session): Promise<void> {
  await session.store.delete(allocatorStatusKey);
  await session.lab.node(storeHostOf(session)).services.kill("allocator", "SIGKILL");
}

async function damagedState(session: Session): Promise<PropertyOutcome> {
  const [network] = session.world.networks;
  if (network === undefined) return outcomeOf(0, [], { nothing: "this farm has no network" });
  const { bar } = network;
  const key = allocatorTextKey(bar.allocation.number, `part-${bar.config.number}`);
  const [entry] = (await session.store.range(key)).entries.filter((one) => one.key === key);
  if (entry === undefined) throw new HarnessError(`the store has no ${key}`);
  const before = (await grantsNow(session)).networks;
  const asking = wishOfOne("asking", bar.allocation.number, bar.node);
  let says = false;
  let after = before;
  try {
    await session.store.put(key, entry.value.slice(0, entry.value.length / 2));
    says = await allocatorSays(session, "failing", key.slice(key.lastIndexOf("/") + 1));
    await session.store.put(intentKeys.network(asking.name), encodeNetworkIntent(asking));
    await startAnew(session);
    says = says && (await allocatorSays(session, "failing", key.slice(key.lastIndexOf("/") + 1)));
    after = (await grantsNow(session)).networks;
  } finally {
    await session.store.delete(intentKeys.network(asking.name));
    await session.store.put(key, entry.value);
  }
  const isReady = await allocatorSays(session, "ready", "");
  await session.changeIntents(session.wishes);
  const text = (grants: typeof before): string =>
    JSON.stringify(grants, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
  return outcomeOf(before.length, [
    ...(says ? [] : [`half of ${key} is gone, and the allocator does not say so; expected: failing, naming it (EX-5)`]),
    ...(text(after) === text(before)
      ? []
      : [`half of ${key} is gone, and something is granted or taken; expected: nothing, as nobody knows what is held (EX-5)`]),
    ...(isReady ? [] : [`${key} is as it was, and the allocator is not ready; expected: ready (EX-5)`]),
  ]);
}

/** What the allocator's state says of an NR's prefix: `held`, `leaving`, or since when it rests; by the texts alone. */
async function stateOf(session: Session, network: NetworkWorld, resource: Resource): Promise<string> {
  const { bar } = network;
  const prefix = allocatorTextKey(bar.allocation.number, "");
  const { entries } = await session.store.range(prefix);
  const texts = new Map(entries.map(({ key, value }) => [parseAllocatorKey(key)?.name ?? "", value]));
  if (!decodeAllocator(texts).ok) throw new HarnessError(`what stands at ${prefix} cannot be read`);
  const part = JSON.parse(texts.get(`part-${bar.config.number}`) ?? "{}") as Readonly<Record<string, readonly (readonly unknown[])[]>>;
  for (const [kind, rows] of Object.entries(part)) {
    const row = rows.find(([hex]) => hex === hexOf(resource));
    if (row !== undefined) return kind === "resting" ? `resting since ${String(row[3])}` : kind;
  }
  return "free";
}

/** So long may have passed since a rest began that was begun just now. */
const justNowMs = 60_000;

function restsSinceNow(said: string): boolean {
  const since = Number(/^resting since ([0-9]+)$/.exec(said)?.[1] ?? Number.NaN);
  return Math.abs(Date.now() - since) < justNowMs;
}

/** What is said of each NR at last, where it is not what is wanted. */
async function otherwise(
  session: Session,
  network: NetworkWorld,
  isWanted: (resource: Resource, said: string) => boolean,
): Promise<readonly string[]> {
  return await leftAtLast(session, answering, async () => {
    const said = await Promise.all(
      network.resources.map(async (resource) => ({ resource, said: await stateOf(session, network, resource) })),
    );
    return said
      .filter((one) => !isWanted(one.resource, one.said))
      .map((one) => `${hexOf(one.resource)} of ${one.resource.node} is ${one.said}`);
  });
}

/** A network is taken away while the agent of one of its nodes is not there to give it up. */
async function restsOnceGone(session: Session): Promise<PropertyOutcome> {
  // A node that the lab does not have gives nothing up by itself.
  const whole = session.world.networks.filter(({ resources }) => resources.every(({ emulated }) => emulated));
  const [network] = seededRandom(session.seed, "EX-5 rest").shuffle(whole);
  const resource = network?.resources.find(({ exitPoint }) => !exitPoint) ?? network?.exitPoint;
  if (network === undefined || resource === undefined) return outcomeOf(0, [], { nothing: "this farm has no network" });
  const { name } = network.network;
  const node = session.lab.node(resource.node);
  const agent = serviceOf(session, resource.node, "agent");
  let still: readonly string[];
  await node.services.stop("agent");
  try {
    await session.writeIntents(withoutNetwork(session.wishes, name));
    // The partner of its exit node has the exit point ready too, and has it until it has given it up.
    const isThere = ({ node: where, exitPoint }: Resource): boolean =>
      where === resource.node || (exitPoint && network.bar.config.partner === resource.node);
    still = await otherwise(session, network, (one, said) => (isThere(one) ? said === "leaving" : restsSinceNow(said)));
  } finally {
    await node.services.start(agent);
  }
  const rests = await otherwise(session, network, (_, said) => restsSinceNow(said));
  await session.changeIntents(session.wishes);
  const held = await otherwise(session, network, (_, said) => said === "held");
  const gone = `network ${name} was taken away`;
  return outcomeOf(network.resources.length, [
    ...still.map(
      (story) => `${gone} while the agent of ${resource.node} was not there: ${story}; expected: leaving there, resting elsewhere (EX-5)`,
    ),
    ...rests.map((story) => `${gone}: ${story}; expected: it rests since it is gone from its node (EX-5)`),
    ...held.map((story) => `network ${name} came back: ${story}; expected: held (EX-5)`),
  ]);
}

export const allocatorStateProperties: readonly Property[] = [
  {
    law: "EX-5",
    name: "EX-5 what a network gives up is kept until it is gone from its nodes, and rests from then on",
    needs: needsTunnels,
    alone: true,
    run: restsOnceGone,
  },
  {
    law: "EX-5",
    name: "EX-5 an allocator whose state is damaged says so and gives nothing more, and everybody keeps what they have",
    needs: needsTunnels,
    alone: true,
    run: damagedState,
  },
];
