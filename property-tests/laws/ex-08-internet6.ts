/** EX-8: IPv6 to and from the internet, untouched by NAT. */
import type { Flow } from "../oracle/index.ts";
import type { Session } from "../run/session.ts";
import { flowsTo, judgeFlows } from "./flows.ts";
import { outcomeOf, seesTunnelled } from "./law.ts";
import type { Property, PropertyOutcome } from "./law.ts";

const nothing = "this farm has no workload or no host on the IPv6 internet";

async function outbound(session: Session): Promise<PropertyOutcome> {
  const services = (["tcp", "udp"] as const).map((protocol) => ({ protocol, port: session.internetPort }));
  const flows = session.world.workloads.flatMap((from) =>
    session.world.internetHosts.flatMap((host): Flow[] => (host.ipv6 === undefined ? [] : flowsTo(from, host.ipv6, services))),
  );
  const { runs, stories, broken } = await judgeFlows(session, "EX-8/out", flows);
  return outcomeOf(runs, stories, { broken, nothing });
}

async function inbound(session: Session): Promise<PropertyOutcome> {
  const flows = session.world.internetHosts.flatMap((host) =>
    host.ipv6 === undefined ? [] : session.world.workloads.flatMap((to) => flowsTo(host, to.ipv6, to.services)),
  );
  const { runs, stories, broken } = await judgeFlows(session, "EX-8/in", flows);
  return outcomeOf(runs, stories, { broken, nothing });
}

export const internet6Properties: readonly Property[] = [
  { law: "EX-8", name: "EX-8 keeps the workload's own IPv6 address", needs: seesTunnelled, run: outbound },
  { law: "EX-8", name: "EX-8 the internet reaches every service of a workload on IPv6", needs: seesTunnelled, run: inbound },
];
