/** A topology as a drawing, for people. */
import type { Topology } from "../../emulator/topology/index.ts";

const shapes: Readonly<Record<string, string>> = {
  internet: "doublecircle",
  segment: "underline",
  upstream: "diamond",
  "home-router": "house",
  carrier: "trapezium",
  host: "ellipse",
  "farm-node": "box",
};

/** In Graphviz's language strings stand in double quotes; backslash and quote are escaped. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, (found) => `\\${found}`)}"`;

/** The topology in Graphviz's dot language: nodes grouped and shaped by role, links labelled with their interfaces at either end. */
export function topologyPicture(topology: Topology): string {
  const roles = [...new Set(topology.nodes.map((node) => node.role))].sort();
  const groups = roles.flatMap((role) => [
    `  node [shape=${shapes[role] ?? "box"}]; // ${role}`,
    ...topology.nodes
      .filter((node) => node.role === role)
      .map((node) => {
        const addresses = (node.config.addresses ?? []).map(({ interface: link, address }) => `${link} ${address}`);
        return `  ${quoted(node.name)} [tooltip=${quoted([role, ...addresses].join(", "))}];`;
      }),
  ]);
  const links = topology.links.map(({ name, endpoints: [one, other] }) => {
    const labels = `taillabel=${quoted(one.interface)}, headlabel=${quoted(other.interface)}, tooltip=${quoted(name)}`;
    return `  ${quoted(one.node)} -- ${quoted(other.node)} [${labels}];`;
  });
  return [`graph ${quoted(topology.name)} {`, "  layout=neato; overlap=false;", ...groups, ...links, "}", ""].join("\n");
}
