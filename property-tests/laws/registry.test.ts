import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { laws, lawNamed, nearestLaw } from "./index.ts";

describe("the registry", () => {
  it("every law has an id of its own, and its properties begin with it", () => {
    expect(new Set(laws.map((law) => law.id)).size).toBe(laws.length);
    for (const law of laws) for (const property of law.properties) expect(property.name.startsWith(`${law.id} `)).toBe(true);
  });

  it("every property has a name of its own and is in the registry", () => {
    const names = laws.flatMap((law) => law.properties.map((property) => property.name));
    expect(new Set(names).size).toBe(names.length);
  });

  it("every test that checks a law is there and names it", () => {
    const root = new URL("../../", import.meta.url);
    for (const { id, tests } of laws) for (const file of tests) expect(readFileSync(new URL(file, root), "utf8")).toContain(id);
  });

  it("the first farm's laws all have a property", () => {
    for (const id of ["EX-1", "EX-2", "EX-3", "EX-4", "EX-5", "EX-6", "EX-7", "EX-8", "EX-9", "EX-10", "EX-11", "EX-20"]) {
      expect(lawNamed(id)?.properties.length, id).toBeGreaterThan(0);
    }
  });

  it("finds laws in any case, and the nearest of a mistyped one", () => {
    expect(lawNamed("ex-8")?.id).toBe("EX-8");
    expect(lawNamed("EX-99")).toBeUndefined();
    expect(nearestLaw("EX8")).toBe("EX-8");
  });
});
