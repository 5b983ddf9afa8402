/** All flows between the parties of a farm of which the laws say something, and some to addresses that nobody holds. */
import { contains } from "../../core/common/address.ts";
import type { Address } from "../../core/common/address.ts";
import type { Service } from "../../core/farm/index.ts";
import { predict } from "./predict.ts";
import type { Flow } from "./predict.ts";
import { gatewayIpv4 } from "./world.ts";
import type { Bar, Party, World } from "./world.ts";

/** Somewhere to send to, and what is served there. */
interface Target {
  readonly to: Address;
  readonly services: readonly Service[];
}

const both = (port: number): readonly Service[] => (["tcp", "udp"] as const).map((protocol) => ({ protocol, port }));

const atParty = (party: Party, services: readonly Service[]): Target[] =>
  [party.ipv4, party.ipv6].flatMap((to) => (to === undefined ? [] : [{ to, services }]));

/** An address of the first /64 of a gateway's /52 that no NR holds. */
function unassignedAddress(world: World, { part }: Bar): Target[] {
  const held = world.networks.flatMap(({ resources }) => resources.map(({ prefix6 }) => prefix6));
  for (let number = 1n; number < 4096n; number += 1n) {
    const to: Address = { family: 6, value: part.address.value + (number << 64n) + 2n };
    if (!held.some((prefix) => contains(prefix, to))) return [{ to, services: [] }];
  }
  return [];
}

/** An address of the first /52 of an allocation that has no exit node. */
function partlessAddresses(world: World): Target[] {
  return world.farm.allocations.flatMap(({ prefix }) => {
    const candidates = Array.from({ length: 15 }, (_, index): Address => ({
      family: 6,
      value: prefix.address.value + (BigInt(index + 1) << 76n) + 2n,
    }));
    const to = candidates.find((address) => !world.bars.some(({ part }) => contains(part, address)));
    return to === undefined ? [] : [{ to, services: [] }];
  });
}

/**
 * From every party to every address of the others, of gateways, of port forwards, and to one that nobody holds in each part: an echo, and
 * what is served there. `internetPort` is where hosts of the internet answer. In the order of the farm.
 */
export function everyFlow(world: World, internetPort: number): Flow[] {
  const parties: readonly Party[] = [...world.workloads, ...world.internetHosts];
  const elsewhere: readonly Target[] = [
    ...world.networks.flatMap(({ network }) =>
      network.ownedIpv4.map((to) => ({ to, services: network.portForwards.map(({ protocol, port }) => ({ protocol, port })) })),
    ),
    ...world.bars.flatMap((bar) => [gatewayIpv4(bar)].flatMap((to) => (to === undefined ? [] : [{ to, services: [] }]))),
    ...world.bars.flatMap((bar) => unassignedAddress(world, bar)),
    ...partlessAddresses(world),
  ];
  return parties.flatMap((from) => {
    const others = parties.filter((party) => party !== from);
    const targets = [
      ...others.flatMap((party) => atParty(party, party.kind === "workload" ? party.services : both(internetPort))),
      ...elsewhere,
    ];
    const flows = targets.flatMap(({ to, services }): Flow[] => [
      { from, to, protocol: "icmp" },
      ...services.map(({ protocol, port }): Flow => ({ from, to, protocol, port })),
    ]);
    return flows.filter((flow) => predict(world, flow) !== undefined);
  });
}
