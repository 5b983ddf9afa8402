/** What nodes will publish if their configuration is true: for showing a plan before anything runs. Keys cannot be known, so names stand for them. */
import { wgName, whName } from "../derive/index.ts";
import type { Intents, NodeFacts } from "../intents/index.ts";
import { exitPointOf, resourcesOn } from "./networks.ts";
import { secondTunnelsOf, standInOf } from "./partners.ts";

/** A node with a public address of a family is taken for public in it, one without for hidden behind IPv4 NAT. */
export function expectedFacts(intents: Intents): NodeFacts[] {
  return intents.nodes.map((node) => {
    const first = resourcesOn(node.name, intents).filter(({ network }) => network.overlay === undefined);
    const ready = (standInOf(node.name, intents)?.networks ?? []).flatMap((network) => {
      const resource = exitPointOf(network);
      return resource === undefined ? [] : [{ network, resource }];
    });
    const keys = [
      ...[...first, ...ready].map(({ network, resource }) => wgName(resource.prefix, network.allocationNumber)),
      ...[...secondTunnelsOf(node.name, intents)].map(([resource, { mirror }]) => whName(resource.prefix, mirror.allocationNumber)),
    ];
    const ipv4 = node.public?.ipv4?.address;
    const ipv6 = node.public?.ipv6?.address;
    return {
      node: node.name,
      publicKeys: Object.fromEntries(keys.map((name) => [name, `<public key of ${name} on ${node.name}>`])),
      endpoints: { ...(ipv4 === undefined ? {} : { ipv4 }), ...(ipv6 === undefined ? {} : { ipv6 }) },
      reachability: { ipv4: ipv4 === undefined ? "hidden" : "public", ipv6: ipv6 === undefined ? "none" : "public" },
    };
  });
}
