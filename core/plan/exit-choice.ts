/**
 * By which of its two tunnels a network resource sends what leaves its network (EX-15): its own exit node's, unless the partner says that it
 * stands in. The kernel itself hears what the two say and goes by it with the next packet: no process of the node has to run for that.
 * What comes in, comes in by either tunnel.
 */
import { formatAddress } from "../common/index.ts";
import { gwToEPIP4, secondDefaultRoutes } from "../derive/index.ts";
import type { NftTablePlan, PolicyPlan, RoutePlan } from "./node-plan.ts";
import { routePlan } from "./routes.ts";

/** UDP ports at a network resource's routing address at which gateways say what they do: that they have the exit node, and that they no longer have. */
export const taken = 3784;
export const given = 3785;
/** A partner says it again every second for as long as it stands in; one that has gone without a word is forgotten after so long. */
const rememberedSeconds = 3;

/** Marks packets that go by the second tunnel, and numbers the routing table that they go by. */
const second = 98;
const priorities = { withinNetwork: 9801, second: 9802 } as const;

/** Routes within the network come before the choice, which is about the default routes alone. */
export const choicePolicies: readonly PolicyPlan[] = ([4, 6] as const).flatMap((family): PolicyPlan[] => [
  { family, priority: priorities.withinNetwork, table: "main", withoutDefault: true },
  { family, priority: priorities.second, mark: second, table: second },
]);

/** `link`: the second tunnel's interface. */
export function choiceRoutes(link: string): readonly RoutePlan[] {
  return secondDefaultRoutes(link).map((route) => ({ ...routePlan(route), table: second }));
}

/** What says something has the gateway's address towards exit points, which nothing that comes from elsewhere can have. */
export function choiceTable(first: string, secondLink: string): NftTablePlan {
  const from = `ip saddr ${formatAddress(gwToEPIP4.address)}`;
  return {
    family: "inet",
    name: "farmlab-exit",
    body: [
      // Holds the mark that a packet has before the choice, none, for as long as the partner stands in.
      "set stood-in {",
      "  type mark",
      "  flags dynamic,timeout",
      "}",
      "chain choice {",
      "  type filter hook prerouting priority -160; policy accept;",
      `  iifname "${secondLink}" ${from} udp dport ${taken} update @stood-in { meta mark timeout ${rememberedSeconds}s } drop`,
      `  iifname "${secondLink}" ${from} udp dport ${given} delete @stood-in { meta mark } drop`,
      `  iifname "${first}" ${from} udp dport ${taken} delete @stood-in { meta mark } drop`,
      `  meta mark @stood-in meta mark set ${second}`,
      "}",
      "chain own {",
      "  type route hook output priority -160; policy accept;",
      `  meta mark @stood-in meta mark set ${second}`,
      "}",
    ],
  };
}
