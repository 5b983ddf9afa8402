import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { laws } from "./index.ts";

describe("README", () => {
  it("shows a run that judges just the properties there are (paste the output of npm start when they change)", () => {
    const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const shown = /<!-- output of `npm start`: begin -->([\s\S]*)<!-- output of `npm start`: end -->/.exec(text)?.[1] ?? "";
    const judged = [...shown.matchAll(/^ *[✓-] (.*?) {2}(?:[0-9]+ judged|skipped: .*)$/gm)].map((match) => match[1]);
    expect(judged).toEqual(laws.flatMap((law) => law.properties.map((property) => property.name)));
  });
});
