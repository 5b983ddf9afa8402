/** EX-7: workloads of one network reach each other, over as few NRs as the mesh allows. */
import type { Flow } from "../oracle/index.ts";
import { addressOf } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { flowsTo, judgeFlows } from "./flows.ts";
import { outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

/** Every ordered pair of workloads of one network, over one family. */
export function pairFlows(session: Session, family: 4 | 6): Flow[] {
  const { workloads } = session.world;
  return workloads.flatMap((from) =>
    workloads
      .filter((to) => to !== from && to.network === from.network)
      .flatMap((to) => flowsTo(from, addressOf(to, family) ?? to.ipv6, to.services)),
  );
}

const over =
  (family: 4 | 6) =>
  async (session: Session): Promise<PropertyOutcome> => {
    const { runs, stories, broken } = await judgeFlows(session, `EX-7/${family}`, pairFlows(session, family));
    return outcomeOf(runs, stories, { broken, nothing: "no network of this farm has two workloads" });
  };

export const withinProperties: readonly Property[] = [
  {
    law: "EX-7",
    name: "EX-7 workloads of one network reach each other on IPv6 over 2 NRs, or 3 where both nodes are hidden",
    needs: seesTunnelled,
    run: over(6),
  },
  {
    law: "EX-7",
    name: "EX-7 workloads of one network reach each other on IPv4 over 2 NRs, or 3 where both nodes are hidden",
    needs: seesTunnelled,
    run: over(4),
  },
];
