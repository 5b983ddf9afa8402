import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckFinding } from "./check.ts";

const program = new URL("../farmlab.ts", import.meta.url).pathname;
const topology = (name: string): string => new URL(`../../topologies/${name}.farm.yml`, import.meta.url).pathname;
let folder = "";

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function farmlab(...argv: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], { cwd: folder, encoding: "utf8" });
  return { code: status, out: stdout, error: stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-check-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("farmlab check", () => {
  it("exits with 0 where there is no error, and says what could be better", () => {
    const { code, out, error } = farmlab("check", topology("exit-node"), topology("three-exit-nodes"));
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/^advice\[no-spare-node\] .*exit-node\.farm\.yml:\d+:5: /);
    expect(out).toMatch(/\n2 files: 1 advice\n$/);
  });

  it("fails on advice or warnings when asked to", () => {
    expect(farmlab("check", "--fail-on", "warning", topology("exit-node")).code).toBe(0);
    expect(farmlab("check", "--fail-on", "advice", topology("exit-node")).code).toBe(2);
    expect(farmlab("check", "--fail-on", "advice", topology("three-exit-nodes")).code).toBe(0);
  });

  it("prints the contract's object as JSON, alone on stdout", () => {
    writeFileSync(join(folder, "bad.farm.yml"), readFileSync(topology("exit-node"), "utf8").replace("node: node-3", "node: node-4"));
    const { code, out, error } = farmlab("check", "--format", "json", "bad.farm.yml");
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

  it("says so of what it cannot read, and reads no more than it must", () => {
    symlinkSync("loop", join(folder, "loop"));
    for (const path of ["missing.farm.yml", ".", "loop", "a\nb", "x".repeat(5000)]) {
      const { code, out } = farmlab("check", path);
      expect([path, code]).toEqual([path, 2]);
      expect(out).toMatch(/^error\[cannot-read\] /);
    }
    const { code, out } = farmlab("check", "/dev/zero");
    expect(code).toBe(2);
    expect(out).toMatch(/^error\[file-too-large\] \/dev\/zero:1:1: /);
  });
});

describe("farmlab init", () => {
  it("writes a farm file that checks, and never overwrites one", () => {
    expect(farmlab("init")).toMatchObject({ code: 0, out: "" });
    expect(readFileSync(join(folder, "exit-node.farm.yml"), "utf8")).toBe(readFileSync(topology("exit-node"), "utf8"));
    expect(farmlab("check", "exit-node.farm.yml").code).toBe(0);
    writeFileSync(join(folder, "exit-node.farm.yml"), "mine");
    const again = farmlab("init");
    expect(again.code).toBe(2);
    expect(again.error).toMatch(/^error\[file-exists\]: /);
    expect(readFileSync(join(folder, "exit-node.farm.yml"), "utf8")).toBe("mine");
  });

  it("prints a layout, and names those that there are", () => {
    expect(farmlab("init", "--layout", "three-exit-nodes", "--stdout")).toEqual({
      code: 0,
      out: readFileSync(topology("three-exit-nodes"), "utf8"),
      error: "",
    });
    const unknown = farmlab("init", "--layout", "three-exit-node");
    expect([unknown.code, unknown.out]).toEqual([2, ""]);
    expect(unknown.error).toContain('did you mean "three-exit-nodes"?');
    expect(farmlab("init", "--layout", "../package").code).toBe(2);
  });
});
