import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { called } from "../command-line.fixture.ts";
import type { Called } from "../command-line.fixture.ts";
import type { CheckFinding } from "./check.ts";

const topology = (name: string): string => new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
let folder = "";

const farmlab = async (...argv: readonly string[]): Promise<Called> => await called(argv, { folder });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-check-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("farmlab check", () => {
  it("exits with 0 where there is no error, and says what could be better", async () => {
    const { code, out, error } = await farmlab("check", topology("exit-node"), topology("three-exit-nodes"));
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/^advice\[no-spare-node\] .*exit-node\.farm\.yml:\d+:5: /);
    expect(out).toMatch(/\n2 files: 1 advice\n$/);
  });

  it("fails on advice or warnings when asked to", async () => {
    expect((await farmlab("check", "--fail-on", "warning", topology("exit-node"))).code).toBe(0);
    expect((await farmlab("check", "--fail-on", "advice", topology("exit-node"))).code).toBe(2);
    expect((await farmlab("check", "--fail-on", "advice", topology("three-exit-nodes"))).code).toBe(0);
  });

  it("prints the contract's object as JSON, alone on stdout", async () => {
    writeFileSync(join(folder, "bad.farm.yml"), readFileSync(topology("exit-node"), "utf8").replace("node: node-3", "node: node-4"));
    const { code, out, error } = await farmlab("check", "--format", "json", "bad.farm.yml");
    expect([code, error]).toEqual([2, ""]);
    const { schema, findings } = JSON.parse(out) as { schema: string; findings: CheckFinding[] };
    expect(schema).toBe("farmlab.check/1");
    expect(findings[0]).toEqual({
      severity: "error",
      code: "unknown-node",
      file: "bad.farm.yml",
      line: 55,
      column: 17,
      message: 'there is no node "node-4"',
      hint: 'did you mean "node-1"?',
    });
  });

  it("says so of what it cannot read, and reads no more than it must", async () => {
    symlinkSync("loop", join(folder, "loop"));
    for (const path of ["missing.farm.yml", ".", "loop", "a\nb", "x".repeat(5000)]) {
      const { code, out } = await farmlab("check", path);
      expect([path, code]).toEqual([path, 2]);
      expect(out).toMatch(/^error\[cannot-read\] /);
    }
    const { code, out } = await farmlab("check", "/dev/zero");
    expect(code).toBe(2);
    expect(out).toMatch(/^error\[file-too-large\] \/dev\/zero:1:1: /);
  });
});

describe("farmlab init", () => {
  it("writes a farm file that checks, and never overwrites one", async () => {
    expect(await farmlab("init")).toMatchObject({ code: 0, out: "" });
    expect(readFileSync(join(folder, "exit-node.farm.yml"), "utf8")).toBe(readFileSync(topology("exit-node"), "utf8"));
    expect((await farmlab("check", "exit-node.farm.yml")).code).toBe(0);
    writeFileSync(join(folder, "exit-node.farm.yml"), "mine");
    const again = await farmlab("init");
    expect(again.code).toBe(2);
    expect(again.error).toMatch(/^error\[file-exists\]: /);
    expect(readFileSync(join(folder, "exit-node.farm.yml"), "utf8")).toBe("mine");
  });

  it("prints a layout, and names those that there are", async () => {
    expect(await farmlab("init", "--layout", "three-exit-nodes", "--stdout")).toEqual({
      code: 0,
      out: readFileSync(topology("three-exit-nodes"), "utf8"),
      error: "",
    });
    const unknown = await farmlab("init", "--layout", "three-exit-node");
    expect([unknown.code, unknown.out]).toEqual([2, ""]);
    expect(unknown.error).toContain('did you mean "three-exit-nodes"?');
    expect((await farmlab("init", "--layout", "../package")).code).toBe(2);
  });
});
