/** What grows with the number of NRs and should not, and what many of them need and do not get. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

export const scaleMutants: readonly Mutant[] = [
  patchedIn("gateway rules")(
    "rules-name-every-nr",
    "the gateway's rules name every NR, so that the table is loaded anew for one more",
    "EX-19",
    [
      "core/plan/gateway-rules.ts",
      '      "  ct state established,related accept",\n',
      [
        '      "  ct state established,related accept",',
        "      ...networks.flatMap(({ resources }) => resources.map(({ prefix }) => `  ip6 daddr ${formatPrefix(prefix)} accept`)),\n",
      ].join("\n"),
    ],
  ),
  patchedIn("farm file")("advice-at-capacity", "another exit node is advised only when the one that is there is full", "EX-19", [
    "core/check/capacity.ts",
    "return routes < adviseExitNodeRoutes",
    "return routes < Math.max(capacity, adviseExitNodeRoutes)",
  ]),
  patchedIn("agent")(
    "memory-never-looks",
    "what was planned once is never planned anew, whatever has changed of what it follows from",
    "EX-19",
    [
      "core/plan/memory.ts",
      "one.length === other.length && one.every((input, index) => input === other[index]);",
      "one.length === other.length;",
    ],
  ),
  patchedIn("apply")("routes-made-anew", "a namespace that gets one route more gets all of its routes anew", "EX-19", [
    "core/apply/routes.ts",
    "    if (before === text) continue;",
    '    if (before === text && (wanted.size === observed.size || !text.startsWith("unicast"))) continue;',
  ]),
];
