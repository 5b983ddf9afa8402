/** Worlds of the farms in topologies, with any timeline, and flows by the names of those concerned. */
import { readFileSync } from "node:fs";
import { expectValue, parseAddress } from "../../core/common/index.ts";
import { loadFarm } from "../../core/farm/index.ts";
import type { Farm, Timeline } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { describeWorld, resourceKey } from "../oracle/index.ts";
import type { Flow, Party, Protocol, World } from "../oracle/index.ts";

export function farmNamed(name: string): Farm {
  const path = new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
  return expectValue(loadFarm(readFileSync(path, "utf8"), path)).farm;
}

/** The world of a farm with this timeline in place of its own, and the prefixes that the allocator would give. */
export function worldOf(farm: Farm, timeline: Partial<Timeline> = {}): World {
  const { networks } = expectValue(intentsOf(farm));
  const prefixes = new Map(
    networks.flatMap(({ name, resources }) => resources.map(({ node, prefix }) => [resourceKey(name, node), prefix])),
  );
  return describeWorld({ ...farm, timeline: { faults: [], changes: [], ...timeline } }, prefixes);
}

export function partyNamed(world: World, name: string): Party {
  const found = [...world.workloads, ...world.internetHosts].find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

/** `to` is an address. */
export function flowTo(world: World, from: string, to: string, protocol: Protocol = "icmp", port?: number): Flow {
  const address = parseAddress(to);
  if (address === undefined) throw new Error(`not an address: ${to}`);
  return { from: partyNamed(world, from), to: address, protocol, ...(port === undefined ? {} : { port }) };
}
