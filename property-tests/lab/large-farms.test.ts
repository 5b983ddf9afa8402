import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { edited } from "../laws/broken-farms.ts";
import { fullGateway, largeFarm, smallerGateway } from "../../topologies/index.ts";
import type { LargeFarmSize } from "../../topologies/index.ts";
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

async function judgeGateway(size: LargeFarmSize): Promise<void> {
  const text = farmText(largeFarm("gateway", size));
  const result = await judged("gateway.farm.yml", text, ["EX-7", "EX-8", "EX-19"]);
  expect(notPassed(result)).toEqual([]);
  const laws = result.results.flatMap((one) => one.laws);
  const figures = new Map(laws.flatMap((one) => one.figures).map(({ name, value }) => [name, value]));
  const resources = size.networks * size.resourcesPerNetwork;
  expect(figures.get("routes to NRs in gateways")).toBe(2 * resources);
  expect(figures.get("NRs that are there when one more comes")).toBe(resources);
}

it("EX-19 a BAR with 400 routes in 40 networks has them all, and workloads on the nodes that the lab has are reached", async () => {
  await judgeGateway(smallerGateway);
});

/** Its lab has 436 tunnels, each a process: a minute of two processors and 4.5 GB. */
const fullWaitMs = 600_000;

if (process.env["FARMLAB_TEST_SIZE"] === "deep") {
  it("EX-19 a BAR with 4000 routes in 400 networks has them all, as has one with 400", { timeout: fullWaitMs }, async () => {
    await judgeGateway(fullGateway);
  });
}

/** A farm of `topologies/` of which labs do not have a node, so that nothing runs there, nor in networks that leave by it. */
async function withAbsent(name: string, node: string): Promise<string> {
  const text = await readFile(new URL(`../../topologies/${name}.farm.yml`, import.meta.url), "utf8");
  const { document } = expectValue(loadFarm(text, name));
  const without = edited(document, (draft) => {
    for (const [own, entry] of Object.entries(draft.nodes ?? {})) if (own === node) entry.emulate = false;
    for (const network of Object.values(draft.networks ?? {})) {
      const isCutOff = network.resources.some((resource) => resource.node === node && resource["exit-point"] === true);
      const left = Object.entries(network.workloads ?? {}).filter(([, workload]) => !isCutOff && workload.node !== node);
      network.workloads = Object.fromEntries(left);
      network["port-forwards"] = (network["port-forwards"] ?? []).filter(({ workload }) => left.some(([own]) => own === workload));
    }
  });
  return farmText(without);
}

it("laws about nodes, keys and overlays hold where one node of every kind of overlay is not in the lab", async () => {
  const text = await withAbsent("overlays", "node-2");
  const result = await judged("overlays.farm.yml", text, ["EX-12", "EX-13", "EX-17", "EX-18", "EX-19", "EX-20"]);
  expect(notPassed(result)).toEqual([]);
});

it("laws about gateways, prefixes and what a store loses hold where an exit node is not in the lab", async () => {
  const text = await withAbsent("three-exit-nodes", "exit-2");
  const result = await judged("three-exit-nodes.farm.yml", text, ["EX-5", "EX-11", "EX-18", "EX-19", "EX-22"]);
  expect(notPassed(result)).toEqual([]);
});
