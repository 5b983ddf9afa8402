/** Reads a `.clab.yml`'s text: variables, YAML, schema, inheritance, links; every fault with its place in the file. */
import { failure, sortProblems, success, type Outcome } from "../../../core/common/index.ts";
import { readDocument, schemaProblems, type FileKind } from "../../../core/common/reading/index.ts";
import type { Topology, TopologyNode } from "../topology.ts";
import { readLinks, type PluggableNode } from "./read-links.ts";
import { readNode } from "./read-node.ts";
import { collectReports } from "./reports.ts";
import { clabFileSchema, jsonSchemaOf } from "./schema.ts";
import { substitute, type Environment } from "./substitute.ts";

export const clabFileKind: FileKind = {
  name: "a topology file",
  advice: "docs/topology.md says what a topology file may hold",
  content: "topology",
  levels: 8,
  scalars: "text",
};

export interface ReadClabOptions {
  /** Variables that the file may name. */
  readonly environment: Environment;
  /** Folder of the file, from the root: relative paths of binds start there. */
  readonly folder: string;
  /** Seeds MAC addresses of interfaces that state none. */
  readonly seed: number;
}

/** More than a lab holds. */
const nodesMax = 4096;
/** Different ones; more than a lab stages. */
const bindsMax = 256;
/** IFNAMSIZ without its end. */
const bridgeNameMax = 15;

/** Maps without the keys that have no value, which say nothing; a node without value is an empty one. */
function withoutNulls(value: unknown, path: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNulls(item, [...path, "[]"]));
  if (typeof value !== "object" || value === null) return value;
  const isNodes = path.length === 2 && path[0] === "topology" && ["nodes", "groups", "kinds"].includes(path[1] ?? "");
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [key, isNodes && child === null ? {} : child]);
  return Object.fromEntries(
    entries.filter(([, child]) => child !== null).map(([key, child]) => [key, withoutNulls(child, [...path, key])]),
  );
}

/** A bridge of containerlab's is one of the machine's, called as the node up to a `|`. */
const bridgeNameOf = (name: string): string => name.split("|")[0] ?? name;

function withPorts(node: TopologyNode, ports: readonly string[]): TopologyNode {
  return node.kind === "bridge" ? { ...node, config: { bridges: [{ name: bridgeNameOf(node.name), ports }] } } : node;
}

/**
 * A topology of nodes of kind linux and bridge, or why there is none; takes any text, decoded by the caller with replacement of what is no
 * UTF-8, and never throws for it. All problems of the first stage that fails are reported, sorted by place, each with line, column and hint.
 * A value may come with warnings: keys that containerlab acts on and this program does not.
 */
export function readClab(text: string, file: string, options: ReadClabOptions): Outcome<Topology> {
  const read = readDocument(text, file, clabFileKind, (source, lines) => substitute(source, lines, options.environment));
  if (!read.ok) return read;
  const { places } = read.value;
  const data = withoutNulls(read.value.value);
  const shaped = clabFileSchema.safeParse(data);
  if (!shaped.success)
    return failure(...sortProblems(schemaProblems(shaped.error.issues, { data, schema: jsonSchemaOf(clabFileSchema), places })));
  const { name: labName, topology } = shaped.data;

  const reports = collectReports(places);
  const home = options.environment["HOME"] ?? "/";
  const names = Object.keys(topology.nodes);
  const found = names
    .slice(0, nodesMax)
    .flatMap((name) => readNode(name, { topology, labName, folder: options.folder, home, reports }) ?? []);
  const known = new Set(found.map(({ node }) => node.name));
  if (names.length > nodesMax)
    reports.refuse("too-many-nodes", ["topology", "nodes"], `the file has ${names.length} nodes`, `a lab holds at most ${nodesMax}`);
  const pluggable = new Map<string, PluggableNode>(
    found.map(({ node, isManaged }) => [node.name, { isBridge: node.kind === "bridge", bridgeName: bridgeNameOf(node.name), isManaged }]),
  );
  for (const [name, { isBridge, bridgeName }] of pluggable) {
    if (isBridge && Buffer.byteLength(bridgeName) > bridgeNameMax)
      reports.refuse(
        "bad-name",
        ["topology", "nodes", name],
        `"${name}" is too long for a bridge`,
        `the kernel takes at most ${bridgeNameMax} bytes`,
      );
  }
  const binds = new Set(found.flatMap(({ node }) => (node.container?.binds ?? []).map(({ source, readOnly }) => `${readOnly} ${source}`)));
  if (binds.size > bindsMax)
    reports.refuse(
      "too-many-binds",
      ["topology", "nodes"],
      `the file binds ${binds.size} files and folders`,
      `a lab takes ${bindsMax}; bind a folder that holds them`,
    );
  if (found.some(({ isManaged }) => isManaged)) {
    const message = "nodes have no management network and no eth0 here";
    reports.warnOnce(
      "management",
      "no-management",
      ["topology", "nodes"],
      message,
      "farmlab exec and shell reach them; network-mode: none says the same to containerlab",
    );
  }
  // Where a node is refused, what its links say of it is no news.
  const refused = names
    .filter((name) => !known.has(name))
    .map((name) => [name, { isBridge: false, bridgeName: name, isManaged: false }] as const);
  const { links, problems } = readLinks(topology.links ?? [], new Map([...pluggable, ...refused]), places, reports);
  const all = sortProblems([...reports.problems, ...problems]);
  if (all.some(({ severity }) => severity === "error")) return failure(...all);
  const portsOf = Map.groupBy(
    links.flatMap((link) => link.endpoints),
    (endpoint) => endpoint.node,
  );
  const nodes = found.map(({ node }) =>
    withPorts(
      node,
      (portsOf.get(node.name) ?? []).map((endpoint) => endpoint.interface),
    ),
  );
  return success({ name: labName, seed: options.seed, nodes, links }, all);
}
