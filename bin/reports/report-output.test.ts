import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { exampleResult } from "../../reports/example.ts";
import { openReports, reportProblems } from "./report-output.ts";
import type { ReportOptions } from "./report-output.ts";

const folder = mkdtempSync(join(tmpdir(), "farmlab-output-"));
afterAll(() => rmSync(folder, { recursive: true }));

const codes = (options: Omit<ReportOptions, "format">): string[] => reportProblems({ format: "text", ...options }).map(({ code }) => code);

describe("where reports go", () => {
  it("standard output or a file is for one report of machines, a folder for several; github is for the log", () => {
    const output = join(folder, "file");
    expect(codes({})).toEqual([]);
    expect(codes({ reporter: ["console", "json"] })).toEqual([]);
    expect(codes({ reporter: ["github", "console"] })).toEqual([]);
    expect(codes({ reporter: ["json", "junit"] })).toEqual(["two-reporters"]);
    expect(codes({ reporter: ["github", "junit"] })).toEqual(["two-reporters"]);
    expect(codes({ reporter: ["json", "junit"], output })).toEqual(["two-reporters"]);
    expect(codes({ reporter: ["github", "junit"], output })).toEqual([]);
    expect(codes({ reporter: ["json", "junit", "html", "github"], output: `${folder}/new/` })).toEqual([]);
    expect(codes({ reporter: ["json"], output: join(folder, "missing", "file") })).toEqual(["cannot-write"]);
    expect(codes({ reporter: ["json"], output: `${output}/` })).toEqual(["cannot-write"]);
  });

  it("events are in their file as they happen, and nothing of an earlier run is there any more", () => {
    const output = join(folder, "all");
    mkdirSync(output);
    const events = join(output, "events.ndjson");
    writeFileSync(events, "of an earlier run\n");
    const reports = openReports({ format: "text", reporter: ["ndjson", "json", "blob"], output }, { shard: { index: 2, count: 3 } });
    expect(readFileSync(events, "utf8")).toBe("");
    reports.happened({ kind: "farm-started", farm: "one", properties: 1 });
    expect(readFileSync(events, "utf8")).toMatch(/^\{"schema":"farmlab\.event\/1","id":1,.*"kind":"farm-started".*\}\n$/);
    reports.finish(exampleResult);
    expect(readFileSync(events, "utf8").trimEnd().split("\n").at(-1)).toContain('"kind":"run-ended"');
    expect(readdirSync(output).toSorted()).toEqual(["blob-2-of-3.json", "events.ndjson", "result.json"]);
    expect(JSON.parse(readFileSync(join(output, "blob-2-of-3.json"), "utf8"))).toMatchObject({
      shard: { index: 2, count: 3 },
      result: exampleResult,
    });
  });

  it("a capsule's path in JUnit is as seen from the report", () => {
    const output = join(folder, "junit.xml");
    const capsule = join(folder, "capsules", "one.json");
    const counterexamples = [{ law: "EX-10", capsule, reproduce: "farmlab replay", size: 1 }];
    openReports({ format: "text", reporter: ["junit"], output }).finish({ ...exampleResult, counterexamples });
    expect(readFileSync(output, "utf8")).toContain("[[ATTACHMENT|capsules/one.json]]");
  });
});
