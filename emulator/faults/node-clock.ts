/** The clock of a node's agent is wrong: the agent looks at a file in its node for by how much. */
import { clockSkewPath, encodeClockSkew, isClockSkew } from "../../core/common/index.ts";
import { FaultError } from "./fault-lab.ts";
import type { FaultOf, Treatment, TreatmentContext } from "./treatments.ts";

const agentName = "agent";

/** Throws a FaultError where the node has no agent, or no clock is so wrong. */
export function agentClock({ lab }: TreatmentContext, { node: name, aheadMs = 0, rate = 1 }: FaultOf<"agent-clock">): Treatment {
  const node = lab.node(name);
  const services = lab.topology.nodes.find((one) => one.name === name)?.config.services ?? [];
  if (!services.some((service) => service.name === agentName)) throw new FaultError(`${name} has no agent whose clock could be wrong`);
  const skew = { aheadMs, rate };
  if (!isClockSkew(skew)) throw new FaultError(`a clock cannot be ${aheadMs} ms ahead and count ${rate} seconds in one`);
  const run = async (argv: readonly string[], what: string, input?: string): Promise<void> => {
    const { code, stderr } = await node.exec(argv, input === undefined ? {} : { input });
    if (code !== 0) throw new FaultError(`the clock of ${name}'s agent ${what}: ${stderr.trim()}`);
  };
  return {
    begin: () => run(["tee", clockSkewPath], "stays right", encodeClockSkew(skew)),
    heal: () => run(["rm", "-f", clockSkewPath], "stays wrong"),
  };
}
