/** A node's power in a sandbox: its links wait in the network of its next life while nothing of the node runs. */
import type { NodePower } from "../lab.ts";
import { allOf, moveLinks, rebooting, requestState, stateAfterReboot } from "../node/index.ts";
import type { NodePlan } from "./build.ts";
import type { Sandbox } from "./sandbox.ts";

export interface PoweredNode {
  readonly sandbox: Sandbox;
  readonly plan: NodePlan;
  /** The node runs anew, with this process inside the sandbox first: starts its daemons. */
  readonly started: (initPid: number) => Promise<void>;
}

export function nodePower({ sandbox, plan, started }: PoweredNode): NodePower {
  const { name } = plan.node;
  let isOff = false;
  const ask = async (what: string): Promise<string> => (await sandbox.request([what, name]))[0] ?? "";
  const powerOff = async (): Promise<void> => {
    if (isOff) return;
    // Links inherit the settings of the network that they come to.
    const [next] = await sandbox.request(["next", name], plan.early);
    await moveLinks(sandbox, name, plan.indexes, Number(next));
    await ask("off");
    isOff = true;
  };
  const powerOn = async (): Promise<void> => {
    if (!isOff) return;
    const initPid = Number(await ask("on"));
    isOff = false;
    await allOf([...requestState(sandbox, stateAfterReboot(plan)), sandbox.request(["settle"])]);
    await started(initPid);
  };
  return {
    pause: async () => void (await ask("freeze")),
    resume: async () => void (await ask("thaw")),
    powerOff,
    powerOn,
    reboot: rebooting({ powerOff, powerOn }),
  };
}
