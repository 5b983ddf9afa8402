import { describe, expect, it } from "vitest";
import { consoleReporter, githubReporter, htmlReporter, jobSummary, jsonReporter, junitReporter, ndjsonReporter } from "./index.ts";
import type { Happening, LawResult, RunResult } from "./index.ts";
import { exampleResult } from "./example.ts";
import { readXml } from "./read-xml.fixture.ts";

const golden = (name: string): string => new URL(`golden/${name}`, import.meta.url).pathname;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** Of one farm with these laws alone. */
function withLaws(laws: readonly LawResult[]): RunResult {
  const { baseline: _, ...rest } = exampleResult;
  return { ...rest, results: [{ farm: "one", backend: "netns", laws, coverage: {} }] };
}
const unknownLaw = { law: "EX-7", property: "EX-7 reach", runs: 0, verdict: "unknown", needs: [], why: "no veth", figures: [] } as const;

describe("console", () => {
  const plain = consoleReporter({ colour: false });

  it("plain lines without colour", async () => {
    await expect(plain.report(exampleResult)).toMatchFileSnapshot(golden("console.txt"));
  });

  it("colours change nothing but escape sequences, and control characters of a story never reach the terminal", () => {
    const coloured = consoleReporter({ colour: true }).report(exampleResult);
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain.report(exampleResult));
    expect(plain.report(exampleResult)).not.toMatch(control);
  });

  it("tells a story that several laws share once", () => {
    const text = plain.report(withLaws([unknownLaw, { ...unknownLaw, law: "EX-8", property: "EX-8 keep" }]));
    expect(text.split("no veth")).toHaveLength(2);
    expect(text).toContain("? EX-8 keep  unknown, 0 judged");
  });
});

describe("json", () => {
  it("is the object itself", async () => {
    const text = jsonReporter.report(exampleResult);
    expect(JSON.parse(text)).toEqual(exampleResult);
    await expect(text).toMatchFileSnapshot(golden("result.json"));
  });
});

describe("junit", () => {
  const reporter = junitReporter({ attachmentPath: (path) => `../${path}` });

  it("is what it was", async () => {
    await expect(reporter.report(exampleResult)).toMatchFileSnapshot(golden("junit.xml"));
  });

  it("is well-formed, in the order of elements that Surefire's schema has, with one system-out and totals that are true", () => {
    const root = readXml(reporter.report(exampleResult));
    expect(root.name).toBe("testsuites");
    const cases = root.children.flatMap((suite) => suite.children.filter(({ name }) => name === "testcase"));
    const having = (name: string): number => cases.filter(({ children }) => children.some((child) => child.name === name)).length;
    const totals = {
      tests: String(cases.length),
      failures: String(having("failure")),
      errors: String(having("error")),
      skipped: String(having("skipped")),
    };
    expect(root.attributes).toMatchObject(totals);
    expect(totals).toEqual({ tests: "7", failures: "3", errors: "1", skipped: "2" });
    for (const suite of root.children) {
      const own = suite.children.filter(({ name }) => name === "testcase");
      expect(suite.attributes["tests"]).toBe(String(own.length));
      if (suite.attributes["name"] !== "baseline") expect(suite.children[0]?.name).toBe("properties");
    }
    for (const { children } of cases) {
      const names = children.map(({ name }) => name);
      expect(names.filter((name) => name === "system-out").length).toBeLessThan(2);
      expect(names.filter((name) => ["failure", "error", "skipped"].includes(name)).length).toBeLessThan(2);
      expect(["system-out", undefined]).toContain(names.slice(1).filter((name) => name !== "rerunFailure")[0]);
    }
  });

  it("keeps every character that XML has, and none that it has not", () => {
    const why = "a<b>&amp;\"'\t\r\n]]>\u0000\u001b[31mred\u001b[0m\ud800 \ufffe\u{1f41f}\u0085";
    const read = readXml(reporter.report(withLaws([{ ...unknownLaw, why }])));
    const error = read.children[0]?.children[1]?.children[0];
    expect(error?.text).toBe("a<b>&amp;\"'\t\n]]>red \u{1f41f}");
    expect(error?.attributes["message"]).toBe("a<b>&amp;\"'\t");
  });

  it("attaches capsules by their path from the report, and says again what was run again", () => {
    const text = reporter.report(exampleResult);
    expect(text).toContain("[[ATTACHMENT|../found/ex-10.capsule.json]]");
    expect(text.match(/<rerunFailure /g)).toHaveLength(1);
  });
});

describe("github", () => {
  const reporter = githubReporter({ repositoryPath: (path) => path });

  it("is what it was", async () => {
    await expect(reporter.report(exampleResult)).toMatchFileSnapshot(golden("github.txt"));
    await expect(jobSummary(exampleResult)).toMatchFileSnapshot(golden("job-summary.md"));
  });

  it("is commands alone, a line each, whatever stories hold", () => {
    const why = "50% of: a,b\r\n::error::forged\n::set-output name=x::y\u001b[0m";
    const lines = reporter.report(withLaws([{ ...unknownLaw, property: "EX-7 a, b: 100%\n::error", why }])).split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(
      "::error title=unknown on one%3A EX-7 a%2C b%3A 100%25%0A%3A%3Aerror::50%25 of: a,b%0A::error::forged%0A::set-output name=x::y",
    );
    expect(lines[1]).toMatch(/^::notice title=farmlab::/);
  });

  it("shows ten errors at most, the last of which says how many more there are; a file outside of the repository is not named", () => {
    const laws = Array.from({ length: 12 }, (_, index) => ({ ...unknownLaw, property: `EX-7 number ${index}` }));
    const errors = (amount: number): string[] =>
      reporter.report(withLaws(laws.slice(0, amount))).match(/^::error.*$/gm) as unknown as string[];
    expect(errors(10)).toHaveLength(10);
    expect(errors(12)).toHaveLength(10);
    expect(errors(12).at(-1)).toBe("::error title=farmlab::and 3 more; the report has them all");
    const outside = githubReporter({ repositoryPath: () => undefined }).report(exampleResult);
    expect(outside).not.toContain("file=");
    expect(outside).not.toContain("line=");
  });

  it("the summary stays under what GitHub takes, and no story ends its block or its table", () => {
    const long = withLaws(Array.from({ length: 200 }, () => ({ ...unknownLaw, why: `\`\`\`\n# not a heading\n${"x".repeat(5000)}` })));
    const text = jobSummary(long);
    expect(text.length).toBeLessThan(250_000);
    expect(text).toMatch(/[0-9]+ more; the report has them all\n$/);
    expect(text).toContain("````text\n```\n# not a heading");
    const [row] =
      jobSummary({ ...exampleResult, results: [{ farm: "a|b<i>", backend: "netns", laws: [], coverage: {} }] }).match(/^\| a.*$/m) ?? [];
    expect(row).toBe("| a\\|b&lt;i&gt; | netns | 0 | 0 | 0 | 0 | 0 |");
  });
});

describe("html", () => {
  it("is one page that runs and loads nothing, whatever stories hold", async () => {
    await expect(htmlReporter.report(exampleResult)).toMatchFileSnapshot(golden("report.html"));
    const why = '</pre><script>alert(1)</script><img src=x onerror=alert(1)>" onload="x\u001b[31m';
    const page = htmlReporter.report(withLaws([{ ...unknownLaw, why, property: "EX-7 <b>", evidence: [why] }]));
    expect(page).toContain("content=\"default-src 'none'; style-src 'unsafe-inline'\"");
    const names = new Set([...page.matchAll(/<([a-z0-9]+)/g)].map(([, name]) => name));
    for (const name of ["script", "img", "b", "a", "link", "iframe"]) expect(names).not.toContain(name);
    expect(page).not.toMatch(control);
    expect(page).not.toMatch(/<[^>]*\son[a-z]+=/);
  });

  it("is well-formed, with what is broken opened and what holds closed", () => {
    const page = htmlReporter.report(exampleResult);
    const body = page
      .slice(page.indexOf("<body>"), page.indexOf("</body>") + "</body>".length)
      .replace("<details open>", '<details open="">');
    const root = readXml(`<?xml version="1.0" encoding="UTF-8"?>\n${body.replaceAll("<details open>", '<details open="">')}`);
    expect(root.name).toBe("body");
    expect(page.match(/<details open>/g)).toHaveLength(3);
    expect(page.match(/<details>/g)).toHaveLength(1);
  });
});

describe("ndjson", () => {
  it("is an object a line, numbered, as things happen, and the result is the last", async () => {
    let nowMs = 1000;
    const reporter = ndjsonReporter({ nowMs: () => (nowMs += 10) });
    const farm = "exit-node";
    const happenings: Happening[] = [
      { kind: "run-started", seed: 42, farmlab: "0.1.0", farms: [farm] },
      { kind: "farm-started", farm, properties: 1 },
      { kind: "farm-step", farm, step: "waiting for\nthe agents" },
      { kind: "farm-ready", farm, readyMs: 12 },
      { kind: "law-judged", farm, result: unknownLaw },
      {
        kind: "scenario-judged",
        farm,
        seed: 3,
        verdict: "unknown",
        durationMs: 4,
        count: 1,
        troubles: ["EX-7: late"],
        reproduce: null,
        coverage: ["rule:nr/accept"],
      },
      { kind: "farm-ended", farm, durationMs: 40 },
    ];
    const text = [...happenings.map((one) => reporter.happened?.(one) ?? ""), reporter.report(exampleResult)].join("");
    const events = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { id: number; atMs: number; schema: string; kind: string });
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map((_, index) => 10 * (index + 1)));
    expect(new Set(events.map(({ schema }) => schema))).toEqual(new Set(["farmlab.event/1"]));
    expect(events.map(({ kind }) => kind)).toEqual([
      ...happenings.map(({ kind }) => kind),
      "counterexample",
      "counterexample",
      "run-ended",
    ]);
    expect(events.at(-1)).toMatchObject({ result: exampleResult });
    await expect(text).toMatchFileSnapshot(golden("events.ndjson"));
  });
});
