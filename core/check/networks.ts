/** Users' networks that work less than their user expects. */
import { contains, formatAddress } from "../common/index.ts";
import type { ExitNodeConfig, Farm, Finding, UserNetwork } from "../farm/index.ts";
import { advise, warn } from "./finding.ts";
import type { FarmCheck } from "./finding.ts";

function forwardFindings(farm: Farm, network: UserNetwork): Finding[] {
  const point = network.resources.find(({ exitPoint }) => exitPoint);
  const exitNode = farm.nodes.find(({ name }) => name === point?.node);
  const findings: Finding[] = network.portForwards.flatMap((forward, index) => {
    const services = network.workloads.find(({ name }) => name === forward.workload)?.services ?? [];
    if (services.some(({ protocol, port }) => protocol === forward.protocol && port === forward.workloadPort)) return [];
    const message = `${forward.workload} offers no service on ${forward.protocol}/${forward.workloadPort}`;
    return [
      warn(
        "forward-to-nothing",
        ["networks", network.name, "port-forwards", index, "port"],
        message,
        `add ${forward.protocol}/${forward.workloadPort} to its services, or forward to one that it has`,
      ),
    ];
  });
  const upstream = farm.upstreams.find(({ segment }) =>
    exitNode?.nics.some((nic) => nic.name === exitNode.exitNode?.nic && nic.segment === segment),
  );
  const unrouted = network.ownedIpv4.flatMap((address, index) => {
    const connected = upstream?.ipv4 !== undefined && contains(upstream.ipv4, address);
    if (connected || (upstream?.routes ?? []).some(({ prefix }) => contains(prefix, address))) return [];
    const message = `${upstream?.name ?? "the upstream router"} knows no way to ${formatAddress(address)}`;
    return [
      warn(
        "owned-unrouted",
        ["networks", network.name, "owned-ipv4", index],
        message,
        "give the upstream router an ipv4 of that network, or a route to it",
      ),
    ];
  });
  return [...findings, ...unrouted];
}

/** An allocation without IPv4 is a finding of its own. */
function gatewayFindings(farm: Farm, network: UserNetwork, exitNode: ExitNodeConfig | undefined, node: string): Finding[] {
  const hasIpv4 = farm.allocations.some(({ number, ipv4 }) => number === network.allocationNumber && ipv4 !== undefined);
  if (exitNode === undefined || !hasIpv4 || (exitNode.ipv4 !== undefined && exitNode.gateway4 !== undefined)) return [];
  const lacks = exitNode.ipv4 === undefined ? "no IPv4" : "no IPv4 router";
  const cut = network.portForwards.length === 0 ? "" : ", and its port forwards lead nowhere";
  const message = `the gateway of exit node ${exitNode.number} has ${lacks}: ${network.name} has no way to the IPv4 internet${cut}`;
  const hint =
    exitNode.ipv4 === undefined ? `add ipv4 to the exit-node of ${node}` : "give the upstream router an ipv4, or the exit-node a gateway4";
  return [warn("gateway-without-ipv4", ["networks", network.name], message, hint)];
}

export const networkFindings: FarmCheck = (farm) =>
  farm.networks.flatMap((network): Finding[] => {
    const path = ["networks", network.name];
    const found = forwardFindings(farm, network);
    if (network.workloads.length === 0) {
      found.push(
        advise("network-without-workloads", path, `nothing runs in network ${network.name}`, "add workloads, or leave the network out"),
      );
    }
    const point = network.resources.find(({ exitPoint }) => exitPoint);
    const exitNode = farm.nodes.find(({ name }) => name === point?.node)?.exitNode;
    return [...found, ...gatewayFindings(farm, network, exitNode, point?.node ?? "its node")];
  });
