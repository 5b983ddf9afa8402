import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { formatProblem } from "../../core/common/index.ts";
import { exampleResult } from "../../reports/example.ts";
import { readBlob, readResult } from "./read-report.ts";

const folder = mkdtempSync(join(tmpdir(), "farmlab-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: unknown): string {
  const file = join(folder, "result.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

describe("reading results and blobs", () => {
  it("gives back what was written, and what a later version adds", async () => {
    expect(await readResult(fileWith(exampleResult))).toMatchObject({ ok: true, value: exampleResult });
    expect(await readResult(fileWith({ ...exampleResult, more: 1 }))).toMatchObject({ ok: true, value: { more: 1 } });
    const blob = { schema: "farmlab.blob/1", shard: { index: 1, count: 2 }, result: exampleResult };
    expect(await readBlob(fileWith(blob))).toMatchObject({ ok: true, value: blob });
  });

  it("says of everything else what it is and how to get a right one", async () => {
    const [farm] = exampleResult.results;
    const misread = { ...exampleResult, results: [{ ...farm, laws: [{ ...farm?.laws[0], verdict: "fine" }] }] };
    const told: string[] = [];
    const tell = async (title: string, read: typeof readResult | typeof readBlob, file: string): Promise<void> => {
      const outcome = await read(file);
      expect(outcome.ok).toBe(false);
      const text = outcome.problems.map((problem) => formatProblem(problem, { color: false })).join("\n");
      told.push(`# ${title}\n${text.replaceAll(folder, "FOLDER")}\n`);
    };
    await tell("no such file", readResult, join(folder, "missing.json"));
    await tell("a folder", readResult, folder);
    await tell("empty", readResult, fileWith(""));
    await tell("cut short", readResult, fileWith(JSON.stringify(exampleResult).slice(0, 1000)));
    await tell("a farm file", readResult, fileWith("farm: exit-node\n"));
    await tell("JSON of something else", readResult, fileWith({ schema: 1 }));
    await tell("null", readResult, fileWith(null));
    await tell("a blob where a result should be", readResult, fileWith({ schema: "farmlab.blob/1" }));
    await tell("a result where a blob should be", readBlob, fileWith(exampleResult));
    await tell("of a later version", readResult, fileWith({ ...exampleResult, schema: "farmlab.run/2" }));
    await tell("edited", readResult, fileWith(misread));
    await tell("without its results", readResult, fileWith({ schema: "farmlab.run/1", seed: 1 }));
    await tell(
      "a shard before the first",
      readBlob,
      fileWith({ schema: "farmlab.blob/1", shard: { index: 0, count: 2 }, result: exampleResult }),
    );
    await tell("too large", readResult, fileWith(" ".repeat(64 * 1024 * 1024 + 1)));
    await expect(told.join("\n")).toMatchFileSnapshot(new URL("../golden/reports.txt", import.meta.url).pathname);
  });
});
