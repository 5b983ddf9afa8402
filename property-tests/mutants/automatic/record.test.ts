import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lawNamed } from "../../laws/index.ts";
import { equivalents } from "./exceptions.ts";
import type { MutationRecord } from "./mutate.ts";

const root = new URL("../../../", import.meta.url).pathname;
const record = JSON.parse(readFileSync(new URL("record.json", import.meta.url), "utf8")) as MutationRecord;

describe("the kept record of changes drawn at random", () => {
  it("is of 20 changes, each of a place of its own, and says with what it was made", () => {
    expect(record.schema).toBe("farmlab.mutations/1");
    for (const { commit } of record.entries) expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(new Set(record.entries.map(({ file, line }) => `${file}:${line}`)).size).toBe(20);
  });

  it.each(record.entries)("$file:$line was found by a law, reduced, and broke it again when replayed", ({ outcome, reduced, replayed }) => {
    expect(outcome.kind).toBe("found");
    if (outcome.kind !== "found") return;
    const properties = outcome.laws.flatMap((law) => lawNamed(law)?.properties ?? []);
    expect(properties.map(({ name }) => name)).toContain(outcome.property);
    expect(outcome.why).toContain(`(${outcome.property.split(" ")[0]}`);
    expect(["minimal", "unsure", "budget"]).toContain(reduced?.end);
    expect(replayed?.outcome).toBe("fires");
  });

  it("almost all were made smaller in time", () => {
    const smaller = record.entries.filter(({ reduced }) => reduced !== null && reduced.to !== reduced.from);
    expect(smaller.length).toBeGreaterThanOrEqual(19);
  });

  it("counts what it found, and gives a reason for each change that was drawn and not counted", () => {
    expect(record.found).toBe(record.entries.length);
    for (const { reason } of record.redrawn) expect(reason).not.toBe("");
  });
});

it("an exception is of a line that is there, and has a reason", () => {
  for (const { file, before, reason } of equivalents) {
    const lines = readFileSync(root + file, "utf8").split("\n");
    expect(lines.map((line) => line.trim()).filter((line) => line === before).length, `${file}: ${before}`).toBeGreaterThan(0);
    expect(reason).not.toBe("");
  }
});
