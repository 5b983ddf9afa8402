/** Where links plug in: the ends of links that are not a segment's or the internet's, by which links are called. */
import type { Farm } from "./farm.ts";
import { emulatedNodes } from "./lab-nodes.ts";

export interface Plug {
  readonly node: string;
  readonly interface: string;
  /** Absent: the internet, or a carrier before it. */
  readonly segment?: string;
}

/** Interfaces that the farm file gives no name to. */
export const plugInterfaces = { wan: "wan", lan: "lan", prefixZero: "swp1" } as const;

/** A link's name: `home-a:wan`. */
export const plugName = (plug: Plug): string => `${plug.node}:${plug.interface}`;

/** All plugs, in the order of the file. */
export function plugsOf(farm: Farm): readonly Plug[] {
  const { wan, lan, prefixZero } = plugInterfaces;
  return [
    ...farm.internet.hosts.map(({ name }) => ({ node: name, interface: wan })),
    ...farm.upstreams.flatMap(({ name, segment }) => [
      { node: name, interface: wan },
      { node: name, interface: prefixZero, segment },
    ]),
    ...farm.homeRouters.flatMap(({ name, segment }) => [
      { node: name, interface: wan },
      { node: name, interface: lan, segment },
    ]),
    ...farm.carriers.map(({ name }) => ({ node: name, interface: wan })),
    ...emulatedNodes(farm).flatMap(({ name, nics }) => nics.map((nic) => ({ node: name, interface: nic.name, segment: nic.segment }))),
  ];
}
