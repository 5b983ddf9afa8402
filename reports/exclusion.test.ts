/** XC-8: a passing run says how much it covered, and what failure probability it excludes. */
import { describe, expect, it } from "vitest";
import { exampleResult } from "./example.ts";
import { readXml } from "./read-xml.fixture.ts";
import { consoleReporter, excludedBy, githubReporter, jobSummary, jsonReporter, junitReporter } from "./index.ts";
import type { RunResult, SearchResult } from "./index.ts";

const search = (unguided: number, unguidedFailed: number): SearchResult => ({
  ...{ modelled: 20_000, emulated: 80, unguided, unguidedFailed, excludes: excludedBy({ unguided, unguidedFailed }) },
  ...{ covered: { layout: { count: 12, known: 14 }, route: { count: 5, known: null } }, exhausted: [] },
});

const passing = (found?: SearchResult): RunResult => {
  const { search: _, baseline: __, ...rest } = exampleResult;
  const laws = exampleResult.results[0]?.laws.slice(0, 1) ?? [];
  const results = [{ farm: "one", backend: "netns", laws, coverage: { flows: 52 } }] as const;
  return { ...rest, results, counterexamples: [], ...(found === undefined ? {} : { search: found }) };
};

/** What each report says, as a person or a program reads it. */
const reports: Readonly<Record<string, (result: RunResult) => string>> = {
  console: (result) => consoleReporter({ colour: false }).report(result),
  junit(result) {
    const properties = readXml(junitReporter({ attachmentPath: String }).report(result)).children[0]?.children[0]?.children ?? [];
    return properties.map(({ attributes }) => `${attributes["name"]}: ${attributes["value"]}`).join("\n");
  },
  github: (result) => githubReporter({ repositoryPath: String }).report(result).replaceAll("%25", "%"),
  "job summary": (result) => jobSummary(result).replaceAll("&lt;", "<"),
};

describe("XC-8 a passing run", () => {
  const claim = "p(failure of a random scenario) < 0.050 at 95 %, from 59 unguided runs";

  it.each(Object.entries(reports))("says in %s what it excludes, from its unguided runs alone, and how much it covered", (_, report) => {
    const text = report(passing(search(59, 0)));
    expect(text).toContain(claim);
    expect(text).toMatch(/12 of 14 layout|covered: layout: 12/);
    expect(text).toMatch(/5 route|covered: route: 5/);
  });

  it.each(Object.entries(reports))(
    "claims nothing in %s where an unguided run failed, where none ran, and where nothing was drawn at random",
    (_, report) => {
      const texts = [search(59, 1), search(0, 0), undefined].map((found) => report(passing(found)));
      for (const text of texts) expect(text).not.toMatch(/p\(failure/);
      expect(texts[0]).toContain("no failure probability is excluded: 1 of 59 unguided runs failed");
      expect(texts[1]).toContain("no failure probability is excluded: no run was unguided");
      expect(texts[2]).toContain("nothing is said of other farms: no scenario was drawn at random");
    },
  );

  it("says it in json as a number, by the formula 1 - 0.05^(1/N); guided runs do not count", () => {
    const read = JSON.parse(jsonReporter.report(passing(search(59, 0)))) as RunResult;
    expect(read.search).toMatchObject({ emulated: 80, unguided: 59 });
    expect(read.search?.excludes).toBeCloseTo(1 - 0.05 ** (1 / 59), 12);
    expect((JSON.parse(jsonReporter.report(passing(search(59, 2)))) as RunResult).search?.excludes).toBeNull();
    expect(excludedBy({ unguided: 0, unguidedFailed: 0 })).toBeNull();
  });
});
