import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { called } from "./command-line.fixture.ts";
import { buildProgram, entries } from "./program.ts";
import type { Entry } from "./program.ts";

const launcher = new URL("../farmlab", import.meta.url).pathname;
const farm = new URL("../topologies/exit-node.farm.yml", import.meta.url).pathname;
const exported = new URL("../topologies/exit-node.clab.yml", import.meta.url).pathname;
const golden = (name: string): string => new URL(`golden/${name}`, import.meta.url).pathname;
let folder = "";

interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly error: string;
}

async function farmlab(argv: readonly string[], program: string = launcher): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(program, argv, { cwd: folder, reject: false, stripFinalNewline: false });
  return { code: exitCode, out: stdout, error: stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-mistakes-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("mistakes in the command line", () => {
  const mistakes = [
    ["rnu", farm],
    ["help", "nosuch"],
    ["--quiet", "run"],
    ["run", "--lawz", "EX-8"],
    ["run", "--seed", "abc"],
    ["run", "--reporter", "pdf"],
    ["run", "--runs", "0"],
    ["run", "--runs", "many"],
    ["run", "--budget", "0s"],
    ["run", "--budget", "soon"],
    ["run", "generate"],
    ["run", "--law", "EX-99"],
    ["run", "--reporter", "json", "--reporter", "junit"],
    ["run", "--shard", "5/4"],
    ["run", "--shard", "1/2", "--baseline", "result.json"],
    ["run", "--baseline", "missing.json"],
    ["run", "missing.farm.yml", ""],
    ["replay"],
    ["replay", "missing.capsule.json"],
    ["replay", farm],
    ["replay", farm, "--repeats", "0"],
    ["laws", "--only", "nat66"],
    ["laws", "--check", "--mutants"],
    ["what-if", farm, "--only", "link home-a:wam", "--only", "nodes"],
    ["what-if", farm, "--stands", "5"],
    ["what-if", "missing.farm.yml"],
    ["check"],
    ["plan", farm, "--node", "node-9"],
    ["derive", "foo"],
    ["up", "one", "two"],
    ["up", farm, "--name", "A B"],
    ["up", farm, "--image", "debian"],
    ["up", farm, "--image", "host", "--backend", "containerlab"],
    ["up", "missing.clab.yml"],
    ["up", exported],
    ["report", "merge"],
    ["report", "show", farm],
    ["export", farm],
    ["export", farm, "--to", "clabernetes"],
    ["export", farm, "--to", "containerlab", "--output", "missing/x.clab.yml"],
    ["down", "nosuch-lab-here"],
    ["exec"],
    ["exec", "lab", "node", "ls", "-la"],
    ["capture", "lab"],
    ["bench", "foo"],
  ];

  it("are told with a way on, on standard error alone, and exit with 2; of exec and shell with 125", async () => {
    const told: string[] = [];
    for (const argv of mistakes) {
      const { code, out, error } = await called(argv, { folder });
      expect([argv, out]).toEqual([argv, ""]);
      expect(error).toMatch(/^hint: /m);
      // Which labs run is this machine's own matter.
      const text = error
        .replaceAll(farm, "exit-node.farm.yml")
        .replaceAll(exported, "exit-node.clab.yml")
        .replace(/^hint: (running: .*|farmlab up FILE starts one)$/m, "hint: (labs that run)");
      const line = argv.join(" ").replaceAll(farm, "exit-node.farm.yml").replaceAll(exported, "exit-node.clab.yml");
      told.push(`$ farmlab ${line}\n${text}[exit ${code}]\n`);
    }
    await expect(told.join("\n")).toMatchFileSnapshot(golden("mistakes.txt"));
  });

  it.each([[["rnu", farm]], [["run", "missing.farm.yml", ""]], [["exec", "lab", "node", "ls", "-la"]]])(
    "are told the same by a process of its own: %j",
    async (argv) => expect(await farmlab(argv)).toEqual(await called(argv, { folder })),
  );
});

/** What `--help` of a command prints. */
async function helpOf(entry: Entry, ...subcommand: readonly string[]): Promise<string> {
  let text = "";
  const listen = (command: Command): void => {
    command.configureOutput({ writeOut: (part) => void (text += part) });
    for (const one of command.commands) listen(one);
  };
  const program = await buildProgram(entry);
  listen(program);
  const parsed = program.parseAsync([entry.name, ...subcommand, "--help"], { from: "user" });
  await expect(parsed).rejects.toMatchObject({ code: "commander.helpDisplayed", exitCode: 0 });
  return text;
}

describe("help", () => {
  it("of every command says what it does, with an example", async () => {
    for (const entry of entries) {
      const text = await helpOf(entry);
      expect(text).toMatch(new RegExp(`^Usage: farmlab ${entry.name} `));
      expect(text).toContain(entry.summary.slice(0, 30));
      expect(text).toMatch(/\nExamples?:\n {2}farmlab /);
    }
  });

  it("of every command offers --quiet and --no-color", async () => {
    const subcommands: Readonly<Record<string, string>> = { derive: "exit-node", report: "show" };
    for (const entry of entries) {
      const subcommand = subcommands[entry.name];
      const text = await (subcommand === undefined ? helpOf(entry) : helpOf(entry, subcommand));
      expect(text).toMatch(/--quiet[^]*--no-color/);
    }
  });

  it("is the same whichever way it is asked for", async () => {
    const [helpRun, runHelp, help, nothing, version] = await Promise.all(
      [["help", "run"], ["run", "--help"], ["help"], [], ["--version"]].map((argv) => farmlab(argv)),
    );
    expect(helpRun).toEqual(runHelp);
    expect(help).toEqual(nothing);
    expect(version?.out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the launcher", () => {
  it("works through symbolic links, from any folder, with paths that hold spaces", async () => {
    mkdirSync(join(folder, "a b"));
    symlinkSync(launcher, join(folder, "a b", "absolute"));
    symlinkSync("absolute", join(folder, "a b", "relative"));
    writeFileSync(join(folder, "a b", "my farm.farm.yml"), "nonsense");
    for (const link of ["absolute", "relative"]) {
      const { code, error } = await farmlab(["plan", "a b/my farm.farm.yml"], join(folder, "a b", link));
      expect(code).toBe(2);
      expect(error).toMatch(/^error\[wrong-type\] a b\/my farm\.farm\.yml:1:1: /);
    }
  });
});

describe("output that cannot be written", () => {
  const to = (redirections: string, ...argv: readonly string[]): Promise<Ran> =>
    farmlab(["-c", `"$@" ${redirections}`, "sh", launcher, ...argv], "/bin/sh");

  it("is no fault when the reader closes early", async () => {
    expect(await to("| true", "plan", farm, "--format", "json")).toEqual({ code: 0, out: "", error: "" });
    expect((await to("2>/dev/full", "derive", "foo")).code).toBe(2);
  });

  it("is said when the disk is full", async () => {
    const { code, error } = await to(">/dev/full", "laws");
    expect(code).toBe(3);
    expect(error).toMatch(/^error\[cannot-write\]: cannot write to standard output: ENOSPC/);
  });
});

describe("a user who is not root", () => {
  const asNobody = (...argv: readonly string[]): Promise<Ran> => {
    // Where the checkout lies in a folder of root's own, it can be read all the same.
    const readsAll = "+dac_read_search";
    const ids =
      process.getuid?.() === 0
        ? ["--reuid", "65534", "--regid", "65534", "--clear-groups", `--inh-caps=${readsAll}`, `--ambient-caps=${readsAll}`]
        : [];
    return farmlab([...ids, launcher, ...argv], "setpriv");
  };

  it("without subordinate ids can check, and gets exit code 3 with the way out from what makes labs", async () => {
    chmodSync(folder, 0o755);
    expect((await asNobody("check", farm)).code).toBe(0);
    for (const command of [["run", farm], ["up", farm], ["bench"]]) {
      const { code, out, error } = await asNobody(...command);
      expect([command, code, out]).toEqual([command, 3, ""]);
      expect(error).toMatch(/^error\[no-(namespaces|subordinate-ids)\]: this user lacks .*\nhint: .*\b(root|sudo|uidmap)\b.*\n$/);
    }
    // Wrong input is found first.
    expect((await asNobody("run", "missing.farm.yml")).code).toBe(2);
  });
});
