/** XC-7: on a host that really lacks something, what needs it is skipped by name. */
import { afterAll, describe, expect, it } from "vitest";
import { noTimeline } from "../../property-tests/laws/silent.ts";
import { farmlab, onHost, socketRefusers, temporaryFolder, without, type Ran } from "./host.fixture.ts";

const farm = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const { noPacketSockets } = socketRefusers(temporaryFolder(afterAll));
const runThere = (...argv: readonly string[]): Promise<Ran> => farmlab(["run", farm, "--quiet", ...argv], noPacketSockets);

interface Judged {
  readonly results: readonly {
    readonly laws: readonly { readonly law: string; readonly verdict: string; readonly needs: readonly string[] }[];
  }[];
}

describe("XC-7 a run without packet sockets", () => {
  it("says which properties are skipped and what they need, and judges the others", async () => {
    const { code, out } = await runThere("--law", "EX-1", "--law", "EX-7", "--law", "EX-11");
    expect(code).toBe(0);
    const lines = out.split("\n").map((line) => line.trim());
    const ofLaw = (law: string): string[] => lines.filter((line) => line.includes(` ${law} `));
    expect(ofLaw("EX-1").map((line) => line.slice(0, 1))).toEqual(["✓", "✓", "✓"]);
    // What a timeline's law would need does not count where there is no timeline.
    expect(ofLaw("EX-7").map((line) => line.replace(/^(.).* {2}/, "$1 "))).toEqual([
      "- skipped: needs packet-sockets",
      "- skipped: needs packet-sockets",
      `- skipped: ${noTimeline}`,
    ]);
    // Of one law, what needs nothing of it is judged.
    expect(ofLaw("EX-11").map((line) => line.slice(0, 1))).toEqual(["✓", "✓", "-", "-", "-"]);
    expect(out).toMatch(/11 properties: 5 passed, 6 skipped in/);
  });

  it("exits with 3 where nothing could be judged, and says so to machines too", async () => {
    const json = await runThere("--law", "EX-7", "--reporter", "json");
    expect(json.code).toBe(3);
    expect(json.error).toBe(
      "error[all-skipped]: nothing can be judged on this host: everything needs packet-sockets\nhint: farmlab doctor shows how to get what this host lacks\n",
    );
    const { results } = JSON.parse(json.out) as Judged;
    expect(results.flatMap(({ laws }) => laws.map(({ verdict, needs }) => [verdict, ...needs]))).toEqual([
      ["skipped", "packet-sockets"],
      ["skipped", "packet-sockets"],
      ["skipped"],
    ]);
    const junit = await runThere("--law", "EX-7", "--reporter", "junit");
    expect(junit.code).toBe(3);
    expect(junit.out.match(/<skipped message="needs packet-sockets"\/>/g)).toHaveLength(2);
  });

  it("exits with 1 where skips are not allowed, or the law is required", async () => {
    const strict = await runThere("--law", "EX-1", "--law", "EX-8", "--no-skips");
    expect(strict.code).toBe(1);
    expect(strict.error).toMatch(/^error\[skipped\]: with --no-skips nothing may be skipped: EX-8 .*\nhint: farmlab doctor/m);
    const required = await runThere("--law", "EX-1", "--law", "EX-8", "--require", "EX-8");
    expect(required.code).toBe(1);
    expect(required.error).toMatch(/^error\[required-law\]: EX-8 is required and was not judged/m);
  });

  it("is what doctor said before", async () => {
    const { code, out } = await farmlab(["doctor", "--format", "json"], noPacketSockets);
    expect(code).toBe(0);
    const { capabilities } = JSON.parse(out) as { capabilities: { capability: string; present: boolean; laws: string[]; how: string }[] };
    expect(capabilities.find(({ capability }) => capability === "packet-sockets")).toMatchObject({
      present: false,
      laws: ["EX-7", "EX-8", "EX-9", "EX-10", "EX-11", "EX-16", "EX-20", "EX-22", "EX-23"],
      how: "modprobe af_packet",
    });
  });
});

describe("XC-7 a run of nodes on this machine's own programs", () => {
  it("says which packages the nodes would take, and judges nothing", async () => {
    const lacking = onHost(without(["busybox", "etcd", "zebra", "nft", "wg", "wireguard-go"]));
    const { code, out, error } = await farmlab(["run", farm, "--quiet", "--image", "host", "--law", "EX-1", "--law", "EX-7"], lacking);
    expect(code).toBe(3);
    const needs = "busybox, etcd-server, frr, nftables, wireguard-go, wireguard-tools";
    expect(out).toMatch(/^host: .*image: host/);
    expect(out.match(/ {2}skipped: needs (.*)$/gm)).toEqual(Array.from({ length: 6 }, () => `  skipped: needs ${needs}`));
    expect(error).toMatch(new RegExp(`^error\\[all-skipped\\]: .*everything needs ${needs}$`, "m"));
  });
});
