import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("../farmlab.ts", import.meta.url));

interface Answer {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const derive = async (...options: readonly string[]): Promise<Answer> => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, "derive", ...options], {
    reject: false,
    env: { NO_COLOR: "1" },
  });
  return { exitCode, stdout, stderr };
};
const exitPoint = ["exit-node", "--prefix", "2a02:1802:5e:1abc::/64", "--exit-node", "1", "--allocation", "1"];

describe("farmlab derive exit-node", () => {
  it("prints one object with the seed's names and nothing else", async () => {
    const { exitCode, stdout, stderr } = await derive(...exitPoint, "--gw-ip4", "185.69.166.123/24", "--format", "json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "farmlab.derive.exit-node/1",
      GWPubName: "pub-1-1",
      GWPubIP4: "185.69.166.123/24",
      WGIP4RT: "10.255.26.188/16",
      WGListenPort: 6844,
    });
  });

  it("prints a table that says what each value is", async () => {
    const { exitCode, stdout } = await derive(...exitPoint);
    expect(exitCode).toBe(0);
    const lines = stdout.split("\n");
    expect(lines).toContainEqual(expect.stringMatching(/^GWPubIP4 +- +gateway IPv4, for SNAT only$/));
    expect(lines).toContainEqual(expect.stringMatching(/^WGListenPort +6844 +WireGuard UDP port$/));
    expect(lines).toContainEqual(expect.stringMatching(/^route +2a02:1802:5e:1abc::\/64 via fe80::1abc:1 dev to-1abc-1 +in the gateway$/));
  });

  it.each([
    [["exit-node", "--prefix", "2a02:1802:5e:2abc::/64", "--exit-node", "1", "--allocation", "1"], /prefix-outside-part/],
    [["exit-node", "--prefix", "2a02:1802:5e:ff02::/64", "--exit-node", "15", "--allocation", "1"], /prefix-reserved/],
    [["exit-node", "--prefix", "2a02:1802:5e:1abc::/64", "--exit-node", "16", "--allocation", "1"], /exit-node-out-of-range/],
    [["exit-node", "--prefix", "2a02:1802:5e:1abc::/64", "--exit-node", "1", "--allocation", "-1"], /allocation-number-out-of-range/],
    [["exit-node", "--prefix", "2a02:1802:5e:1abc::", "--exit-node", "1", "--allocation", "1"], /did you mean 2a02:1802:5e:1abc::\/64\?/],
    [["exit-node", "--prefix", "2a02:1802:5e:1abc::/64", "--exit-node", "one", "--allocation", "1"], /no whole number/],
    [["exit-node", "--exit-node", "1", "--allocation", "1"], /--prefix/],
    [["exit-nodes"], /unknown command/],
  ])("exits 2 and says why: %j", async (options, why) => {
    const { exitCode, stdout, stderr } = await derive(...options);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it("warns on standard error only, and derives", async () => {
    const { exitCode, stdout, stderr } = await derive(
      "exit-node",
      "--prefix",
      "2001:db8:5e:1abc::/64",
      "--exit-node",
      "1",
      "--allocation",
      "1",
      "--format",
      "json",
    );
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/documentation-prefix/);
    expect(JSON.parse(stdout)).toMatchObject({ NRLocalIP6: "2001:db8:5e:1abc::1/64" });
  });
});
