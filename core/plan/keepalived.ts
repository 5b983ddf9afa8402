/** The configuration of keepalived, which settles who has an exit node's addresses (EX-15; VRRPv3, RFC 9568). */
import { formatAddress, formatPrefix } from "../common/index.ts";
import type { Address, Prefix } from "../common/index.ts";
import { gwOwnLL, gwPubName } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import { defaultRoute } from "./routes.ts";
import { heldPrefixes } from "./vrrp.ts";
import type { Seat } from "./vrrp.ts";

/**
 * Milliseconds between two adverts of who has the addresses. Three that are missing, and a part of a fourth by the partner's priority, make it
 * the partner's: after 150 and 30 ms, and the partner waits for longer than the exit node would, for both to be sure of it.
 */
const advertMs = 50;
/** The greater has the addresses when both can. A partner's is small enough for it to wait for 30 ms more than three adverts. */
const priorities: Readonly<Record<Seat, number>> = { home: 200, partner: 100 };
/**
 * Before who was away takes its addresses back: WireGuard notices after 15 s that the other end of a tunnel knows nothing of it any more, and
 * all network resources are to have their tunnels to it by then.
 */
const takeBackSeconds = 20;
/** A partner that has just started waits for the exit node's own node, which may be starting too. */
const startSeconds = 4;
/** Of all that share a segment; two allocations of one farm have another one each. */
const routerId = ({ number, allocationNumber }: ExitNodeConfig): number => ((allocationNumber * 15 + number - 1) % 255) + 1;

/** `owned`: the users' own IPv4 addresses. */
export function keepalivedConfiguration(config: ExitNodeConfig, allocation: Prefix, owned: readonly Address[], seat: Seat): string {
  const link = gwPubName(config.number, config.allocationNumber);
  const name = `${config.number}-${config.allocationNumber}`;
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
    `  router_id exit-${name}`,
    "  vrrp_version 3",
    // Before all else of the node: an agent that starts keeps small machines busy for longer than adverts may be away.
    "  vrrp_priority -20",
    // Twice at once and after a second, and then every second: who has missed it is told soon.
    "  vrrp_garp_master_repeat 2",
    "  vrrp_garp_master_delay 1",
    "  vrrp_garp_master_refresh 1",
    ...(seat === "partner" ? [`  vrrp_startup_delay ${startSeconds}`] : []),
    "}",
    `vrrp_instance exit-${name} {`,
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
