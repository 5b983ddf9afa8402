/** Listeners at everything that the farm says is served, and on every internet host; each says who it is and what it saw. */
import type { Address } from "../../core/common/index.ts";
import type { Listener, Prober } from "../../emulator/probe/index.ts";
import type { World } from "../oracle/index.ts";
import { internetPort } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

const anywhere: readonly Address[] = [
  { family: 4, value: 0n },
  { family: 6, value: 0n },
];

export interface Responders {
  /** Listens anew on a node that has started again and is ready. */
  restart(node: string): Promise<void>;
}

export async function startResponders(world: World, prober: Prober, traffic: Traffic): Promise<Responders> {
  const workloads = world.workloads.flatMap((party) => party.services.map(({ protocol, port }) => ({ party, protocol, port })));
  const everywhere = (["tcp", "udp"] as const).map((protocol) => ({ protocol, port: internetPort }));
  // What else the farmer expects of the internet, its other hosts serve: the store's has ports of its own.
  const expected = world.farm.expectations.flatMap(({ to, service }) => (to.kind === "internet" && service !== undefined ? [service] : []));
  const distinct = new Map([...everywhere, ...expected].map((service) => [`${service.protocol}/${service.port}`, service]));
  const isStore = (name: string): boolean => world.farm.internet.hosts.some((host) => host.name === name && host.store);
  const hosts = world.internetHosts.flatMap((party) =>
    (isStore(party.name) ? everywhere : [...distinct.values()]).map((service) => ({ party, ...service })),
  );
  const served = [...workloads, ...hosts].map((one) => ({ ...one, position: traffic.positionOf(one.party) }));
  const listening = new Map<string, Listener[]>();

  const listen = async (wanted: typeof served): Promise<void> => {
    await Promise.all(
      wanted.flatMap(({ party, protocol, port, position }) =>
        anywhere.map(async (address) => {
          const request = { namespacePath: traffic.pathOf(position), protocol, address, port, who: traffic.identityOf(party) };
          const listener = await prober.listen(request);
          listening.set(position.node, [...(listening.get(position.node) ?? []), listener]);
        }),
      ),
    );
  };
  await listen(served);
  return {
    async restart(node) {
      const former = listening.get(node) ?? [];
      listening.delete(node);
      await Promise.all(former.map(async (listener) => await listener.close()));
      await listen(served.filter(({ position }) => position.node === node));
    },
  };
}
