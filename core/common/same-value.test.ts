import { describe, expect, it } from "vitest";
import { sameValue } from "./index.ts";

describe("sameValue", () => {
  it("says of plain data what its JSON says, but for the order of keys", () => {
    const values: readonly unknown[] = [
      undefined,
      null,
      0,
      1,
      "",
      "1",
      [],
      {},
      [1],
      [1, 2],
      [undefined],
      { a: 1 },
      { a: 2 },
      { b: 1 },
      { a: 1, b: [1, { c: "x" }] },
      { a: 1, b: [1, { c: "y" }] },
    ];
    for (const [index, one] of values.entries()) {
      for (const [position, other] of values.entries()) expect(sameValue(one, structuredClone(other))).toBe(index === position);
    }
    expect(sameValue({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true);
    expect(sameValue({ a: undefined }, { b: undefined })).toBe(false);
  });
});
