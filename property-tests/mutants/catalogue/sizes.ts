/** How large packets may be: MTU of tunnels, segment sizes, and errors that say so. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const peers = "core/derive/exit-node/peers.ts";
const resourceRules = "core/plan/resource-rules.ts";
const gatewayRules = "core/plan/gateway-rules.ts";
const clamp = '      "  tcp flags syn tcp option maxseg size set rt mtu",\n';
const quietAbout = '      "  icmpv6 type nd-redirect drop",\n';
const inMesh = patchedIn("mesh");
const inResource = patchedIn("rules of an NR");
const inGateway = patchedIn("gateway rules");

export const sizeMutants: readonly Mutant[] = [
  inResource("segments-not-clamped", "TCP is not told by the routers how large segments may be", "EX-23", [resourceRules, clamp, ""]),
  inResource("segments-of-ethernet", "TCP is told the segment size of Ethernet, which no tunnel carries", "EX-23", [
    resourceRules,
    clamp,
    clamp.replace("rt mtu", "1460"),
  ]),
  inMesh("tunnel-mtu-of-ethernet", "tunnels take packets of 1500 bytes, which leave in fragments", "EX-23", [
    peers,
    "export const wireguardMtu = 1420;",
    "export const wireguardMtu = 1500;",
  ]),
  inMesh("tunnel-mtu-least", "tunnels take no packets above IPv6's least MTU of 1280", "EX-23", [
    peers,
    "export const wireguardMtu = 1420;",
    "export const wireguardMtu = 1280;",
  ]),
  inMesh("tunnel-mtu-of-ipv4", "tunnels take packets of 1440 bytes, which fit into IPv4 and leave in fragments over IPv6", "EX-23", [
    peers,
    "export const wireguardMtu = 1420;",
    "export const wireguardMtu = 1440;",
  ]),
  inResource("too-big-not-told", "an NR does not say on IPv6 that a packet is too big for its tunnel", "EX-23", [
    resourceRules,
    quietAbout,
    `${quietAbout}      "  icmpv6 type packet-too-big drop",\n`,
  ]),
  inGateway("too-big-not-passed", "a gateway does not pass on that a packet is too big", "EX-23", [
    gatewayRules,
    '      "  ct state invalid drop",\n',
    '      "  ct state invalid drop",\n      "  icmpv6 type packet-too-big drop",\n',
  ]),
  inGateway("errors-not-passed", "a gateway passes established flows, and no errors about them", "EX-23", [
    gatewayRules,
    '      "  ct state established,related accept",\n',
    '      "  ct state established accept",\n',
  ]),
];
