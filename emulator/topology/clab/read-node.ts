/** A node of a `.clab.yml` with all that it inherits. */
import type { Path } from "../../../core/common/reading/index.ts";
import type { ContainerSettings, TopologyNode } from "../topology.ts";
import { splitWords } from "../words.ts";
import type { TopologyEntry } from "./file.ts";
import { inherited, inheritedList, inheritedMap, levelsOf, type Inherited, type Level } from "./inherit.ts";
import { ignoredKeys, refusedKeys } from "./known-keys.ts";
import { readBinds } from "./read-binds.ts";
import type { Reports } from "./reports.ts";
import { quoted, withNames, type NodeNames } from "./text.ts";
import { initCommand, roleLabel } from "./write.ts";

export interface NodeSurroundings {
  readonly topology: TopologyEntry;
  readonly labName: string;
  /** Folder that relative paths of binds start from. */
  readonly folder: string;
  /** Home of who reads the file, for paths that begin with `~`. */
  readonly home: string;
  readonly reports: Reports;
}

export interface ReadNode {
  readonly node: TopologyNode;
  readonly isManaged: boolean;
}

/** What every node has; the kernel gives no others into a lab. */
const devicesOfNodes: ReadonlySet<string> = new Set(
  ["null", "zero", "full", "random", "urandom", "tty", "net/tun"].map((name) => `/dev/${name}`),
);
const ownImages = /^farmlab\/node(:|$)/;
const kinds = ["linux", "bridge"];

/** Keys that are known and not acted on. */
function judgeOtherKeys(levels: readonly Level[], reports: Reports): void {
  for (const { entry, path } of levels) {
    for (const key of Object.keys(entry)) {
      // A node whose first process ends has ended.
      const holdsAnyway = key === "restart-policy" && String(entry[key]).toLowerCase() === "no";
      const why = Object.hasOwn(ignoredKeys, key) && !holdsAnyway ? ignoredKeys[key] : undefined;
      const instead = Object.hasOwn(refusedKeys, key) ? refusedKeys[key] : undefined;
      if (why !== undefined)
        reports.warnOnce(key, "ignored-key", [...path, key], `${key} is ignored: ${why}`, "leave it for containerlab, or take it out");
      if (instead !== undefined) reports.refuse("unsupported-key", [...path, key], `${key} cannot be honoured here`, instead);
    }
  }
}

function judgeNetworkMode(mode: Inherited | undefined, isBridge: boolean, reports: Reports): void {
  if (mode === undefined || mode.value === "none") return;
  const hint = isBridge ? "leave it out: a bridge is a node of its own here" : "write none, or leave it out";
  reports.refuse("unsupported-network", mode.path, `network-mode ${quoted(mode.value)} cannot be made here`, hint);
}

function readExec(levels: readonly Level[], names: NodeNames, reports: Reports): string[] {
  return inheritedList(levels, "exec").map(({ value, path }) => {
    const line = withNames(value, names);
    const words = splitWords(line);
    if (words === undefined)
      reports.refuse(
        "bad-command",
        path,
        "the command's quotes are not closed",
        "close every quote; a backslash takes the next character as it is",
      );
    else if (words.length === 0) reports.refuse("bad-command", path, "there is no command", "write one, or take the line out");
    return line;
  });
}

/** By their path below /proc/sys: `net.ipv4.ip_forward` as `net/ipv4/ip_forward`. */
function readSysctls(levels: readonly Level[], reports: Reports): Readonly<Record<string, string>> {
  const entries = [...inheritedMap(levels, "sysctls")].map(([key, { value, path }]): [string, string] => {
    const slashes = /^[^./]*\//.test(key);
    const setting = slashes ? key : key.replaceAll(/[./]/g, (separator) => (separator === "." ? "/" : "."));
    if (!/^net\/[\w./-]+$/.test(setting) || setting.split("/").includes("..") || value.includes("\n"))
      reports.refuse(
        "bad-sysctl",
        path,
        `${quoted(key)} is no setting of a node's network`,
        "nodes have settings below net of their own, and no others",
      );
    // containerlab turns IPv6 on in every node of this kind, whatever its file says.
    return [setting, setting === "net/ipv6/conf/all/disable_ipv6" ? "0" : value];
  });
  return Object.fromEntries(entries);
}

function judgeDevices(levels: readonly Level[], reports: Reports): void {
  for (const { value, path } of inheritedList(levels, "devices")) {
    const [device = ""] = value.split(":");
    if (!devicesOfNodes.has(device))
      reports.refuse("unsupported-device", path, `nodes have no ${quoted(device)} here`, `they have ${[...devicesOfNodes].join(", ")}`);
  }
}

function judgeImage(image: Inherited | undefined, command: Inherited | undefined, reports: Reports): void {
  if (image !== undefined && !ownImages.test(image.value)) {
    const message = `nodes run farmlab's own node image instead of ${quoted(image.value)}`;
    reports.warnOnce(
      `image ${image.value}`,
      "other-image",
      image.path,
      message,
      "it is Debian with FRR and the usual tools; programs of other images are not there",
    );
  }
  if (command !== undefined && command.value !== initCommand) {
    const message = "cmd is ignored: a node's first process is farmlab-init here";
    reports.warnOnce("cmd", "ignored-key", command.path, message, "start programs under exec");
  }
}

const valuesOf = (map: ReadonlyMap<string, Inherited>): Readonly<Record<string, string>> =>
  Object.fromEntries([...map].map(([key, { value }]) => [key, value]));

const some = <T extends object>(key: string, value: T): object => (Object.keys(value).length === 0 ? {} : { [key]: value });

/** The node of that name, a bridge still without ports. Undefined where its kind is none of ours. */
export function readNode(name: string, given: NodeSurroundings): ReadNode | undefined {
  const { topology, reports } = given;
  const path: Path = ["topology", "nodes", name];
  const names: NodeNames = { node: name, lab: given.labName };
  const levels = levelsOf(topology, name);
  const kind = inherited(levels, "kind");
  const isBridge = kind?.value.toLowerCase() === "bridge";
  if (kind === undefined) {
    reports.refuse("missing-kind", path, `node ${quoted(name)} has no kind`, "write kind: linux, at the node or under defaults");
    return undefined;
  }
  if (!kinds.includes(kind.value.toLowerCase())) {
    reports.refuse(
      "unsupported-kind",
      kind.path,
      `nodes of kind ${quoted(kind.value)} cannot be made here`,
      `kinds here: ${kinds.join(", ")}`,
    );
    return undefined;
  }
  const mode = inherited(levels, "network-mode");
  judgeOtherKeys(levels, reports);
  // A lab's defaults are for its containers.
  if (!isBridge || mode?.path[1] === "nodes") judgeNetworkMode(mode, isBridge, reports);
  const { [roleLabel]: role, ...labels } = valuesOf(inheritedMap(levels, "labels"));
  if (isBridge)
    return {
      node: { name, role: role ?? "segment", kind: "bridge", init: false, config: {}, ...some("container", some("labels", labels)) },
      isManaged: false,
    };
  if (name.includes("|")) reports.refuse("bad-name", path, `${quoted(name)} is no name for a node`, "| is for names of bridges only");
  judgeDevices(levels, reports);
  const image = inherited(levels, "image");
  const command = inherited(levels, "cmd");
  judgeImage(image, command, reports);
  const container: ContainerSettings = {
    ...(image === undefined ? {} : { image: image.value }),
    ...(command === undefined ? {} : { command: command.value }),
    ...some("environment", valuesOf(inheritedMap(levels, "env"))),
    ...some("binds", readBinds(levels, { ...given, names })),
    ...some("exec", readExec(levels, names, reports)),
    ...some(
      "capAdd",
      inheritedList(levels, "cap-add").map(({ value }) => value),
    ),
    ...some("labels", labels),
  };
  const config = some("sysctls", readSysctls(levels, reports));
  return { node: { name, role: role ?? "host", init: true, config, ...some("container", container) }, isManaged: mode?.value !== "none" };
}
