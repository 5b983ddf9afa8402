import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatProblem, safeText, sortProblems } from "./index.ts";
import type { Place, Problem } from "./index.ts";

const problem = (place?: Place): Problem => ({
  severity: "error",
  code: "unknown-key",
  message: 'unknown key "nodse"',
  hint: 'did you mean "nodes"?',
  ...(place === undefined ? {} : { place }),
});

describe("formatProblem", () => {
  it("shows the line, a caret under the fault and the hint", () => {
    expect(formatProblem(problem({ file: "x.farm.yml", line: 12, column: 3, text: "  nodse: {}", width: 5 }), { color: false })).toBe(
      ['error[unknown-key] x.farm.yml:12:3: unknown key "nodse"', "    nodse: {}", "    ^^^^^", 'hint: did you mean "nodes"?'].join("\n"),
    );
  });

  it("does without a line, without a place, without a hint", () => {
    expect(formatProblem(problem({ file: "x", line: 1, column: 1 }), { color: false })).toBe(
      'error[unknown-key] x:1:1: unknown key "nodse"\nhint: did you mean "nodes"?',
    );
    expect(formatProblem({ severity: "advice", code: "no-spare-node", message: "none" }, { color: false })).toBe(
      "advice[no-spare-node]: none",
    );
  });

  it("cuts a long line around the caret", () => {
    const text = `${"a".repeat(500)}NODSE${"b".repeat(500)}`;
    const [, line = "", caret = ""] = formatProblem(problem({ file: "x", line: 1, column: 501, text, width: 5 }), { color: false }).split(
      "\n",
    );
    expect(line).toHaveLength(82);
    expect(line).toMatch(/^ {2}…a+NODSEb+…$/);
    expect(line.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1)).toBe("NODSE");
  });

  it("puts the caret under the character, not the UTF-16 unit", () => {
    const [, line = "", caret = ""] = formatProblem(problem({ file: "x", line: 1, column: 7, text: "🐟🐟: nodse", width: 5 }), {
      color: false,
    }).split("\n");
    expect(Array.from(line).slice(caret.indexOf("^")).join("")).toBe("nodse");
  });

  it("colours the severity and the caret only when asked", () => {
    const place: Place = { file: "x", line: 1, column: 1, text: "a", width: 1 };
    expect(formatProblem(problem(place), { color: true })).toContain("\u001b[1;31merror[unknown-key]\u001b[0m");
    expect(formatProblem(problem(place), { color: false })).not.toContain("\u001b");
  });

  it("lets no control character through and keeps every line within its width, whatever the file holds", () => {
    const place = fc.record({
      file: fc.string(),
      line: fc.nat(),
      column: fc.nat({ max: 400 }).map((n) => n + 1),
      text: fc.string({ unit: "binary", maxLength: 400 }),
      width: fc.nat({ max: 500 }).map((n) => n + 1),
    });
    fc.assert(
      fc.property(place, fc.string({ unit: "binary" }), (where, message) => {
        const lines = formatProblem({ ...problem(where), message }, { color: false }).split("\n");
        expect(lines.length).toBeLessThanOrEqual(4);
        for (const line of lines) expect(line).toBe(safeText(line));
        if (lines.length === 4) expect(lines.slice(1, 3).every((line) => Array.from(line).length <= 82)).toBe(true);
      }),
    );
  });
});

describe("sortProblems", () => {
  it("goes by file, line, column, then severity; what has no place comes last", () => {
    const at = (file: string, line: number, column: number, severity: Problem["severity"] = "error"): Problem => ({
      severity,
      code: "c",
      message: "m",
      place: { file, line, column },
    });
    const sorted = [
      at("a", 1, 2, "error"),
      at("a", 2, 1, "error"),
      at("a", 2, 1, "warning"),
      at("a", 10, 1),
      at("b", 1, 1),
      { severity: "error", code: "c", message: "m" } satisfies Problem,
    ];
    expect(sortProblems(sorted.toReversed())).toEqual(sorted);
  });
});
