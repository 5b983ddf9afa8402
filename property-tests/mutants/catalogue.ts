/** The seeded faults. Each `find` occurs exactly once in its file: bundling refuses a patch that does not fit, and a test says which. */
import type { SourcePatch } from "../../emulator/image/index.ts";

export interface Mutant {
  readonly id: string;
  /** What is wrong, in one sentence. */
  readonly description: string;
  /** Laws that must catch it. */
  readonly laws: readonly string[];
  /** Patches of the agent's sources. */
  readonly patches: readonly SourcePatch[];
  /** Edit of the farm file, for what the farmer types; `find` occurs exactly once in the exit-node farm. */
  readonly farmEdit?: { readonly find: string; readonly replace: string };
}

const gatewayRules = "core/plan/gateway-rules.ts";
const peers = "core/plan/peers.ts";
const addresses = "core/derive/exit-node/addresses.ts";
const derivedPeers = "core/derive/exit-node/peers.ts";
const derivedRoutes = "core/derive/exit-node/routes.ts";

const patched = (id: string, description: string, laws: readonly string[], ...patches: readonly SourcePatch[]): Mutant => ({
  id,
  description,
  laws,
  patches,
});

export const mutants: readonly Mutant[] = [
  {
    id: "route-per-nr-typed",
    description: "the upstream router is told a /64 besides its exit node's /52",
    laws: ["EX-6"],
    patches: [],
    farmEdit: {
      find: '- { to: "2a02:1802:5e:1000::/52", via: "fe80::1000:0:0:1" }',
      replace:
        '- { to: "2a02:1802:5e:1000::/52", via: "fe80::1000:0:0:1" }\n      - { to: "2a02:1802:5e:1abc::/64", via: "fe80::1000:0:0:1" }',
    },
  },
  {
    id: "allocation-not-unreachable",
    description: "the upstream router has no unreachable route for the /48",
    laws: ["EX-6", "EX-11"],
    patches: [],
    farmEdit: { find: '\n      - { to: "2a02:1802:5e::/48", unreachable: true }', replace: "" },
  },
  patched("wireguard-24-for-16", "the tunnel's IPv4 address has the drawing's /24 in place of /16", ["EX-20", "EX-7"], {
    file: addresses,
    find: "return ip4(0x0aff0000n | uint16(prefix), 16);",
    replace: "return ip4(0x0aff0000n | uint16(prefix), 24);",
  }),
  patched("octets-swapped", "an NR's IPv4 network takes bytes 6 and 7 the wrong way round", ["EX-7", "EX-20"], {
    file: addresses,
    find: "export function nrNetwork4(prefix: Prefix): Prefix {\n  return ip4(0x0a000000n | (uint16(prefix) << 8n), 24);",
    replace:
      "export function nrNetwork4(prefix: Prefix): Prefix {\n  return ip4(0x0a000000n | ((uint16(prefix) & 0xffn) << 16n) | (uint16(prefix) & 0xff00n), 24);",
  }),
  patched("tunnel-to-tunnel-dropped", "the exit point does not pass packets from one tunnel to another", ["EX-7"], {
    file: "core/plan/resource-rules.ts",
    find: "oifname ${tunnel} accept`,",
    replace: "oifname ${tunnel} drop`,",
  }),
  patched("hidden-nodes-peer", "two hidden nodes are made peers of each other", ["EX-20", "EX-7"], {
    file: peers,
    find: "if (mine.exitPoint || peer.exitPoint) return true;",
    replace: "if (peer.node !== mine.node) return true;",
  }),
  patched("endpoint-for-hidden", "a hidden peer is given an endpoint, over and over", ["EX-20"], {
    file: peers,
    find: "...(endpoint === undefined ? {} : {",
    replace: '...(endpoint === undefined ? { endpoint: "192.0.2.77:6844" } : {',
  }),
  patched("allowed-ips-16", "AllowedIPs hold the transit address with /16, which only the last peer then keeps", ["EX-20"], {
    file: derivedPeers,
    find: "hostPrefix(wgIP4RT(prefix).address)",
    replace: "{ address: wgIP4RT(prefix).address, length: 16 }",
  }),
  patched(
    "routes-misread",
    "routes to single addresses are read otherwise than they are planned, and made again at every look",
    ["EX-17"],
    {
      file: "core/apply/routes.ts",
      find: "const destination = (to: string): string => to.replace(",
      replace: 'const destination = (to: string): string => to.replaceAll("#", "") || to.replace(',
    },
  ),
  patched("keepalive-lost", "no keepalive: a hidden node's tunnel opens only when it sends", ["EX-20"], {
    file: derivedPeers,
    find: "export const keepaliveSeconds = 20;",
    replace: "export const keepaliveSeconds = 0;",
  }),
  patched("port-off-by-one", "the tunnel listens one above its derived port", ["EX-20"], {
    file: addresses,
    find: "return subnetNumberOf(prefix);",
    replace: "return subnetNumberOf(prefix) + 1;",
  }),
  patched("nat66", "the gateway translates IPv6 sources to its own address", ["EX-8"], {
    file: gatewayRules,
    find: "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,",
    replace:
      "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,\n  `  oifname ${up} ip6 saddr 2000::/3 masquerade`,",
  }),
  patched("return-route-left-out", "the gateway has no route to the /64s of NRs", ["EX-8"], {
    file: derivedRoutes,
    find: '    { type: "unicast", to: prefix, via: epPubLL(exitPoint).address, dev },\n    transitRoute,',
    replace: "    transitRoute,",
  }),
  patched("snat-left-out", "the gateway does not translate IPv4 sources", ["EX-9"], {
    file: gatewayRules,
    find: "  `  oifname ${up} ip saddr 10.0.0.0/8 snat ip to ${gatewayIp4} fully-random`,\n",
    replace: "",
  }),
  patched("forward-udp-left-out", "port forwards of udp are not made", ["EX-9"], {
    file: gatewayRules,
    find: "if (workload === undefined || resource === undefined || !owned) return [];",
    replace: 'if (workload === undefined || resource === undefined || !owned || forward.protocol === "udp") return [];',
  }),
  patched(
    "inbound-open",
    "the gateway takes in private IPv4 from its upstream side",
    ["EX-9"],
    { file: gatewayRules, find: "  `  iifname ${up} ip daddr ${private4} drop`,\n", replace: "" },
    { file: gatewayRules, find: '"  meta nfproto ipv4 ct status dnat accept",', replace: '"  meta nfproto ipv4 accept",' },
  ),
  patched("isolation-left-out", "the rule that keeps exit points apart is not there", ["EX-10"], {
    file: gatewayRules,
    find: "  `  iifname ${exitPoints} oifname ${exitPoints} meta nfproto ipv4 drop`,\n",
    replace: "",
  }),
  patched("neighbour-source-shows", "a neighbour's private source reaches the service behind a port forward", ["EX-10"], {
    file: gatewayRules,
    find: "  `  oifname ${exitPoints} ip saddr 10.0.0.0/8 ct status dnat snat ip to ${gatewayIp4} fully-random`,\n",
    replace: "",
  }),
  patched("unreachable-left-out", "the gateway has no unreachable route for its /52, so that packets bounce", ["EX-11"], {
    file: derivedRoutes,
    find: '    { type: "unreachable", to: exitNodePart(allocation, x) },\n',
    replace: "",
  }),
  patched("nat-mappings-stay", "the gateway goes on translating for flows of a network that was taken away", ["EX-13"], {
    file: "core/apply/apply.ts",
    find: "await this.#forgetFlows(changes.forget);",
    replace: "await this.#forgetFlows([]);",
  }),
  patched("reserved-ports-stay", "the ports of tunnels that are gone stay reserved", ["EX-13"], {
    file: "core/plan/plan-node.ts",
    find: "sysctls: reservedPorts(resources.map(({ resource }) => wgListenPort(resource.prefix)))",
    replace: "sysctls: resources.length < 2 ? {} : reservedPorts(resources.map(({ resource }) => wgListenPort(resource.prefix)))",
  }),
  patched("keys-stay", "the key of a tunnel that is gone stays in the key file", ["EX-13"], {
    file: "core/agents/reconciler.ts",
    find: "keys.retain(tunnels);",
    replace: "",
  }),
  patched("workloads-stay", "the namespaces of workloads stay when their network is taken away", ["EX-13"], {
    file: "core/apply/namespaces.ts",
    find: 'name !== "host" && !wanted.has(name)).map',
    replace: 'name !== "host" && !wanted.has(name) && !name.startsWith("w-")).map',
  }),
];
