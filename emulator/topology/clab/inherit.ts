/** What a node inherits, as containerlab merges it: from `defaults`, its kind, its group and its own entry, the last going before. */
import type { Path } from "../../../core/common/reading/index.ts";
import type { NodeEntry, TopologyEntry } from "./file.ts";

/** One entry that says something of a node, and where it stands. */
export interface Level {
  readonly entry: NodeEntry;
  readonly path: Path;
}

/** Inherited text, and where it stands. */
export interface Inherited {
  readonly value: string;
  readonly path: Path;
}

type Kept = "kind" | "image" | "cmd" | "network-mode" | "privileged";

const own = <T>(map: Readonly<Record<string, T>> | undefined, key: string | undefined): T | undefined =>
  map !== undefined && key !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;

const level = (path: Path, entry: NodeEntry | undefined): Level[] => (entry === undefined ? [] : [{ path, entry }]);

/** Levels of a node, the most general first. A kind is found by the node's group before its group is by its kind. */
export function levelsOf(topology: TopologyEntry, name: string): readonly Level[] {
  const { defaults, kinds, groups } = topology;
  const node = own(topology.nodes, name);
  const kind = node?.kind ?? own(groups, node?.group)?.kind ?? own(groups, defaults?.group)?.kind ?? defaults?.kind;
  const group = node?.group ?? own(kinds, kind)?.group ?? defaults?.group;
  const at = (...path: Path): Path => ["topology", ...path];
  return [
    ...level(at("defaults"), defaults),
    ...level(at("kinds", kind ?? ""), own(kinds, kind)),
    ...level(at("groups", group ?? ""), own(groups, group)),
    ...level(at("nodes", name), node),
  ];
}

/** The most special level that says it; empty text says nothing. */
export function inherited(levels: readonly Level[], key: Kept): Inherited | undefined {
  const found = levels.findLast(({ entry }) => (entry[key] ?? "") !== "");
  return found === undefined ? undefined : { value: found.entry[key] ?? "", path: [...found.path, key] };
}

/** A list's entries of all levels, the most general first, each once. */
export function inheritedList(levels: readonly Level[], key: "exec" | "binds" | "cap-add" | "devices"): readonly Inherited[] {
  const all = levels.flatMap(({ entry, path }) => (entry[key] ?? []).map((value, index) => ({ value, path: [...path, key, index] })));
  return [...Map.groupBy(all, ({ value }) => value).values()].flatMap((same) => same[0] ?? []);
}

/** A map's entries of all levels. */
export function inheritedMap(levels: readonly Level[], key: "env" | "labels" | "sysctls"): ReadonlyMap<string, Inherited> {
  return new Map(
    levels.flatMap(({ entry, path }) =>
      Object.entries(entry[key] ?? {}).map(([name, value]) => [name, { value, path: [...path, key, name] }] as const),
    ),
  );
}
