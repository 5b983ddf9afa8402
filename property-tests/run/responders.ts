/** Listeners at everything that the farm says is served, and on every internet host; each says who it is and what it saw. */
import type { Address } from "../../core/common/index.ts";
import type { Listener, Prober } from "../../emulator/probe/index.ts";
import type { Party, World } from "../oracle/index.ts";
import { internetPort, isAbsence } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";

const anywhere: readonly Address[] = [
  { family: 4, value: 0n },
  { family: 6, value: 0n },
];

export interface Responders {
  /** Listens anew on a node that has started again; resolves with those who are not there to listen for. */
  restart(node: string): Promise<readonly Party[]>;
  /** Ends the listeners of the parties that are not wanted: each holds its namespace, which could not vanish. Then `resume` is due. */
  keepOnly(wanted: (party: Party) => boolean): Promise<void>;
  /** Listens for every wanted party that nobody listens for. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

interface Served {
  readonly party: Party;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
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
  const served: readonly Served[] = [...workloads, ...hosts];
  const listening = new Map<Served, readonly Listener[]>();
  let isWanted = (_party: Party): boolean => true;

  /** Listens for everybody for whom nobody does; resolves with those who are not there. */
  const listen = async (): Promise<readonly Served[]> => {
    const missing = served.filter((one) => isWanted(one.party) && !listening.has(one));
    await Promise.all(
      missing.map(async (one) => {
        const { party, protocol, port } = one;
        const request = { namespacePath: traffic.pathOf(traffic.positionOf(party)), protocol, port, who: traffic.identityOf(party) };
        try {
          listening.set(one, await Promise.all(anywhere.map(async (address) => await prober.listen({ ...request, address }))));
        } catch (error) {
          // A workload that no agent has made does not answer, which the laws see.
          if (party.kind !== "workload" || !isAbsence(error)) throw error;
        }
      }),
    );
    return missing.filter((one) => !listening.has(one));
  };
  const endThose = async (chosen: (one: Served) => boolean): Promise<void> => {
    const ending = [...listening].filter(([one]) => chosen(one));
    for (const [one] of ending) listening.delete(one);
    await Promise.all(ending.flatMap(([, listeners]) => listeners.map(async (listener) => await listener.close())));
  };
  await listen();
  return {
    async restart(node) {
      const isThere = ({ party }: Served): boolean => traffic.positionOf(party).node === node;
      await endThose(isThere);
      return [...new Set((await listen()).filter(isThere).map(({ party }) => party))];
    },
    async keepOnly(wanted) {
      isWanted = wanted;
      await endThose(({ party }) => !wanted(party));
    },
    resume: async () => void (await listen()),
    close: async () => await endThose(() => true),
  };
}
