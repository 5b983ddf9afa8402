/** `farmlab what-if` in real labs: what failures of the first drawing's farm take, by the command itself. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { missing, needs } from "../../emulator/containerlab/available.fixture.ts";
import type { BackendName } from "../../emulator/lab.ts";
import { whatIfResultSchema } from "../what-if/schema.ts";
import { tracesOf } from "./leftovers.ts";

const launcher = new URL("../../farmlab", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "what-if-"));
const farm = join(folder, "exit-node.farm.yml");
writeFileSync(
  farm,
  `${readFileSync(new URL("../../topologies/exit-node.farm.yml", import.meta.url), "utf8")}
expectations:
  - { from: internet, to: blue/blue-1, service: tcp/80, survives: [link] }
  - { from: internet, to: blue/blue-3, service: tcp/80, family: ipv6, survives: [link], within-ms: 500 }
  - { from: red/red-1, to: blue/blue-1, service: tcp/80, family: ipv4, survives: [process], within-ms: 10000 }
  - { from: red/red-1, to: blue/blue-2, family: ipv4, reachable: false, survives: [link, process] }
`,
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what-if", () => {
  it("tells who loses what while a link is down and when a daemon dies, and judges the farmer's expectations", async () => {
    const argv = ["what-if", farm, "--only", "link home-b:wan", "--only", "process upstream/staticd", "--seed", "1", "--format", "json"];
    const { exitCode, stdout, stderr } = await execa(launcher, argv, { reject: false });
    expect(stderr).toMatch(/^2\/2 /m);
    const result = whatIfResultSchema.parse(JSON.parse(stdout));
    expect(result.silent).toEqual([]);
    const [link, daemon] = result.failures;

    expect(link).toMatchObject({ failure: "link home-b:wan", verdict: "standing", cutOff: ["blue/blue-3"], why: null });
    expect(link?.stoodMs).toBeGreaterThanOrEqual(3000);
    expect(link?.lost.filter(({ from, to }) => from !== "blue/blue-3" && to !== "blue/blue-3")).toEqual([]);
    for (const { comesBack, outageMs } of link?.lost ?? []) {
      expect(comesBack).toBe("repaired");
      expect(outageMs).toBeGreaterThan(2500);
    }

    // zebra takes the routes of a daemon that is gone out of the kernel, and staticd brings them back.
    expect(daemon).toMatchObject({ failure: "process upstream/staticd", stoodMs: null, why: null });
    expect(daemon?.lost.filter(({ comesBack }) => comesBack !== "alone")).toEqual([]);

    expect(result.expectations.map(({ verdict, failures }) => [verdict, failures])).toEqual([
      ["passed", 1],
      ["failed", 1],
      ["passed", 1],
      ["passed", 2],
    ]);
    expect(result.expectations[1]?.why).toEqual([
      expect.stringMatching(/^link home-b:wan: tcp\/80 internet > blue\/blue-3 IPv6 was away for /),
    ]);
    expect(exitCode).toBe(1);
  });

  /** Off and on again, with all that only a running agent makes: its workloads answer as before. */
  async function powerFailure(backend: BackendName): Promise<void> {
    const argv = ["what-if", farm, "--only", "node node-2", "--backend", backend, "--seed", "1", "--format", "json"];
    const { stdout } = await execa(launcher, argv, { reject: false });
    const [node] = whatIfResultSchema.parse(JSON.parse(stdout)).failures;
    expect(node).toMatchObject({ verdict: "standing", cutOff: ["blue/blue-2", "red/red-2"], why: null });
    const services = new Set(node?.lost.map(({ service, comesBack }) => `${service} ${comesBack}`));
    expect(services).toEqual(new Set(["icmp repaired", "udp/5353 repaired"]));
  }

  it("tells that a node whose power failed is as before once it is back", () => powerFailure("netns"));
  it.skipIf(missing)(`does so on containerlab (${needs})`, () => powerFailure("containerlab"));

  it("leaves nothing when it is interrupted while something has failed", async () => {
    const child = spawn(launcher, ["what-if", farm, "--only", "node", "--stands", "1h"], { stdio: ["ignore", "ignore", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 60_000 }).toMatch(/^10 failures to try/m);
    const traces = (): readonly string[] => [...tracesOf(child.pid ?? 0, folder).processes, ...tracesOf(child.pid ?? 0, folder).locks];
    expect(traces()).not.toEqual([]);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    await expect.poll(traces, { timeout: 5000 }).toEqual([]);
  });
});
