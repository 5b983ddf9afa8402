/** What a node's power has in common in every backend: its links move on to its next life, and what of its state is made again. */
import { LabError } from "../lab-error.ts";
import type { ExecResult, NodePower } from "../lab.ts";
import { execInNode } from "./exec.ts";
import type { HelperProcess } from "./helper-process.ts";
import { moveLink } from "./netlink.ts";
import { sendMessages, type NodeState } from "./state.ts";

const memory = /^\/(?:(?:var\/)?run|tmp|dev\/shm)\//;

/** Whether what is there is lost with the node's power. */
export const isInMemory = (path: string): boolean => memory.test(path);

/** Files on the node's disk are there already, as it has left them. */
export function stateAfterReboot(state: NodeState): NodeState {
  const { node } = state;
  const files = Object.fromEntries(Object.entries(node.config.files ?? {}).filter(([path]) => isInMemory(path)));
  return { ...state, node: { ...node, config: { ...node.config, files } } };
}

/** Moves links by their indexes to the network that the helper has open as a descriptor; they lose their addresses, and are down there. */
export async function moveLinks(
  helper: HelperProcess,
  node: string,
  indexes: ReadonlyMap<string, number>,
  descriptor: number,
): Promise<void> {
  const messages = [...indexes].map(([name, index]) => ({ what: `moving ${name}`, bytes: moveLink(index, descriptor) }));
  if (messages.length > 0) await sendMessages(helper, node, messages);
}

/**
 * Constant. The kernel lets a macvlan be on a link that moves to another network, and takes a namespace that nobody is in any more apart when it
 * comes to it: until then what was in a dead node would answer on its links, once they are plugged in again.
 */
const endUppers = `
for name in $(ls /run/netns 2> /dev/null); do
  for link in $(/usr/lib/farmlab/native in "$name" ip -o link show type macvlan | cut -d : -f 2 | cut -d @ -f 1); do
    /usr/lib/farmlab/native in "$name" ip link delete "$link"
  done
done
`;

/** Ends what a node's namespaces have on its links, wherever these are by now; `node` as `execInNode` takes it. A program has to be able to run there. */
export async function endUpperLinks(native: string, firstPid: number, node: string | undefined): Promise<void> {
  const { code, stderr } = await execInNode(native, firstPid, node, ["sh", "-c", endUppers]);
  if (code !== 0) throw new LabError("node", `what is on the links of ${node ?? "a node"} does not end: ${stderr.trim()}`);
}

/** How a backend does it. */
export interface PowerMeans {
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** Of a node that is paused: it neither sees its links go one after the other nor tells anybody. */
  readonly off: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Of a node that was started: its state, and its daemons until they are ready. */
  readonly settle: () => Promise<void>;
}

export interface SwitchedNode extends NodePower {
  readonly isOff: () => boolean;
  /** What a program that is to be run in the node gets instead of a run; undefined where it can run. */
  readonly refusal: () => ExecResult | undefined;
}

/** As for any other way of not getting in. */
const cannotEnterCode = 125;

/** Whether a node runs, is paused or is off: what is asked of its power is done one after the other, and only what changes something. */
export function switchedNode(node: string, means: PowerMeans): SwitchedNode {
  let state: "on" | "paused" | "off" = "on";
  let last: Promise<void> = Promise.resolve();
  const inTurn =
    (work: () => Promise<void>): (() => Promise<void>) =>
    () => {
      const turn = last.then(work);
      last = turn.catch(() => undefined);
      return turn;
    };
  const pause = async (): Promise<void> => {
    if (state === "off") throw new LabError("off", `node ${node} is off: nothing of it is there to be paused`);
    if (state === "on") await means.pause();
    state = "paused";
  };
  const resume = async (): Promise<void> => {
    if (state !== "paused") return;
    await means.resume();
    state = "on";
  };
  const powerOff = async (): Promise<void> => {
    if (state === "off") return;
    const before = state;
    await pause();
    try {
      await means.off();
    } catch (error) {
      if (before === "on") await resume();
      throw error;
    }
    state = "off";
  };
  const powerOn = async (): Promise<void> => {
    if (state !== "off") return;
    await means.start();
    state = "on";
    await means.settle();
  };
  const reboot = async (): Promise<void> => {
    await powerOff();
    await powerOn();
  };
  return {
    pause: inTurn(pause),
    resume: inTurn(resume),
    powerOff: inTurn(powerOff),
    powerOn: inTurn(powerOn),
    reboot: inTurn(reboot),
    isOff: () => state === "off",
    refusal: () => (state === "on" ? undefined : { code: cannotEnterCode, stdout: "", stderr: `node ${node} is ${state}` }),
  };
}
