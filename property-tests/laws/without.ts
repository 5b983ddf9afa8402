/** A farm's list without somebody of it. */
import type { Intents, NetworkIntent } from "../../core/intents/index.ts";

export const withoutNetwork = (intents: Intents, name: string): Intents => ({
  ...intents,
  networks: intents.networks.filter((network) => network.name !== name),
});

/** Without a network's NR on a node, and with it its workloads and what is forwarded to them. */
export const withoutResource = (intents: Intents, name: string, node: string): Intents => {
  const reduced = (network: NetworkIntent): NetworkIntent => {
    const workloads = network.workloads.filter((workload) => workload.node !== node);
    return {
      ...network,
      resources: network.resources.filter((resource) => resource.node !== node),
      workloads,
      portForwards: network.portForwards.filter((forward) => workloads.some((workload) => workload.name === forward.workload)),
    };
  };
  return { ...intents, networks: intents.networks.map((network) => (network.name === name ? reduced(network) : network)) };
};
