/** `docs/topology.md`: its example reads, and what it says of a mistake is what is said. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectValue, formatProblem } from "../../../core/common/index.ts";
import { readClab } from "../index.ts";

const page = readFileSync(new URL("../../../docs/topology.md", import.meta.url), "utf8");
const block = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(page)?.[1] ?? "";
const read = (text: string): ReturnType<typeof readClab> => readClab(text, "triangle.clab.yml", { environment: {}, folder: "/", seed: 1 });

describe("docs/topology.md", () => {
  it("has an example that reads without a warning", () => {
    const outcome = read(block("yaml"));
    expect(outcome.problems).toEqual([]);
    expect(expectValue(outcome).links).toHaveLength(2);
  });

  it("says of a mistake what is said", () => {
    const mistaken = block("yaml").replace("via 10.0.2.1] }", "via 10.0.2.1], memry: 1gb }");
    const said = read(mistaken).problems.map((problem) => `${formatProblem(problem, { color: false })}\n`);
    expect(said.join("")).toBe(block("text"));
  });
});
