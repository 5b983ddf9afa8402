/** What somebody who comes takes from those who are there, or does not get. */
import { patchedIn } from "../mutant.ts";
import type { Mutant } from "../mutant.ts";

const applies = patchedIn("apply");
const acts = patchedIn("agent");
const execution = "core/apply/apply.ts";

export const joiningMutants: readonly Mutant[] = [
  acts(
    "new-tunnel-taken-for-old",
    "a node that did not hear of it greets a peer's new tunnel with what it agreed with the former",
    "EX-12",
    ["core/agents/acceptance.ts", "return known !== undefined && known !== life;", "return known !== undefined && life === undefined;"],
  ),
  applies("later-routes-left-out", "a gateway gets the routes that it needs at first, and none for an NR that comes later", "EX-12", [
    "core/apply/routes.ts",
    "    if (before === text) continue;",
    '    if (before === text || (plan.name === "gateway" && observed.size > 0 && before === undefined)) continue;',
  ]),
  applies(
    "setconf-for-a-peer",
    // Of one that opens sessions by itself it depends on who is first whether anybody notices.
    "a tunnel that others open is given its whole configuration when it gets another peer, by which it forgets all sessions and learnt endpoints",
    "EX-12",
    [
      "core/apply/wireguard.ts",
      "if (observed === undefined || !observed.keyIsRight ||",
      [
        "const isOpened = plan.peers.every(({ endpoint }) => endpoint === undefined);",
        "  const isMore = isOpened && plan.peers.some(({ publicKey }) => observed?.peers.has(publicKey) !== true);",
        "  if (observed === undefined || isMore || !observed.keyIsRight ||",
      ].join("\n"),
    ],
    [execution, '"wg", "syncconf", name,', '"wg", "setconf", name,'],
  ),
  applies("tunnel-made-anew-for-a-peer", "a tunnel that gets another peer is made anew", "EX-12", [
    "core/apply/tunnels.ts",
    "if (runs && observed.namespaces.get(namespace.name)?.links.has(link.name) === true) continue;",
    [
      "const held = observed.namespaces.get(namespace.name)?.links.get(link.name)?.wireguard?.peers;",
      "      const isWhole = held === undefined || held.size === 0 || link.wireguard.peers.every(({ publicKey }) => held.has(publicKey));",
      "      if (runs && isWhole && observed.namespaces.get(namespace.name)?.links.has(link.name) === true) continue;",
    ].join("\n"),
  ]),
  applies(
    "traffic-held-for-a-change",
    "nothing is forwarded in a namespace while its routes and peers are changed",
    "EX-12 EX-18",
    [
      execution,
      "    await Promise.all([\n      this.#ip(namespace, inside.ip)\n",
      [
        '    const hold = async (input: string) => await this.#run({ namespace, argv: ["nft", "-f", "-"], input });',
        '    await hold("table inet held { chain held { type filter hook forward priority 0; policy drop; }; }\\n");',
        "    await Promise.all([\n      this.#ip(namespace, inside.ip)\n",
      ].join("\n"),
    ],
    [execution, "          });\n        }),\n    ]);", '          });\n        }),\n    ]);\n    await hold("delete table inet held\\n");'],
  ),
  {
    ...applies("vxlan-held-for-a-peer", "nothing is forwarded in a namespace while its VXLAN gets to know a further NR", "EX-12", [
      execution,
      '.then(() => this.#batch(["bridge"], namespace, inside.forwarding)),',
      [
        ".then(async () => {",
        '          const isTold = inside.forwarding.some((line) => line.includes(" append "));',
        '          const hold = async (input: string) => await this.#run({ namespace, argv: ["nft", "-f", "-"], input });',
        "          if (isTold) {",
        '            await hold("table inet held { chain held { type filter hook forward priority 0; policy drop; }; }\\n");',
        "            await new Promise((resolve) => setTimeout(resolve, 200));",
        "          }",
        '          await this.#batch(["bridge"], namespace, inside.forwarding);',
        '          if (isTold) await hold("delete table inet held\\n");',
        "        }),",
      ].join("\n"),
    ]),
    farm: "overlays",
  },
];
