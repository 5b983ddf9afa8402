import { describe, expect, it } from "vitest";
import { parsePrefix, type Prefix } from "../common/index.ts";
import type { Intents } from "../intents/index.ts";
import type { Operation, Snapshot } from "./gateway.ts";
import type { Store } from "./store.ts";
import { writeIntents } from "./write-intents.ts";

/** A store of values only, which keeps the transactions that it was given. */
function valuesOnly(): Pick<Store, "range" | "transact"> & {
  readonly values: Map<string, { value: string; revision: number }>;
  readonly batches: (readonly Operation[])[];
  revision: number;
} {
  const self = {
    values: new Map<string, { value: string; revision: number }>(),
    batches: [] as (readonly Operation[])[],
    revision: 1,
    range: async (): Promise<Snapshot> =>
      await Promise.resolve({ cluster: "1", revision: self.revision, entries: [...self.values].map(([key, held]) => ({ key, ...held })) }),
    transact: async (operations: readonly Operation[]): Promise<number> => {
      self.batches.push(operations);
      self.revision += 1;
      for (const operation of operations) {
        if ("put" in operation) self.values.set(operation.put.key, { value: operation.put.value, revision: self.revision });
        else self.values.delete(operation.delete);
      }
      return await Promise.resolve(self.revision);
    },
  };
  return self;
}

const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

const intentsOf = (networks: number, nodes: number): Intents => ({
  allocations: [{ prefix: prefix("2a02:1802:5e::/48"), number: 1 }],
  nodes: Array.from({ length: nodes }, (_, index) => ({ name: `node-${index}` })),
  networks: Array.from({ length: networks }, (_, index) => ({
    name: `net-${index}`,
    kind: "exit-node",
    allocationNumber: 1,
    ownedIpv4: [],
    resources: [],
    workloads: [],
    portForwards: [],
  })),
});

describe("writing intents", () => {
  it("is one transaction for a small farm, and none when nothing changed", async () => {
    const store = valuesOnly();
    const revision = await writeIntents(store as unknown as Store, intentsOf(2, 3));
    expect(store.batches.map((batch) => batch.length)).toEqual([6]);
    store.revision += 5;
    expect(await writeIntents(store as unknown as Store, intentsOf(2, 3))).toBe(revision);
    expect(store.batches).toHaveLength(1);
  });

  it("takes away what is gone, and networks before what they name", async () => {
    const store = valuesOnly();
    await writeIntents(store as unknown as Store, intentsOf(2, 3));
    await writeIntents(store as unknown as Store, intentsOf(1, 2));
    expect(store.batches[1]).toEqual([{ delete: "/farmlab/intents/networks/net-1" }, { delete: "/farmlab/intents/nodes/node-2" }]);
  });

  it("keeps within the store's limits for a large farm", async () => {
    const store = valuesOnly();
    await writeIntents(store as unknown as Store, intentsOf(1000, 500));
    expect(Math.max(...store.batches.map((batch) => batch.length))).toBeLessThanOrEqual(128);
    expect(store.values.size).toBe(1501);
  });
});
