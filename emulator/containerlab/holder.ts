/** A lab's holder: the small process that has its name, and that takes it down when nobody else does (emulator/native/hold.c). */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "../image/index.ts";
import { HelperProcess } from "../node/index.ts";
import { removeContainers } from "./containers.ts";
import { engineAt } from "./engine.ts";
import type { LabCommand } from "./command-line.ts";

/** So long a lab may take to go down: containerlab's time to end, and the engine's for its containers. */
const endGraceMs = 90_000;

/** Below the cache: a folder for each lab that is up. */
export const labFolders = (): string => join(cacheDirectory(), "containerlab-labs");
export const labFolder = (lab: string): string => join(labFolders(), lab);

/** Claims the lab's name. Throws a LabError where it is taken. */
export async function startHolder(native: string, lab: string, { containerlab, socket, folder }: LabCommand): Promise<HelperProcess> {
  const teardown = [process.execPath, join(import.meta.dirname, "teardown.ts"), lab, containerlab, socket, folder];
  const argv = ["hold", "--name", lab, "--about", `containerlab\t${socket}`, "--", ...teardown];
  return await HelperProcess.start({ native, argv, what: `claiming the name of lab ${lab}`, endGraceMs });
}

/** A folder for a lab whose name is claimed, without what a lab of the same name has left that nobody holds any more. */
export async function clearPlace(lab: string, { socket, folder }: LabCommand): Promise<void> {
  await removeContainers(engineAt(socket), lab);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
