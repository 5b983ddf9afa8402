/** What concerns one node in a store's contents: its own tunnels, what it says of itself, and whom it waits for. Pure. */
import { remembered } from "../common/index.ts";
import { wgName } from "../derive/index.ts";
import type { Intents, NetworkIntent, NodeFacts, NodeIntent } from "../intents/index.ts";
import { candidatesFor, factsByNode, leasedExitNodes, overlayLinkName, resourcesOn } from "../plan/index.ts";
import type { AcceptedKeys } from "./acceptance.ts";
import type { Measured } from "./reachability.ts";

/**
 * The names of the node's own tunnels, sorted: of those too that it has when it stands in for an exit node, so that others know the keys
 * by then. Takes intents as they are written, not as they are hosted.
 */
export function ownTunnels(node: string, intents: Intents): readonly string[] {
  const standIn = leasedExitNodes(intents.nodes)
    .filter((home) => home.name !== node && candidatesFor(home).includes(node))
    .flatMap(({ name, exitNode }) =>
      resourcesOn(name, intents).filter(
        ({ network, resource }) => resource.exitPoint && network.allocationNumber === exitNode.allocationNumber,
      ),
    );
  return [...resourcesOn(node, intents), ...standIn]
    .filter(({ network }) => network.overlay === undefined)
    .map(({ network, resource }) => wgName(resource.prefix, network.allocationNumber))
    .toSorted();
}

/**
 * The node's facts. Endpoints are the addresses of its public configuration in the families in which it was found public;
 * until something was measured there are none.
 */
export function factsOf(
  node: string,
  intent: NodeIntent | undefined,
  publicKeys: NodeFacts["publicKeys"],
  measured: Measured | undefined,
  acceptedKeys: AcceptedKeys,
): NodeFacts {
  const reachability = measured ?? { ipv4: "hidden", ipv6: "hidden" };
  const { ipv4, ipv6 } = intent?.public ?? {};
  return {
    node,
    publicKeys,
    endpoints: {
      ...(reachability.ipv4 === "public" && ipv4 !== undefined ? { ipv4: ipv4.address } : {}),
      ...(reachability.ipv6 === "public" && ipv6 !== undefined ? { ipv6: ipv6.address } : {}),
    },
    reachability: { ipv4: reachability.ipv4, ipv6: reachability.ipv6 },
    acceptedKeys: Object.fromEntries(Object.entries(acceptedKeys).filter(([tunnel]) => publicKeys[tunnel] !== undefined)),
  };
}

/** A network's resources, by the nodes that they are on and by their interfaces. */
const interfacesWithin = remembered((network: NetworkIntent): readonly { readonly node: string; readonly link: string }[] =>
  network.resources.map((resource) => ({
    node: resource.node,
    link: overlayLinkName(resource, network),
  })),
);

/** Whether a node has published what others need of a resource of its: a tunnel's key, a VXLAN's address; a segment of its own needs nothing. */
const isPublished = ({ overlay }: NetworkIntent, link: string, facts: NodeFacts | undefined): boolean => {
  if (overlay === undefined) return facts?.publicKeys[link] !== undefined;
  return overlay.kind === "segment" || facts?.endpoints[overlay.underlay] !== undefined;
};

/** Other nodes' part in the node's networks that is not published yet, by its interface, as `wg-1abc-1 on node-1`. */
export function missingPeers(node: string, intents: Intents, facts: readonly NodeFacts[]): readonly string[] {
  const published = factsByNode(facts);
  const networks = new Set(resourcesOn(node, intents).map(({ network }) => network));
  return [...networks].flatMap((network) =>
    interfacesWithin(network)
      .filter((peer) => peer.node !== node && !isPublished(network, peer.link, published.get(peer.node)))
      .map((peer) => `${peer.link} on ${peer.node}`),
  );
}

/** Where reachability is measured, and a text that changes when it has to be measured again. */
export function measuringPlace(intent: NodeIntent | undefined): { readonly namespace: "public" | "host"; readonly occasion: string } {
  const config = intent?.public;
  if (config === undefined) return { namespace: "host", occasion: "host" };
  const parts = [config.ipv4, config.ipv6].map((prefix) => (prefix === undefined ? "" : `${prefix.address.value}/${prefix.length}`));
  const gateways = [config.gateway4, config.gateway6].map((gateway) => (gateway === undefined ? "" : String(gateway.value)));
  return { namespace: "public", occasion: [config.nic, ...parts, ...gateways].join(" ") };
}

/**
 * Whether a measurement may have come too early: a node that hears from the store has some way out, and public addresses are
 * configured because they work.
 */
export function looksEarly(intent: NodeIntent | undefined, measured: Measured): boolean {
  const { ipv4, ipv6 } = intent?.public ?? {};
  if (intent?.public === undefined) return measured.ipv4 === "none" && measured.ipv6 === "none";
  return (ipv4 !== undefined && measured.ipv4 === "none") || (ipv6 !== undefined && measured.ipv6 === "none");
}
