/** A lab of routers that translate: the internet with a far host of two addresses, and behind each router a host with two. */
import { addressIn, formatAddress, parseAddress, parsePrefix } from "../../../core/common/index.ts";
import type { Address } from "../../../core/common/index.ts";
import type { HomeRouter, NatBehaviour, RouterForward } from "../../../core/farm/index.ts";
import { ensureRuntime } from "../../../emulator/image/index.ts";
import type { Lab } from "../../../emulator/lab.ts";
import { openBench } from "../../../emulator/nat/index.ts";
import type { Bench, InnerHost } from "../../../emulator/nat/index.ts";
import { netnsBackend } from "../../../emulator/netns/index.ts";
import { startProber } from "../../../emulator/probe/index.ts";
import type { Prober } from "../../../emulator/probe/index.ts";
import type { Topology, TopologyLink, TopologyNode } from "../../../emulator/topology/index.ts";
import { wanInterface, type Part, type WanPlug } from "../../compile/parts.ts";
import { unlimitedErrors4 } from "../../compile/settings.ts";
import { homeRouterPart } from "../home-router.ts";
import { internetInterface, internetNode } from "../internet.ts";
import { wanAddresses, wanRoutes } from "../wan.ts";

const address = (text: string): Address => parseAddress(text)!;
const lan = parsePrefix("192.168.1.1/24")!;
const publicNet = parsePrefix("203.0.113.0/24")!;
const farAddresses = [address("198.51.100.1"), address("198.51.100.2")] as const;
export const innerAddress: Address = addressIn(lan, 10);
const neighbourAddress = addressIn(lan, 11);

export interface Behind {
  readonly name: string;
  readonly nat: NatBehaviour;
  readonly portForwards?: readonly RouterForward[];
}

export interface NatLab {
  readonly lab: Lab;
  readonly prober: Prober;
  readonly bench: Bench;
  outerOf(name: string): Address;
  hostOf(name: string): InnerHost;
  neighbourOf(name: string): InnerHost;
  down(): Promise<void>;
}

function hostNode(name: string): TopologyNode {
  const addresses = [innerAddress, neighbourAddress].map((inner) => ({ interface: "eth0", address: `${formatAddress(inner)}/24` }));
  const routes = [{ family: 4 as const, to: "default", via: formatAddress(lan.address) }];
  return { name, role: "host", init: false, config: { sysctls: unlimitedErrors4, addresses, routes } };
}

const joined = (name: string, node: string, port: string, other: string, otherPort: string): TopologyLink => ({
  name,
  endpoints: [
    { node, interface: port },
    { node: other, interface: otherPort },
  ],
});

function topologyOf(name: string, parts: readonly Part[]): Topology {
  const farPlug: WanPlug = { ipv4: farAddresses, ipv6: [], behind: [] };
  const far: TopologyNode = {
    name: "far",
    role: "host",
    init: false,
    config: { sysctls: unlimitedErrors4, addresses: wanAddresses(farPlug), routes: wanRoutes(farPlug) },
  };
  const plugs = [farPlug, ...parts.flatMap(({ wan }) => wan ?? [])];
  const names = ["far", ...parts.map(({ node }) => node.name)];
  return {
    name,
    seed: 1,
    nodes: [internetNode("internet", plugs), far, ...parts.flatMap(({ node }) => [node, hostNode(`in-${node.name}`)])],
    links: [
      ...names.map((node, position) => joined(`wan-${node}`, node, wanInterface, "internet", internetInterface(position))),
      ...parts.map(({ node }) => joined(`lan-${node.name}`, `in-${node.name}`, "eth0", node.name, "lan")),
    ],
  };
}

let labsMade = 0;

export async function natLab(routers: readonly Behind[]): Promise<NatLab> {
  labsMade += 1;
  const name = `nat-${process.pid}-${labsMade}`;
  const outers = new Map(routers.map((router, index) => [router.name, addressIn(publicNet, index + 10)]));
  const outerOf = (router: string): Address => outers.get(router)!;
  const parts = routers.map(({ name: router, nat, portForwards = [] }) => {
    const declared: HomeRouter = { name: router, segment: "lan", lan4: lan, wan4: outerOf(router), nat, portForwards };
    return homeRouterPart(declared, undefined);
  });
  const lab = await netnsBackend(await ensureRuntime()).up(topologyOf(name, parts), { name });
  const prober = startProber((argv) => lab.startHelper(argv));
  const bench = await openBench(prober, { namespacePath: lab.namespacePath("far"), addresses: farAddresses });
  const inner = (router: string, held: Address): InnerHost => ({
    namespacePath: lab.namespacePath(`in-${router}`),
    interface: "eth0",
    address: held,
    acceptsConnections: true,
  });
  return {
    lab,
    prober,
    bench,
    outerOf,
    hostOf: (router) => inner(router, innerAddress),
    neighbourOf: (router) => inner(router, neighbourAddress),
    async down() {
      await prober.close();
      await lab.down();
    },
  };
}
