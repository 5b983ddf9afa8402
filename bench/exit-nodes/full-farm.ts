/** A full farm, 60,000 NRs on 15 exit nodes: how long until every node is planned, and in how much memory. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchFigure } from "../figures.ts";
import type { FullFarmFound } from "./full-farm-process.ts";

const entry = fileURLToPath(new URL("full-farm-process.ts", import.meta.url));
/** Seconds of processor time, and megabytes. */
const targets = { seconds: 5, megabytes: 1000 };

async function found(): Promise<FullFarmFound> {
  return await new Promise((resolve, reject) => {
    const child = fork(entry, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.once("message", (message) => resolve(message as FullFarmFound));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the full farm's process ended with ${code}`)));
  });
}

export async function fullFarmFigures(say: (line: string) => void): Promise<readonly BenchFigure[]> {
  say("a full farm in a process of its own");
  const { intentsMs, plansMs, resources, routes, residentKilobytes } = await found();
  return [
    { name: "NRs of a full farm", value: resources, unit: "", target: null },
    { name: "routes in the plans of all its nodes", value: routes, unit: "", target: null },
    { name: "giving out its prefixes, of processor time", value: intentsMs / 1000, unit: "s", target: null },
    { name: "planning all its nodes, of processor time", value: plansMs / 1000, unit: "s", target: null },
    { name: "both", value: (intentsMs + plansMs) / 1000, unit: "s", target: targets.seconds },
    { name: "most memory of the process that does it", value: residentKilobytes / 1000, unit: "MB", target: targets.megabytes },
  ];
}
