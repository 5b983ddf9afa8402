/**
 * Takes a lab down: run by its holder, whatever has become of the process that made the lab. What containerlab leaves behind, as when it was
 * killed half-way, is removed by its mark.
 *
 * usage: teardown.ts LAB CONTAINERLAB SOCKET FOLDER
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import { runContainerlab, topologyFile } from "./command-line.ts";
import { removeContainers, removedAtOnce } from "./containers.ts";
import { engineAt } from "./engine.ts";

const [lab = "", containerlab = "", socket = "", folder = ""] = process.argv.slice(2);

if (existsSync(join(folder, topologyFile))) {
  try {
    await runContainerlab({ containerlab, socket, folder }, "destroy", ["--cleanup", "--max-workers", String(removedAtOnce)]);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    process.stderr.write(`${error.message}\n`);
  }
}
await removeContainers(engineAt(socket), lab);
rmSync(folder, { recursive: true, force: true });
