import { describe, expect, it } from "vitest";
import { allocatorStatusKey, allocatorTextKey, allocatorTurnKey, intentKeys, parseAllocatorKey, parseKey } from "./keys.ts";

describe("intentKeys", () => {
  it("gives the keys of the store", () => {
    expect(intentKeys.allocation(1)).toBe("/farmlab/intents/allocations/1");
    expect(intentKeys.node("node-1")).toBe("/farmlab/intents/nodes/node-1");
    expect(intentKeys.network("blue")).toBe("/farmlab/intents/networks/blue");
    expect(intentKeys.facts("node-1")).toBe("/farmlab/facts/node-1");
    expect(intentKeys.host(4, 10)).toBe("/farmlab/hosts/4-10");
    expect(intentKeys.status("node-1")).toBe("/farmlab/status/node-1");
    expect(intentKeys.numberGrant(1)).toBe("/farmlab/grants/allocations/1");
    expect(intentKeys.networkGrant("blue")).toBe("/farmlab/grants/networks/blue");
    expect(allocatorTextKey(1, "part-3")).toBe("/farmlab/allocator/1/part-3");
  });
});

describe("parseKey", () => {
  it("reads every key back", () => {
    expect(parseKey(intentKeys.numberGrant(0))).toEqual({ kind: "numberGrant", name: "0" });
    expect(parseAllocatorKey(allocatorTextKey(7, "part-3"))).toEqual({ allocationNumber: 7, name: "part-3" });
    expect([allocatorTurnKey, allocatorStatusKey, "/farmlab/allocator/01/x"].map(parseAllocatorKey)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(parseKey(intentKeys.allocation(127))).toEqual({ kind: "allocation", name: "127" });
    expect(parseKey(intentKeys.host(4, 10))).toEqual({ kind: "host", name: "4-10" });
    for (const kind of ["node", "network", "networkGrant", "facts", "status"] as const) {
      expect(parseKey(intentKeys[kind]("a-1"))).toEqual({ kind, name: "a-1" });
    }
  });

  it.each([
    "",
    "/farmlab/",
    "/farmlab/facts/",
    "/farmlab/facts/a/b",
    "/farmlab/intents/nodes",
    "/farmlab/intents/others/a",
    "/farmlab/intents/allocations/x",
    "/farmlab/hosts/4",
    "/farmlab/grants/allocations/x",
    "/farmlab/allocator/1/part-3",
    "/other/facts/a",
    "/farmlab/facts/A b",
  ])("gives nothing for %j", (key) => {
    expect(parseKey(key)).toBeUndefined();
  });
});
