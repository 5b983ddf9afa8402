/** A `.clab.yml` for `farmlab up`: brought up without containerlab and without a container engine. */
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Problem } from "../../core/common/index.ts";
import { backendNamed } from "../../emulator/backend.ts";
import { ensureRuntime } from "../../emulator/image/index.ts";
import { clabFileKind, programsFolder, readClab, type Topology } from "../../emulator/topology/index.ts";
import { exitCodes } from "../exit-codes.ts";
import { complain } from "../output.ts";
import { readText } from "../read-text.ts";
import { seed, type LabToHold, type UpOptions } from "./lab-to-hold.ts";

/** What such a file may do to this machine and in the lab, and only does for who trusts it. */
function mistrust(file: string, { nodes }: Topology): Problem | undefined {
  const does = [
    ...(nodes.some((node) => node.container?.exec !== undefined) ? ["runs commands in its nodes (exec)"] : []),
    ...(nodes.some((node) => node.container?.binds !== undefined) ? ["shows files of this machine to its nodes (binds)"] : []),
  ];
  if (does.length === 0) return undefined;
  const hint = "read the file; --trust brings it up if you trust it";
  return { severity: "error", code: "not-trusted", message: `${file} ${does.join(" and ")}`, hint };
}

async function missingSources({ nodes }: Topology): Promise<Problem[]> {
  const binds = nodes.flatMap((node) => (node.container?.binds ?? []).map((bind) => ({ node: node.name, ...bind })));
  const found = await Promise.all(
    binds.map(async ({ node, source, target }): Promise<Problem[]> => {
      // farmlab's own programs are there without it.
      if (target === programsFolder) return [];
      const code = await stat(source).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code,
      );
      const message = `node ${node} binds ${source}, which cannot be found: ${code ?? ""}`;
      return code === undefined
        ? []
        : [{ severity: "error", code: "no-bind-source", message, hint: "relative paths begin at the file's folder" }];
    }),
  );
  return found.flat();
}

/** Undefined after saying what is wrong with the file. */
export async function clabLab(file: string, options: UpOptions): Promise<LabToHold | undefined> {
  const text = await readText(file, clabFileKind);
  const read = text.ok ? readClab(text.value, file, { environment: process.env, folder: dirname(resolve(file)), seed }) : text;
  for (const problem of read.problems) {
    if (read.ok ? options.quiet !== true : true) complain(problem, read.ok ? exitCodes.holds : exitCodes.wrongInput);
  }
  if (!read.ok) return undefined;
  const topology = read.value;
  const refused = mistrust(file, topology);
  const problems = refused === undefined || options.trust === true ? await missingSources(topology) : [refused];
  for (const problem of problems) complain(problem, exitCodes.wrongInput);
  if (problems.length > 0) return undefined;
  return {
    topology,
    tunnels: false,
    example: `${topology.nodes.find((node) => node.kind !== "bridge")?.name ?? ""} -- ip address`,
    async bringUp(name, signal, onStep) {
      const lab = await backendNamed(options.backend, await ensureRuntime([], { signal, image: options.image ?? "built" })).up(topology, {
        name,
        signal,
        onProgress: onStep,
      });
      return { lab, close: () => lab.down(), leave: () => lab.detach() };
    },
  };
}
