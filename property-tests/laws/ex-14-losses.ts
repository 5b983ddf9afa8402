/** How an exit node is lost to its own node, and given back to it. */
import { formatAddress } from "../../core/common/index.ts";
import type { Fault } from "../../core/farm/index.ts";
import type { Session } from "../run/session.ts";

export interface Loss {
  readonly what: (node: string) => string;
  readonly faults: (session: Session, node: string) => readonly Fault[];
  /** What is done besides, and undone. */
  readonly begin?: (session: Session, node: string) => Promise<void>;
  readonly end?: (session: Session, node: string) => Promise<void>;
}

export const nodeDeath = (node: string): Fault => ({ kind: "node-death", node, carrier: "kept" });

/** The wires are cut silently, and the node ends. */
export const death: Loss = { what: (node) => `${node} was dead`, faults: (_, node) => [nodeDeath(node)] };

/** Nothing but the store is out of reach: tunnels, gateway and all flows go on, as if nothing had happened. */
export const cutOffFromStore: Loss = {
  what: (node) => `${node} was cut off from the store`,
  faults({ farm }, node) {
    const store = farm.internet.hosts.find((host) => host.store);
    const nics = farm.nodes.find(({ name }) => name === node)?.nics ?? [];
    const links = nics.filter(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined).map(({ name }) => `${node}:${name}`);
    return [store?.ipv4, store?.ipv6].flatMap((address) => {
      if (address === undefined) return [];
      const destination = `${formatAddress(address)}/${address.family === 4 ? 32 : 128}`;
      return links.map((link): Fault => ({ kind: "packets", link, loss: 1, only: { destination } }));
    });
  },
};

/** As a process is that gets no time; the kernel of its node goes on. */
export const standstill: Loss = {
  what: (node) => `the agent of ${node} stood still`,
  faults: () => [],
  begin: async ({ lab }, node) => await lab.node(node).services.kill("agent", "SIGSTOP"),
  end: async ({ lab }, node) => await lab.node(node).services.kill("agent", "SIGCONT"),
};
