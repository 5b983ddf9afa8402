/** `farmlab capture` on a lab of `farmlab up`, each time the launcher itself. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCapture, type Capture } from "../../emulator/capture/index.ts";

const launcher = new URL("../../farmlab", import.meta.url).pathname;
const farm = new URL("../../topologies/exit-node.farm.yml", import.meta.url).pathname;
const lab = `capture-${process.pid}`;
let folder = "";

const farmlab = (...argv: readonly string[]) => execa(launcher, argv, { reject: false, stripFinalNewline: false });
type Running = ReturnType<typeof farmlab>;

/** When its standard error says so, every packet is captured. */
async function capturing(running: Running): Promise<void> {
  let told = "";
  await new Promise<void>((resolve, reject) => {
    running.stderr.on("data", (text: Buffer) => {
      told += String(text);
      if (told.includes("Ctrl-C ends it\n")) resolve();
    });
    running.stderr.once("end", () => reject(new Error(`it ended: ${told}`)));
  });
}

async function ping(): Promise<void> {
  expect((await farmlab("exec", lab, "host-v4", "--", "ping", "-c1", "-W5", "203.0.113.7")).exitCode).toBe(0);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-capture-"));
  expect((await farmlab("up", farm, "--name", lab, "--quiet")).exitCode).toBe(0);
});
afterAll(async () => {
  await farmlab("down", lab);
  rmSync(folder, { recursive: true });
});

describe("farmlab capture", () => {
  it("prints a line for each packet and ends with Ctrl-C, leaving nothing", async () => {
    const running = farmlab("capture", lab, "host-v4:wan", "--filter", "icmp");
    await capturing(running);
    await ping();
    // As timeout(1) does it, which signals the process and its group.
    for (let turn = 0; turn < 2; turn += 1) running.kill("SIGINT");
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stderr]).toEqual([130, "capturing host-v4:wan; Ctrl-C ends it\n2 packets, 0 lost\n"]);
    expect(stdout.replace(/id \d+/g, "id X").replace(/^\d\d:\d\d:\d\d\.\d{6}/gm, "TIME")).toBe(
      `TIME  host-v4:wan  out  ICMP echo request id X seq 1 198.51.100.4 > 203.0.113.7 ttl 64, length 98
TIME  host-v4:wan  in   ICMP echo reply id X seq 1 203.0.113.7 > 198.51.100.4 ttl 63, length 98
`,
    );
    expect((await farmlab("exec", lab, "host-v4", "--", "ps", "ax", "-o", "args")).stdout).not.toMatch(/native capture/);
  });

  it("prints JSON for programs", async () => {
    const running = farmlab("capture", lab, "host-v4:wan", "--filter", "icmp[icmptype] == icmp-echo", "--format", "json", "--quiet");
    // Without a word on standard error, its first line says that it captures.
    let first = "";
    running.stdout.once("data", (text: Buffer) => (first = String(text)));
    await expect.poll(async () => [await ping(), first !== ""][1], { timeout: 20_000 }).toBe(true);
    running.kill("SIGTERM");
    const { exitCode, stderr } = await running;
    expect([exitCode, stderr]).toEqual([143, ""]);
    expect(JSON.parse(first.split("\n")[0] ?? "")).toMatchObject({
      schema: "farmlab.packet/1",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
      end: "host-v4:wan",
      direction: "out",
      length: 98,
      source: "198.51.100.4",
      destination: "203.0.113.7",
      protocol: "icmp",
      sourcePort: null,
      ttl: 64,
    });
  });

  it("writes whole files, and the same to a pipe", async () => {
    const path = join(folder, "one.pcapng");
    const toFile = farmlab("capture", lab, "node-1/gateway:pub-1-1", "-w", path);
    const toPipe = execa(launcher, ["capture", lab, "home-a:wan", "-w", "-"], { reject: false, encoding: "buffer" });
    await Promise.all([capturing(toFile), capturing(toPipe as unknown as Running)]);
    await ping();
    expect((await farmlab("exec", lab, "node-1", "--namespace", "gateway", "--", "ping", "-c1", "-W5", "185.69.166.1")).exitCode).toBe(0);
    for (const running of [toFile, toPipe]) running.kill("SIGINT");
    expect([(await toFile).exitCode, (await toPipe).exitCode]).toEqual([130, 130]);
    const captures = [readCapture(readFileSync(path)), readCapture((await toPipe).stdout)];
    const expectWhole = ({ interfaces, packets, counts, notes }: Capture, name: string): void => {
      expect([interfaces.map((one) => one.name), notes]).toEqual([[name], []]);
      expect(packets.length).toBeGreaterThanOrEqual(2);
      expect(counts.map(({ received, dropped }) => [received, dropped])).toEqual([[packets.length, 0]]);
    };
    expectWhole(captures[0]!, "node-1/gateway:pub-1-1");
    expectWhole(captures[1]!, "home-a:wan");
  });

  it("ends without a word when its reader has gone", async () => {
    const script = '"$0" capture "$1" host-v4:wan --quiet --filter icmp | head -n 1';
    const running = execa("bash", ["-o", "pipefail", "-c", script, launcher, lab], { reject: false });
    let ended = false;
    void running.then(() => (ended = true));
    await expect.poll(async () => [await ping(), ended][1], { timeout: 20_000 }).toBe(true);
    const { exitCode, stdout, stderr } = await running;
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n")).toHaveLength(1);
  });

  const mistakes = [
    [["nosuch-lab", "node-1:eth0"], 'no lab named "nosuch-lab" is running', /^hint: running: /m],
    [[lab, "node-1"], '"node-1" is no name for a link', /^hint: node:interface, as node-1:eth0,/m],
    [[lab, "nod-1:eth0"], "has no node nod-1", /^hint: did you mean "node-1"\?/m],
    [[lab, "node-1:eth9"], "node-1 has no interface eth9", /^hint: did you mean "eth0"\?/m],
    [[lab, "node-1/gatway:pub-1-1"], "node-1 has no namespace gatway", /^hint: did you mean "gateway"\?/m],
    [[lab, "node-1/gateway:qux"], "node-1/gateway has no interface qux", /^hint: known interfaces: .*pub-1-1/m],
    [
      [lab, "node-1:eth0", "--filter", "prot 7"],
      'the filter "prot 7" cannot be used: can\'t parse filter expression: syntax error',
      /^hint: as in/m,
    ],
    [[lab, "node-1:eth0", "-w", "/nosuch/folder/x"], "cannot write /nosuch/folder/x: ENOENT", /^hint: -w names a file/m],
  ] as const;
  it.each(mistakes)("%j is told with a way on", async (argv, message, hint) => {
    const { exitCode, stdout, stderr } = await farmlab("capture", ...argv);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(hint);
  });

  it("says that the disk is full", async () => {
    const { exitCode, stderr } = await farmlab("capture", lab, "node-1:eth0", "-w", "/dev/full", "--quiet");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^error\[cannot-write\]: cannot write \/dev\/full: ENOSPC: .*\nhint: .*\n$/);
  });

  it("ends with its lab", async () => {
    const running = farmlab("capture", lab, "node-2:eth0", "-w", join(folder, "last.pcapng"));
    await capturing(running);
    expect((await farmlab("down", lab)).exitCode).toBe(0);
    const { exitCode, stderr } = await running;
    expect([exitCode, stderr]).toEqual([0, `capturing node-2:eth0; Ctrl-C ends it\nlab ${lab} has ended\n`]);
    expect(readCapture(readFileSync(join(folder, "last.pcapng"))).interfaces).toHaveLength(1);
  });
});
