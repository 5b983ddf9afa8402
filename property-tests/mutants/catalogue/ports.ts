/** What the bridge of an NR takes from its workloads' ports. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const portRules = "core/plan/port-rules.ts";
const port = patchedIn("rules of an NR");

export const portMutants: readonly Mutant[] = [
  port("port-mac-unchecked", "a workload may send as any MAC address", "EX-22", [portRules, "    `  ether saddr != ${mac} drop`,\n", ""]),
  port("port-arp-unchecked", "a workload may say by ARP that it has any address", "EX-22", [
    portRules,
    "`  arp saddr ether ${mac} arp saddr ip ${ipv4} accept`",
    "`  arp saddr ether ${mac} accept`",
  ]),
  port("port-arp-of-any-mac", "a workload may say by ARP that its address is at any MAC address", "EX-22", [
    portRules,
    "`  arp saddr ether ${mac} arp saddr ip ${ipv4} accept`",
    "`  arp saddr ip ${ipv4} accept`",
  ]),
  port("port-serves-dhcp", "a workload may answer as a DHCP server", "EX-22", [portRules, "sport { 67, 547 } drop", "sport { 547 } drop"]),
  port("port-serves-dhcpv6", "a workload may answer as a DHCPv6 server", "EX-22", [
    portRules,
    "sport { 67, 547 } drop",
    "sport { 67 } drop",
  ]),
  port("port-asks-for-members4", "a workload may ask for members of groups on IPv4", "EX-22", [
    portRules,
    '    "  ether type ip igmp type membership-query drop",\n',
    "",
  ]),
  port("port-asks-for-members6", "a workload may ask for members of groups on IPv6", "EX-22", [
    portRules,
    "mld-listener-query, nd-router",
    "nd-router",
  ]),
  port("port-advertises-router", "a workload may advertise itself as a router", "EX-22", [
    portRules,
    "nd-router-advert, nd-redirect",
    "nd-redirect",
  ]),
  port("port-redirects", "a workload may redirect its neighbours", "EX-22", [
    portRules,
    "nd-router-advert, nd-redirect",
    "nd-router-advert",
  ]),
  port("port-advertises-neighbours", "a workload may advertise any address as its own", "EX-22", [
    portRules,
    "    `  icmpv6 type nd-neighbor-advert icmpv6 taddr != ${ipv6} drop`,\n",
    "",
  ]),
  port("port-source4-unchecked", "an NR's bridge takes any IPv4 source from its workloads", "EX-22", [
    portRules,
    "`  ip saddr ${ipv4} accept`",
    '"  meta protocol ip accept"',
  ]),
  port("port-source4-of-neighbours", "an NR's bridge takes its neighbours' IPv4 sources from a workload", "EX-22", [
    portRules,
    "`  ip saddr ${ipv4} accept`",
    "`  ip saddr ${ipv4}/24 accept`",
  ]),
  port("port-source6-unchecked", "an NR's bridge takes any IPv6 source from its workloads", "EX-22", [
    portRules,
    "`  ip6 saddr ${ipv6} accept`",
    '"  meta protocol ip6 accept"',
  ]),
  port("port-source6-of-neighbours", "an NR's bridge takes its neighbours' link-local sources from a workload", "EX-22", [
    portRules,
    "`  ip6 saddr ${ipv6} accept`",
    "`  ip6 saddr { ${formatAddress(workloadIP6(prefix, host).address)}, fe80::/10 } accept`",
  ]),
  port("port-contests-addresses", "a workload may ask whether anybody has any address, so that nobody gets it", "EX-22", [
    portRules,
    "type nd-neighbor-solicit icmpv6 taddr ${ipv6} accept`",
    "type nd-neighbor-solicit accept`",
  ]),
  port("port-own-source4-refused", "an NR's bridge takes no IPv4 from its workloads", "EX-7 EX-9", [
    portRules,
    "`  ip saddr ${ipv4} accept`",
    "`  ip saddr ${ipv4} drop`",
  ]),
  port("port-own-source6-refused", "an NR's bridge takes no global IPv6 source from its workloads", "EX-7 EX-8", [
    portRules,
    "`  ip6 saddr ${ipv6} accept`",
    "`  ip6 saddr fe80::/10 accept`",
  ]),
  port("port-arp-refused", "an NR's bridge takes no ARP from its workloads", "EX-7 EX-9", [
    portRules,
    "    `  arp saddr ether ${mac} arp saddr ip ${ipv4} accept`,\n",
    "",
  ]),
  {
    ...port("second-port-unchecked", "the rules are for the port of an NR's last workload alone", "EX-22", [
      portRules,
      "${ports.map((port)",
      "${ports.slice(-1).map((port)",
    ]),
    farm: "vrf",
  },
];
