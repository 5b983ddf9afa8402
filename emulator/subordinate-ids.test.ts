import { describe, expect, it } from "vitest";
import { firstRange } from "./subordinate-ids.ts";

describe("a range of subordinate ids", () => {
  const text = "root:1:70000\nann:100000:1000\nann:200000:65536\n1001:300000:65535\nbob:x:65536\nbob:400000:65536:\n";

  it.each([
    ["of the first line that gives enough", ["ann", "1000"], 200000],
    ["by the user's number", ["carol", "1001"], 300000],
    ["only where the line's numbers are numbers", ["bob"], 400000],
    ["of nobody else", ["an"], undefined],
  ])("%s", (_, names, first) => {
    expect(firstRange(text, names)).toBe(first);
  });
});
