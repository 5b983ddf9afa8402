/** FE-1 in a real lab: what a farm file expects is judged by `farmlab run`, and what is not so breaks it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, expect, it } from "vitest";
import type { RunResult } from "../../reports/index.ts";

const launcher = new URL("../../farmlab", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "expectations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Exit code, how many flows were judged, and each line of why it does not hold, of the first drawing's farm with these expectations. */
async function judged(
  ...expectations: readonly string[]
): Promise<readonly [code: number | undefined, runs: number, why: readonly string[]]> {
  const drawing = readFileSync(new URL("../../topologies/exit-node.farm.yml", import.meta.url), "utf8");
  const file = join(folder, "expecting.farm.yml");
  writeFileSync(file, `${drawing}expectations:\n${expectations.map((one) => `  - { ${one} }\n`).join("")}`);
  const { exitCode, stdout } = await execa(launcher, ["run", file, "--law", "FE-1", "--seed", "1", "--format", "json", "--no-reduce"], {
    reject: false,
    cwd: folder,
  });
  const [law] = (JSON.parse(stdout) as RunResult).results.flatMap(({ laws }) => laws);
  return [exitCode, law?.runs ?? 0, (law?.why ?? "").split("\n")];
}

const possible = [
  "from: internet, to: blue/blue-1, service: tcp/80",
  "from: blue/blue-2, to: internet, service: udp/123",
  "from: blue/blue-2, to: blue/blue-3",
  "from: red/red-1, to: blue/blue-1, family: ipv4, reachable: false",
];

it("holds where all comes true, by every address", async () => {
  expect(await judged(...possible)).toEqual([0, 7, [""]]);
});

it("is broken by what does not come true, in the words of the file and of the law that is against it", async () => {
  const [code, runs, why] = await judged(...possible, "from: red/red-1, to: blue/blue-2, reachable: false");
  expect([code, runs]).toEqual([1, 9]);
  expect(why).toEqual([
    expect.stringMatching(
      /^icmp echo from red-1 .* it was answered .*; expected: nobody answers at 2a02:1802:5e:1b2c::2 \(FE-1: red\/red-1 does not reach blue\/blue-2; EX-10 has it otherwise: /,
    ),
  ]);
});
