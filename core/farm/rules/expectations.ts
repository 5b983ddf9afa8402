/** Expectations: of workloads and services that exist, and each asked once. */
import { nearestHint } from "../../common/reading/index.ts";
import type { ExpectedParty } from "../timeline.ts";
import type { Farm, Workload } from "../farm.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, refuseKey, repeats } from "./rule.ts";

const sides = ["from", "to"] as const;

const nameOf = (party: ExpectedParty): string => (party.kind === "internet" ? "internet" : `${party.network}/${party.workload}`);

function workloadOf(farm: Farm, party: ExpectedParty): Workload | undefined {
  if (party.kind === "internet") return undefined;
  return farm.networks.find(({ name }) => name === party.network)?.workloads.find(({ name }) => name === party.workload);
}

const parties: Rule = (farm) => {
  const known = farm.networks.flatMap(({ name, workloads }) => workloads.map((workload) => `${name}/${workload.name}`));
  return farm.expectations.flatMap((expectation, index): Finding[] => {
    const { from, to } = expectation;
    const unknown = sides.filter((side) => expectation[side].kind === "workload" && workloadOf(farm, expectation[side]) === undefined);
    if (unknown.length > 0) {
      return unknown.map((side) => {
        const name = nameOf(expectation[side]);
        return refuse(
          "unknown-workload",
          ["expectations", index, side],
          `there is no workload "${name}"`,
          nearestHint(name, known, "workloads"),
        );
      });
    }
    if (nameOf(from) !== nameOf(to)) return [];
    const message = from.kind === "internet" ? "the internet is no part of the farm" : `${nameOf(from)} always reaches itself`;
    return [refuse("expects-nothing", ["expectations", index, "to"], message, "name two of which one at least is a workload")];
  });
};

const services: Rule = (farm) =>
  farm.expectations.flatMap(({ to, service }, index): Finding[] => {
    const workload = workloadOf(farm, to);
    if (service === undefined || workload === undefined) return [];
    if (workload.services.some(({ protocol, port }) => protocol === service.protocol && port === service.port)) return [];
    const text = `${service.protocol}/${service.port}`;
    const known = workload.services.map(({ protocol, port }) => `${protocol}/${port}`);
    const hint = nearestHint(text, known, `services of ${nameOf(to)}`);
    return [refuse("unknown-service", ["expectations", index, "service"], `${nameOf(to)} does not serve ${text}`, hint)];
  });

/** One without a family speaks of both. */
const once: Rule = (farm) => {
  const each = farm.expectations.flatMap((expectation, index) =>
    (expectation.family === undefined ? ([4, 6] as const) : [expectation.family]).map((family) => ({ expectation, index, family })),
  );
  const twice = repeats(each, ({ expectation: { from, to, service }, family }) => JSON.stringify([from, to, service, family]));
  return [...new Map(twice.map(({ entry }) => [entry.index, entry.expectation])).entries()].map(([index, { from, to }]) =>
    refuseKey(
      "duplicate-expectation",
      ["expectations", index],
      `what is expected from ${nameOf(from)} to ${nameOf(to)} stands here already`,
      "say all of it in one entry, or in one for each family",
    ),
  );
};

export const expectationRules: readonly Rule[] = [parties, services, once];
