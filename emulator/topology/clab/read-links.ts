/** The links of a `.clab.yml`: both ways to write them, and every mistake that a kernel would only tell of in numbers. */
import { nearestHint, schemaProblems, type Path, type Places } from "../../../core/common/reading/index.ts";
import type { Problem } from "../../../core/common/index.ts";
import type { Endpoint, TopologyLink } from "../topology.ts";
import type { EndpointEntry, VethLinkEntry } from "./file.ts";
import { otherLinkTypes } from "./known-keys.ts";
import type { Reports } from "./reports.ts";
import { briefLinkSchema, jsonSchemaOf, vethLinkSchema } from "./schema.ts";

/** containerlab's own, in bytes. */
const clabMtu = 9500;
const mtuMin = 68;
const mtuMinIpv6 = 1280;
const mtuMax = 65535;
/** IFNAMSIZ without its end. */
const nameBytesMax = 15;

/** What a link may be plugged into. */
export interface PluggableNode {
  readonly isBridge: boolean;
  /** Of a bridge: its own interface's name. */
  readonly bridgeName: string;
  /** Whether containerlab's management network would hold `eth0`. */
  readonly isManaged: boolean;
}

export interface ReadLinks {
  readonly links: readonly TopologyLink[];
  readonly problems: readonly Problem[];
}

interface Given {
  readonly link: VethLinkEntry;
  readonly pathOfEnd: (index: number) => Path;
}

const linkPath = (index: number): Path => ["topology", "links", index];

/** A brief endpoint `node:interface`; the interface's name may hold colons in containerlab, though none would be taken here. */
function parseBrief(text: string): EndpointEntry | undefined {
  const colon = text.indexOf(":");
  return colon <= 0 || colon === text.length - 1 ? undefined : { node: text.slice(0, colon), interface: text.slice(colon + 1) };
}

function mtuOf(text: string | undefined, path: Path, reports: Reports): number {
  const mtu = text === undefined ? clabMtu : Number(text);
  if (mtu < mtuMin || mtu > mtuMax)
    reports.refuse("bad-mtu", [...path, "mtu"], `an MTU of ${mtu} cannot be`, `a link takes ${mtuMin} to ${mtuMax} bytes`);
  else if (mtu < mtuMinIpv6) {
    const message = `an MTU of ${mtu} is too small for IPv6`;
    reports.warnOnce(
      "small-mtu",
      "small-mtu",
      [...path, "mtu"],
      message,
      `the kernel gives such interfaces no IPv6 address; it needs ${mtuMinIpv6}`,
    );
  }
  return mtu;
}

/** Reads links one by one; `nodes` are those that links may lead to. */
export function readLinks(
  entries: readonly unknown[],
  nodes: ReadonlyMap<string, PluggableNode>,
  places: Places,
  reports: Reports,
): ReadLinks {
  const schemas = {
    brief: { schema: briefLinkSchema, json: jsonSchemaOf(briefLinkSchema) },
    veth: { schema: vethLinkSchema, json: jsonSchemaOf(vethLinkSchema) },
  };
  const problems: Problem[] = [];
  const taken = new Map<string, string>();
  for (const [name, { isBridge, bridgeName }] of nodes) if (isBridge) taken.set(`${name}\0${bridgeName}`, "is the bridge itself");

  const judge = (index: number, type: "brief" | "veth"): unknown => {
    const { schema, json } = schemas[type];
    const shaped = schema.safeParse(entries[index]);
    if (shaped.success) return shaped.data;
    const inLink: Places = {
      of: (path) => places.of([...linkPath(index), ...path]),
      ofKey: (path) => places.ofKey([...linkPath(index), ...path]),
    };
    problems.push(...schemaProblems(shaped.error.issues, { data: entries[index], schema: json, places: inLink }));
    return undefined;
  };

  const read = (index: number): Given | undefined => {
    const path = linkPath(index);
    const type = (entries[index] as { type?: unknown } | null)?.type ?? "brief";
    if (otherLinkTypes.includes(String(type))) {
      reports.refuse(
        "unsupported-link",
        [...path, "type"],
        `links of type ${String(type)} cannot be made here`,
        "links here are brief or of type veth",
      );
      return undefined;
    }
    if (type !== "brief" && type !== "veth") {
      reports.refuse(
        "bad-choice",
        [...path, "type"],
        `"${String(type).slice(0, 50)}" is no type of link`,
        nearestHint(String(type), ["veth", "brief"], "types"),
      );
      return undefined;
    }
    const entry = judge(index, type) as VethLinkEntry | { endpoints: readonly string[]; mtu?: string } | undefined;
    if (entry === undefined) return undefined;
    const pathOfEnd = (end: number): Path => [...path, "endpoints", end];
    if (entry.endpoints.length !== 2) {
      reports.refuse(
        "bad-link",
        [...path, "endpoints"],
        `a link has 2 endpoints, not ${entry.endpoints.length}`,
        "write the two ends, each as node:interface",
      );
      return undefined;
    }
    const endpoints = entry.endpoints.map((end) => (typeof end === "string" ? parseBrief(end) : end));
    if (endpoints.every((end) => end !== undefined)) return { link: { ...entry, endpoints }, pathOfEnd };
    reports.refuse("bad-endpoint", pathOfEnd(endpoints.indexOf(undefined)), "an endpoint is node:interface", "write it as node1:eth1");
    return undefined;
  };

  const refuseEndpoint = ({ node, interface: name }: EndpointEntry, path: Path): boolean => {
    const before = reports.problems.length;
    const found = nodes.get(node);
    if (found === undefined) {
      const known = otherLinkTypes.includes(node);
      if (known) reports.refuse("unsupported-link", path, `links to ${node} cannot be made here`, "links here lead from node to node");
      else reports.refuse("unknown-node", path, `there is no node "${node.slice(0, 50)}"`, nearestHint(node, [...nodes.keys()], "nodes"));
      return true;
    }
    const bad = /[\s/:]/u.test(name) || [".", "..", "lo", "all", "default"].includes(name);
    if (Buffer.byteLength(name) > nameBytesMax)
      reports.refuse(
        "bad-interface",
        path,
        `"${name.slice(0, 50)}" is too long for an interface`,
        `the kernel takes at most ${nameBytesMax} bytes`,
      );
    else if (bad || name === "") reports.refuse("bad-interface", path, `"${name}" is no name for an interface`, "write a name as eth1");
    else if (name === "eth0" && found.isManaged)
      reports.refuse(
        "bad-interface",
        path,
        `eth0 of ${node} belongs to containerlab's management network`,
        "use eth1, or say network-mode: none",
      );
    const other = taken.get(`${node}\0${name}`);
    if (other !== undefined)
      reports.refuse(
        "interface-twice",
        path,
        `interface ${name} of ${node} ${other}`,
        "an interface has one link; give each a name of its own",
      );
    taken.set(`${node}\0${name}`, "has another link");
    return reports.problems.length > before;
  };

  const links = entries.flatMap((_, index): TopologyLink[] => {
    const given = read(index);
    if (given === undefined) return [];
    const { link, pathOfEnd } = given;
    const mtu = mtuOf(link.mtu, linkPath(index), reports);
    const refused = link.endpoints.map((end, position) => refuseEndpoint(end, pathOfEnd(position)));
    if ([link, ...link.endpoints].some(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined)) {
      const message = "addresses of links are ignored: containerlab itself gives none to linux nodes";
      reports.warnOnce("link-address", "ignored-key", linkPath(index), message, "add them under exec: ip address add ...");
    }
    const [near, far] = link.endpoints.map(endpointOf);
    if (refused.includes(true) || near === undefined || far === undefined) return [];
    return [{ name: `${near.node}:${near.interface}`, endpoints: [near, far], mtu }];
  });
  return { links, problems };
}

function endpointOf({ node, interface: name, mac }: EndpointEntry): Endpoint {
  return { node, interface: name, ...(mac === undefined ? {} : { mac: mac.toLowerCase().replaceAll("-", ":") }) };
}
