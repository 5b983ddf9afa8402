/** Bad farm files and what is said of them: `errors/NAME.farm.yml` and `errors/NAME.txt`. `npx vitest run -u` writes the texts anew. */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatProblem, seededRandom } from "../common/index.ts";
import { fileSizeLimit } from "../common/reading/index.ts";
import { loadFarm } from "./index.ts";

const folder = new URL("errors/", import.meta.url);
const ending = ".farm.yml";
const names = readdirSync(folder).filter((name) => name.endsWith(ending));

function reportOf(text: string, file: string): string {
  const loaded = loadFarm(text, file);
  expect(loaded.ok).toBe(false);
  for (const { severity, code, message, hint, place } of loaded.problems) {
    expect(code).toMatch(/^[a-z0-9-]+$/);
    expect([severity, message === "", hint === undefined || hint === "", place?.file]).toEqual([severity, false, false, file]);
  }
  return `${loaded.problems.map((problem) => formatProblem(problem, { color: false })).join("\n")}\n`;
}

describe("a bad farm file is refused with line, column and hint", () => {
  it.each(names)("%s", async (name) => {
    const report = reportOf(readFileSync(new URL(name, folder), "utf8"), name);
    await expect(report).toMatchFileSnapshot(new URL(name.replace(ending, ".txt"), folder).pathname);
  });

  const random = seededRandom(1, "noise");
  const noise = (length: number): string => new TextDecoder().decode(Uint8Array.from({ length }, () => random.below(256)));

  it.each([
    ["noise-of-10-megabytes", (): string => noise(10_000_000)],
    ["noise", (): string => noise(10_000)],
    ["nul-bytes", (): string => "farm: a\0b\n"],
    ["latin-1", (): string => new TextDecoder().decode(Uint8Array.from([...new TextEncoder().encode("farm: x\nabout: caf"), 0xe9, 10]))],
    ["just-too-large", (): string => `farm: a${" ".repeat(fileSizeLimit)}`],
  ])("%s", async (name, text) => {
    await expect(reportOf(text(), name)).toMatchFileSnapshot(new URL(`${name}.txt`, folder).pathname);
  });
});
