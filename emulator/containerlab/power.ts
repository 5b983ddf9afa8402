/** A node's power: its container frozen, killed, and started again with the links that it had. */
import type Docker from "dockerode";
import { LabError } from "../lab-error.ts";
import { endUpperLinks, HelperProcess, moveLinks, switchedNode, type SwitchedNode } from "../node/index.ts";
import { firstProcess } from "./containers.ts";
import { isConflict } from "./engine.ts";
import type { Running } from "./node.ts";

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

/** Moves the node's links from the network where the helper is to the one that it has open as a descriptor. */
async function moveAll(helper: HelperProcess, { name, interfaces }: PoweredNode, descriptor: number): Promise<void> {
  const indexes = await Promise.all(
    interfaces.map(async (link) => [link, Number((await helper.request(["index", name, link]))[0])] as const),
  );
  await moveLinks(helper, name, new Map(indexes), descriptor);
}

/** A process with a network of its own in which the node's links wait while nothing of the node is. */
async function takeLinks(node: PoweredNode): Promise<HelperProcess> {
  const { native, name, running } = node;
  const keeper = await HelperProcess.start({ native, argv: ["work"], what: `keeping the links of ${name}`, endGraceMs: keeperGraceMs });
  await keeper.request(["network"]);
  const [own = ""] = await keeper.request(["open", "/proc/thread-self/ns/net"]);
  await keeper.request(["network", `/proc/${running().pid}/ns/net`]);
  await moveAll(keeper, node, Number(own));
  await keeper.request(["network", `/proc/self/fd/${own}`]);
  return keeper;
}

async function giveLinks(keeper: HelperProcess, node: PoweredNode, { pid }: Running): Promise<void> {
  const [descriptor = ""] = await keeper.request(["open", `/proc/${pid}/ns/net`]);
  await moveAll(keeper, node, Number(descriptor));
}

export function nodePower(node: PoweredNode): SwitchedNode {
  const container = (): Docker.Container => node.docker.getContainer(node.running().id);
  let running = node.running();
  let keeper: HelperProcess | undefined;
  void node.ended.then(() => keeper?.end());
  return switchedNode(node.name, {
    pause: async () => await unlessSo(container().pause()),
    resume: async () => await unlessSo(container().unpause()),
    async off() {
      keeper ??= await takeLinks(node);
      // An engine does not kill what it has frozen, and no program runs in it either.
      await unlessSo(container().unpause());
      await endUpperLinks(node.native, node.running().pid, undefined);
      await container().kill();
      await container().wait();
    },
    async start() {
      await container().start();
      const pid = await firstProcess(node.docker, node.running().id);
      if (keeper === undefined || pid === undefined) throw new LabError("node", `the container of node ${node.name} did not start again`);
      running = { id: node.running().id, pid };
      await giveLinks(keeper, node, running);
      await keeper.end();
      keeper = undefined;
    },
    settle: async () => await node.started(running),
  });
}
