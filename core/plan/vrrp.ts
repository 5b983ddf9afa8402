/**
 * The daemons of a gateway that two exit nodes keep (EX-15): keepalived (VRRPv3, RFC 9568) settles which of both has the addresses, conntrackd
 * brings what the one's connection tracking knows straight into the other's kernel, and the herald tells the network resources.
 */
import { formatAddress, formatPrefix, hostPrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import { epPubIP4R, gwOwnLL, gwPubIP6, gwPubLL, gwPubName } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { NetworkIntent } from "../intents/index.ts";
import { given, taken } from "./exit-choice.ts";
import type { AddressPlan, RoutePlan, ServicePlan } from "./node-plan.ts";
import { resourcesOf } from "./networks.ts";
import { defaultRoute } from "./routes.ts";

/** Which of the two a gateway is: on the exit node's own node, or on its partner. */
export type Seat = "home" | "partner";

/**
 * Milliseconds between two adverts of who has the addresses. Three that are missing, and a part of a fourth by the partner's priority, make it
 * the partner's: after 150 and 30 ms, of which the kernel has silenced the former one by then (see `fence.ts`).
 */
export const advertMs = 50;
/** The greater has the addresses when both can. A partner's is small enough for it to wait for 30 ms more than three adverts. */
const priorities: Readonly<Record<Seat, number>> = { home: 200, partner: 100 };
/**
 * Before who was away takes its addresses back: WireGuard notices after 15 s that the other end of a tunnel knows nothing of it any more, and
 * all network resources are to have their tunnels to it by then.
 */
const takeBackSeconds = 20;
/** A partner that has just started waits for the exit node's own node, which may be starting too. */
const startSeconds = 4;
/** The port of conntrackd, at the gateways' own addresses. */
const flowSyncPort = 3780;

const other = (seat: Seat): Seat => (seat === "home" ? "partner" : "home");
const nameOf = ({ number, allocationNumber }: ExitNodeConfig): string => `${number}-${allocationNumber}`;
/** Of all that share a segment; two allocations of one farm have another one each. */
const routerId = ({ number, allocationNumber }: ExitNodeConfig): number => ((allocationNumber * 15 + number - 1) % 255) + 1;

/** What only the active gateway has: GWPubLL first, as VRRP for IPv6 wants it, then GWPubIP6, GWPubIP4 and the users' own addresses. */
const heldPrefixes = (config: ExitNodeConfig, allocation: Prefix, owned: readonly Address[]): readonly Prefix[] => [
  gwPubLL(config.number),
  gwPubIP6(allocation, config.number),
  ...(config.ipv4 === undefined ? [] : [config.ipv4, ...owned.map(hostPrefix)]),
];

/** The gateway's own address on PrefixZero, and those of the active one. */
export function vrrpAddresses(config: ExitNodeConfig, allocation: Prefix, owned: readonly Address[], seat: Seat): readonly AddressPlan[] {
  const link = gwPubName(config.number, config.allocationNumber);
  return [
    { link, address: formatPrefix(gwOwnLL(config.number, seat)) },
    ...heldPrefixes(config, allocation, owned).map((address): AddressPlan => ({ link, address: formatPrefix(address), by: "vrrp" })),
  ];
}

/** The IPv4 way up, which needs an address; and the way to the other gateway, from this one's own address. */
export function vrrpRoutes(config: ExitNodeConfig, seat: Seat): readonly RoutePlan[] {
  const link = gwPubName(config.number, config.allocationNumber);
  const [own, theirs] = [gwOwnLL(config.number, seat), gwOwnLL(config.number, other(seat))];
  return [
    {
      ...{ family: 6, type: "unicast", to: formatPrefix(hostPrefix(theirs.address)), link },
      source: formatAddress(own.address),
    },
    ...defaultRoute(config.ipv4, config.gateway4, link).map((route): RoutePlan => ({ ...route, by: "vrrp" })),
  ];
}

/** Lines of the gateway's table: what the two gateways say to each other is no flow, and is taken from the other one alone. */
export function vrrpRules(
  config: ExitNodeConfig,
  seat: Seat,
): { readonly untracked: readonly string[]; readonly input: readonly string[] } {
  const up = `"${gwPubName(config.number, config.allocationNumber)}"`;
  const theirs = formatAddress(gwOwnLL(config.number, other(seat)).address);
  return {
    untracked: [`  iifname ${up} meta l4proto 112 notrack`, `  iifname ${up} ip6 saddr ${theirs} udp dport ${flowSyncPort} notrack`],
    input: [
      `  iifname ${up} ip6 saddr ${theirs} meta l4proto 112 accept`,
      `  iifname ${up} ip6 saddr ${theirs} udp dport ${flowSyncPort} accept`,
    ],
  };
}

/** What a gateway sends to the other one, which is no flow either. */
export function vrrpOutput(config: ExitNodeConfig, seat: Seat): readonly string[] {
  const theirs = formatAddress(gwOwnLL(config.number, other(seat)).address);
  return [
    "  meta l4proto 112 notrack",
    `  ip6 daddr ${theirs} udp dport ${flowSyncPort} notrack`,
    `  udp dport { ${taken}, ${given} } notrack`,
  ];
}

function keepalivedConfiguration(config: ExitNodeConfig, allocation: Prefix, owned: readonly Address[], seat: Seat): string {
  const link = gwPubName(config.number, config.allocationNumber);
  const held = heldPrefixes(config, allocation, owned);
  const lines = (family: number): string[] =>
    held.filter(({ address }) => address.family === family).map((prefix) => `    ${formatPrefix(prefix)} dev ${link}`);
  const [ipv4, ipv6] = [lines(4), lines(6)];
  const routes = defaultRoute(config.ipv4, config.gateway4, link).map(
    ({ via, source }) => `    0.0.0.0/0 via ${via} dev ${link} src ${source}`,
  );
  const block = (name: string, body: readonly string[]): string[] => (body.length === 0 ? [] : [`  ${name} {`, ...body, "  }"]);
  return [
    "global_defs {",
    `  router_id exit-${nameOf(config)}`,
    "  vrrp_version 3",
    // Twice at once and after a second, and then every second: who has missed it is told soon.
    "  vrrp_garp_master_repeat 2",
    "  vrrp_garp_master_delay 1",
    "  vrrp_garp_master_refresh 1",
    ...(seat === "partner" ? [`  vrrp_startup_delay ${startSeconds}`] : []),
    "}",
    `vrrp_instance exit-${nameOf(config)} {`,
    "  state BACKUP",
    `  interface ${link}`,
    `  virtual_router_id ${routerId(config)}`,
    `  priority ${priorities[seat]}`,
    `  advert_int ${advertMs / 1000}`,
    `  preempt_delay ${takeBackSeconds}`,
    `  mcast_src_ip ${formatAddress(gwOwnLL(config.number, seat).address)}`,
    ...block("virtual_ipaddress", ipv6),
    // Of the other family: they come and go with these.
    ...block("virtual_ipaddress_excluded", ipv4),
    ...block("virtual_routes", routes),
    "}",
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function conntrackdConfiguration(config: ExitNodeConfig, seat: Seat, path: string): string {
  const address = (of: Seat): string => formatAddress(gwOwnLL(config.number, of).address);
  return [
    "Sync {",
    "  Mode FTFW {",
    // Straight into the kernel: nothing has to be done with it when the addresses come.
    "    DisableExternalCache On",
    "  }",
    "  UDP {",
    `    IPv6_address ${address(seat)}`,
    `    IPv6_Destination_Address ${address(other(seat))}`,
    `    Port ${flowSyncPort}`,
    `    Interface ${gwPubName(config.number, config.allocationNumber)}`,
    "    Checksum on",
    "  }",
    "}",
    "General {",
    "  HashSize 32768",
    "  HashLimit 131072",
    "  LogFile Off",
    "  Syslog Off",
    `  LockFile ${path}.lock`,
    "  UNIX {",
    `    Path ${path}.sock`,
    "  }",
    "  NetlinkBufferSize 2097152",
    "  NetlinkBufferSizeMaxGrowth 8388608",
    "  Filter From Userspace {",
    "    Protocol Accept {",
    "      TCP",
    "      UDP",
    "      ICMP",
    "      IPv6-ICMP",
    "    }",
    "  }",
    "}",
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** `folder`, in which daemons have what is theirs for as long as the node runs. */
const folder = "/run/farmlab";

/** `namespace` is the gateway's; `networks` are those behind it, whose resources are told. */
export function vrrpServices(
  config: ExitNodeConfig,
  allocation: Prefix,
  networks: readonly NetworkIntent[],
  seat: Seat,
  namespace: string,
): readonly ServicePlan[] {
  const name = nameOf(config);
  const owned = config.ipv4 === undefined ? [] : networks.flatMap((network) => network.ownedIpv4);
  const path = (what: string): string => `${folder}/${what}-${name}`;
  const told = networks.flatMap((network) =>
    resourcesOf(network)
      .filter(({ exitPoint }) => !exitPoint)
      .map(({ prefix }) => `${formatAddress(epPubIP4R(prefix).address)}\n`),
  );
  return [
    {
      name: `farmlab-flows-${name}`,
      namespace,
      argv: ["conntrackd", "-C", `${path("flows")}.conf`],
      files: [{ path: `${path("flows")}.conf`, content: conntrackdConfiguration(config, seat, path("flows")), change: "restart" }],
    },
    {
      name: `farmlab-herald-${name}`,
      namespace,
      argv: [
        ...["native", "herald", formatAddress(gwPubIP6(allocation, config.number).address), seat],
        ...[String(taken), String(given), path("told"), "conntrackd", "-C", `${path("flows")}.conf`],
      ],
      files: [{ path: path("told"), content: told.join(""), change: "none" }],
    },
    {
      name: `farmlab-vrrp-${name}`,
      namespace,
      argv: [
        ...["keepalived", "--dont-fork", "--log-console", "--vrrp", "--use-file", `${path("vrrp")}.conf`],
        ...["--pid", `${path("vrrp")}.pid`, "--vrrp_pid", `${path("vrrp")}-child.pid`],
      ],
      files: [{ path: `${path("vrrp")}.conf`, content: keepalivedConfiguration(config, allocation, owned, seat), change: "signal" }],
    },
  ];
}
