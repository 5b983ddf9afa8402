/** Two nodes with a wired link between them. */
import { ensureRuntime } from "../../image/index.ts";
import type { Lab } from "../../lab.ts";
import { netnsBackend } from "../../netns/index.ts";
import { startProber, type Prober } from "../../probe/index.ts";
import type { Topology, TopologyNode } from "../../topology/index.ts";
import { wireOfLab, withWire, type Direction, type FirstRule, type Wire } from "../index.ts";

export const link = "left:eth0";

/** Addresses are usable at once, and nothing is said that nobody asked for. */
const sysctls = {
  "net/ipv6/conf/all/accept_dad": "0",
  "net/ipv6/conf/default/accept_dad": "0",
  "net/ipv6/conf/default/dad_transmits": "0",
  "net/ipv6/conf/default/router_solicitations": "0",
};

const host = (name: string, number: number): TopologyNode => ({
  name,
  init: true,
  role: "host",
  config: {
    sysctls,
    addresses: [
      { interface: "eth0", address: `10.0.0.${number}/24` },
      { interface: "eth0", address: `2001:db8::${number}/64` },
    ],
  },
});

export const pairTopology = (mtu = 1500): Topology => ({
  name: "pair",
  seed: 1,
  nodes: [host("left", 1), host("right", 2)],
  links: [
    {
      name: link,
      mtu,
      endpoints: [
        { node: "left", interface: "eth0" },
        { node: "right", interface: "eth0" },
      ],
    },
  ],
});

export interface WiredPair {
  readonly lab: Lab;
  readonly wire: Wire;
  readonly prober: Prober;
  /** One after the other, from one of the two nodes. */
  send(from: "left" | "right", frames: readonly Buffer[]): Promise<void>;
  /** What happened to the frames of a direction since they were last asked for. */
  counted(direction: Direction): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

let count = 0;

export async function wiredPair(mtu?: number, rules?: readonly FirstRule[]): Promise<WiredPair> {
  count += 1;
  const name = `wire-${process.pid}-${count}`;
  const lab = await netnsBackend(await ensureRuntime()).up(withWire(pairTopology(mtu), [link], rules), { name });
  const prober = startProber((argv) => lab.startHelper(argv));
  const wire = wireOfLab(lab);
  if (wire === undefined) throw new Error("the lab has no wire");
  const before = new Map<string, number>();
  return {
    lab,
    wire,
    prober,
    async send(from, frames) {
      for (const frame of frames) await prober.sendFrame({ namespacePath: lab.namespacePath(from), interface: "eth0", frame });
    },
    async counted(direction) {
      const counters = (await wire.counters()).find((one) => one.direction === direction)?.counters ?? {};
      return Object.fromEntries(
        Object.entries(counters).map(([key, value]) => {
          const difference = value - (before.get(`${direction} ${key}`) ?? 0);
          before.set(`${direction} ${key}`, value);
          return [key, difference];
        }),
      );
    },
    async close() {
      await prober.close();
      await lab.down();
    },
  };
}
