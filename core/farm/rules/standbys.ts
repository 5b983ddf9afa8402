/** Who stands in for an exit node: another node, set up alike, and for one exit node only (seed 1, "Gateway Containers"; EX-14). */
import { nearestHint } from "../../common/reading/index.ts";
import type { Path } from "../../common/reading/index.ts";
import type { Farm, FarmNode, StandbyConfig } from "../farm.ts";
import { forwardingNicFindings } from "./exit-nodes.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, repeats } from "./rule.ts";

interface Named {
  /** The exit node that it stands in for. */
  readonly of: FarmNode;
  readonly standby: StandbyConfig;
  readonly path: Path;
}

const standbysOf = (farm: Farm): Named[] =>
  farm.nodes.flatMap((of) =>
    (of.exitNode?.standbys ?? []).map((standby, index) => ({
      of,
      standby,
      path: ["nodes", of.name, "exit-node", "standby", index],
    })),
  );

const segmentOf = (node: FarmNode, nic: string | undefined): string | undefined => node.nics.find(({ name }) => name === nic)?.segment;

function fitness(farm: Farm, { of, standby, path }: Named): Finding[] {
  const nodePath = [...path, "node"];
  const names = farm.nodes.map(({ name }) => name);
  const node = farm.nodes.find(({ name }) => name === standby.node);
  if (node === undefined)
    return [refuse("unknown-node", nodePath, `there is no node "${standby.node}"`, nearestHint(standby.node, names, "nodes"))];
  if (node.exitNode !== undefined) {
    const message = node === of ? `${of.name} cannot stand in for itself` : `${node.name} is an exit node itself`;
    return [refuse("standby-is-exit-node", nodePath, message, "name a node that is no exit node: a node has one gateway")];
  }
  const findings = forwardingNicFindings(farm, node, standby.nic, path, "standby");
  if (findings.length > 0) return findings;
  const [here, there] = [segmentOf(node, standby.nic), segmentOf(of, of.exitNode?.nic)];
  if (here === there || there === undefined) return [];
  const message = `${standby.nic} of ${node.name} is on segment ${here}, and ${of.name} forwards on ${there}`;
  return [
    refuse("standby-elsewhere", [...path, "nic"], message, "it takes the exit node's addresses over, so it has to be on the same segment"),
  ];
}

const fit: Rule = (farm) => standbysOf(farm).flatMap((named) => fitness(farm, named));

const once: Rule = (farm) =>
  repeats(standbysOf(farm), ({ standby }) => standby.node).map(({ entry, first }) => {
    const message = `${entry.standby.node} stands in for ${first.of.name} already`;
    return refuse("standby-twice", [...entry.path, "node"], message, "a node stands in for one exit node, and is named once");
  });

/** Who holds the exit node is settled between those who can: labs have all of them, or none. */
const whereStandbysRun: Rule = (farm) =>
  standbysOf(farm).flatMap(({ of, standby, path }): Finding[] => {
    const node = farm.nodes.find(({ name }) => name === standby.node);
    if (node === undefined || node.emulate === of.emulate) return [];
    const message = of.emulate
      ? `labs do not have ${node.name}, and have ${of.name}, for which it stands in`
      : `labs have ${node.name}, and do not have ${of.name}, for which it stands in`;
    return [refuse("not-emulated", [...path, "node"], message, "give both emulate: false, or neither")];
  });

export const standbyRules: readonly Rule[] = [fit, once, whereStandbysRun];
