/** Reads a `.clab.yml`'s text: variables, YAML, schema, inheritance, links; every fault with its place in the file. */
import { failure, sortProblems, success, type Outcome } from "../../../core/common/index.ts";
import { readDocument, schemaProblems, type FileKind, type Path } from "../../../core/common/reading/index.ts";
import type { Topology, TopologyNode } from "../topology.ts";
import { interfaceNameBytesMax, type PluggableNode } from "./endpoints.ts";
import { readLinks } from "./read-links.ts";
import { readNode, type ReadNode } from "./read-node.ts";
import { collectReports, type Reports } from "./reports.ts";
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

const ownInterfaces = (node: TopologyNode): readonly string[] => (node.kind === "bridge" ? [bridgeNameOf(node.name)] : []);

/** What is only seen over all nodes. */
function judgeTotals(count: number, found: readonly ReadNode[], reports: Reports): void {
  const path: Path = ["topology", "nodes"];
  if (count > nodesMax) reports.refuse("too-many-nodes", path, `the file has ${count} nodes`, `a lab holds at most ${nodesMax}`);
  for (const { node } of found) {
    if (ownInterfaces(node).some((name) => Buffer.byteLength(name) > interfaceNameBytesMax)) {
      const hint = `the kernel takes at most ${interfaceNameBytesMax} bytes`;
      reports.refuse("bad-name", [...path, node.name], `"${node.name}" is too long for a bridge`, hint);
    }
  }
  const binds = new Set(found.flatMap(({ node }) => (node.container?.binds ?? []).map(({ source, readOnly }) => `${readOnly} ${source}`)));
  if (binds.size > bindsMax) {
    const hint = `a lab takes ${bindsMax}; bind a folder that holds them`;
    reports.refuse("too-many-binds", path, `the file binds ${binds.size} files and folders`, hint);
  }
  if (found.some(({ isManaged }) => isManaged)) {
    const hint = "farmlab exec and shell reach them; network-mode: none says the same to containerlab";
    reports.warnOnce("management", "no-management", path, "nodes have no management network and no eth0 here", hint);
  }
}

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
  judgeTotals(names.length, found, reports);
  const pluggable = new Map<string, PluggableNode>([
    ...names.map((name) => [name, { own: [], isManaged: false, isRefused: true }] as const),
    ...found.map(({ node, isManaged }) => [node.name, { own: ownInterfaces(node), isManaged, isRefused: false }] as const),
  ]);
  const links = readLinks(topology.links ?? [], pluggable, places, reports);
  const all = sortProblems(reports.problems);
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
