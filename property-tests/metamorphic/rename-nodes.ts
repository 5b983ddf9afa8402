/** Other names for nodes, segments and routers, in another order: nothing may follow from what they are called. */
import { seededRandom } from "../../core/common/index.ts";
import type { FarmFile, TimelineEntry } from "../../core/farm/index.ts";
import { mapEntries } from "./relation.ts";
import type { Relation } from "./relation.ts";

/** Names that sort in another order than those before, and that no farm is likely to have. */
function newNames(document: FarmFile, seed: number): ReadonlyMap<string, string> {
  const names = [
    ...document.segments,
    ...[document.nodes, document["home-routers"], document.upstreams, document.carriers].flatMap((map) => Object.keys(map ?? {})),
  ];
  const numbers = seededRandom(seed, "new names").shuffle(names.map((_, index) => index));
  return new Map(names.map((name, index) => [name, `x${String(numbers[index]).padStart(3, "0")}x`]));
}

type Rename = (name: string) => string;

const renameLink = (link: string, rename: Rename): string => {
  const colon = link.lastIndexOf(":");
  return `${rename(link.slice(0, colon))}${link.slice(colon)}`;
};

/** `blue/node-3`; a whole network keeps its name. */
const renameMember = (member: string, rename: Rename): string => {
  const [network = "", node] = member.split("/");
  return node === undefined ? network : `${network}/${rename(node)}`;
};

function renameEntry(entry: TimelineEntry, rename: Rename): TimelineEntry {
  const { link, from, nodes, node, join, leave } = entry;
  return {
    ...entry,
    ...(link === undefined ? {} : { link: renameLink(link, rename) }),
    ...(from === undefined ? {} : { from: rename(from) }),
    ...(nodes === undefined ? {} : { nodes: nodes.map(rename) }),
    ...(node === undefined ? {} : { node: rename(node) }),
    ...(join === undefined ? {} : { join: renameMember(join, rename) }),
    ...(leave === undefined ? {} : { leave: renameMember(leave, rename) }),
  };
}

const renamedMap = <T extends { readonly segment: string }>(
  map: Readonly<Record<string, T>>,
  rename: Rename,
): Readonly<Record<string, T>> => mapEntries(map, (name, entry) => [rename(name), { ...entry, segment: rename(entry.segment) }]);

function renameAll(document: FarmFile, rename: Rename): FarmFile {
  const { upstreams, carriers, networks, conditions, timeline, "home-routers": homes } = document;
  return {
    ...document,
    segments: document.segments.map(rename),
    ...(upstreams === undefined ? {} : { upstreams: renamedMap(upstreams, rename) }),
    ...(homes === undefined
      ? {}
      : {
          "home-routers": mapEntries(renamedMap(homes, rename), (name, home) => [
            name,
            home.behind === undefined ? home : { ...home, behind: rename(home.behind) },
          ]),
        }),
    ...(carriers === undefined ? {} : { carriers: mapEntries(carriers, (name, carrier) => [rename(name), carrier]) }),
    nodes: mapEntries(document.nodes, (name, node) => [
      rename(name),
      { ...node, nics: mapEntries(node.nics, (nic, entry) => [nic, { ...entry, segment: rename(entry.segment) }]) },
    ]),
    ...(networks === undefined
      ? {}
      : {
          networks: mapEntries(networks, (name, network) => [
            name,
            {
              ...network,
              resources: network.resources.map((resource) => ({ ...resource, node: rename(resource.node) })),
              ...(network.workloads === undefined
                ? {}
                : { workloads: mapEntries(network.workloads, (one, workload) => [one, { ...workload, node: rename(workload.node) }]) }),
            },
          ]),
        }),
    ...(conditions === undefined
      ? {}
      : {
          conditions: conditions.map((condition) => ({
            ...condition,
            ...(condition.link === undefined ? {} : { link: renameLink(condition.link, rename) }),
            ...(condition.segment === undefined ? {} : { segment: rename(condition.segment) }),
          })),
        }),
    ...(timeline === undefined ? {} : { timeline: timeline.map((entry) => renameEntry(entry, rename)) }),
  };
}

export const renameNodes: Relation = {
  name: "renaming nodes, segments and routers",
  precondition: "none: names are free",
  apply(document, seed) {
    const renamed = newNames(document, seed);
    return { document: renameAll(document, (name) => renamed.get(name) ?? name), renamed };
  },
};
