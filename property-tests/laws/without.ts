/** A farm's list without somebody of it. */
import { networkWithout } from "../../core/intents/index.ts";
import type { Wishes } from "../../core/intents/index.ts";

export const withoutNetwork = (wishes: Wishes, name: string): Wishes => ({
  ...wishes,
  networks: wishes.networks.filter((network) => network.name !== name),
});

/** Without a network's NR on a node, and with it its workloads and what is forwarded to them. */
export const withoutResource = (wishes: Wishes, name: string, node: string): Wishes => ({
  ...wishes,
  networks: wishes.networks.map((network) => (network.name === name ? networkWithout(network, (one) => one === node) : network)),
});
