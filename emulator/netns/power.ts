/** A node's power in a sandbox: its links wait in the network of its next life while nothing of the node runs. */
import { allOf, moveLinks, requestState, stateAfterReboot, switchedNode, type SwitchedNode } from "../node/index.ts";
import type { NodePlan } from "./build.ts";
import type { Sandbox } from "./sandbox.ts";

export interface PoweredNode {
  readonly sandbox: Sandbox;
  readonly plan: NodePlan;
  /** The node runs anew, with this process inside the sandbox first: starts its daemons. */
  readonly started: (initPid: number) => Promise<void>;
}

export function nodePower({ sandbox, plan, started }: PoweredNode): SwitchedNode {
  const { name } = plan.node;
  const ask = async (what: string): Promise<string> => (await sandbox.request([what, name]))[0] ?? "";
  let initPid = 0;
  return switchedNode(name, {
    pause: async () => void (await ask("freeze")),
    resume: async () => void (await ask("thaw")),
    async off() {
      // Links inherit the settings of the network that they come to.
      const [next] = await sandbox.request(["next", name], plan.early);
      await moveLinks(sandbox, name, plan.indexes, Number(next));
      await ask("off");
    },
    async start() {
      initPid = Number(await ask("on"));
    },
    async settle() {
      await allOf([...requestState(sandbox, stateAfterReboot(plan)), sandbox.request(["settle"])]);
      await started(initPid);
    },
  });
}
