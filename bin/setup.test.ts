import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface LockedPackage {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as {
  packages: Record<string, LockedPackage>;
};

describe("package-lock.json, which npm ci installs from everywhere", () => {
  it("names no registry", () => {
    expect(Object.keys(lock.packages).filter((name) => lock.packages[name]?.resolved !== undefined)).toEqual([]);
  });

  it("holds the optional packages of every platform: npm ci refuses it otherwise", () => {
    const optional = Object.values(lock.packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}));
    const held = new Set(Object.keys(lock.packages).map((name) => name.replace(/^.*node_modules\//, "")));
    expect(optional.filter((name) => !held.has(name))).toEqual([]);
  });
});
