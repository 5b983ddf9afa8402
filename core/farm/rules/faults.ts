/** Faults of the timeline: of links, nodes and daemons that exist, healed after they began, and not two of them at once that would undo each other. */
import { nearestHint } from "../../common/reading/index.ts";
import type { Path } from "../../common/reading/index.ts";
import type { TimelineEntry } from "../document.ts";
import type { Farm } from "../farm.ts";
import { endsOf, labNodesOf } from "../lab-nodes.ts";
import { plugName, plugsOf } from "../plugs.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse } from "./rule.ts";

interface Placed {
  readonly entry: TimelineEntry;
  readonly index: number;
}

const faultsOf = (entries: readonly TimelineEntry[] | undefined): readonly Placed[] =>
  (entries ?? []).flatMap((entry, index) => (entry.fault === undefined ? [] : [{ entry, index }]));

const pathOf = ({ index }: Placed, ...rest: Path): Path => ["timeline", index, ...rest];

function linkFindings(farm: Farm, placed: Placed): Finding[] {
  const { link, from } = placed.entry;
  if (link === undefined) return [];
  const plugs = plugsOf(farm);
  const plug = plugs.find((one) => plugName(one) === link);
  if (plug === undefined) {
    return [refuse("unknown-link", pathOf(placed, "link"), `there is no link "${link}"`, nearestHint(link, plugs.map(plugName), "links"))];
  }
  const ends = endsOf(farm, plug);
  if (from === undefined || ends.includes(from)) return [];
  return [
    refuse("not-at-link", pathOf(placed, "from"), `${from} is at neither end of ${link}`, `write from: ${ends[0]} or from: ${ends[1]}`),
  ];
}

function nodeFindings(farm: Farm, placed: Placed): Finding[] {
  const { fault, node, nodes, service } = placed.entry;
  const known = labNodesOf(farm);
  const names = known.map(({ name }) => name);
  const unknown = (name: string, ...rest: Path): Finding[] =>
    names.includes(name)
      ? []
      : [refuse("unknown-node", pathOf(placed, ...rest), `there is no node "${name}"`, nearestHint(name, names, "nodes"))];
  const outside = nodes?.flatMap((name, index) => unknown(name, "nodes", index)) ?? [];
  if (nodes !== undefined && outside.length === 0 && names.every((name) => nodes.includes(name))) {
    outside.push(
      refuse("whole-partition", pathOf(placed, "nodes"), "nobody is left to be cut off from", "leave out who is to be on the other side"),
    );
  }
  if (node === undefined) return outside;
  const found = known.find(({ name }) => name === node);
  if (found === undefined) return unknown(node, "node");
  if (fault === "agent-clock" && !found.isFarmNode) {
    const farmNodes = farm.nodes.map(({ name }) => name);
    return [
      refuse(
        "no-agent",
        pathOf(placed, "node"),
        `${node} has no agent whose clock could be wrong`,
        nearestHint(node, farmNodes, "nodes of the farm"),
      ),
    ];
  }
  if (service === undefined || found.services.includes(service)) return [];
  if (found.isFarmNode && /^wg-[0-9a-f]{1,4}-[0-9]{1,3}$/u.test(service)) return [];
  return [
    refuse(
      "unknown-service",
      pathOf(placed, "service"),
      `${node} runs no "${service}"`,
      nearestHint(service, found.services, `daemons on ${node}`),
    ),
  ];
}

const things: Rule = (farm, file) =>
  faultsOf(file.timeline).flatMap((placed) => [...linkFindings(farm, placed), ...nodeFindings(farm, placed)]);

const times: Rule = (_farm, file) =>
  faultsOf(file.timeline).flatMap((placed) => {
    const { "at-ms": atMs, "until-ms": untilMs } = placed.entry;
    if (untilMs === undefined || untilMs > atMs) return [];
    const message = `it begins at ${atMs} ms and is healed at ${untilMs} ms`;
    return [refuse("healed-too-early", pathOf(placed, "until-ms"), message, "a fault is healed after it has begun")];
  });

/** What a fault holds while it stands; two that hold the same thing at once would heal each other. */
function held({ fault, node = "", link = "", folder = "" }: TimelineEntry): string | undefined {
  if (fault === "link-down") return `link ${link}`;
  if (fault === "node-death" || fault === "node-pause") return `node ${node}`;
  if (fault === "agent-clock") return `the clock of ${node}`;
  return fault === "disk-full" ? `${folder} of ${node}` : undefined;
}

/** Faults that need a node that runs. */
const needsNode = (entry: TimelineEntry): boolean =>
  entry.node !== undefined && entry.fault !== "node-death" && entry.fault !== "node-pause";

const endOf = (entry: TimelineEntry): number => entry["until-ms"] ?? Number.POSITIVE_INFINITY;
const overlap = (one: TimelineEntry, other: TimelineEntry): boolean => one["at-ms"] < endOf(other) && other["at-ms"] < endOf(one);

const together: Rule = (_farm, file) => {
  const all = faultsOf(file.timeline);
  return all.flatMap((placed, position): Finding[] => {
    const { entry } = placed;
    const thing = held(entry);
    const earlier = all
      .slice(0, position)
      .find((other) => thing !== undefined && held(other.entry) === thing && overlap(entry, other.entry));
    if (earlier !== undefined) {
      const message = `${thing} is broken then already, by ${earlier.entry.fault} at ${earlier.entry["at-ms"]} ms`;
      return [refuse("faults-together", pathOf(placed, "at-ms"), message, "let one be healed before the other begins")];
    }
    if (!needsNode(entry)) return [];
    const down = all.find(
      ({ entry: other }) =>
        (other.fault === "node-death" || other.fault === "node-pause") &&
        other.node === entry.node &&
        [entry["at-ms"], entry["until-ms"] ?? entry["at-ms"]].some((moment) => moment >= other["at-ms"] && moment < endOf(other)),
    );
    if (down === undefined) return [];
    const message = `${entry.node} does not run then: ${down.entry.fault} at ${down.entry["at-ms"]} ms`;
    return [refuse("node-not-running", pathOf(placed, "at-ms"), message, "begin and heal it while the node runs")];
  });
};

export const faultRules: readonly Rule[] = [things, times, together];
