/** A node's power in a sandbox: its links wait in the network of its next life while nothing of the node runs. */
import {
  allOf,
  isInMemory,
  moveLinks,
  requestCarriers,
  requestState,
  stateAfterReboot,
  switchedNode,
  type SwitchedNode,
} from "../node/index.ts";
import { bindRequests, type StagedMounts } from "./binds.ts";
import type { NodePlan } from "./build.ts";
import type { Sandbox } from "./sandbox.ts";

export interface PoweredNode {
  readonly sandbox: Sandbox;
  readonly plan: NodePlan;
  readonly mounts: StagedMounts;
  /** The node runs anew, with this process inside the sandbox first. */
  readonly begun: (initPid: number) => void;
  /** Ends what its namespaces have on its links. */
  readonly endUppers: () => Promise<void>;
  /** It has its state again: starts its daemons. */
  readonly startDaemons: () => Promise<void>;
}

export function nodePower({ sandbox, plan, mounts, begun, endUppers, startDaemons }: PoweredNode): SwitchedNode {
  const { name } = plan.node;
  const ask = async (what: string): Promise<string> => (await sandbox.request([what, name]))[0] ?? "";
  return switchedNode(name, {
    pause: async () => void (await ask("freeze")),
    resume: async () => void (await ask("thaw")),
    async off() {
      await endUppers();
      // Links inherit the settings of the network that they come to.
      const [next] = await sandbox.request(["next", name], plan.early);
      await moveLinks(sandbox, name, plan.indexes, Number(next));
      await ask("off");
    },
    async start() {
      begun(Number(await ask("on")));
    },
    async settle() {
      const binds = bindRequests(plan.node, mounts, ({ target }) => isInMemory(target));
      await allOf([
        ...requestState(sandbox, stateAfterReboot(plan)),
        ...binds.map((request) => sandbox.request(request)),
        ...requestCarriers(sandbox, plan),
        sandbox.request(["settle"]),
      ]);
      await startDaemons();
    },
  });
}
