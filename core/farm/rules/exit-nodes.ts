/** Nodes and what makes one an exit node: two NICs, a number of its own, a place on PrefixZero (seed 1; EX-4, EX-24, EX-25). */
import type { FarmNode } from "../farm.ts";
import { nearestHint } from "../../common/reading/index.ts";
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

function knownNic(node: FarmNode, nic: string, path: readonly string[]): Finding[] {
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
    const hasAddress = [...node.nics, ...(node.public === undefined ? [] : [node.public])].some(
      ({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined,
    );
    if (node.nics.length > 0 && !hasAddress) {
      findings.push(
        refuseKey("node-without-address", path, `node ${node.name} has no address on any NIC`, "give one of its NICs ipv4, ipv6 or both"),
      );
    }
    return findings;
  });

const exitNodeNics: Rule = (farm) =>
  farm.nodes.flatMap((node) => {
    const { exitNode } = node;
    if (exitNode === undefined) return [];
    const path = ["nodes", node.name, "exit-node"];
    const nicPath = [...path, "nic"];
    if (node.nics.length < 2) {
      const message = `exit node ${node.name} has ${node.nics.length === 1 ? "one NIC" : "no NIC"}; it needs two`;
      const hint = "forwarding has a NIC of its own, apart from the node's services (tunnels, storage)";
      return [refuseKey("exit-node-needs-two-nics", path, message, hint), ...knownNic(node, exitNode.nic, nicPath)];
    }
    const unknown = knownNic(node, exitNode.nic, nicPath);
    if (unknown.length > 0) return unknown;
    if (node.public?.nic === exitNode.nic) {
      return [
        refuse(
          "forwarding-nic-is-public",
          nicPath,
          `${exitNode.nic} is the public NIC already`,
          "forwarding and the exit node's own services use separate NICs",
        ),
      ];
    }
    const nic = node.nics.find(({ name }) => name === exitNode.nic);
    if (nic?.ipv4 !== undefined || nic?.ipv6 !== undefined) {
      return [
        refuse(
          "forwarding-nic-in-use",
          nicPath,
          `${exitNode.nic} carries the host's own address`,
          "forwarding and the exit node's own services use separate NICs: leave this one without address",
        ),
      ];
    }
    if (
      nic !== undefined &&
      farm.segments.some(({ name }) => name === nic.segment) &&
      !farm.upstreams.some(({ segment }) => segment === nic.segment)
    ) {
      return [
        refuse(
          "exit-node-off-prefix-zero",
          nicPath,
          `${exitNode.nic} is on segment ${nic.segment}, where there is no upstream router`,
          "the forwarding NIC is on PrefixZero, the upstream router's segment",
        ),
      ];
    }
    return [];
  });

export const nodeRules: readonly Rule[] = [numbers, nics, exitNodeNics];
