/**
 * What is left of labs that nobody holds any more: their holder was killed, or the engine was away when it took them down. Found and removed
 * by mark alone; a lab whose name is held is never touched, whoever holds it.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { heldNames } from "../locate.ts";
import { markedContainers, removeContainers } from "./containers.ts";
import { engineAt } from "./engine.ts";
import { labFolder, labFolders } from "./holder.ts";
import { userId } from "./marks.ts";
import { requireEngine } from "./require.ts";

export interface Leftover {
  readonly lab: string;
  /** Names of its containers. */
  readonly containers: readonly string[];
  /** The folder in which it was deployed, where that is there still. */
  readonly folder: string | null;
}

const foldersOf = (): string[] => (existsSync(labFolders()) ? readdirSync(labFolders()) : []);

/** Removes what is left of this user's labs and answers what that was. Throws a LabError where no engine answers: then nothing can be known. */
export async function collectLeftovers(): Promise<Leftover[]> {
  const docker = engineAt((await requireEngine()).socket);
  // In this order: what is there before its name is looked for, and not held then, is not the beginning of a new lab.
  const labs = new Set([...(await markedContainers(docker)).map(({ lab }) => lab), ...foldersOf()]);
  const held = await heldNames(userId());
  const leftovers = [...labs].filter((lab) => !held.has(lab)).toSorted();
  return await Promise.all(
    leftovers.map(async (lab) => {
      const removed = await removeContainers(docker, lab);
      const folder = labFolder(lab);
      const isThere = existsSync(folder);
      rmSync(folder, { recursive: true, force: true });
      return { lab, containers: removed.map(({ name }) => name).toSorted(), folder: isThere ? folder : null };
    }),
  );
}
