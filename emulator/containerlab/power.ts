/** A node's power: its container frozen, killed, and started again with the links that it had. */
import type Docker from "dockerode";
import { LabError } from "../lab-error.ts";
import { HelperProcess, moveLink, sendMessages } from "../node/index.ts";
import { firstProcess } from "./containers.ts";
import { isConflict } from "./engine.ts";
import type { Running } from "./node.ts";

export interface NodePower {
  /** Freezes every process of the node where it is; as often as asked for. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Kills every process at once. The far ends of its links do not see it: they keep their carrier, and nobody answers. */
  powerOff(): Promise<void>;
  /** Starts the node as it began: its state and its daemons; what it had written to disk is there, what it had in memory is not. */
  powerOn(): Promise<void>;
  reboot(): Promise<void>;
}

export interface PoweredNode {
  readonly docker: Docker;
  readonly native: string;
  readonly name: string;
  /** Its ends of links. */
  readonly interfaces: readonly string[];
  readonly running: () => Running;
  /** Resolves when the lab has ended. */
  readonly ended: Promise<void>;
  /** The container runs anew and has its links: brings it to its state, and starts its daemons. */
  readonly started: (running: Running) => Promise<void>;
}

const keeperGraceMs = 2000;

/** What is asked for is so already. */
async function unlessSo(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isConflict(error) && !(error instanceof Error && /already paused|not paused/.test(error.message))) throw error;
  }
}

/** A process that keeps the node's network alive while nothing of the node is: its links end there, and their far ends stay as they are. */
async function keepNetwork({ native, name, running }: PoweredNode): Promise<HelperProcess> {
  const keeper = await HelperProcess.start({ native, argv: ["work"], what: `keeping the links of ${name}`, endGraceMs: keeperGraceMs });
  await keeper.request(["network", `/proc/${running().pid}/ns/net`]);
  return keeper;
}

async function moveLinks(keeper: HelperProcess, { name, interfaces }: PoweredNode, { pid }: Running): Promise<void> {
  const [descriptor = ""] = await keeper.request(["open", `/proc/${pid}/ns/net`]);
  const messages = await Promise.all(
    interfaces.map(async (link) => {
      const [index = ""] = await keeper.request(["index", name, link]);
      return { what: `moving ${link}`, bytes: moveLink(Number(index), Number(descriptor)) };
    }),
  );
  if (messages.length > 0) await sendMessages(keeper, name, messages);
}

export function nodePower(node: PoweredNode): NodePower {
  const container = (): Docker.Container => node.docker.getContainer(node.running().id);
  let keeper: HelperProcess | undefined;
  void node.ended.then(() => keeper?.end());
  const powerOff = async (): Promise<void> => {
    if (keeper !== undefined) return;
    keeper = await keepNetwork(node);
    await unlessSo(container().unpause());
    await container().kill();
    await container().wait();
  };
  const powerOn = async (): Promise<void> => {
    if (keeper === undefined) return;
    await container().start();
    const pid = await firstProcess(node.docker, node.running().id);
    if (pid === undefined) throw new LabError("node", `the container of node ${node.name} did not start again`);
    const running = { id: node.running().id, pid };
    await moveLinks(keeper, node, running);
    await keeper.end();
    keeper = undefined;
    await node.started(running);
  };
  return {
    pause: async () => await unlessSo(container().pause()),
    resume: async () => await unlessSo(container().unpause()),
    powerOff,
    powerOn,
    async reboot() {
      await powerOff();
      await powerOn();
    },
  };
}
