import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSizeLimit } from "../core/common/reading/index.ts";
import { readFarm, readFarmText } from "./read-farm.ts";

const farm = new URL("../topologies/exit-node.farm.yml", import.meta.url).pathname;
let folder = "";
let fifo = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-read-"));
  fifo = join(folder, "fifo");
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", fifo]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const codesOf = async (path: string): Promise<readonly string[]> => (await readFarm(path)).problems.map(({ code }) => code);

describe("reading a farm file", () => {
  it("takes its text as it is", async () => {
    expect(await readFarmText(farm)).toEqual({ ok: true, value: readFileSync(farm, "utf8"), problems: [] });
  });

  it("does not wait for a pipe that nobody writes to", async () => {
    expect(await codesOf(fifo)).toEqual(["empty-file"]);
  });

  it("waits for a pipe that somebody has open", async () => {
    // Opened for reading too, a FIFO opens at once; what is written comes in two parts, and the reader sees the pipe empty between them.
    const script = 'exec 3<>"$1"; echo opened; read -r _; head -c 100 "$2" >&3; sleep 0.1; tail -c +101 "$2" >&3; exec 3>&-';
    const writer = spawn("sh", ["-c", script, "sh", fifo, farm], { stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    const text = readFarmText(fifo);
    writer.stdin.end("go\n");
    expect(await text).toMatchObject({ ok: true, value: readFileSync(farm, "utf8") });
  });

  it("reads no more than a farm file may have", async () => {
    writeFileSync(join(folder, "large"), Buffer.alloc(10_000_000, "x"));
    for (const path of [join(folder, "large"), "/dev/zero"]) expect(await codesOf(path)).toEqual(["file-too-large"]);
    writeFileSync(join(folder, "limit"), Buffer.alloc(fileSizeLimit, "#"));
    expect(await codesOf(join(folder, "limit"))).toEqual(["empty-file"]);
  });

  it("names an empty path so that it can be seen", async () => {
    expect((await readFarm("")).problems[0]?.place?.file).toBe('""');
  });
});
