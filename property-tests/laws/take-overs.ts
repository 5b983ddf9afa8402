/**
 * How often exit nodes' partners took over (EX-15). On a machine that gives an exit node's daemon no time for 150 ms its partner does so without
 * need, and packets on their way are lost: what a law about packets sees then says something of the machine.
 */
import type { ExitNodeConfig } from "../../core/farm/index.ts";
import type { Session } from "../run/session.ts";
import { partneredBars } from "../run/places.ts";

/** EX-15's bound on how long nothing is answered. */
export const mostOutageMs = 250;

/** Where the daemon that settles who has an exit node's number says what it does, on both nodes. */
export const daemonLog = ({ number, allocationNumber }: ExitNodeConfig): string =>
  `/var/log/farmlab/farmlab-vrrp-${number}-${allocationNumber}.log`;

/** Since the gateways of partners started, all together, as their daemons noted it. */
export async function takeOvers(session: Session): Promise<number> {
  const counts = partneredBars(session.world).map(async ({ config }) => {
    const { stdout } = await session.lab.node(config.partner ?? "").exec(["grep", "-c", "Entering MASTER STATE", daemonLog(config)]);
    return Number(stdout);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
