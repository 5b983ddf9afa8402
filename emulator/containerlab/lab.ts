/** A lab of the containerlab backend, from the side of the process that makes it. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { Runtime } from "../image/index.ts";
import { LabError } from "../lab-error.ts";
import type { Lab, UpOptions } from "../lab.ts";
import { linkEnds, numberInterfaces, planState, runCommands, startServices, unlessAborted, type HelperProcess } from "../node/index.ts";
import type { Topology } from "../topology/index.ts";
import { runContainerlab, topologyFile, type LabCommand } from "./command-line.ts";
import { firstProcess, markedContainers, removeContainers } from "./containers.ts";
import { deployFile } from "./deploy-file.ts";
import { engineAt } from "./engine.ts";
import { clearPlace, labFolder, startHolder } from "./holder.ts";
import { checkNames } from "./names.ts";
import { ensureNodeImage } from "./node-image.ts";
import { bringToState, containerNode, rootOf, type ContainerNode, type Running } from "./node.ts";
import { placePrograms } from "./programs.ts";
import { requireContainerlab, requireEngine } from "./require.ts";

/** Throws a LabError or an Error that says what is wrong in the topology: before anything is made. */
function checkTopology(lab: string, topology: Topology): void {
  checkNames(lab, topology);
  const interfaces = numberInterfaces(topology);
  const ends = linkEnds(topology);
  for (const node of topology.nodes) planState(node, ends.get(node.name) ?? [], interfaces);
}

/** What runs each node. Throws a LabError for one that does not run. */
async function runningNodes(docker: Docker, lab: string, topology: Topology): Promise<Map<string, Running>> {
  const containers = new Map((await markedContainers(docker, lab)).map((container) => [container.node, container.id]));
  const found = await Promise.all(
    topology.nodes.map(async ({ name }) => {
      const id = containers.get(name);
      const pid = id === undefined ? undefined : await firstProcess(docker, id);
      if (id === undefined || pid === undefined) throw new LabError("node", `the container of node ${name} does not run`);
      return [name, { id, pid }] as const;
    }),
  );
  return new Map(found);
}

interface Making {
  readonly topology: Topology;
  readonly options: UpOptions;
  readonly runtime: Runtime;
  readonly command: LabCommand;
  readonly image: string;
}

async function makeNodes({ topology, options, runtime, command, image }: Making): Promise<Map<string, Running>> {
  const { name, signal, onProgress } = options;
  const programs = join(command.folder, "programs");
  mkdirSync(programs);
  placePrograms(programs, runtime);
  writeFileSync(join(command.folder, topologyFile), deployFile(topology, name, image, programs));
  onProgress?.(`deploying ${topology.nodes.length} containers and ${topology.links.length} links`);
  await runContainerlab(command, "deploy", [], signal);
  const running = await runningNodes(engineAt(command.socket), name, topology);
  onProgress?.("bringing nodes to their state");
  const ends = linkEnds(topology);
  await Promise.all(
    topology.nodes.map(async (node) => {
      const container = running.get(node.name);
      if (container !== undefined) await bringToState(runtime.native, topology, node, ends.get(node.name) ?? [], container);
    }),
  );
  return running;
}

/** What only this backend's labs offer besides. */
export interface ContainerlabLab extends Lab {
  readonly backend: "containerlab";
  node(name: string): ContainerNode;
}

function assemble({ topology, options, runtime, command }: Making, holder: HelperProcess, running: Map<string, Running>): ContainerlabLab {
  const { name } = options;
  const docker = engineAt(command.socket);
  const ends = linkEnds(topology);
  const runningOf = (node: string): Running => {
    const found = running.get(node);
    if (found === undefined) throw new Error(`lab ${name} has no node ${node}`);
    return found;
  };
  const nodes = new Map<string, ContainerNode>();
  for (const node of topology.nodes) {
    const interfaces = ends.get(node.name) ?? [];
    const started = async (again: Running): Promise<void> => {
      running.set(node.name, again);
      await bringToState(runtime.native, topology, node, interfaces, again, true);
      await startServices({ ...topology, nodes: [node] }, nodes, undefined);
    };
    const { native } = runtime;
    const { ended } = holder;
    nodes.set(
      node.name,
      containerNode({ docker, native, name: node.name, interfaces, ended, running: () => runningOf(node.name), started }),
    );
  }
  return {
    name,
    backend: "containerlab",
    topology,
    ended: holder.ended,
    node(node) {
      const found = nodes.get(node);
      if (found === undefined) throw new Error(`lab ${name} has no node ${node}`);
      return found;
    },
    namespacePath: (node, namespace) =>
      namespace === undefined ? `/proc/${runningOf(node).pid}/ns/net` : `${rootOf(runningOf(node))}/run/netns/${namespace}`,
    startHelper: (argv) => spawn(runtime.native, argv, { stdio: "pipe" }),
    detach: async () => await holder.detach(),
    down: async () => await takeDown(holder, name, command),
  };
}

/** The holder takes the lab down; where somebody has killed it meanwhile, what it has left is removed here. */
async function takeDown(holder: HelperProcess, lab: string, { socket }: LabCommand): Promise<void> {
  await holder.end();
  await removeContainers(engineAt(socket), lab);
}

/** Makes the lab; on failure or abort nothing of it is left. Throws a LabError, or an Error that says what is wrong in the topology. */
export async function upContainerlabLab(topology: Topology, options: UpOptions, runtime: Runtime): Promise<ContainerlabLab> {
  const { name, signal, onProgress } = options;
  signal?.throwIfAborted();
  checkTopology(name, topology);
  const [containerlab, engine] = await Promise.all([requireContainerlab(), requireEngine()]);
  const image = await ensureNodeImage(engineAt(engine.socket), runtime, (step) => onProgress?.(step), signal);
  const command = { containerlab: containerlab.path, socket: engine.socket, folder: labFolder(name) };
  const making = { topology, options, runtime, command, image };
  const holder = await startHolder(runtime.native, name, command);
  try {
    await clearPlace(name, command);
    // containerlab itself is waited for at an abort; what comes after it is not.
    const running = await unlessGone(holder, makeNodes(making));
    const lab = assemble(making, holder, running);
    onProgress?.("starting daemons");
    const nodes = new Map(topology.nodes.map((node) => [node.name, lab.node(node.name)]));
    await unlessAborted(startServices(topology, nodes, signal), signal);
    await unlessAborted(runCommands(topology, nodes, signal), signal);
    return lab;
  } catch (error) {
    await takeDown(holder, name, command);
    throw error;
  }
}

/** Rejects when the holder ends meanwhile: then somebody has taken the lab down. */
async function unlessGone<T>(holder: HelperProcess, work: Promise<T>): Promise<T> {
  const gone = holder.ended.then(() => {
    throw new LabError("lab-gone", "the lab ended while it was made");
  });
  work.catch(() => undefined);
  return await Promise.race([work, gone]);
}
