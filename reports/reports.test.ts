import { describe, expect, it } from "vitest";
import { consoleReporter, jsonReporter, junitReporter } from "./index.ts";
import { exampleResult } from "./example.ts";

const golden = (name: string): string => new URL(`golden/${name}`, import.meta.url).pathname;

describe("reporters", () => {
  it("console: plain lines without colour", async () => {
    await expect(consoleReporter({ colour: false }).report(exampleResult)).toMatchFileSnapshot(golden("console.txt"));
  });

  it("console: colours change nothing but escape sequences, and control characters of a story never reach the terminal", () => {
    const coloured = consoleReporter({ colour: true }).report(exampleResult);
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(consoleReporter({ colour: false }).report(exampleResult));
    expect(coloured).not.toContain("\u0007");
  });

  it("console: tells a story that several laws share once", () => {
    const why = "the lab did not come up: no veth";
    const law = { runs: 0, verdict: "unknown", needs: [], why, figures: [] } as const;
    const laws = [
      { ...law, law: "EX-7", property: "EX-7 reach" },
      { ...law, law: "EX-8", property: "EX-8 keep" },
    ];
    const text = consoleReporter({ colour: false }).report({
      ...exampleResult,
      results: [{ farm: "one", backend: "netns", laws, coverage: {} }],
    });
    expect(text.split(why)).toHaveLength(2);
    expect(text).toContain("? EX-8 keep  unknown, 0 judged");
  });

  it("json: the object itself", async () => {
    const text = jsonReporter.report(exampleResult);
    expect(JSON.parse(text)).toEqual(exampleResult);
    await expect(text).toMatchFileSnapshot(golden("result.json"));
  });

  it("junit: well-formed, illegal characters left out, everything escaped", async () => {
    const text = junitReporter.report(exampleResult);
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    expect(text).toContain('tests="5" failures="1" errors="1" skipped="2"');
    await expect(text).toMatchFileSnapshot(golden("junit.xml"));
  });
});
