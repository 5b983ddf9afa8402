/** What `farmlab plan --for upstream` prints for the router that the farmer owns. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const folder = "core/plan/upstream";
const patched = patchedIn("upstream router");

export const upstreamMutants: readonly Mutant[] = [
  patched(
    "printed-part-1-for-1000",
    "the printed route of an exit node leads to $prefix:1::/52, which a router takes for PrefixZero's",
    "EX-6",
    [
      `${folder}/upstream-plan.ts`,
      "to: exitNodePart(allocation.prefix, exitNode.number), via,",
      "to: { ...subnetOf(allocation.prefix, exitNode.number), length: 52 }, via,",
    ],
  ),
  patched("printed-without-unreachable", "what is printed leaves out the unreachable /48", "EX-6", [
    `${folder}/upstream-plan.ts`,
    '{ kind: "unreachable", to: allocation.prefix },\n',
    "",
  ]),
  patched("printed-next-hop-without-interface", "for Linux a link-local next hop is printed without its interface", "EX-6", [
    `${folder}/linux.ts`,
    'via ${formatAddress(route.via)}${isLinkLocal(route.via) ? ` dev ${link}` : ""}',
    "via ${formatAddress(route.via)}",
  ]),
  patched("printed-interface-behind", "for IOS the interface stands behind a link-local next hop, where it is none", "EX-6", [
    `${folder}/ios.ts`,
    '${command} ${isLinkLocal(route.via) ? `${link} ` : ""}${formatAddress(route.via)}',
    '${command} ${formatAddress(route.via)}${isLinkLocal(route.via) ? ` ${link}` : ""}',
  ]),
  patched("printed-without-forwarding", "for FRR nothing is printed that makes the router forward IPv6", "EX-6", [
    `${folder}/frr.ts`,
    '    "ipv6 forwarding",\n',
    "",
  ]),
  patched("printed-without-fe80-1", "the router gets no fe80::1, where the gateways' default routes lead", "EX-6", [
    `${folder}/upstream-plan.ts`,
    "      { address: upstreamRouterLL, length: 64 },\n",
    "",
  ]),
];
