/** The allocator of a running farm: a network's exit point moves to another exit node, and a store loses everything while no allocator is there. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectValue, formatPrefix, startDeadline } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { Farm } from "../../core/farm/index.ts";
import { intentsOf, wishesOf } from "../../core/intents/index.ts";
import { factsPrefix, StoreContents } from "../../core/store/index.ts";
import { probeHost } from "../../emulator/host/index.ts";
import { storeDataFolder } from "../../topologies/index.ts";
import { isSilent } from "../laws/silent.ts";
import { judgeFarm } from "../run/judge.ts";
import { openFarm, selectProperties } from "../run/index.ts";
import type { LiveFarm } from "../run/live-farm.ts";
import { beginSession } from "../run/open-session.ts";

const file = "topologies/three-exit-nodes.farm.yml";
const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const { farm } = expectValue(loadFarm(text, file));
const { signal } = new AbortController();
const onStep = (): undefined => undefined;
const waitMs = 30_000;
const seed = 1;

/** The farm with a network's exit point on another of its nodes. */
const moved = (network: string, to: string): Farm => ({
  ...farm,
  networks: farm.networks.map((one) =>
    one.name === network ? { ...one, resources: one.resources.map((resource) => ({ ...resource, exitPoint: resource.node === to })) } : one,
  ),
});

let live: LiveFarm;
beforeAll(async () => {
  live = await openFarm({ farm, wishes: wishesOf(farm), seed, name: `run-${process.pid}-allocator`, signal, onStep });
});
afterAll(async () => {
  await live.close();
});

/** Who has which prefix, as `network/node prefix`. */
async function granted(): Promise<string[]> {
  const contents = new StoreContents();
  contents.replace(await live.store.range(""));
  const { networks } = contents.grants();
  return networks.flatMap(({ network, resources }) => resources.map(({ node, prefix }) => `${network}/${node} ${formatPrefix(prefix)}`));
}

const ofNetwork = (name: string, all: readonly string[]): readonly string[] => all.filter((one) => one.startsWith(`${name}/`));

it("renumbers a network whose exit point moves, and leaves everybody else alone", async () => {
  const before = await granted();
  const after = moved("birch", "exit-2");
  await live.untilReady(await live.writeIntents(wishesOf(after)), waitMs);
  const now = await granted();
  for (const one of ofNetwork("birch", before)) expect(one).toMatch(/ 2a10:c0de:7:1[0-9a-f]{3}::\/64$/);
  expect(ofNetwork("birch", now)).toHaveLength(2);
  for (const one of ofNetwork("birch", now)) expect(one).toMatch(/ 2a10:c0de:7:2[0-9a-f]{3}::\/64$/);
  expect(now.filter((one) => !one.startsWith("birch/"))).toEqual(before.filter((one) => !one.startsWith("birch/")));

  const opened = await beginSession(
    { ...live, store: live.store, close: async () => await Promise.resolve() },
    { file, text, farm: after, intents: expectValue(intentsOf(after)), seed, signal, onStep },
  );
  const { capabilities } = await probeHost();
  const present = new Set(capabilities.flatMap((one) => (one.present ? [one.capability] : [])));
  const properties = selectProperties(["EX-7", "EX-8", "EX-9", "EX-10", "EX-20"]);
  const laws = await judgeFarm(opened.session, properties, { signal, capabilities: present, onEvent: () => undefined });
  await opened.close();
  expect(laws.length).toBeGreaterThan(0);
  expect(laws.filter(({ verdict, why }) => verdict !== "passed" && !isSilent(why))).toEqual([]);

  await live.untilReady(await live.writeIntents(wishesOf(farm)), waitMs);
  expect(await granted()).toEqual(before);
});

it("finds out from the nodes what they have, where the store lost everything while no allocator was there", async () => {
  await live.untilReady(await live.writeIntents(wishesOf(farm)), waitMs);
  const before = await granted();
  const host = live.lab.node(farm.internet.hosts.find(({ store }) => store)!.name);
  const services = live.lab.topology.nodes.find(({ name }) => name === host.name)!.config.services!;
  const serviceNamed = (name: string) => services.find((service) => service.name === name)!;
  await host.services.stop("allocator");
  await host.services.stop("store");
  await host.exec(["rm", "-rf", `${storeDataFolder}/member`]);
  await host.services.start(serviceNamed("store"));
  await startDeadline(live.clock, waitMs).until(
    "every node to say again what it has",
    async () => {
      const { entries } = await live.store.range(factsPrefix);
      return entries.length === farm.nodes.length ? { done: true } : { seen: `${entries.length} facts` };
    },
    20,
  );
  live.streams.forget();
  const revision = await live.writeIntents(wishesOf(farm));
  await host.services.start(serviceNamed("allocator"));
  await live.untilReady(revision, waitMs);
  expect(await granted()).toEqual(before);
});
