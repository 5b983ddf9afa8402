/** A lab's containers, found and removed by their marks. */
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { startDeadline } from "../../core/common/index.ts";
import { isConflict, isNotFound } from "./engine.ts";
import { labMark, marksOf, nodeLabel, userId, userMark } from "./marks.ts";

export interface MarkedContainer {
  readonly id: string;
  readonly name: string;
  readonly lab: string;
  readonly node: string;
}

const goneWaitMs = 30_000;
const clock = { nowMs: () => performance.now(), pause: async (milliseconds: number) => void (await pause(milliseconds)) };

/** Containers of one lab of this user, or of all of them; also those that do not run. */
export async function markedContainers(docker: Docker, lab?: string): Promise<MarkedContainer[]> {
  const label = lab === undefined ? [labMark, `${userMark}=${userId()}`] : Object.entries(marksOf(lab)).map((mark) => mark.join("="));
  const found = await docker.listContainers({ all: true, filters: { label } });
  return found.map(({ Id: id, Names: names, Labels: labels }) => ({
    id,
    name: names[0]?.replace(/^\//, "") ?? id,
    lab: labels[labMark] ?? "",
    node: labels[nodeLabel] ?? "",
  }));
}

/**
 * Containers removed together. Docker 20.10 may lock up for good when dozens end at the same time (its libnetwork takes two locks in either
 * order): seen with 64, and then every lab of the machine waits for ever.
 */
export const removedAtOnce = 4;

/** One that is gone, or is just being removed by somebody else, is as good. */
async function remove(docker: Docker, id: string): Promise<void> {
  try {
    await docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

/** Removes all containers of a lab, whatever they do; resolves when none is left. */
export async function removeContainers(docker: Docker, lab: string): Promise<MarkedContainer[]> {
  const removed = new Map<string, MarkedContainer>();
  return await startDeadline(clock, goneWaitMs).until(`the containers of ${lab} to go`, async () => {
    const left = await markedContainers(docker, lab);
    if (left.length === 0) return { done: [...removed.values()] };
    for (const container of left) removed.set(container.id, container);
    await Promise.all(left.slice(0, removedAtOnce).map(async ({ id }) => await remove(docker, id)));
    return { seen: left.map(({ name }) => name).join(", ") };
  });
}

/** Process id of a running container's first process, as this machine sees it; undefined where it does not run. */
export async function firstProcess(docker: Docker, id: string): Promise<number | undefined> {
  const { State: state } = await docker.getContainer(id).inspect();
  return state.Running && state.Pid > 0 ? state.Pid : undefined;
}
