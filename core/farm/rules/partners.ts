/** Which exit nodes stand in for each other at any moment: two of one allocation, on one segment, that name each other (EX-15). */
import { nearestHint } from "../../common/reading/index.ts";
import type { Path } from "../../common/reading/index.ts";
import type { ExitNodeConfig, FarmNode } from "../farm.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse } from "./rule.ts";

interface Pair {
  readonly node: FarmNode;
  readonly exitNode: ExitNodeConfig;
  /** The node that it names. */
  readonly other: FarmNode;
  readonly theirs: ExitNodeConfig;
  readonly path: Path;
}

const segmentOf = ({ nics }: FarmNode, { nic }: ExitNodeConfig): string | undefined => nics.find(({ name }) => name === nic)?.segment;

/** What keeps two exit nodes from having the same addresses by turns. */
function apart({ node, exitNode, other, theirs, path }: Pair): Finding[] {
  if (exitNode.allocationNumber !== theirs.allocationNumber) {
    const message = `${node.name} is of allocation ${exitNode.allocationNumber}, and ${other.name} of allocation ${theirs.allocationNumber}`;
    return [refuse("partner-elsewhere", path, message, "partners have parts of the same allocation")];
  }
  const [here, there] = [segmentOf(node, exitNode), segmentOf(other, theirs)];
  if (here !== there && here !== undefined && there !== undefined) {
    const message = `${node.name} forwards on segment ${here}, and ${other.name} on ${there}`;
    return [refuse("partner-elsewhere", path, message, "each takes the other's addresses over, so both have to be on the same segment")];
  }
  return [];
}

/** What one of both lacks to be ready for the other. */
function unfit({ node, exitNode, other, path }: Pair): Finding[] {
  const findings: Finding[] = [];
  if (exitNode.standbys !== undefined) {
    const message = `${node.name} has standbys and a partner`;
    findings.push(
      refuse("partner-with-standby", path, message, "leave one of both out: either the store decides who has its number, or both do"),
    );
  }
  if (exitNode.isolation === "vrf") {
    const message = `${node.name} has isolation: vrf, which does not go with a partner`;
    findings.push(refuse("partner-with-tables", path, message, "leave isolation or partner out"));
  }
  if (node.public === undefined) {
    const message = `${node.name} is hidden, and is to stand in for ${other.name}`;
    findings.push(
      refuse(
        "partner-hidden",
        path,
        message,
        `give ${node.name} public: { nic: ..., ipv4: ..., ipv6: ... }, so that all nodes have a tunnel to it`,
      ),
    );
  }
  if (node.emulate !== other.emulate) {
    const [has, lacks] = node.emulate ? [node, other] : [other, node];
    findings.push(
      refuse(
        "not-emulated",
        path,
        `labs do not have ${lacks.name}, and have ${has.name}, its partner`,
        "give both emulate: false, or neither",
      ),
    );
  }
  return findings;
}

const partners: Rule = (farm) =>
  farm.nodes.flatMap((node): Finding[] => {
    const { exitNode } = node;
    const partner = exitNode?.partner;
    if (exitNode === undefined || partner === undefined) return [];
    const path = ["nodes", node.name, "exit-node", "partner"];
    const other = farm.nodes.find(({ name }) => name === partner);
    if (other === undefined) {
      const names = farm.nodes.map(({ name }) => name);
      return [refuse("unknown-node", path, `there is no node "${partner}"`, nearestHint(partner, names, "nodes"))];
    }
    if (other === node) return [refuse("partner-of-itself", path, `${node.name} cannot be its own partner`, "name another exit node")];
    const theirs = other.exitNode;
    if (theirs === undefined) {
      const hint = `make it one, or name it under standby, where the store decides who has ${node.name}'s number`;
      return [refuse("partner-no-exit-node", path, `${partner} is no exit node`, hint)];
    }
    if (theirs.partner !== node.name) {
      const names = theirs.partner === undefined ? "no partner" : `${theirs.partner} as its partner`;
      const hint = `add partner: ${node.name} to ${partner}, or leave it out here`;
      return [refuse("partner-one-sided", path, `${node.name} names ${partner}, which names ${names}`, hint)];
    }
    const pair: Pair = { node, exitNode, other, theirs, path };
    return [...apart(pair), ...unfit(pair)];
  });

export const partnerRules: readonly Rule[] = [partners];
