/** What the ends of links are plugged into, and what is wrong with an end. */
import { nearestHint, type Path } from "../../../core/common/reading/index.ts";
import type { EndpointEntry } from "./file.ts";
import { otherLinkTypes } from "./known-keys.ts";
import type { Reports } from "./reports.ts";

/** IFNAMSIZ without its end. */
export const interfaceNameBytesMax: number = 15;

/** A node that links may lead to. */
export interface PluggableNode {
  /** Interfaces that it has without any link. */
  readonly own: readonly string[];
  /** Whether containerlab's management network would hold `eth0`. */
  readonly isManaged: boolean;
  /** Refused itself: what its links say of it is no news. */
  readonly isRefused: boolean;
}

/** Judges the ends of all links of a file, each against those before it. */
export interface EndpointJudge {
  /** Whether the end can be made; else it is reported. */
  accepts(end: EndpointEntry, path: Path): boolean;
}

/** Why the kernel, or containerlab, would not take the name. */
function nameFault(
  { node, interface: name }: EndpointEntry,
  { isManaged }: PluggableNode,
): readonly [message: string, hint: string] | undefined {
  const shown = `"${name.slice(0, 50)}"`;
  if (Buffer.byteLength(name) > interfaceNameBytesMax)
    return [`${shown} is too long for an interface`, `the kernel takes at most ${interfaceNameBytesMax} bytes`];
  if (name === "" || /[\s/:]/u.test(name) || [".", "..", "lo", "all", "default"].includes(name))
    return [`${shown} is no name for an interface`, "write a name as eth1"];
  if (name === "eth0" && isManaged)
    return [`eth0 of ${node} belongs to containerlab's management network`, "use eth1, or say network-mode: none"];
  return undefined;
}

export function endpointJudge(nodes: ReadonlyMap<string, PluggableNode>, reports: Reports): EndpointJudge {
  const taken = new Map([...nodes].flatMap(([node, { own }]) => own.map((name) => [`${node}\0${name}`, "is the node's own"])));

  const refuseNode = (node: string, path: Path): false => {
    if (otherLinkTypes.includes(node))
      reports.refuse("unsupported-link", path, `links to ${node} cannot be made here`, "links here lead from node to node");
    else reports.refuse("unknown-node", path, `there is no node "${node.slice(0, 50)}"`, nearestHint(node, [...nodes.keys()], "nodes"));
    return false;
  };

  return {
    accepts(end, path) {
      const found = nodes.get(end.node);
      if (found === undefined) return refuseNode(end.node, path);
      if (found.isRefused) return false;
      const fault = nameFault(end, found);
      const key = `${end.node}\0${end.interface}`;
      const holder = taken.get(key);
      taken.set(key, "has another link");
      if (fault !== undefined) reports.refuse("bad-interface", path, ...fault);
      if (holder === undefined) return fault === undefined;
      const message = `interface ${end.interface} of ${end.node} ${holder}`;
      reports.refuse("interface-twice", path, message, "an interface has one link; give each a name of its own");
      return false;
    },
  };
}
