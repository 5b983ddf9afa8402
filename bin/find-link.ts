/** Finds what `farmlab capture` is to capture in a running lab: the end of a link, or any interface inside a node. */
import type { Problem } from "../core/common/index.ts";
import { failure, success, type Outcome } from "../core/common/index.ts";
import { interfaceNames } from "../emulator/capture/index.ts";
import { namesIn, nodesOf, readInside, type Inside } from "./look-into-lab.ts";

export interface FoundLink {
  /** As it was asked for: `node:interface`, or `node/namespace:interface`. */
  readonly name: string;
  readonly node: string;
  readonly namespace?: string;
  readonly interface: string;
}

const linkPattern = /^(?<node>[^:/]+)(?:\/(?<namespace>[^:/]+))?:(?<interface>[^:/]+)$/;

const unknown = (message: string, hint: string): Outcome<FoundLink> => failure({ severity: "error", code: "no-such-link", message, hint });

async function nearestOf(word: string, known: readonly string[], whatTheyAre: string): Promise<string> {
  // Loaded for mistakes only.
  const { nearestHint } = await import("../core/common/reading/index.ts");
  return nearestHint(word, known, whatTheyAre);
}

/** How a link is named, where a name is no name of one. */
export const linkNameProblem = (text: string): Problem => ({
  severity: "error",
  code: "link-name",
  message: `"${text}" is no name for a link`,
  hint: "node:interface, as node-1:eth0, or node/namespace:interface for one inside a node",
});

/** Problems: `link-name`, `no-such-link`. */
export async function findLink(outside: Inside, text: string): Promise<Outcome<FoundLink>> {
  const { node, namespace, interface: link } = linkPattern.exec(text)?.groups ?? {};
  if (node === undefined || link === undefined) return failure(linkNameProblem(text));
  const labName = outside.lab.name;
  const nodes = await nodesOf(outside.native, outside.lab);
  if (!nodes.includes(node)) return unknown(`lab ${labName} has no node ${node}`, await nearestOf(node, nodes, "nodes"));
  if (namespace !== undefined) {
    const namespaces = await namesIn({ ...outside, node }, "/run/netns");
    if (!namespaces.includes(namespace))
      return unknown(`node ${node} has no namespace ${namespace}`, await nearestOf(namespace, namespaces, "namespaces"));
  }
  const where = namespace === undefined ? node : `${node}/${namespace}`;
  const answer = await readInside({ ...outside, node, namespace }, ["ip", "-j", "link"]);
  if (answer === undefined) return unknown(`the links of ${where} cannot be told`, `farmlab ls shows whether lab ${labName} still runs`);
  const names = interfaceNames(answer);
  if (link !== "lo" && !names.includes(link))
    return unknown(`${where} has no interface ${link}`, await nearestOf(link, names, "interfaces"));
  return success({ name: text, node, ...(namespace === undefined ? {} : { namespace }), interface: link });
}
