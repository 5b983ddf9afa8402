import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { largeFarm, smallerGateway } from "../../topologies/index.ts";
import { runFarms, selectProperties } from "../run/index.ts";

type Farms = Awaited<ReturnType<typeof runFarms>>;

/** One farm, by the laws of these words. */
async function judged(file: string, text: string, laws: readonly string[]): Promise<Farms> {
  const { farm } = expectValue(loadFarm(text, file));
  return await runFarms([{ file, text, farm, intents: expectValue(intentsOf(farm)) }], {
    properties: selectProperties(laws).filter(({ name }) => !name.includes("timeline")),
    seed: 42,
    backend: "netns",
    jobs: 1,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    version: "test",
  });
}

const notPassed = (result: Farms): readonly string[] =>
  result.results
    .flatMap((one) => one.laws)
    .flatMap(({ property, verdict, why }) => (verdict === "passed" ? [] : [`${verdict}: ${property}: ${why}`]));

it("EX-19 a BAR with 400 routes in 40 networks has them all, and workloads on the nodes that the lab has are reached", async () => {
  const text = farmText(largeFarm("gateway", smallerGateway));
  const result = await judged("gateway.farm.yml", text, ["EX-7", "EX-8", "EX-19"]);
  expect(notPassed(result)).toEqual([]);
  const laws = result.results.flatMap((one) => one.laws);
  const figures = new Map(laws.flatMap((one) => one.figures).map(({ name, value }) => [name, value]));
  expect(figures.get("routes to NRs in gateways")).toBe(800);
  expect(figures.get("NRs that are there when one more comes")).toBe(400);
});

const topology = async (name: string): Promise<string> =>
  await readFile(new URL(`../../topologies/${name}.farm.yml`, import.meta.url), "utf8");

/** Without the node's workloads, as nothing runs on a node that is not there. */
const withAbsent = (text: string, node: string): string =>
  text
    .replace(`  ${node}:\n`, `  ${node}:\n    emulate: false\n`)
    .replaceAll(new RegExp(` +\\S+: \\{ node: ${node}, host[^\\n]*\\n`, "g"), "");

it("laws about nodes, keys and overlays hold where one node of every kind of overlay is not in the lab", async () => {
  const text = withAbsent(await topology("overlays"), "node-2").replace("workload: blue-2", "workload: blue-1");
  const result = await judged("overlays.farm.yml", text, ["EX-12", "EX-13", "EX-17", "EX-18", "EX-19", "EX-20"]);
  expect(notPassed(result)).toEqual([]);
});

it("laws about gateways, prefixes and what a store loses hold where an exit node is not in the lab", async () => {
  // Its networks have no workloads either.
  const text = withAbsent(await topology("three-exit-nodes"), "exit-2")
    .replaceAll(/ +cedar-\d: \{ node: [^\n]*\n/g, "")
    .replace(/(?<=owned-ipv4: \[185\.206\.122\.201\]\n(?: {4,}[^\n]*\n)*) {4}workloads:\n {4}port-forwards:\n[^\n]*\n/, "");
  const result = await judged("three-exit-nodes.farm.yml", text, ["EX-5", "EX-11", "EX-18", "EX-19", "EX-22"]);
  expect(notPassed(result)).toEqual([]);
});
