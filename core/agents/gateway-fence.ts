/** Opening and closing the fence around a gateway that may be another node's by now, and telling the neighbours whose it is (EX-14). */
import type { CommandResult } from "../apply/index.ts";
import { closeFence, fencedNamespace, openFence, type FencedGateway } from "../plan/index.ts";
import type { ProgramRunner } from "../programs/index.ts";

export interface GatewayFence {
  /** Lets the gateway answer for so many milliseconds from now on. */
  open(gateway: FencedGateway, milliseconds: number): Promise<void>;
  /** From now on it answers nothing. */
  close(): Promise<void>;
  /** Tells all neighbours on PrefixZero that the gateway's addresses are here. What it sends passes the fence like all else. */
  announce(gateway: FencedGateway): Promise<void>;
}

/** Every call throws an Error with the program's words when it fails, as where there is no such gateway yet. */
export function createGatewayFence(programs: Pick<ProgramRunner, "run">): GatewayFence {
  const done = ({ code, stderr }: CommandResult): void => {
    if (code !== 0) throw new Error(stderr.trim().slice(0, 300));
  };
  const nft = async (input: string): Promise<void> =>
    done(await programs.run({ namespace: fencedNamespace, argv: ["nft", "-f", "-"], input }));
  return {
    open: async ({ link }, milliseconds) => await nft(openFence(link, milliseconds)),
    close: async () => await nft(closeFence()),
    // A link that is given its hardware address, even the one it has, sends a gratuitous ARP and an unsolicited neighbour advertisement for each
    // of its addresses (sysctls arp_notify and ndisc_notify).
    announce: async ({ link, mac }) =>
      done(await programs.run({ namespace: fencedNamespace, argv: ["ip", "link", "set", "dev", link, "address", mac] })),
  };
}
