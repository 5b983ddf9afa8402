/**
 * The daemons of a gateway that two exit nodes keep (EX-15): keepalived settles which of both is the active one, conntrackd tells the other one of
 * its flows, and the herald tells the network resources.
 */
import { formatAddress } from "../common/index.ts";
import type { Prefix } from "../common/index.ts";
import { epPubIP4R, gwPubIP6 } from "../derive/index.ts";
import type { ExitNodeConfig } from "../farm/index.ts";
import type { NetworkIntent } from "../intents/index.ts";
import { conntrackdConfiguration } from "./conntrackd.ts";
import { given, taken } from "./exit-choice.ts";
import { keepalivedConfiguration } from "./keepalived.ts";
import { resourcesOf } from "./networks.ts";
import type { ServicePlan } from "./node-plan.ts";
import type { Seat } from "./vrrp.ts";

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
  const name = `${config.number}-${config.allocationNumber}`;
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
