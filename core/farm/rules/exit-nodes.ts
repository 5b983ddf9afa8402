/** Nodes and what makes one an exit node: two NICs, a number of its own, a place on PrefixZero (seed 1; EX-4, EX-24, EX-25). */
import { contains, formatAddress, formatPrefix, networkOf } from "../../common/index.ts";
import type { Farm, FarmNode } from "../farm.ts";
import { nearestHint } from "../../common/reading/index.ts";
import type { Path } from "../../common/reading/index.ts";
import { maximumExitNodeNumber } from "../parts.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey, repeats } from "./rule.ts";

const partsHint = "a /48 is 16 parts of /52; part 0 is PrefixZero's, so that exit nodes are numbered 1 to 15";

const numbers: Rule = (farm) =>
  farm.allocations.flatMap((allocation) => {
    const exitNodes = farm.nodes.flatMap(({ name, exitNode }) =>
      exitNode?.allocationNumber === allocation.number ? [{ name, number: exitNode.number }] : [],
    );
    const pathOf = (name: string): string[] => ["nodes", name, "exit-node", "number"];
    return [
      ...exitNodes
        .slice(maximumExitNodeNumber)
        .map(({ name }, index) =>
          refuse(
            "too-many-exit-nodes",
            pathOf(name),
            `this is exit node ${maximumExitNodeNumber + 1 + index} of allocation ${allocation.number}, and only ${maximumExitNodeNumber} parts exist`,
            partsHint,
          ),
        ),
      ...exitNodes
        .slice(0, maximumExitNodeNumber)
        .filter(({ number }) => number < 1 || number > maximumExitNodeNumber)
        .map(({ name, number }) =>
          refuse(
            "exit-node-number",
            pathOf(name),
            `there is no part ${number} for an exit node: only ${maximumExitNodeNumber} parts exist`,
            partsHint,
          ),
        ),
      ...repeats(exitNodes.slice(0, maximumExitNodeNumber), ({ number }) => String(number)).map(({ entry, first }) =>
        refuse(
          "duplicate-exit-node-number",
          pathOf(entry.name),
          `exit node number ${entry.number} is ${first.name}'s already`,
          "each exit node has a part of the allocation of its own",
        ),
      ),
    ];
  });

function knownNic(node: FarmNode, nic: string, path: Path): Finding[] {
  const names = node.nics.map(({ name }) => name);
  return names.includes(nic) ? [] : [refuse("unknown-nic", path, `node ${node.name} has no NIC "${nic}"`, nearestHint(nic, names, "NICs"))];
}

const nics: Rule = (farm) =>
  farm.nodes.flatMap((node) => {
    const path = ["nodes", node.name];
    const findings: Finding[] = [];
    if (node.public !== undefined) {
      findings.push(...knownNic(node, node.public.nic, [...path, "public", "nic"]));
      if (node.public.ipv4 === undefined && node.public.ipv6 === undefined) {
        findings.push(
          refuseKey(
            "public-without-address",
            [...path, "public"],
            `${node.name}'s public namespace has no address`,
            "give it ipv4, ipv6 or both, or leave public out",
          ),
        );
      }
    }
    // The host's own: what is public lives in a namespace beside it, and the node's agent does not.
    if (node.nics.length > 0 && node.nics.every(({ ipv4, ipv6 }) => ipv4 === undefined && ipv6 === undefined)) {
      const beside = node.public === undefined ? "" : ": that of public is not the host's own";
      const hint = `give one of its NICs ipv4, ipv6 or both${beside}`;
      findings.push(refuseKey("node-without-address", path, `node ${node.name} has no address on any NIC`, hint));
    }
    return findings;
  });

/** What is wrong with the NIC over which a node forwards, or is to when it stands in; `where` is the map that names it. */
export function forwardingNicFindings(farm: Farm, node: FarmNode, forwarding: string, where: Path, what: string): Finding[] {
  const nicPath = [...where, "nic"];
  if (node.nics.length < 2) {
    const message = `${what} ${node.name} has ${node.nics.length === 1 ? "one NIC" : "no NIC"}; it needs two`;
    const hint = "forwarding has a NIC of its own, apart from the node's services (tunnels, storage)";
    return [refuseKey("exit-node-needs-two-nics", where, message, hint), ...knownNic(node, forwarding, nicPath)];
  }
  const unknown = knownNic(node, forwarding, nicPath);
  if (unknown.length > 0) return unknown;
  if (node.public?.nic === forwarding) {
    const message = `${forwarding} is the public NIC already`;
    return [refuse("forwarding-nic-is-public", nicPath, message, "forwarding and the exit node's own services use separate NICs")];
  }
  const nic = node.nics.find(({ name }) => name === forwarding);
  if (nic?.ipv4 !== undefined || nic?.ipv6 !== undefined) {
    const hint = "forwarding and the exit node's own services use separate NICs: leave this one without address";
    return [refuse("forwarding-nic-in-use", nicPath, `${forwarding} carries the host's own address`, hint)];
  }
  if (
    nic !== undefined &&
    farm.segments.some(({ name }) => name === nic.segment) &&
    !farm.upstreams.some(({ segment }) => segment === nic.segment)
  ) {
    const message = `${forwarding} is on segment ${nic.segment}, where there is no upstream router`;
    return [refuse("exit-node-off-prefix-zero", nicPath, message, "the forwarding NIC is on PrefixZero, the upstream router's segment")];
  }
  return [];
}

const exitNodeNics: Rule = (farm) =>
  farm.nodes.flatMap((node) =>
    node.exitNode === undefined ? [] : forwardingNicFindings(farm, node, node.exitNode.nic, ["nodes", node.name, "exit-node"], "exit node"),
  );

/** GWPubIP4 is of what is routed to the farm, or no answer finds it. */
const gatewayAddresses: Rule = (farm) =>
  farm.nodes.flatMap(({ name, exitNode }) => {
    const allocation = farm.allocations.find(({ number }) => number === exitNode?.allocationNumber);
    if (exitNode?.ipv4 === undefined || allocation === undefined) return [];
    const { ipv4 } = allocation;
    if (ipv4 !== undefined && contains(ipv4, exitNode.ipv4.address)) return [];
    const where =
      ipv4 === undefined
        ? `allocation ${allocation.number} has no IPv4 network`
        : `it is not in ${formatPrefix(ipv4)}, the IPv4 network of allocation ${allocation.number}`;
    const hint =
      ipv4 === undefined
        ? `add ipv4: ${formatPrefix(networkOf(exitNode.ipv4))} to the allocation where that is routed to the farm, or leave ipv4 out here`
        : `choose one of ${formatPrefix(networkOf(ipv4))}`;
    const message = `${formatAddress(exitNode.ipv4.address)} cannot be a gateway's: ${where}`;
    return [refuse("gateway-outside-allocation", ["nodes", name, "exit-node", "ipv4"], message, hint)];
  });

export const nodeRules: readonly Rule[] = [numbers, nics, exitNodeNics, gatewayAddresses];
