import { expect, it } from "vitest";
import { farmFiles, topologyLaws } from "./topology-laws.fixture.ts";

it.each(farmFiles)("every law holds on %s", async (name) => {
  expect((await topologyLaws("netns", name)).troubles).toEqual([]);
});
