/** What is around a farm: what the farmer types of the upstream router, and how the routers of homes translate. */
import { patchedIn, typed } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const partRoute = '- { to: "2a02:1802:5e:1000::/52", via: "fe80::1000:0:0:1" }';
const surrounds = patchedIn("surroundings");

export const surroundingsMutants: readonly Mutant[] = [
  typed(
    "route-per-nr-typed",
    "the upstream router is told a /64 besides its exit node's /52",
    "EX-6",
    partRoute,
    `${partRoute}\n      - { to: "2a02:1802:5e:1abc::/64", via: "fe80::1000:0:0:1" }`,
  ),
  typed(
    "allocation-not-unreachable",
    "the upstream router has no unreachable route for the /48",
    "EX-6 EX-11",
    '\n      - { to: "2a02:1802:5e::/48", unreachable: true }',
    "",
  ),
  typed("part-route-missing", "the upstream router has no route to the exit node's /52", "EX-6 EX-8", `${partRoute}\n      `, ""),
  typed(
    "part-route-to-nobody",
    "the /52 is routed to the address of an exit node that is not there",
    "EX-6 EX-8",
    partRoute,
    partRoute.replace("fe80::1000", "fe80::2000"),
  ),
  typed(
    "part-routed-as-whole",
    "the exit node is routed half of the allocation in place of its 16th",
    "EX-6",
    partRoute,
    partRoute.replace("1000::/52", ":/49"),
  ),
  {
    ...typed(
      "forward-not-typed",
      "the farmer expects a service from outside and has its port forward lead to another workload",
      "FE-1",
      "      - { address: 185.206.127.200, service: tcp/8080, workload: blue-2, port: 80 }\n",
      "      - { address: 185.206.127.200, service: tcp/8080, workload: blue-1, port: 80 }\n",
    ),
    farm: "timeline",
  },
  surrounds("home-port-drawn", "a home router draws ports that it should keep", "XC-9", [
    "topologies/surroundings/nat/ports.ts",
    "preserve: preserveRules,",
    "preserve: (): string[] => [`meta l4proto ${portProtocols} ${anyPort(translation)}`],",
  ]),
];
