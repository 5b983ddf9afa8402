/** A farm node as it is before its agent has done anything: NICs, the host's own addresses and way out, and the agent. */
import { formatAddress, formatPrefix } from "../../core/common/index.ts";
import type { Family } from "../../core/common/index.ts";
import type { FarmNode, Nic } from "../../core/farm/index.ts";
import type { NodeConfig, NodeRoute } from "../../emulator/topology/index.ts";
import { reflectorPort, storePort, type StoreHost } from "../surroundings/store.ts";
import { nameFiles, topologyNode, type Part } from "./parts.ts";
import { bridgeSysctls, commonSysctls } from "./settings.ts";

const families: readonly Family[] = [4, 6];

const addressOf = (nic: Nic, family: Family): Nic["ipv4"] => (family === 4 ? nic.ipv4 : nic.ipv6);
const gatewayOf = (nic: Nic, family: Family): Nic["gateway4"] => (family === 4 ? nic.gateway4 : nic.gateway6);

/** The host's default route of a family: by the first NIC that has an address and a gateway. */
function defaultRoute(node: FarmNode, family: Family): NodeRoute | undefined {
  for (const nic of node.nics) {
    const gateway = gatewayOf(nic, family);
    if (gateway !== undefined && addressOf(nic, family) !== undefined) {
      return { family, to: "default", via: formatAddress(gateway), interface: nic.name };
    }
  }
  return undefined;
}

/** The agent's configuration: the store by the families that the node has a way out for (by both where it has none, to wait for one). */
function agentFile(node: FarmNode, store: StoreHost, usable: readonly Family[], keySeed: string | undefined): string {
  const at = (family: Family, port: number): string =>
    family === 4 ? `${formatAddress(store.ipv4)}:${port}` : `[${formatAddress(store.ipv6)}]:${port}`;
  const configuration = {
    node: node.name,
    store: (usable.length === 0 ? families : usable).map((family) => `http://${at(family, storePort)}`),
    reflector: { ipv4: at(4, reflectorPort), ipv6: at(6, reflectorPort) },
    ...(keySeed === undefined ? {} : { keySeed }),
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}

export function farmNodePart(node: FarmNode, store: StoreHost, keySeed: string | undefined): Part {
  const routes = families.flatMap((family) => defaultRoute(node, family) ?? []);
  const usable = routes.map((route) => route.family);
  const config: NodeConfig = {
    sysctls: { ...commonSysctls, ...bridgeSysctls },
    addresses: node.nics.flatMap((nic) =>
      families.flatMap((family) => {
        const address = addressOf(nic, family);
        return address === undefined ? [] : [{ interface: nic.name, address: formatPrefix(address) }];
      }),
    ),
    routes,
    files: { ...nameFiles(node.name), "/etc/farmlab/agent.json": agentFile(node, store, usable, keySeed) },
    services: [{ name: "agent", argv: ["/usr/lib/farmlab/node", "/usr/lib/farmlab/agent.cjs"], restart: "always" }],
  };
  return {
    node: topologyNode(node.name, "farm-node", true, config),
    segments: node.nics.map((nic) => ({ segment: nic.segment, interface: nic.name })),
  };
}
