/** What is judged before anything runs: collisions, requirements of the farm, exit points. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const exitNodes = "core/farm/rules/exit-nodes.ts";
const networks = "core/farm/rules/networks.ts";
const upstream = "core/check/upstream.ts";
const capacity = "core/check/capacity.ts";
const settling = "core/allocate/settle.ts";
const accepts = patchedIn("farm file");
const intends = patchedIn("intents");
const checks = patchedIn("check");
const plans = patchedIn("derivation");

export const requirementMutants: readonly Mutant[] = [
  accepts("held-port-taken", "a tunnel may have the port of a service of its node's own", "EX-21", [
    networks,
    "heldUdpPorts(farm.nodes.find(({ name }) => name === node)).has(port)",
    "false",
  ]),
  accepts("held-port-of-tcp", "a service on a TCP port is taken for one that keeps a tunnel off it", "EX-21", [
    "core/farm/held-ports.ts",
    'protocol === "udp" ? [port] : []',
    "protocol.length > 0 ? [port] : []",
  ]),
  accepts("collision-on-any-node", "the same 16 bits of two allocations are refused on different nodes too", "EX-21", [
    networks,
    "({ node, prefix }) => `${node} ${subnetNumberOf(prefix)}`)",
    "({ prefix }) => `${subnetNumberOf(prefix)}`)",
  ]),
  accepts("collision-names-one-side", "the same 16 bits twice on a node are refused, but only one of the two is named", "EX-21", [
    networks,
    "${formatPrefix(entry.prefix)} of ${entry.network.name} and ${formatPrefix(first.prefix)} of ${first.network.name} meet",
    "${formatPrefix(entry.prefix)} of ${entry.network.name} and another meet",
  ]),
  intends("held-port-given", "the allocator gives a prefix whose port a service of the node holds", "EX-21", [
    settling,
    "this.#otherOnNodes(placed, one) !== undefined || this.#listeners.on(placed, one) !== undefined || isSpokenFor(one);",
    "this.#otherOnNodes(placed, one) !== undefined || isSpokenFor(one);",
  ]),
  plans("first-port-not-reserved", "of a node's tunnels the kernel may give away the port of the first", "EX-21", [
    "core/plan/plan-node.ts",
    "reservedPorts(tunnelPorts(resources, ",
    "reservedPorts(tunnelPorts(resources.slice(1), ",
  ]),
  accepts("one-nic-taken", "an exit node may have one NIC, for forwarding and for all else", "EX-24", [
    exitNodes,
    "if (node.nics.length < 2) {",
    "if (node.nics.length < 1) {",
  ]),
  checks("single-address-unnoticed", "an IPv4 network of one address is found enough", "EX-24", [
    capacity,
    "if (ipv4.length < 32) return [];",
    "if (ipv4.length <= 32) return [];",
  ]),
  checks("two-addresses-too-few", "an IPv4 network of two addresses is taken for a single one", "EX-24", [
    capacity,
    "if (ipv4.length < 32) return [];",
    "if (ipv4.length < 31) return [];",
  ]),
  checks("exit-node-as-spare", "an exit node is taken for one that could stand in for itself", "EX-24", [
    capacity,
    "  node.exitNode === undefined &&\n  node.nics.length >= 2 &&\n",
    "  node.nics.length >= 2 &&\n",
  ]),
  checks("any-subnet-is-prefix-zero", "a router with any address of the allocation is taken for one that routes PrefixZero", "EX-24", [
    upstream,
    "if (samePrefix(networkOf(upstream.ipv6), prefixZero)) return [];",
    "if (contains(allocation.prefix, networkOf(upstream.ipv6))) return [];",
  ]),
  checks("global-next-hop-refused", "a route by the gateway's address in PrefixZero is found wrong", "EX-24", [
    upstream,
    "const hops = [linkLocal, inPrefixZero];",
    "const hops = [linkLocal];",
  ]),
  checks("missing-route-elsewhere", "a route that is missing is told at the exit node, and not at the router's routes", "EX-24", [
    upstream,
    'return [warn("missing-route", ["upstreams", upstream.name, "routes"], message, wanted)];',
    'return [warn("missing-route", ["nodes", node.name, "exit-node"], message, wanted)];',
  ]),
  checks("uplink-unnoticed", "a router without IPv6 towards the internet is found fit", "EX-24", [
    upstream,
    "if (upstream.wan6 !== undefined) return [];",
    "if (upstream.wan4 !== undefined) return [];",
  ]),
  accepts("exit-point-elsewhere", "an exit point may be on an exit node of another allocation", "EX-25", [
    networks,
    "if (node === undefined || node.exitNode?.allocationNumber === network.allocationNumber) return [];",
    "if (node === undefined || node.exitNode !== undefined) return [];",
  ]),
  accepts("second-exit-point-taken", "a network may have a second exit point", "EX-25", [
    networks,
    "      if (order > 0)\n",
    "      if (order > 1)\n",
  ]),
  accepts("services-on-forwarding-nic", "tunnels may share the NIC of forwarding", "EX-25", [
    exitNodes,
    "if (node.public?.nic === forwarding) {",
    "if (node.public?.nic === forwarding && node.nics.length > 9) {",
  ]),
  plans("tunnels-on-forwarding-nic", "an exit node's tunnels leave by the NIC that is for forwarding", "EX-25", [
    "core/plan/plan-node.ts",
    "planPublic(node, self.public)",
    "planPublic(node, { ...self.public, nic: self.exitNode?.nic ?? self.public.nic })",
  ]),
];
