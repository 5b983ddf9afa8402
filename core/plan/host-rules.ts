import type { NftTablePlan } from "./node-plan.ts";

/**
 * The host's namespace is no router between bridges and no server for workloads: frames that a bridge hands up to the host are
 * dropped before anything looks at them. Bridged frames do not come this way.
 */
export function hostRules(bridges: readonly string[]): NftTablePlan {
  return {
    family: "inet",
    name: "farmlab",
    body: [
      "chain from-bridges {",
      "  type filter hook prerouting priority raw; policy accept;",
      ...bridges.map((bridge) => `  iifname "${bridge}" drop`),
      "}",
    ],
  };
}
