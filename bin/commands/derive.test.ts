import { describe, expect, it } from "vitest";
import { called } from "../command-line.fixture.ts";
import type { Called } from "../command-line.fixture.ts";

const derive = async (...options: readonly string[]): Promise<Called> =>
  await called(["derive", ...options], { folder: ".", env: { NO_COLOR: "1" } });
const exitPoint = ["exit-node", "--prefix", "2a02:1802:5e:1abc::/64", "--exit-node", "1", "--allocation", "1"];

describe("farmlab derive exit-node", () => {
  it("prints one object with the seed's names and nothing else", async () => {
    const { code, out, error } = await derive(...exitPoint, "--gw-ip4", "185.69.166.123/24", "--format", "json");
    expect([code, error]).toEqual([0, ""]);
    expect(JSON.parse(out)).toMatchObject({
      schema: "farmlab.derive.exit-node/1",
      GWPubName: "pub-1-1",
      GWPubIP4: "185.69.166.123/24",
      WGIP4RT: "10.255.26.188/16",
      WGListenPort: 6844,
    });
  });

  it("prints a table that says what each value is", async () => {
    const { code, out } = await derive(...exitPoint);
    expect(code).toBe(0);
    const lines = out.split("\n");
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
    const { code, out, error } = await derive(...options);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toMatch(why);
    expect(error).not.toMatch(/^ +at /m);
  });

  it("warns on standard error only, and derives", async () => {
    const { code, out, error } = await derive(
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
    expect(code).toBe(0);
    expect(error).toMatch(/documentation-prefix/);
    expect(JSON.parse(out)).toMatchObject({ NRLocalIP6: "2001:db8:5e:1abc::1/64" });
  });
});
