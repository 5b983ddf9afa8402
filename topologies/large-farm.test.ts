import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { expectValue } from "../core/common/index.ts";
import { loadFarm } from "../core/farm/index.ts";
import { largeFarm } from "./index.ts";

describe("large farms", () => {
  it.each([1, 2, 14, 15])("with %i exit nodes are sound and have as many NRs as they say", (exitNodes) => {
    const text = stringify(largeFarm("large", { exitNodes, otherNodes: 12, networks: 60, resourcesPerNetwork: 4 }));
    const { farm } = expectValue(loadFarm(text, "large.farm.yml"));
    const hosts = farm.networks.map(({ resources }) => resources.find(({ exitPoint }) => exitPoint)?.node);
    expect(farm.networks.flatMap(({ resources }) => resources)).toHaveLength(240);
    expect(new Set(hosts).size).toBe(exitNodes);
  });
});
