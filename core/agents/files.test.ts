import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { lastLineOf } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "farmlab-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("lastLineOf", () => {
  const lastOf = (text: string): string | undefined => {
    const path = join(folder, "service.log");
    writeFileSync(path, text);
    return lastLineOf(path);
  };

  it("is what a service said last", () => {
    expect(lastOf("ready\nFailed to listen on uapi socket: too many open files\n\n")).toBe(
      "Failed to listen on uapi socket: too many open files",
    );
    expect(lastOf(`first\n${"long ".repeat(1000)}end`)).toMatch(/long end$/);
    expect(lastOf(`first\n${"long ".repeat(1000)}end`)?.length).toBeLessThanOrEqual(400);
  });

  it("is nothing where nothing was said", () => {
    expect([lastOf(""), lastOf("\n"), lastLineOf(join(folder, "none.log"))]).toEqual([undefined, undefined, undefined]);
  });
});
