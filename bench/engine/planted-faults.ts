/**
 * Faults of deriving and planning that show on farms with certain features only, for measuring how soon a search makes such a farm. Each is a
 * patch of the sources; a farm shows it where the plan of one of its nodes is another.
 */
import type { SourcePatch } from "../../emulator/image/index.ts";

export interface PlantedFault {
  readonly id: string;
  readonly patch: SourcePatch;
}

const addresses = "core/derive/exit-node/addresses.ts";
const names = "core/derive/exit-node/names.ts";
const peers = "core/plan/peers.ts";
const gateway = "core/plan/gateway.ts";
const gatewayRules = "core/plan/gateway-rules.ts";
const networks = "core/plan/networks.ts";
const planNode = "core/plan/plan-node.ts";

const planted = (id: string, file: string, find: string, replace: string): PlantedFault => ({ id, patch: { file, find, replace } });

const forwardCondition = "if (workload === undefined || resource === undefined || !owned) return [];";
const forwardsLeftOut = (id: string, condition: string): PlantedFault =>
  planted(
    id,
    gatewayRules,
    forwardCondition,
    `if (workload === undefined || resource === undefined || !owned || (${condition})) return [];`,
  );

const networksHere = "return here.filter((network) => network.allocationNumber === node.exitNode?.allocationNumber);";
const linkLocal = "return ip6(linkLocalBase | (BigInt(x) << 60n) | 1n, 64);";
const local4 = "return ip4(0x0a000001n | (uint16(prefix) << 8n), 24);";
const directly = "if (mine.exitPoint || peer.exitPoint) return true;";
const listens = "return subnetNumberOf(prefix);";
const workload4 = "return ip4(0x0a000000n | (uint16(prefix) << 8n) | BigInt(host), 24);";

export const plantedFaults: readonly PlantedFault[] = [
  planted(
    "decimal digits in the link-local address of exit node 10 and above",
    addresses,
    linkLocal,
    linkLocal.replace("BigInt(x)", 'BigInt("0x" + x)'),
  ),
  planted(
    "exit node 15 takes the link-local address of 14",
    addresses,
    linkLocal,
    linkLocal.replace("BigInt(x)", "BigInt(Math.min(x, 14))"),
  ),
  planted(
    "a zero low byte is taken for none",
    addresses,
    local4,
    local4.replace("uint16(prefix)", "((uint16(prefix) & 0xffn) === 0n ? 1n : uint16(prefix))"),
  ),
  planted(
    "a low byte of ff is taken for a broadcast",
    addresses,
    local4,
    local4.replace("uint16(prefix)", "((uint16(prefix) & 0xffn) === 0xffn ? 1n : uint16(prefix))"),
  ),
  planted(
    "the last /64 of a part has no port",
    addresses,
    listens,
    "return (subnetNumberOf(prefix) & 0xfff) === 0xfff ? 0 : subnetNumberOf(prefix);",
  ),
  planted(
    "ports of exit nodes 8 to 14 are moved out of the ephemeral range",
    addresses,
    listens,
    "return subnetNumberOf(prefix) >= 0x8000 && subnetNumberOf(prefix) < 0xee48 ? subnetNumberOf(prefix) - 0x8000 : subnetNumberOf(prefix);",
  ),
  planted(
    "host 254 with prefix ffXX of a part is shortened",
    addresses,
    workload4,
    "return ip4(0x0a000000n | (uint16(prefix) << 8n) | BigInt(host === 254 && (uint16(prefix) & 0xf00n) === 0xf00n ? 2 : host), 24);",
  ),
  planted(
    "an allocation number of three digits is cut",
    names,
    "return `wg-${hexOf(prefix)}-${n}`;",
    "return `wg-${hexOf(prefix)}-${n % 100}`;",
  ),
  planted(
    "allocation number 0 is left out of a name",
    names,
    "return `to-${hexOf(exitPoint)}-${n}`;",
    "return `to-${hexOf(exitPoint)}-${n === 0 ? 1 : n}`;",
  ),
  planted("a third network on a gateway is forgotten", networks, networksHere, `${networksHere.replace(";", "")}.slice(0, 2);`),
  planted(
    "hidden nodes of a network of four resources and more are made peers",
    peers,
    directly,
    "if (mine.exitPoint || peer.exitPoint || resourcesOf(network).length > 3) return true;",
  ),
  planted(
    "only two resources are peers of an exit point",
    peers,
    directly,
    "if (mine.exitPoint) return resourcesOf(network).filter((one) => !one.exitPoint).indexOf(peer) < 2;\n    if (peer.exitPoint) return true;",
  ),
  planted(
    "an IPv6 endpoint is written without its brackets",
    peers,
    "`[${formatAddress(address)}]:${port}`",
    "`${formatAddress(address)}:${port}`",
  ),
  planted(
    "a second owned address is not put on",
    gateway,
    "networks.flatMap((network) => network.ownedIpv4)",
    "networks.flatMap((network) => network.ownedIpv4.slice(0, 1))",
  ),
  planted(
    "two networks that own addresses on one gateway keep one of them",
    gateway,
    "networks.flatMap((network) => network.ownedIpv4)",
    "networks.filter((network) => network.ownedIpv4.length > 0).slice(0, 1).flatMap((network) => network.ownedIpv4)",
  ),
  forwardsLeftOut("udp forwards to other nodes than the exit point are left out", 'forward.protocol === "udp" && !resource.exitPoint'),
  forwardsLeftOut(
    "udp forwards of a port that tcp is forwarded of are left out",
    'forward.protocol === "udp" && network.portForwards.some((other) => other.protocol === "tcp" && other.port === forward.port)',
  ),
  forwardsLeftOut(
    "second forwards to one workload are left out",
    "network.portForwards.some((other) => other !== forward && other.workload === forward.workload && other.port < forward.port)",
  ),
  forwardsLeftOut(
    "forwards of ephemeral ports to the same port are left out",
    "forward.port >= 32768 && forward.workloadPort === forward.port",
  ),
  forwardsLeftOut(
    "forwards of a gateway's second owned address to a workload at the upper edge are left out",
    "workload.host === 254 && network.ownedIpv4[1]?.value === forward.address.value",
  ),
  planted(
    "of two workloads at the edges of one resource the upper is left out",
    planNode,
    "        .filter((workload) => workload.node === node)",
    "        .filter((workload) => workload.node === node && !(workload.host === 254 && network.workloads.some((other) => other.node === node && other.host === 2)))",
  ),
];
