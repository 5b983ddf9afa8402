/** The gateway's packet filter and NAT: IPv4 is closed but for port forwards, IPv6 is open between global addresses. */
import { formatAddress, formatPrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { exitNodePart, gwPubName, workloadIP4 } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { NetworkIntent } from "../intents/index.ts";
import { resourceOf } from "./networks.ts";
import type { NftTablePlan } from "./node-plan.ts";
import { vrrpOutput, vrrpRules } from "./vrrp.ts";
import type { Seat } from "./vrrp.ts";

const private4 = "{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 }";
/** All links to networks, and nothing else in the namespace: to exit points, or to networks' own routing tables. */
const networkLinks = (config: ExitNodeConfig): string => (config.isolation === "vrf" ? `"vrf-*"` : `"to-*"`);

/** One line per port forward whose address the network owns and whose workload exists. */
const forwards = (networks: readonly NetworkIntent[]): readonly string[] =>
  networks
    .flatMap((network) =>
      network.portForwards.flatMap((forward): string[] => {
        const workload = network.workloads.find((candidate) => candidate.name === forward.workload);
        const resource = workload === undefined ? undefined : resourceOf(workload, network);
        const owned = network.ownedIpv4.some((address) => address.value === forward.address.value);
        if (workload === undefined || resource === undefined || !owned) return [];
        const target = `${formatAddress(workloadIP4(resource.prefix, workload.host).address)}:${forward.workloadPort}`;
        return [`  ip daddr ${formatAddress(forward.address)} ${forward.protocol} dport ${forward.port} dnat ip to ${target}`];
      }),
    )
    .toSorted();

const natChains = (up: string, exitPoints: string, gatewayIp4: string, networks: readonly NetworkIntent[]): readonly string[] => [
  "chain port-forwards {",
  "  type nat hook prerouting priority dstnat; policy accept;",
  ...forwards(networks),
  "}",
  "chain source-nat {",
  "  type nat hook postrouting priority srcnat; policy accept;",
  `  oifname ${up} ip saddr 10.0.0.0/8 snat ip to ${gatewayIp4} fully-random`,
  // A forwarded port used from within or by a neighbour network looks as if used from the internet.
  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,
  "}",
];

/** What is for the gateway itself, in each of its namespaces. */
const ownChains = (fromUpstream: readonly string[]): readonly string[] => [
  "chain input {",
  "  type filter hook input priority filter; policy drop;",
  `  iifname "lo" accept`,
  "  icmpv6 type { nd-router-advert, nd-redirect } drop",
  // ICMP, ICMPv6, VRRP: as numbers, because the names need /etc/protocols.
  "  meta l4proto { 1, 58 } accept",
  ...fromUpstream,
  "  ct state established,related accept",
  "}",
  "chain output {",
  "  type filter hook output priority filter; policy accept;",
  "  icmpv6 type nd-redirect drop",
  "}",
];

/** A network's own routing table decides by routes alone what it forwards. */
export const vrfRules: NftTablePlan = { family: "inet", name: "farmlab", body: ownChains([]) };

/** `allocation` is the /48; `networks` those whose exit point is behind this gateway. */
export function gatewayRules(config: ExitNodeConfig, allocation: Prefix, networks: readonly NetworkIntent[], seat: Seat): NftTablePlan {
  const up = `"${gwPubName(config.number, config.allocationNumber)}"`;
  const exitPoints = networkLinks(config);
  // With a routing table for each network there is no way between two of them but by global addresses.
  const between = config.partner === undefined ? undefined : vrrpRules(config, seat);
  const unlessVrf = (line: string): readonly string[] => (config.isolation === "vrf" ? [] : [line]);
  return {
    family: "inet",
    name: "farmlab",
    body: [
      "chain from-upstream {",
      "  type filter hook prerouting priority raw; policy accept;",
      `  iifname ${up} ip daddr ${private4} drop`,
      `  iifname ${up} ip6 daddr fc00::/7 drop`,
      `  iifname ${up} ip6 saddr { fc00::/7, ${formatPrefix(exitNodePart(allocation, config.number))} } drop`,
      ...(between?.untracked ?? []),
      "}",
      ...(between === undefined
        ? []
        : ["chain to-partner {", "  type filter hook output priority raw; policy accept;", ...vrrpOutput(config, seat), "}"]),
      ...(config.ipv4 === undefined ? [] : natChains(up, exitPoints, formatAddress(config.ipv4.address), networks)),
      "chain forward {",
      "  type filter hook forward priority filter; policy drop;",
      "  ct state invalid drop",
      // What comes from above for nobody here, such as a late packet of a known flow to an address given back, would come down again.
      `  iifname ${up} oifname ${up} drop`,
      // Global addresses only, whatever the direction.
      ...unlessVrf("  ip6 saddr != 2000::/3 drop"),
      ...unlessVrf("  ip6 daddr != 2000::/3 drop"),
      // From above a private source is nobody's, also where the packet looks like one of a flow that somebody below has with a forwarded port.
      // Routers with private addresses tell errors.
      `  iifname ${up} ip saddr ${private4} ct state != related drop`,
      "  ct state established,related accept",
      // What the other gateway has not told of yet is not translated anew: it would have another port than the one that its peer knows.
      ...(between === undefined ? [] : ["  ip protocol tcp ct state new tcp flags & (fin|syn|rst|ack) != syn drop"]),
      "  meta nfproto ipv4 ct status dnat accept",
      // Networks are apart: from one exit point to another nothing but forwarded ports, which were accepted above.
      ...unlessVrf(`  iifname ${exitPoints} oifname ${exitPoints} meta nfproto ipv4 drop`),
      `  iifname ${exitPoints} ip saddr 10.0.0.0/8 accept`,
      "  meta nfproto ipv6 accept",
      "}",
      ...ownChains(between?.input ?? [`  iifname ${up} meta l4proto 112 accept`]),
      // After source NAT: what still has a private address here has escaped it.
      "chain to-upstream {",
      "  type filter hook postrouting priority 300; policy accept;",
      `  oifname ${up} ip saddr ${private4} drop`,
      `  oifname ${up} ip daddr ${private4} drop`,
      `  oifname ${up} ip6 saddr fc00::/7 drop`,
      `  oifname ${up} ip6 daddr fc00::/7 drop`,
      "}",
    ],
  };
}
