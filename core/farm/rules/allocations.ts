/** Allocations: "always about a /48, period" (seed 1, implementation details; EX-3). */
import { formatPrefix, hasHostBits, networkOf, overlaps } from "../../common/index.ts";
import type { Prefix } from "../../common/index.ts";
import { judgeAllocation } from "../allocation.ts";
import type { Path } from "../../common/reading/index.ts";
import type { Finding, Rule } from "./rule.ts";
import { refuse, repeats } from "./rule.ts";

function ipv4Faults(ipv4: Prefix, path: Path): Finding[] {
  if (!hasHostBits(ipv4)) return [];
  return [
    refuse(
      "prefix-host-bits",
      path,
      `${formatPrefix(ipv4)} has bits set after its prefix length`,
      `did you mean ${formatPrefix(networkOf(ipv4))}?`,
    ),
  ];
}

export const allocationRules: Rule = (farm) => [
  ...farm.allocations.flatMap(({ prefix, ipv4 }, index): Finding[] => [
    ...judgeAllocation(prefix).map((judgement) => ({ ...judgement, path: ["allocations", index, "prefix"] })),
    ...(ipv4 === undefined ? [] : ipv4Faults(ipv4, ["allocations", index, "ipv4"])),
  ]),
  ...repeats(farm.allocations, (allocation) => String(allocation.number)).map(({ entry, index, first }) =>
    refuse(
      "duplicate-allocation-number",
      ["allocations", index, "number"],
      `allocation number ${entry.number} is ${formatPrefix(first.prefix)}'s already`,
      "every allocation has a number of its own, 0 to 127: derived names end in it",
    ),
  ),
  ...farm.allocations.flatMap((allocation, index) => {
    const other = farm.allocations.slice(0, index).find((before) => overlaps(before.prefix, allocation.prefix));
    if (other === undefined) return [];
    const message = `${formatPrefix(allocation.prefix)} overlaps ${formatPrefix(other.prefix)}`;
    return [refuse("allocation-overlap", ["allocations", index, "prefix"], message, "every allocation is a /48 of its own")];
  }),
];

/** A stated choice is needed where several allocations leave it open, and must exist. */
export const allocationChoiceRules: Rule = (farm, file) => {
  const known = [...new Set(farm.allocations.map((allocation) => allocation.number))];
  const judge = (stated: number | undefined, path: readonly string[], who: string): Finding[] => {
    if (stated === undefined) {
      if (known.length === 1) return [];
      const message =
        known.length === 0 ? `${who} needs an allocation, and the farm has none` : `${who} does not say which allocation it belongs to`;
      return [
        {
          ...refuse(
            "allocation-needed",
            path,
            message,
            known.length === 0 ? "add a /48 under allocations" : `add allocation: ${known.join(" or ")}`,
          ),
          atKey: true,
        },
      ];
    }
    if (known.includes(stated)) return [];
    return [
      refuse(
        "unknown-allocation",
        [...path, "allocation"],
        `there is no allocation with number ${stated}`,
        `known numbers: ${known.join(", ") || "none"}`,
      ),
    ];
  };
  return [
    ...Object.entries(file.nodes).flatMap(([name, node]) =>
      node["exit-node"] === undefined ? [] : judge(node["exit-node"].allocation, ["nodes", name, "exit-node"], `the exit node on ${name}`),
    ),
    ...Object.entries(file.networks ?? {}).flatMap(([name, network]) => judge(network.allocation, ["networks", name], `network ${name}`)),
  ];
};
