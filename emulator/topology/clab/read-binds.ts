/** The binds of a node in a `.clab.yml`. */
import type { Bind } from "../topology.ts";
import { inheritedList, type Inherited, type Level } from "./inherit.ts";
import type { Reports } from "./reports.ts";
import { quoted, withNames, type NodeNames } from "./text.ts";

export interface BindSurroundings {
  readonly names: NodeNames;
  /** Folder that relative paths start from. */
  readonly folder: string;
  /** Home of who reads the file, for paths that begin with `~`. */
  readonly home: string;
  readonly reports: Reports;
}

function resolvePath(path: string, { folder, home }: BindSurroundings): string {
  if (path.startsWith("/")) return path;
  return path === "~" || path.startsWith("~/") ? `${home}${path.slice(1)}` : `${folder}/${path}`;
}

/** `source:target` or `source:target:options`. */
function readBind({ value, path }: Inherited, given: BindSurroundings): Bind | undefined {
  const parts = value.split(":");
  const [written = "", target = "", options = ""] = parts;
  const refuse = (message: string, hint: string): undefined => given.reports.refuse("bad-bind", path, message, hint);
  if (parts.length < 2 || parts.length > 3 || written === "")
    return refuse(`${quoted(value)} is no bind`, "write source:target, or source:target:ro");
  if (!target.startsWith("/") || target.split("/").includes(".."))
    return refuse(`${quoted(target)} is no place in a node`, "write it from the root, as /etc/frr/frr.conf");
  const source = withNames(written, given.names);
  if (source.includes("__clab"))
    return refuse(`${quoted(written)} is in containerlab's folder of the lab, which is not made here`, "bind a file of your own");
  return { source: resolvePath(source, given), target, readOnly: options.split(",").includes("ro") };
}

/** Of two binds to one target the more special one counts; containerlab sorts what is left. */
export function readBinds(levels: readonly Level[], given: BindSurroundings): Bind[] {
  const binds = inheritedList(levels, "binds").flatMap((bind) => readBind(bind, given) ?? []);
  const text = ({ source, target }: Bind): string => `${source}:${target}`;
  return [...new Map(binds.map((bind) => [bind.target, bind])).values()].toSorted((one, other) => (text(one) < text(other) ? -1 : 1));
}
