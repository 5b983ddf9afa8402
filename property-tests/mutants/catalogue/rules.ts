/** Packet filters and NAT: of the gateway, of an NR (of its bridge: ports.ts); and the kernel settings beside them. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const gatewayRules = "core/plan/gateway-rules.ts";
const gatewayPlan = "core/plan/gateway.ts";
const resourceRules = "core/plan/resource-rules.ts";
const hostRules = "core/plan/host-rules.ts";
const sysctls = "core/plan/sysctls.ts";
const gateway = patchedIn("gateway rules");
const resource = patchedIn("rules of an NR");
const settings = patchedIn("kernel settings");

export const ruleMutants: readonly Mutant[] = [
  gateway("nat66", "the gateway translates IPv6 sources to its own address", "EX-8", [
    gatewayRules,
    "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,",
    "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,\n  `  oifname ${up} ip6 saddr 2000::/3 masquerade`,",
  ]),
  gateway("ipv6-inbound-closed", "new IPv6 flows from the internet are refused", "EX-8", [
    gatewayRules,
    '      "  meta nfproto ipv6 accept",\n',
    "      `  iifname != ${up} meta nfproto ipv6 accept`,\n",
  ]),
  gateway("snat-left-out", "the gateway does not translate IPv4 sources", "EX-9", [
    gatewayRules,
    "  `  oifname ${up} ip saddr 10.0.0.0/8 snat ip to ${gatewayIp4} fully-random`,\n",
    "",
  ]),
  gateway("snat-on-wrong-interface", "IPv4 sources are translated where they come in, not where they go out", "EX-9", [
    gatewayRules,
    "  `  oifname ${up} ip saddr 10.0.0.0/8 snat ip to ${gatewayIp4} fully-random`,\n",
    "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 snat ip to ${gatewayIp4} fully-random`,\n",
  ]),
  gateway("snat-of-24", "only sources of 10.0.0.0/16 are translated", "EX-9", [
    gatewayRules,
    "  `  oifname ${up} ip saddr 10.0.0.0/8 snat ip to ${gatewayIp4} fully-random`,\n",
    "  `  oifname ${up} ip saddr 10.0.0.0/16 snat ip to ${gatewayIp4} fully-random`,\n",
  ]),
  gateway("replies-refused", "answers to what was translated are not let back in", "EX-9", [
    gatewayRules,
    '      "  ct state established,related accept",\n',
    "",
  ]),
  gateway("forward-udp-left-out", "port forwards of udp are not made", "EX-9", [
    gatewayRules,
    "if (workload === undefined || resource === undefined || !owned) return [];",
    'if (workload === undefined || resource === undefined || !owned || forward.protocol === "udp") return [];',
  ]),
  gateway("forward-to-outer-port", "a port forward leads to the outer port's number at the workload", "EX-9 EX-10", [
    gatewayRules,
    "`${formatAddress(workloadIP4(resource.prefix, workload.host).address)}:${forward.workloadPort}`",
    "`${formatAddress(workloadIP4(resource.prefix, workload.host).address)}:${forward.port}`",
  ]),
  gateway("forward-to-first-workload", "every port forward leads to the network's first workload", "EX-9 EX-10", [
    gatewayRules,
    "const workload = network.workloads.find((candidate) => candidate.name === forward.workload);",
    "const workload = network.workloads[0];",
  ]),
  gateway("forward-of-any-address", "a port forward holds for every IPv4 address of the gateway", "EX-9", [
    gatewayRules,
    "return [`  ip daddr ${formatAddress(forward.address)} ${forward.protocol} dport",
    "return [`  ip daddr != 10.0.0.0/8 fib daddr type local ${forward.protocol} dport",
  ]),
  {
    ...gateway("web-refused", "the gateway lets nobody out to the ports of the web, which the farmer expects", "FE-1", [
      gatewayRules,
      "      `  iifname ${exitPoints} ip saddr 10.0.0.0/8 accept`,\n",
      "      `  iifname ${exitPoints} tcp dport { 80, 443 } ip saddr 10.0.0.0/8 drop`,\n      `  iifname ${exitPoints} ip saddr 10.0.0.0/8 accept`,\n",
    ]),
    farmEdit: {
      find: "\nnetworks:\n",
      replace: "\nexpectations:\n  - { from: blue/blue-2, to: internet, service: tcp/443, family: ipv4 }\n\nnetworks:\n",
    },
  },
  gateway("forwards-in-given-order", "rules of port forwards stand in the order in which they were written", "EX-1", [
    gatewayRules,
    "      }),\n    )\n    .toSorted();",
    "      }),\n    );",
  ]),
  gateway(
    "inbound-open",
    "the gateway takes in private IPv4 from its upstream side",
    "EX-9",
    [gatewayRules, "  `  iifname ${up} ip daddr ${private4} drop`,\n", ""],
    [gatewayRules, '"  meta nfproto ipv4 ct status dnat accept",', '"  meta nfproto ipv4 accept",'],
  ),
  gateway("isolation-left-out", "the rule that keeps exit points apart is not there", "EX-10", [
    gatewayRules,
    "  ...unlessVrf(`  iifname ${exitPoints} oifname ${exitPoints} meta nfproto ipv4 drop`),\n",
    "",
  ]),
  gateway("isolation-after-accept", "the rule that keeps exit points apart comes after one that lets them out", "EX-10", [
    gatewayRules,
    "      ...unlessVrf(`  iifname ${exitPoints} oifname ${exitPoints} meta nfproto ipv4 drop`),\n      `  iifname ${exitPoints} ip saddr 10.0.0.0/8 accept`,\n",
    "      `  iifname ${exitPoints} ip saddr 10.0.0.0/8 accept`,\n      ...unlessVrf(`  iifname ${exitPoints} oifname ${exitPoints} meta nfproto ipv4 drop`),\n",
  ]),
  gateway("isolation-of-ipv6", "neighbour networks do not reach each other's IPv6 services, which the internet does", "EX-10", [
    gatewayRules,
    "      ...unlessVrf(`  iifname ${exitPoints} oifname ${exitPoints} meta nfproto ipv4 drop`),\n",
    "      ...unlessVrf(`  iifname ${exitPoints} oifname ${exitPoints} drop`),\n",
  ]),
  gateway("neighbour-source-shows", "a neighbour's private source reaches the service behind a port forward", "EX-10", [
    gatewayRules,
    "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,\n",
    "",
  ]),
  gateway("neighbours-may-not-forward", "a port forward does not take its own network's neighbours", "EX-10", [
    gatewayRules,
    '      "  meta nfproto ipv4 ct status dnat accept",\n',
    "      `  iifname ${up} meta nfproto ipv4 ct status dnat accept`,\n",
  ]),
  gateway("neighbour-discovery-refused", "the gateway takes no ICMPv6, so that no neighbour finds it", "EX-8 EX-11", [
    gatewayRules,
    '"  meta l4proto { 1, 58 } accept",',
    '"  meta l4proto 1 accept",',
  ]),
  gateway(
    "untranslated-escapes",
    "a gateway forwards what belongs to no connection, which nothing translates, and lets it leave with its private source",
    "EX-22",
    [gatewayRules, '      "  ct state invalid drop",\n', ""],
    [gatewayRules, "      `  oifname ${up} ip saddr ${private4} drop`,\n", ""],
  ),
  gateway("handed-back", "the gateway sends back upstream what comes from there for nobody behind it", "EX-11", [
    gatewayRules,
    "      `  iifname ${up} oifname ${up} drop`,\n",
    "",
  ]),
  gateway("own-input-open", "the gateway's own addresses refuse what nobody serves there instead of keeping silent", "EX-22", [
    gatewayRules,
    "type filter hook input priority filter; policy drop;",
    "type filter hook input priority filter; policy accept;",
  ]),
  gateway("own-echo4-refused", "the gateway answers no echo on IPv4", "EX-22", [
    gatewayRules,
    '"  meta l4proto { 1, 58 } accept",',
    '"  meta l4proto 58 accept",',
  ]),
  gateway(
    "private-source4-leaves",
    "private IPv4 sources that no NR has leave the gateway upstream",
    "EX-22",
    [gatewayRules, "  `  iifname ${exitPoints} ip saddr 10.0.0.0/8 accept`,\n", "  `  iifname ${exitPoints} meta nfproto ipv4 accept`,\n"],
    [gatewayRules, "      `  oifname ${up} ip saddr ${private4} drop`,\n", ""],
  ),
  gateway(
    "private-destination4-leaves",
    "private IPv4 destinations that no NR has are sent upstream",
    "EX-22",
    [gatewayPlan, '"172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", ', ""],
    [gatewayRules, "      `  oifname ${up} ip daddr ${private4} drop`,\n", ""],
  ),
  gateway(
    "ula-source-leaves",
    "unique local IPv6 sources leave the gateway upstream",
    "EX-22",
    [gatewayRules, '      ...unlessVrf("  ip6 saddr != 2000::/3 drop"),\n', ""],
    [gatewayRules, "      `  oifname ${up} ip6 saddr fc00::/7 drop`,\n", ""],
  ),
  gateway(
    "ula-destination-leaves",
    "unique local IPv6 destinations are sent upstream",
    "EX-22",
    [gatewayPlan, ', "fc00::/7"]', "]"],
    [gatewayRules, '      ...unlessVrf("  ip6 daddr != 2000::/3 drop"),\n', ""],
    [gatewayRules, "      `  oifname ${up} ip6 daddr fc00::/7 drop`,\n", ""],
  ),
  gateway("own-part-from-above", "packets from above may have a source of the gateway's own part", "EX-22", [
    gatewayRules,
    "`  iifname ${up} ip6 saddr { fc00::/7, ${formatPrefix(exitNodePart(allocation, config.number))} } drop`",
    "`  iifname ${up} ip6 saddr fc00::/7 drop`",
  ]),
  gateway("first-prefix-from-above", "packets from above may have a source of the gateway's own part but for its first /64", "EX-22", [
    gatewayRules,
    "${formatPrefix(exitNodePart(allocation, config.number))} } drop`",
    "${formatPrefix({ ...exitNodePart(allocation, config.number), length: 64 })} } drop`",
  ]),
  gateway("private-source-from-above", "packets from above to a forwarded port may have a private source", "EX-22", [
    gatewayRules,
    "      `  iifname ${up} ip saddr ${private4} ct state != related drop`,\n",
    "",
  ]),
  gateway("private-source-of-known-flow", "packets from above that look like a workload's flow may have its private source", "EX-22", [
    gatewayRules,
    "ip saddr ${private4} ct state != related drop`",
    "ip saddr ${private4} ct state != { established, related } drop`",
  ]),
  resource("tunnel-to-tunnel-dropped", "the exit point does not pass packets from one tunnel to another", "EX-7", [
    resourceRules,
    "oifname ${tunnel} accept`,",
    "oifname ${tunnel} drop`,",
  ]),
  resource("new-flows-refused", "an NR passes only packets of flows that it knows", "EX-7 EX-8 EX-9", [
    resourceRules,
    '"  ct state invalid drop",',
    '"  ct state { new, invalid } drop",',
  ]),
  resource("host-drops-bridged", "the host drops what its bridges carry between an NR and its workloads", "EX-7 EX-8 EX-9", [
    hostRules,
    'family: "inet",\n  name: "farmlab",\n  body: ["chain from-bridges {", "  type filter hook prerouting priority raw; policy accept;", `  iifgroup ${hostLinkGroup} drop`, "}"],',
    'family: "bridge",\n  name: "farmlab",\n  body: ["chain from-bridges {", "  type filter hook prerouting priority -300; policy accept;", `  meta iifgroup ${hostLinkGroup} drop`, "}"],',
  ]),
  settings("forwarding6-off", "gateways and NRs do not forward IPv6", "EX-7 EX-8", [
    sysctls,
    '  "net/ipv6/conf/all/forwarding": "1",',
    '  "net/ipv6/conf/all/forwarding": "0",',
  ]),
  settings("forwarding4-off", "gateways and NRs do not forward IPv4", "EX-7 EX-9", [
    sysctls,
    '  "net/ipv4/ip_forward": "1",',
    '  "net/ipv4/ip_forward": "0",',
  ]),
  settings("start-ttl-32", "packets start with a TTL of 32", "EX-17", [
    sysctls,
    '  "net/ipv4/ip_default_ttl": "64",',
    '  "net/ipv4/ip_default_ttl": "064",',
  ]),
  settings("second-link-local", "the kernel makes a link-local address of its own beside the planned one", "EX-17", [
    sysctls,
    '  "net/ipv6/conf/default/addr_gen_mode": "1",',
    '  "net/ipv6/conf/default/addr_gen_mode": "0",',
  ]),
];
