/** Who is whose WireGuard peer, and what peers are told. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const peers = "core/plan/peers.ts";
const derived = "core/derive/exit-node/peers.ts";
const networks = "core/plan/networks.ts";
const overlay = "core/plan/overlay.ts";
const patched = patchedIn("mesh");
const timed = patchedIn("timer");

export const meshMutants: readonly Mutant[] = [
  patched("hidden-nodes-peer", "two hidden nodes are made peers of each other", "EX-7 EX-20", [
    peers,
    "if (mine.exitPoint || peer.exitPoint) return true;",
    "if (peer.node !== mine.node) return true;",
  ]),
  {
    ...patched("mesh-is-a-star", "NRs have no peer but the exit point", "EX-7 EX-20", [
      peers,
      "return reachableEndpoint(own, theirs) !== undefined || reachableEndpoint(theirs, own) !== undefined;",
      "return own === theirs;",
    ]),
    farm: "three-exit-nodes",
  },
  {
    ...patched("mesh-one-way", "an NR has only those peers that it reaches itself, not those that reach it", "EX-20", [
      peers,
      "return reachableEndpoint(own, theirs) !== undefined || reachableEndpoint(theirs, own) !== undefined;",
      "return reachableEndpoint(own, theirs) !== undefined;",
    ]),
    farm: "three-exit-nodes",
  },
  patched("endpoint-for-hidden", "a hidden peer is given an endpoint, over and over", "EX-20", [
    peers,
    "...(endpoint === undefined ? {} : {",
    '...(endpoint === undefined ? { endpoint: "192.0.2.77:6844" } : {',
  ]),
  patched("endpoint-port-own", "a peer is looked for at the own tunnel's port", "EX-7 EX-20", [
    peers,
    "socketText(endpoint, wgListenPort(peer.prefix))",
    "socketText(endpoint, wgListenPort(mine.prefix))",
  ]),
  patched("exit-peer-narrow", "the exit point's peers take only its own addresses from it", "EX-8 EX-9 EX-20", [
    peers,
    "(peer.exitPoint ? exitPeerAllowedIPs : peerAllowedIPs(peer.prefix))",
    "(peer.exitPoint ? peerAllowedIPs(peer.prefix) : peerAllowedIPs(peer.prefix))",
  ]),
  patched("exit-peer-without-ipv6", "the exit point's peers take no IPv6 from it", "EX-1 EX-8 EX-20", [
    derived,
    "= [anywhere4, anywhere6];",
    "= [anywhere4];",
  ]),
  timed("keepalive-lost", "no keepalive: a hidden node's tunnel opens only when it sends", "EX-20", [
    derived,
    "export const keepaliveSeconds = 20;",
    "export const keepaliveSeconds = 0;",
  ]),
  timed("keepalive-ten-times", "a keepalive comes every 200 s, when a NAT has forgotten the mapping", "EX-20", [
    derived,
    "export const keepaliveSeconds = 20;",
    "export const keepaliveSeconds = 200;",
  ]),
  patched("resources-in-given-order", "a plan changes with the order in which a network's resources were written", "EX-1", [
    networks,
    "return [...network.resources].sort(byPrefix);",
    "return network.resources;",
  ]),
  patched("exit-point-by-position", "the exit point is the network's first resource, whichever is marked", "EX-1", [
    networks,
    "return network.resources.find((resource) => resource.exitPoint);",
    "return network.resources[0];",
  ]),
  patched("socket-in-host", "tunnels of a public node have their socket in the host's namespace", "EX-7 EX-8", [
    overlay,
    'return node?.public === undefined ? "host" : publicNamespace;',
    'return node?.public === undefined ? "host" : "host";',
  ]),
];
