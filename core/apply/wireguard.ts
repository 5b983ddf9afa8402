/** What a WireGuard interface is told: key, port, peers. Endpoints that a plan does not state are learnt and stay as they are. */
import type { WireguardPeerPlan, WireguardPlan } from "../plan/index.ts";
import type { ObservedPeer, ObservedWireguard } from "./observed.ts";

const joined = (allowedIps: readonly string[]): string => [...allowedIps].sort().join(",");

const peerOf = (peer: WireguardPeerPlan): ObservedPeer => ({
  ...(peer.endpoint === undefined ? {} : { endpoint: peer.endpoint }),
  allowedIps: joined(peer.allowedIps),
  keepaliveSeconds: peer.keepaliveSeconds,
});

export function wireguardOf(plan: WireguardPlan): ObservedWireguard {
  return { listenPort: plan.listenPort, keyIsRight: true, peers: new Map(plan.peers.map((peer) => [peer.publicKey, peerOf(peer)])) };
}

/** Reads `wg show NAME dump`: the interface's line, then one line a peer, fields separated by tabs. */
export function readWireguard(output: string, privateKey: string): ObservedWireguard {
  const [first = "", ...rest] = output.split("\n").filter((line) => line !== "");
  const [key, , port] = first.split("\t");
  return {
    listenPort: Number(port ?? 0),
    keyIsRight: key === privateKey,
    peers: new Map(
      rest.map((line) => {
        const [publicKey = "", , endpoint = "(none)", allowedIps = "(none)", , , , keepalive = "off"] = line.split("\t");
        return [
          publicKey,
          {
            ...(endpoint === "(none)" ? {} : { endpoint }),
            allowedIps: allowedIps === "(none)" ? "" : joined(allowedIps.split(",")),
            keepaliveSeconds: keepalive === "off" ? 0 : Number(keepalive),
          },
        ];
      }),
    ),
  };
}

/** `whole`: the whole configuration has to be given again. Else arguments for `wg set NAME`, empty when nothing differs. */
export type WireguardChange = { readonly whole: true } | { readonly whole: false; readonly peerArguments: readonly string[] };

const isRight = (peer: WireguardPeerPlan, observed: ObservedPeer | undefined): boolean =>
  observed !== undefined &&
  observed.allowedIps === joined(peer.allowedIps) &&
  observed.keepaliveSeconds === peer.keepaliveSeconds &&
  (peer.endpoint === undefined || peer.endpoint === observed.endpoint);

const peerArguments = (peer: WireguardPeerPlan): readonly string[] => [
  "peer",
  peer.publicKey,
  ...(peer.endpoint === undefined ? [] : ["endpoint", peer.endpoint]),
  "persistent-keepalive",
  String(peer.keepaliveSeconds),
  "allowed-ips",
  peer.allowedIps.join(","),
];

/**
 * What a living interface still has to be told. Where only peers differ, only they are touched: giving all peers their AllowedIPs
 * again would take them away for a moment, in which packets of the others are dropped.
 */
export function wireguardChange(plan: WireguardPlan, observed: ObservedWireguard | undefined): WireguardChange {
  if (observed === undefined || !observed.keyIsRight || observed.listenPort !== plan.listenPort) return { whole: true };
  const wanted = new Set(plan.peers.map((peer) => peer.publicKey));
  const removed = [...observed.peers.keys()].filter((key) => !wanted.has(key));
  return {
    whole: false,
    peerArguments: [
      // First, so that AllowedIPs that move from one peer to another do not go with the old one.
      ...removed.flatMap((key) => ["peer", key, "remove"]),
      ...plan.peers.filter((peer) => !isRight(peer, observed.peers.get(peer.publicKey))).flatMap(peerArguments),
    ],
  };
}

/** The interface's configuration for `wg syncconf`; holds the private key, so it goes over standard input only. */
export function wireguardConfiguration(plan: WireguardPlan, privateKey: string): string {
  const peers = plan.peers.flatMap((peer) => [
    "[Peer]",
    `PublicKey = ${peer.publicKey}`,
    ...(peer.endpoint === undefined ? [] : [`Endpoint = ${peer.endpoint}`]),
    `AllowedIPs = ${peer.allowedIps.join(", ")}`,
    `PersistentKeepalive = ${peer.keepaliveSeconds}`,
  ]);
  return `${["[Interface]", `PrivateKey = ${privateKey}`, `ListenPort = ${plan.listenPort}`, ...peers].join("\n")}\n`;
}
