import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinWords, splitWords } from "./index.ts";

describe("words of a command line", () => {
  it.each([
    ["ip  addr\tadd 10.0.0.1/24 dev eth1", ["ip", "addr", "add", "10.0.0.1/24", "dev", "eth1"]],
    [`sh -c "echo \\"a b\\" 'c'"`, ["sh", "-c", `echo "a b" 'c'`]],
    ["echo it\\'s 'a\\b' \"c\\d\"", ["echo", "it's", "a\\b", "cd"]],
    ["echo '' \"\"x #not this\nnor# 'li\nne'", ["echo", "", "x", "nor#", "li\nne"]],
    ["  ", []],
  ])("%j splits as containerlab splits it", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it.each(["echo 'a", 'echo "a', "echo \\", 'echo "\\'])("%j has no end", (line) => {
    expect(splitWords(line)).toBeUndefined();
  });

  it("what is joined splits into the same words, and holds no variable of containerlab's", () => {
    const words = fc.array(
      fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("__clabNodeName__", "a __clabDir__'s", "#", "$x")),
    );
    fc.assert(
      fc.property(words, (list) => {
        const line = joinWords(list);
        expect(splitWords(line)).toEqual(list);
        expect(line).not.toContain("__clab");
      }),
    );
  });
});
