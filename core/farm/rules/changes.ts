/** Networks and resources that come and go: of networks and nodes that exist, by turns, and never a network without its exit point. */
import { nearestHint } from "../../common/reading/index.ts";
import type { Change } from "../timeline.ts";
import { changedThing, changesByThing, presenceAt } from "../presence.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse } from "./rule.ts";

interface Placed {
  readonly change: Change;
  readonly index: number;
}

/** The farm's changes with where they stand in the file: both have one order. */
const placedOf: (...given: Parameters<Rule>) => readonly Placed[] = (farm, file) => {
  const indexes = (file.timeline ?? []).flatMap(({ join, leave }, index) => (join === undefined && leave === undefined ? [] : [index]));
  return farm.timeline.changes.flatMap((change, position) => {
    const index = indexes[position];
    return index === undefined ? [] : [{ change, index }];
  });
};

const refuseChange = (code: string, { change, index }: Placed, message: string, hint: string): Finding =>
  refuse(code, ["timeline", index, change.act], message, hint);

const things: Rule = (farm, file) =>
  placedOf(farm, file).flatMap((placed): Finding[] => {
    const { network: name, node } = placed.change;
    const network = farm.networks.find((one) => one.name === name);
    if (network === undefined) {
      const known = farm.networks.map((one) => one.name);
      return [refuseChange("unknown-network", placed, `there is no network "${name}"`, nearestHint(name, known, "networks"))];
    }
    if (node === undefined) return [];
    const resource = network.resources.find((one) => one.node === node);
    if (resource === undefined) {
      const known = network.resources.filter(({ exitPoint }) => !exitPoint).map((one) => `${name}/${one.node}`);
      const hint = nearestHint(`${name}/${node}`, known, "resources that could");
      return [refuseChange("unknown-resource", placed, `network ${name} has no resource on "${node}"`, hint)];
    }
    if (!resource.exitPoint) return [];
    const message = `the exit point of ${name} cannot ${placed.change.act} alone: it is there as long as its network`;
    return [refuseChange("exit-point-change", placed, message, `write ${placed.change.act}: ${name} for the whole network`)];
  });

const turns: Rule = (farm, file) => {
  const indexOf = new Map(placedOf(farm, file).map(({ change, index }) => [change, index]));
  return [...changesByThing(farm.timeline.changes).values()].flatMap((changes) =>
    changes.flatMap((change, order): Finding[] => {
      const placed = { change, index: indexOf.get(change) ?? 0 };
      const before = changes[order - 1];
      if (before?.atMs === change.atMs) {
        return [refuseChange("changes-together", placed, `${changedThing(change)} changes twice at ${change.atMs} ms`, "keep one of them")];
      }
      if (before?.act === change.act) {
        const is = change.act === "join" ? "there" : "away";
        const hint = `it ${change.act === "join" ? "joined" : "left"} at ${before.atMs} ms; joining and leaving take turns`;
        return [refuseChange("no-change", placed, `${changedThing(change)} is ${is} already`, hint)];
      }
      // At one moment the network's own change counts.
      if (change.node === undefined || presenceAt(farm, change.atMs).hasNetwork(change.network)) return [];
      const message = `network ${change.network} is away at ${change.atMs} ms, and its resource on ${change.node} with it`;
      return [refuseChange("network-away", placed, message, "change resources of networks that are there")];
    }),
  );
};

export const changeRules: readonly Rule[] = [things, turns];
