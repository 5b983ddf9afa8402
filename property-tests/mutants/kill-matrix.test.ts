import { describe, expect, it } from "vitest";
import { faultsOf, matrixOf, matrixText, mutants, rowOf } from "./index.ts";
import { partOf } from "../../reports/index.ts";
import type { Mutant, MutantRun } from "./index.ts";
import type { LawResult, Verdict } from "../../reports/index.ts";

const mutant: Mutant = { id: "one", subject: "routes", description: "", laws: ["EX-7", "EX-8"], patches: [] };
const law = (id: string, verdict: Verdict): LawResult => ({
  law: id,
  property: `${id} holds`,
  verdict,
  runs: 1,
  needs: [],
  why: null,
  figures: [],
});
const run = (laws: readonly LawResult[]): MutantRun => {
  const killedBy = laws.filter(({ verdict }) => verdict === "failed").map(({ law: id }) => id);
  return {
    laws,
    end: { kind: "ended", ran: "lab" },
    killedBy,
    emulations: 1,
    everyLaw: true,
    durationMs: 10,
    ...(killedBy.length > 0 ? { killedAfterMs: 5 } : {}),
  };
};
const of = (...laws: readonly LawResult[]): ReturnType<typeof matrixOf> => matrixOf([rowOf(mutant, "exit-node", run(laws))], 1, 10);

describe("the kill matrix", () => {
  it("names a mutant that lives, and a law that must catch it and did not", () => {
    expect(faultsOf(of(law("EX-7", "passed"), law("EX-8", "passed")))).toEqual(["one lives: no law saw it; expected: EX-7, EX-8"]);
    expect(faultsOf(of(law("EX-7", "failed"), law("EX-8", "unknown")))).toEqual(["one was not seen by EX-8, only by EX-7"]);
    expect(faultsOf(of(law("EX-7", "failed"), law("EX-8", "failed")))).toEqual([]);
    const skipped = { ...law("EX-8", "skipped"), needs: ["packet-sockets"] };
    expect(faultsOf(of(law("EX-7", "failed"), skipped))).toEqual([
      "one was not seen by EX-8, only by EX-7 (skipped without packet-sockets)",
    ]);
  });

  it("of all mutants it also names laws that are no one's only killer", () => {
    const rows = mutants.map((one) => rowOf(one, "exit-node", run(one.laws.map((id) => law(id, "failed")))));
    expect(faultsOf(matrixOf(rows, 1, 1))).toEqual([]);
    const blind = rows.map((row) => ({
      ...row,
      killedBy: row.killedBy.length === 1 && row.killedBy[0] === "EX-2" ? ["EX-2", "EX-1"] : row.killedBy,
    }));
    expect(faultsOf(matrixOf(blind, 1, 1))).toEqual(["EX-2 is the only killer of no mutant, and no law is listed that subsumes it"]);
  });

  it("marks the only killer, another killer, what was not judged and what held", () => {
    const [, line] = matrixText(of(law("EX-6", "unknown"), law("EX-7", "failed"), law("EX-9", "passed"))).split("\n");
    expect(line).toMatch(/^one +\. +\. +\. +\. +\. +\? +# +\. +\. /);
  });

  it("parts have nothing in common and are the whole together", () => {
    const parts = [1, 2, 3].map((index) => partOf(mutants, { index, count: 3 }));
    expect(
      parts
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(mutants.map(({ id }) => id).toSorted());
  });
});
