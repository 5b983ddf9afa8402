/** Which links have to lead through the wire, so that faults can happen to them. */
import { endsOf, plugName, plugsOf } from "../../../core/farm/index.ts";
import type { Farm, Fault } from "../../../core/farm/index.ts";

function linksOf(farm: Farm, fault: Fault): string[] {
  const links = plugsOf(farm).map((plug) => ({ name: plugName(plug), ends: endsOf(farm, plug) }));
  switch (fault.kind) {
    case "packets":
    case "cut":
    case "link-down":
      return [fault.link];
    case "partition":
      return links.filter(({ ends: [one, other] }) => fault.nodes.includes(one) !== fault.nodes.includes(other)).map(({ name }) => name);
    case "node-death":
    case "node-pause":
      return links.filter(({ ends }) => ends.includes(fault.node)).map(({ name }) => name);
    case "node-reboot":
    case "process-kill":
    case "agent-clock":
    case "disk-full":
      return [];
  }
}

/** Of the nodes of an exit node that has standbys or a partner: laws put them through faults of their own (EX-14, EX-15). */
const standbyLinks = (farm: Farm): string[] =>
  farm.nodes
    .filter(({ exitNode }) => exitNode?.standbys !== undefined || exitNode?.partner !== undefined)
    .flatMap(({ name }) => linksOf(farm, { kind: "node-death", node: name, carrier: "kept" }));

/** By their names, each once. */
export const wiredLinks = (farm: Farm): string[] => [
  ...new Set([...farm.timeline.faults.flatMap(({ fault }) => linksOf(farm, fault)), ...standbyLinks(farm)]),
];
