import { describe, expect, it } from "vitest";
import { checkImports } from "./import-rules.ts";
import { readImports } from "./read-imports.ts";
import { mayImport } from "./rooms.ts";

const messages = (sources: Record<string, string>): string[] =>
  checkImports(new Map(Object.entries(sources))).map(({ message }) => message);

describe("readImports", () => {
  it("reads statements over several lines, re-exports, bare imports and calls, and tells types", () => {
    const text = [
      'import type { A } from "./a.ts";',
      'import {\n  type B,\n  b,\n} from "../b/index.ts";',
      'export * from "./c.ts";',
      'import "vitest";',
      'const d = await import("./d.ts");',
      'export const from = "./not-imported.ts";',
      'export type { E } from "zod";',
      'export type F = "./not-imported-either.ts";',
    ].join("\n");
    expect(readImports("core/x/y.ts", text).map(({ line, target, specifier, typeOnly }) => [line, target ?? specifier, typeOnly])).toEqual([
      [1, "core/x/a.ts", true],
      [2, "core/b/index.ts", false],
      [6, "core/x/c.ts", false],
      [7, "vitest", false],
      [10, "zod", true],
      [8, "core/x/d.ts", false],
    ]);
  });
});

describe("the rooms' table", () => {
  it("holds through rooms in between, and types stay types on the way", () => {
    expect(mayImport("core/plan", "core/common")).toBe("yes");
    expect(mayImport("core/plan", "core/intents")).toBe("types");
    expect(mayImport("core/apply", "core/intents")).toBe("types");
    expect(mayImport("core/agents", "emulator")).toBe("no");
    expect(mayImport("core/common", "core/farm")).toBe("no");
    expect(mayImport("emulator", "core/farm")).toBe("types");
  });
});

describe("checkImports", () => {
  it("refuses what the table does not allow", () => {
    expect(messages({ "core/agents/a.ts": 'import { x } from "../../emulator/index.ts";' })).toEqual([
      "core/agents may not import emulator",
    ]);
    expect(messages({ "emulator/a.ts": 'import { x } from "../core/farm/index.ts";' })).toEqual([
      "emulator may import only types of core/farm",
    ]);
    expect(messages({ "emulator/a.ts": 'import type { X } from "../core/farm/index.ts";' })).toEqual([]);
  });

  it("keeps the pure rooms pure and vitest in tests", () => {
    expect(messages({ "core/derive/a.ts": 'import { readFileSync } from "node:fs";' })).toEqual(["core/derive is pure: no node:fs"]);
    expect(messages({ "core/derive/a.test.ts": 'import { readFileSync } from "node:fs";\nimport { it } from "vitest";' })).toEqual([]);
    expect(messages({ "core/apply/a.ts": 'import { it } from "vitest";' })).toEqual(["only tests import vitest"]);
  });

  it("lets the oracle judge from types of the farm and from addresses, through any file in between", () => {
    const oracle = "property-tests/oracle/judge.ts";
    const addresses = { "core/common/address.ts": 'import { Address6 } from "ip-address";' };
    expect(
      messages({
        ...addresses,
        [oracle]: 'import type { Farm } from "../../core/farm/index.ts";\nimport { x } from "../../core/common/address.ts";',
      }),
    ).toEqual([]);
    expect(messages({ [oracle]: 'import { derive } from "../../core/derive/index.ts";' })).toHaveLength(1);
    expect(messages({ [oracle]: 'import { loadFarm } from "../../core/farm/index.ts";' })).toHaveLength(1);
    expect(
      messages({
        [oracle]: 'import { x } from "../../core/common/address.ts";',
        "core/common/address.ts": 'import { y } from "./random.ts";',
      })[0],
    ).toMatch("judge.ts -> core/common/address.ts -> core/common/random.ts");
  });
});
