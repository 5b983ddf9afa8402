import { expect, it } from "vitest";
import { expectValue } from "../../core/common/index.ts";
import { farmText, loadFarm } from "../../core/farm/index.ts";
import { intentsOf } from "../../core/intents/index.ts";
import { largeFarm, smallerGateway } from "../../topologies/index.ts";
import { runFarms, selectProperties } from "../run/index.ts";

it("EX-19 a BAR with 400 routes in 40 networks has them all, and workloads on the nodes that the lab has are reached", async () => {
  const text = farmText(largeFarm("gateway", smallerGateway));
  const { farm } = expectValue(loadFarm(text, "gateway.farm.yml"));
  const result = await runFarms([{ file: "gateway.farm.yml", text, farm, intents: expectValue(intentsOf(farm)) }], {
    properties: selectProperties(["EX-7", "EX-8", "EX-19"]).filter(({ name }) => !name.includes("timeline")),
    seed: 42,
    backend: "netns",
    jobs: 1,
    signal: new AbortController().signal,
    onEvent: () => undefined,
    version: "test",
  });
  const laws = result.results.flatMap((one) => one.laws);
  expect(laws.filter(({ verdict }) => verdict !== "passed")).toEqual([]);
  const figures = new Map(laws.flatMap((one) => one.figures).map(({ name, value }) => [name, value]));
  expect(figures.get("routes to NRs in gateways")).toBe(800);
  expect(figures.get("NRs that are there when one more comes")).toBe(400);
});
