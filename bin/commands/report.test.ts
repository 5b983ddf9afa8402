import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleResult } from "../../reports/example.ts";
import type { RunResult, Verdict } from "../../reports/index.ts";
import { called } from "../command-line.fixture.ts";
import type { Called } from "../command-line.fixture.ts";

let folder = "";

const farmlab = async (argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Called> =>
  await called(argv, { folder, env: { GITHUB_STEP_SUMMARY: "", ...env } });

/** A result with one property of each of these verdicts. */
function resultOf(...verdicts: readonly Verdict[]): RunResult {
  const { baseline: _, search: __, ...rest } = exampleResult;
  const laws = verdicts.map((verdict, index) => ({
    ...{
      law: "EX-8",
      property: `EX-8 number ${index}`,
      verdict,
      runs: 1,
      needs: verdict === "skipped" ? ["bonding"] : [],
      why: null,
      figures: [],
    },
  }));
  return { ...rest, results: [{ farm: "one", backend: "netns", laws, coverage: {} }], counterexamples: [] };
}

const write = (name: string, content: unknown): void => writeFileSync(join(folder, name), JSON.stringify(content));
const blob = (index: number, count: number, result: RunResult): object => ({ schema: "farmlab.blob/1", shard: { index, count }, result });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-report-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("farmlab report show", () => {
  it("prints a result as run would, and exits as run would", async () => {
    write("result.json", resultOf("passed", "unknown"));
    const { code, out } = await farmlab(["report", "show", "result.json"]);
    expect(code).toBe(5);
    expect(out).toMatch(/✓ EX-8 number 0[^]*\? EX-8 number 1[^]*2 properties: 1 passed, 1 unknown/);
  });

  it("is as strict as run", async () => {
    write("result.json", resultOf("passed", "skipped"));
    const { code, error } = await farmlab(["report", "show", "result.json", "--no-skips", "--require", "EX-9"]);
    expect(code).toBe(1);
    expect(error).toMatch(/error\[required-law\][^]*error\[skipped\]/);
  });

  it("writes several reports into a folder, annotations to standard output, and the summary where GitHub has its page", async () => {
    write("result.json", resultOf("failed"));
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "before\n");
    const names = ["github", "json", "junit", "ndjson", "blob"].flatMap((name) => ["--reporter", name]);
    const { code, out, error } = await farmlab(["report", "show", "result.json", ...names, "--output", "all/"], {
      GITHUB_STEP_SUMMARY: summary,
    });
    expect([code, error]).toEqual([1, ""]);
    expect(out).toMatch(/^::error title=failed on one%3A EX-8 number 0::no reason given\n::notice title=farmlab::/);
    expect(readdirSync(join(folder, "all")).toSorted()).toEqual(["blob-1-of-1.json", "events.ndjson", "junit.xml", "result.json"]);
    expect(JSON.parse(readFileSync(join(folder, "all/result.json"), "utf8"))).toEqual(resultOf("failed"));
    expect(readFileSync(summary, "utf8")).toMatch(/^before\n## farmlab\n/);
  });

  it("holds it against an earlier one: worse is exit 1, told in every report", async () => {
    write("before.json", resultOf("passed", "skipped"));
    write("result.json", resultOf("skipped", "passed"));
    const { code, out } = await farmlab(["report", "show", "result.json", "--baseline", "before.json"]);
    expect(code).toBe(1);
    expect(out).toContain("worse than before: EX-8 number 0, on one (netns): passed, now skipped\n");
    expect(out).toContain("better than before: EX-8 number 1, on one (netns): skipped, now passed\n");
    const same = await farmlab(["report", "show", "before.json", "--baseline", "before.json"]);
    expect([same.code, same.out]).toEqual([0, expect.stringContaining("no worse and no better than before")]);
    const wrong = await farmlab(["report", "show", "result.json", "--baseline", "missing.json"]);
    expect(wrong).toMatchObject({ code: 2, out: "", error: expect.stringMatching(/^error\[cannot-read\] missing\.json/) as string });
  });
});

describe("farmlab report open", () => {
  it("shows the page in the browser that there is, and says where it is", async () => {
    const seen = join(folder, "seen");
    writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > '${seen}.draft'\nmv '${seen}.draft' '${seen}'\n`, { mode: 0o755 });
    write("result.json", resultOf("failed"));
    const path = `${folder}:/usr/bin:/bin`;
    const without = await farmlab(["report", "open", "result.json"], { PATH: path, DISPLAY: "", WAYLAND_DISPLAY: "" });
    expect(without).toMatchObject({ code: 0, error: "there is no browser here; the page is in that file\n" });
    expect(readFileSync(without.out.trim(), "utf8")).toMatch(/^<!doctype html>/);
    const shown = await farmlab(["report", "open", "result.json"], { PATH: path, DISPLAY: ":0" });
    expect([shown.code, shown.error]).toEqual([0, ""]);
    await expect.poll(() => existsSync(seen), { timeout: 30_000 }).toBe(true);
    expect(readFileSync(seen, "utf8")).toBe(shown.out.trim());
    for (const { out } of [without, shown]) rmSync(dirname(out.trim()), { recursive: true });
  });
});

describe("farmlab report merge", () => {
  it("joins shards, and exits as the whole run would", async () => {
    write(
      "1.json",
      blob(1, 2, {
        ...resultOf("passed"),
        results: [{ farm: "one", backend: "netns", laws: resultOf("passed").results[0]!.laws, coverage: {} }],
      }),
    );
    write(
      "2.json",
      blob(2, 2, {
        ...resultOf("unknown"),
        results: [{ farm: "two", backend: "netns", laws: resultOf("unknown").results[0]!.laws, coverage: {} }],
      }),
    );
    const { code, out, error } = await farmlab(["report", "merge", "2.json", "1.json"]);
    expect([code, error]).toEqual([5, ""]);
    expect(out).toMatch(/one on netns[^]*two on netns[^]*2 farms, 2 properties: 1 passed, 1 unknown/);
  });

  it("does not call good what lacks a shard", async () => {
    write("1.json", blob(1, 3, resultOf("passed")));
    const { code, out, error } = await farmlab(["report", "merge", "1.json", "--format", "json"]);
    expect(code).toBe(5);
    expect((JSON.parse(out) as RunResult).results).toHaveLength(1);
    expect(error).toMatch(/^error\[missing-shards\]: no blob of shard 2, 3 was given\nhint: /);
  });

  it("refuses what is not of one run, and writes nothing", async () => {
    write("1.json", blob(1, 2, resultOf("passed")));
    write("2.json", blob(1, 2, { ...resultOf("passed"), seed: 7 }));
    mkdirSync(join(folder, "merged"));
    const { code, out, error } = await farmlab(["report", "merge", "1.json", "2.json", "--reporter", "json", "--output", "merged"]);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toMatch(/error\[mixed-seeds\][^]*error\[overlapping-shards\]/);
    expect(existsSync(join(folder, "merged/result.json"))).toBe(false);
  });
});
