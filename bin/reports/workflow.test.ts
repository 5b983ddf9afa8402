import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { exampleResult } from "../../reports/example.ts";
import type { RunResult } from "../../reports/index.ts";
import { buildProgram, entries } from "../program.ts";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly Step[]; readonly strategy?: { readonly matrix: { readonly part: readonly number[] } } }>
  >;
}

const root = new URL("../../", import.meta.url).pathname;
const workflow = parse(readFileSync(join(root, "docs/ci/github-workflow.yml"), "utf8")) as Workflow;
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const scripts = steps.flatMap(({ run }) => run ?? []);

/** As GitHub fills it in. */
const filled = (text: string): string => text.replaceAll("${{ github.run_number }}", "17").replaceAll("${{ matrix.part }}", "1");

/** The words of every farmlab command in the scripts, as bash would give them with and without the earlier result. */
const commands = scripts.flatMap((script) =>
  filled(script)
    .split("\n")
    .filter((line) => line.includes("./farmlab "))
    .flatMap((line) => ["", "--baseline before/result.json"].map((baseline) => line.replace('"${baseline[@]}"', baseline)))
    .map((line) =>
      line
        .slice(line.indexOf("./farmlab ") + "./farmlab ".length)
        .split(" ")
        .filter((word) => word !== ""),
    ),
);

const folder = mkdtempSync(join(tmpdir(), "farmlab-workflow-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command's own parser, and not the command. */
async function options(words: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const entry = entries.find(({ name }) => name === words[0]);
  const program = await buildProgram(entry);
  let parsed: Readonly<Record<string, unknown>> | undefined;
  const replace = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => void (parsed = command.opts()));
    for (const one of command.commands) replace(one);
  };
  replace(program);
  await program.parseAsync([...words], { from: "user" });
  if (parsed === undefined) throw new Error(`${words.join(" ")} is no command`);
  return parsed;
}

describe("the example workflow", () => {
  it("has only steps of actions and of scripts that bash can read", () => {
    expect(scripts.length).toBeGreaterThan(4);
    for (const step of steps) expect([step.uses !== undefined, step.run !== undefined].filter(Boolean)).toHaveLength(1);
    for (const script of scripts) expect(spawnSync("bash", ["-n", "-c", filled(script)], { encoding: "utf8" }).stderr).toBe("");
  });

  it("gives farmlab command lines that it takes", async () => {
    expect(commands.map(([name]) => name)).toEqual(expect.arrayContaining(["doctor", "run", "report"]));
    for (const words of commands) await expect(options(words)).resolves.toBeDefined();
    await expect(options(["run", "--no-such-option"])).rejects.toThrow("unknown option");
  });

  it("runs all parts there are, and fetches all that they leave", async () => {
    const part = workflow.jobs["part"];
    const run = commands.find(([name]) => name === "run") ?? [];
    const { shard, output } = (await options(run)) as { shard: { index: number; count: number }; output: string };
    expect(part?.strategy?.matrix.part).toEqual(Array.from({ length: shard.count }, (_, index) => index + 1));
    const inputs = (uses: string): Readonly<Record<string, unknown>>[] =>
      steps.flatMap((step) => (step.uses?.startsWith(uses) === true ? [step.with ?? {}] : []));
    expect(inputs("actions/upload-artifact")[0]).toMatchObject({ name: "blob-${{ matrix.part }}", path: output });
    expect(inputs("actions/download-artifact")[0]).toMatchObject({ pattern: "blob-*", "merge-multiple": true, path: "blobs" });
  });

  it("joins the parts as its script stands, with and without an earlier result", () => {
    const { baseline: _, search: __, ...rest } = exampleResult;
    const law = (verdict: "passed" | "failed") => ({
      law: "EX-8",
      property: "EX-8 keep",
      verdict,
      runs: 1,
      needs: [],
      why: null,
      figures: [],
    });
    const result = (farm: string, verdict: "passed" | "failed"): RunResult => ({
      ...rest,
      results: [{ farm, backend: "netns", laws: [law(verdict)], coverage: {} }],
      counterexamples: [],
    });
    const write = (name: string, content: unknown): void => writeFileSync(join(folder, name), JSON.stringify(content));
    for (const name of ["blobs", "before"]) mkdirSync(join(folder, name));
    symlinkSync(join(root, "farmlab"), join(folder, "farmlab"));
    const blob = (index: number, of: RunResult): void =>
      write(`blobs/blob-${index}-of-2.json`, { schema: "farmlab.blob/1", shard: { index, count: 2 }, result: of });
    blob(1, result("one", "passed"));
    blob(2, result("two", "passed"));
    const script = filled(scripts.find((text) => text.includes("report merge")) ?? "");
    const joinParts = () => {
      const env = { ...process.env, GITHUB_STEP_SUMMARY: join(folder, "summary.md") };
      // As GitHub starts scripts.
      return spawnSync("bash", ["-e", "-c", script], { cwd: folder, encoding: "utf8", env });
    };
    const first = joinParts();
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toMatch(/^::notice title=farmlab::2 farms, 2 properties: 2 passed/);
    for (const name of ["result/result.json", "result/junit.xml", "summary.md"]) expect(existsSync(join(folder, name))).toBe(true);
    writeFileSync(join(folder, "before/result.json"), readFileSync(join(folder, "result/result.json")));
    blob(2, result("other", "passed"));
    const second = joinParts();
    expect(second.status).toBe(1);
    expect(second.stdout).toMatch(/^::error title=worse than before::EX-8 keep, on two \(netns\): passed, now not judged$/m);
  });
});
