import { describe, expect, it } from "vitest";
import type { Law } from "../../property-tests/laws/index.ts";
import { laws, lawsToCome } from "../../property-tests/laws/index.ts";
import type { KillMatrix, MatrixRow } from "../../property-tests/mutants/index.ts";
import type { Verdicts } from "../../property-tests/run/index.ts";
import { lawFaults } from "./check-laws.ts";
import type { Standing } from "./check-laws.ts";

const law = (id: string, ...names: readonly string[]): Law => ({
  ...{ id, kind: "lab", text: "it holds", tests: [] },
  properties: names.map((name) => ({ law: id, name: `${id} ${name}`, needs: [], run: () => Promise.reject(new Error("not run")) })),
});

const row = (mutant: string, ...killedBy: readonly string[]): MatrixRow => ({
  ...{ mutant, subject: "rules", description: "", farm: "one", expected: ["EX-8"], killedBy, unknown: [] },
  ...{ why: null, emulations: 1, everyLaw: true, killedAfterMs: 1, durationMs: 1 },
});

const matrix = (...rows: readonly MatrixRow[]): KillMatrix => ({
  ...{ schema: "farmlab.kill-matrix/1", seed: 1, rows, columns: [], medianKillMs: null, medianEmulations: null, durationMs: 1 },
});

const passed: Verdicts = { "EX-8 keeps": { netns: "passed", containerlab: "passed" } };
const standing: Standing = {
  laws: [law("EX-8", "keeps")],
  toCome: [],
  verdicts: passed,
  mutants: ["nat66"],
  matrix: matrix(row("nat66", "EX-8")),
};
const told = (more: Partial<Standing>): string[] => lawFaults({ ...standing, ...more }).map(({ kind, message }) => `${kind}: ${message}`);

describe("farmlab laws --check", () => {
  it("has nothing to say where every law is checked, holds and catches its faults", () => {
    expect(told({})).toEqual([]);
  });

  it("asks for a property of every law but those to come, which may have none", () => {
    expect(told({ laws: [law("EX-9"), ...standing.laws] })).toEqual(["broken: EX-9 has no property"]);
    const toCome = [{ law: "EX-9", because: "it is not built" }];
    expect(told({ laws: [law("EX-9"), ...standing.laws], toCome })).toEqual([]);
    expect(told({ toCome: [{ law: "EX-8", because: "it is not built" }] })).toEqual([
      "broken: EX-8 is checked, and listed as a law to come",
    ]);
    expect(told({ laws: [{ ...law("XC-2"), tests: ["a.test.ts"] }, ...standing.laws] })).toEqual([]);
  });

  it("asks for a passed verdict of these sources on each backend that was run", () => {
    expect(told({ verdicts: {} })).toEqual(["unknown: EX-8 keeps: not judged since the last change"]);
    expect(told({ verdicts: { "EX-8 keeps": { netns: "failed" } } })).toEqual(["broken: EX-8 keeps: failed on netns"]);
    expect(told({ verdicts: { "EX-8 keeps": { netns: "skipped" } } })).toEqual(["unknown: EX-8 keeps: skipped on netns"]);
    const other: Verdicts = { "EX-8 keeps": { netns: "passed" }, "EX-1 same": { containerlab: "passed" } };
    expect(told({ verdicts: other })).toEqual(["unknown: EX-8 keeps: not judged since the last change on containerlab"]);
  });

  it("asks that every seeded fault was tried, and caught by the laws that must", () => {
    expect(told({ matrix: undefined })).toEqual(["unknown: 1 of 1 seeded faults were not tried since the last change"]);
    expect(told({ matrix: matrix(row("nat66")) })).toEqual(["broken: nat66 lives: no law saw it; expected: EX-8"]);
    expect(told({ matrix: matrix(row("nat66", "EX-9")) })).toEqual(["broken: nat66 was not seen by EX-8, only by EX-9"]);
  });

  it("is asked of laws that there are: each is checked, or to come for a reason", () => {
    const none = { ...standing, laws, toCome: lawsToCome, verdicts: {}, mutants: [], matrix: undefined };
    expect(lawFaults(none).filter(({ kind }) => kind === "broken")).toEqual([]);
    for (const { law: id, because } of lawsToCome) expect([laws.some((one) => one.id === id), because.length > 10]).toEqual([true, true]);
  });
});
