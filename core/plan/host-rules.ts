/** Rules of the node's own namespace; they name no bridge, so that networks come and go without a change of rules. */
import type { NftTablePlan } from "./node-plan.ts";

/** Group of the links that farmlab makes in the host's namespace: there it owns only some of them. */
export const hostLinkGroup = "98";

/**
 * The host's namespace is no router between bridges and no server for workloads: frames that one of farmlab's bridges hands up to the
 * host are dropped before anything looks at them. Bridged frames do not come this way.
 */
export const hostRules: NftTablePlan = {
  family: "inet",
  name: "farmlab",
  body: ["chain from-bridges {", "  type filter hook prerouting priority raw; policy accept;", `  iifgroup ${hostLinkGroup} drop`, "}"],
};
