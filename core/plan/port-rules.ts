/**
 * What the bridge of a network resource takes from the ports of its workloads: of each one what it says as itself, and nothing by which it
 * would pass for a neighbour, the resource, a router or a DHCP server (RFC 4861, 7.1; RFC 6105; RFC 7610). What is dropped here comes before
 * the bridge learns where an address is.
 */
import { formatAddress } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { hexOf, workloadIP4, workloadIP6, workloadPortName } from "../derive/index.ts";
import { workloadLinkLocal } from "./link-local.ts";
import { plannedWorkloadMac } from "./macs.ts";
import type { NftTablePlan } from "./node-plan.ts";

/** One port's chain has its name. Whatever is neither ARP nor IP ends at the last line. */
const portChain = (node: string, prefix: Prefix, host: number): readonly string[] => {
  const mac = plannedWorkloadMac(node, prefix, host);
  const ipv4 = formatAddress(workloadIP4(prefix, host).address);
  const ipv6 = `{ ${formatAddress(workloadIP6(prefix, host).address)}, ${workloadLinkLocal(host).split("/")[0]} }`;
  return [
    `chain ${workloadPortName(prefix, host)} {`,
    `  ether saddr != ${mac} drop`,
    `  arp saddr ether ${mac} arp saddr ip ${ipv4} accept`,
    // DHCP servers'.
    "  udp sport { 67, 547 } drop",
    // Who asks for members is the one to whom the bridge sends all that is for groups.
    "  ether type ip igmp type membership-query drop",
    "  icmpv6 type { mld-listener-query, nd-router-advert, nd-redirect } drop",
    `  icmpv6 type nd-neighbor-advert icmpv6 taddr != ${ipv6} drop`,
    `  ip saddr ${ipv4} accept`,
    `  ip6 saddr ${ipv6} accept`,
    // Without an address yet: whether its own is anybody's, and which groups it is in.
    `  ip6 saddr :: icmpv6 type nd-neighbor-solicit icmpv6 taddr ${ipv6} accept`,
    "  ip6 saddr :: icmpv6 type mld2-listener-report accept",
    "  drop",
    "}",
  ];
};

/**
 * Of namespace `host`. A table for each resource: one that comes or goes leaves the rules of all others as they are. `prefix` is the
 * resource's /64, `n` its allocation number, `hosts` are the host numbers of its workloads, in any order.
 */
export function portRules(node: string, prefix: Prefix, n: number, hosts: readonly number[]): readonly NftTablePlan[] {
  if (hosts.length === 0) return [];
  const sorted = hosts.toSorted((one, other) => one - other);
  const ports = sorted.map((host) => workloadPortName(prefix, host));
  return [
    {
      family: "bridge",
      name: `farmlab-${hexOf(prefix)}-${n}`,
      body: [
        ...sorted.flatMap((host) => portChain(node, prefix, host)),
        "chain from-workloads {",
        "  type filter hook prerouting priority -300; policy accept;",
        `  iifname vmap { ${ports.map((port) => `"${port}" : jump ${port}`).join(", ")} }`,
        "}",
      ],
    },
  ];
}
