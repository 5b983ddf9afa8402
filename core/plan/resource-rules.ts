/** The rules of a network resource: who may send what over its overlay, and segment sizes that fit the tunnels. */
import { formatPrefix } from "../common/index.ts";
import type { LinkPlan, NftTablePlan } from "./node-plan.ts";
import type { OverlayPlan } from "./overlay.ts";

const setOf = (texts: readonly string[]): string => `{ ${texts.join(", ")} }`;

/** Of each other resource only what it may send, and of nobody else anything: what AllowedIPs see to in WireGuard. */
const sendersChecked = ({ link, senders }: OverlayPlan): readonly string[] => {
  if (senders === undefined) return [];
  const arriving = `  iifname "${link.name}"`;
  return [
    "chain source-validation {",
    "  type filter hook prerouting priority raw; policy accept;",
    ...senders.flatMap(({ mac, sources }) => {
      const from = `${arriving} ether saddr ${mac}`;
      if (sources === undefined) return [`${from} accept`];
      return ([4, 6] as const).map((family) => {
        const own = sources.filter(({ address }) => address.family === family).map(formatPrefix);
        return `${from} ${family === 4 ? "ip" : "ip6"} saddr ${setOf(own)} accept`;
      });
    }),
    `${arriving} drop`,
    "}",
  ];
};

/** Within a network nothing else is blocked; what a workload may send is seen to where it comes onto the bridge (port-rules.ts). */
export function resourceRules(overlay: OverlayPlan, second?: LinkPlan): NftTablePlan {
  const tunnel = second === undefined ? `"${overlay.link.name}"` : `{ "${overlay.link.name}", "${second.name}" }`;
  return {
    family: "inet",
    name: "farmlab",
    body: [
      ...sendersChecked(overlay),
      "chain forward {",
      "  type filter hook forward priority filter; policy accept;",
      // Both directions: the smaller of the routes there and back counts.
      "  tcp flags syn tcp option maxseg size set rt mtu",
      // Between two hidden resources one direction may have found a shorter way: half a flow is no invalid one here.
      `  iifname ${tunnel} oifname ${tunnel} accept`,
      "  ct state established,related accept",
      "  ct state invalid drop",
      "}",
      "chain output {",
      "  type filter hook output priority filter; policy accept;",
      // The kernel cannot be told otherwise not to send them, and through a tunnel they make no sense.
      "  icmpv6 type nd-redirect drop",
      "}",
    ],
  };
}
