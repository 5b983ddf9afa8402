import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawChanges, patchOf } from "./draw.ts";
import { exceptionOf } from "./exceptions.ts";
import { changesOf } from "./operators.ts";
import { tokensOf } from "./tokens.ts";

const root = new URL("../../../", import.meta.url).pathname;

const changed = (source: string): string[] =>
  changesOf(source).map(({ operator, start, end, replacement }) =>
    `${operator}: ${source.slice(0, start)}${replacement}${source.slice(end)}`.trim(),
  );

describe("tokens", () => {
  it("leave types, comments and what is in regular expressions alone", () => {
    const source = "const f = <T extends 1>(a: T | 2): boolean => /x+1/.test(`${a}`); // 3";
    expect(tokensOf(source).map(({ text }) => text)).toEqual([
      "const",
      "f",
      "=",
      "(",
      "a",
      ")",
      "=>",
      "/x+1/",
      ".",
      "test",
      "(",
      "",
      "a",
      "",
      ")",
      ";",
    ]);
  });

  it("are changed for what they are, and not for what any object has of that name", () => {
    expect(changed("class A { constructor() {} }")).toEqual([]);
  });

  it("follow templates within templates", () => {
    const source = "const a = `1${b ? `2${{ c: 3 }.c}4` : 5}6`;";
    expect(
      tokensOf(source)
        .filter(({ kind }) => kind === "template")
        .map(({ text }) => text),
    ).toEqual(["1", "2", "4", "6"]);
    expect(
      tokensOf(source)
        .filter(({ kind }) => kind === "number")
        .map(({ text }) => text),
    ).toEqual(["3", "5"]);
  });
});

describe("changes", () => {
  it.each([
    [
      "if (a === 1 && !b) c();",
      [
        "early return dropped:",
        "comparison swapped: if (a !== 1 && !b) c();",
        "number plus one: if (a === 2 && !b) c();",
        "and for or: if (a === 1 || !b) c();",
        "negation dropped: if (a === 1 && b) c();",
      ],
    ],
    ["x = a - -1;", ["statement dropped: ;", "sign changed: x = a + -1;", "number plus one: x = a - -2;"]],
    ["const n = 0xffn < m;", ["number plus one: const n = 0x100n < m;", "bound moved: const n = 0xffn <= m;"]],
    ['import { a } from "./b.ts";', []],
    ['const ok: "yes" = "yes";', ['text changed: const ok: "yes" = "yesx";']],
  ])("of %s", (source, expected) => {
    expect(changed(source)).toEqual(expected);
  });

  it("a line that is a whole element of a list is left out", () => {
    expect(changed('const a = [\n  "b",\n];')).toContain("element dropped: const a = [\n  \n];");
  });
});

describe("drawing", () => {
  it("gives the same changes for the same seed, each with a patch that fits its source once", () => {
    const take = (seed: number): string[] => {
      const drawn = drawChanges(root, seed);
      return Array.from({ length: 40 }, () => {
        const { value } = drawn.next();
        if (value === undefined) throw new Error("no change is left");
        expect(readFileSync(root + value.patch.file, "utf8").split(value.patch.find)).toHaveLength(2);
        return `${value.file}:${value.line} ${value.after}`;
      });
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it("a patch takes in lines around it until it is the only one", () => {
    const source = "a(1);\nb();\na(1);\nc();\n";
    const [first] = changesOf(source).filter(({ operator, line }) => operator === "number plus one" && line === 3);
    expect(patchOf("x.ts", source, first!)).toEqual({ file: "x.ts", find: "b();\na(1);\nc();", replace: "b();\na(2);\nc();" });
  });

  it("words for people are told from rules and commands", () => {
    const place = { operator: "text changed" as const, after: "" };
    expect(
      exceptionOf({ ...place, file: "core/allocate/prefixes.ts", before: 'return failure(error("x", "give every one its own"));' }),
    ).toContain("words");
    expect(exceptionOf({ ...place, file: "core/plan/gateway-rules.ts", before: '"  meta nfproto ipv6 accept",' })).toBeUndefined();
  });
});
