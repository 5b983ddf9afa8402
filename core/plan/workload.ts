/** A workload's namespace: one interface on its network resource's bridge. */
import { formatAddress, formatPrefix } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { bridgeName, nrLocalIP4, nrLocalIP6, workloadIP4, workloadIP6, workloadNamespace, workloadPortName } from "../derive/index.ts";
import { workloadLinkLocal } from "./link-local.ts";
import { plannedMac, plannedWorkloadMac, workloadLink } from "./macs.ts";
import type { NamespacePart } from "./part.ts";
import { hostSysctls } from "./sysctls.ts";

/** `prefix` is the resource's /64, `n` its allocation number, `host` the workload's host number 2..254. */
export function planWorkload(node: string, prefix: Prefix, n: number, host: number): readonly NamespacePart[] {
  const name = workloadNamespace(prefix, host);
  const port = workloadPortName(prefix, host);
  const link = workloadLink;
  return [
    {
      name: "host",
      links: [
        {
          kind: "veth",
          name: port,
          peerNamespace: name,
          peerName: link,
          bridge: bridgeName(prefix, n),
          mac: plannedMac(node, "host", port),
        },
      ],
    },
    {
      name,
      links: [{ kind: "veth", name: link, peerNamespace: "host", peerName: port, mac: plannedWorkloadMac(node, prefix, host) }],
      addresses: [
        { link, address: workloadLinkLocal(host) },
        { link, address: formatPrefix(workloadIP6(prefix, host)) },
        { link, address: formatPrefix(workloadIP4(prefix, host)) },
      ],
      routes: [
        { family: 6, type: "unicast", to: "default", via: formatAddress(nrLocalIP6(prefix).address), link },
        { family: 4, type: "unicast", to: "default", via: formatAddress(nrLocalIP4(prefix).address), link },
      ],
      sysctls: hostSysctls,
    },
  ];
}
