/**
 * What is left of labs that nobody holds any more: their holder was killed, or the engine was away when it took them down. Found and removed
 * by mark alone; a lab whose name is held is never touched, whoever holds it.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import type Docker from "dockerode";
import { markedContainers, removeContainers } from "./containers.ts";
import { engineAt } from "./engine.ts";
import { unlessHeld } from "./exclusive.ts";
import { labFolder, labFolders } from "./holder.ts";
import { lockOf } from "./marks.ts";
import { isLabName } from "./names.ts";
import { requireEngine } from "./require.ts";

export interface Leftover {
  readonly lab: string;
  /** Names of its containers. */
  readonly containers: readonly string[];
  /** The folder in which it was deployed, where that is there still. */
  readonly folder: string | null;
}

const foldersOf = (): string[] => (existsSync(labFolders()) ? readdirSync(labFolders()) : []);

async function collect(docker: Docker, lab: string): Promise<Leftover> {
  const removed = await removeContainers(docker, lab);
  // Anybody who may make containers may mark one with any name: only such as are names of labs are taken for names of folders.
  const folder = isLabName(lab) ? labFolder(lab) : undefined;
  const isThere = folder !== undefined && existsSync(folder);
  if (isThere) rmSync(folder, { recursive: true, force: true });
  return { lab, containers: removed.map(({ name }) => name).toSorted(), folder: isThere ? folder : null };
}

/** Removes what is left of this user's labs and answers what that was. Throws a LabError where no engine answers: then nothing can be known. */
export async function collectLeftovers(): Promise<Leftover[]> {
  const docker = engineAt((await requireEngine()).socket);
  const labs = new Set([...(await markedContainers(docker)).map(({ lab }) => lab), ...foldersOf()]);
  // The name of each is held while it is looked after, as its holder would: a running lab is never touched, and none can begin meanwhile.
  const collected = await Promise.all([...labs].toSorted().map((lab) => unlessHeld(lockOf(lab), async () => await collect(docker, lab))));
  return collected.filter((one) => one !== undefined).filter(({ containers, folder }) => containers.length > 0 || folder !== null);
}
