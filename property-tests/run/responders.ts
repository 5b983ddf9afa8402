/** Listeners at everything that the farm says is served, and on every internet host; each says who it is and what it saw. */
import type { Address } from "../../core/common/index.ts";
import type { Prober } from "../../emulator/probe/index.ts";
import type { World } from "../oracle/index.ts";
import { internetPort } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

const anywhere: readonly Address[] = [
  { family: 4, value: 0n },
  { family: 6, value: 0n },
];

export async function startResponders(world: World, prober: Prober, traffic: Traffic): Promise<void> {
  const workloads = world.workloads.flatMap((party) => party.services.map(({ protocol, port }) => ({ party, protocol, port })));
  const hosts = world.internetHosts.flatMap((party) =>
    (["tcp", "udp"] as const).map((protocol) => ({ party, protocol, port: internetPort })),
  );
  await Promise.all(
    [...workloads, ...hosts].flatMap(({ party, protocol, port }) =>
      anywhere.map(async (address) => {
        const namespacePath = traffic.pathOf(traffic.positionOf(party));
        await prober.listen({ namespacePath, protocol, address, port, who: traffic.identityOf(party) });
      }),
    ),
  );
}
