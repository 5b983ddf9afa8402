/**
 * A datagram every few seconds through both tunnels of a network resource to its exit points (EX-15). WireGuard notices that the other end has
 * begun anew, as after a reboot, only by data that nobody answers: a tunnel that carries nothing would be found dead when it is needed.
 */
import { formatAddress } from "../common/index.ts";
import { epPubIP4R, nrNamespace } from "../derive/index.ts";
import type { ResourceIntent } from "../intents/index.ts";
import { exitPointOf } from "./networks.ts";
import type { Located } from "./networks.ts";
import type { ServicePlan } from "./node-plan.ts";
import { overlayLinkName, secondLinkName } from "./overlay.ts";
import type { SecondTunnel } from "./partners.ts";

const path = "/run/farmlab/pulse";

/** Nothing where no resource of the node has a second tunnel. */
export function pulseService(own: readonly Located[], second: ReadonlyMap<ResourceIntent, SecondTunnel>): readonly ServicePlan[] {
  const lines = own.flatMap(({ network, resource }) => {
    const exitPoint = second.has(resource) ? exitPointOf(network) : undefined;
    if (exitPoint === undefined) return [];
    const namespace = nrNamespace(resource.prefix, network.allocationNumber);
    const address = formatAddress(epPubIP4R(exitPoint.prefix).address);
    return [overlayLinkName(resource, network), secondLinkName(resource, network)].map((link) => `${namespace}\t${link}\t${address}\n`);
  });
  if (lines.length === 0) return [];
  return [
    {
      name: "farmlab-pulse",
      namespace: "host",
      argv: ["native", "pulse", path],
      files: [{ path, content: lines.join(""), change: "none" }],
    },
  ];
}
