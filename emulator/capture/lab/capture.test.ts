/** Captures of real links, by the packets that were sent over them. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectValue } from "../../../core/common/index.ts";
import type { Lab } from "../../lab.ts";
import { downAll, pair, plain, up, type Sketch } from "../../netns/lab/test-labs.ts";
import { startProber } from "../../probe/index.ts";
import { captureLab, decodePacket, packetSummary, readCaptureFiles, startCapture, type Capture } from "../index.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "farmlab-capture-"));
});
afterEach(downAll);
afterAll(() => rmSync(folder, { recursive: true }));

const read = async (files: readonly string[]): Promise<Capture> => expectValue(await readCaptureFiles(files));

/** Sends numbered UDP datagrams as fast as a shell can, from `left` to `right`, where no error answers them. */
async function blast(lab: Lab, count: number): Promise<void> {
  const rules =
    "add table ip quiet; add chain ip quiet input { type filter hook input priority 0; }; add rule ip quiet input udp dport 9 drop";
  expect(await lab.node("right").exec(["nft", rules])).toMatchObject({ code: 0 });
  const script = `for ((i = 0; i < ${count}; i += 1)); do printf 'datagram %d' $i >&3; done`;
  const { code, stderr } = await lab.node("left").exec(["bash", "-c", `exec 3<>/dev/udp/10.0.0.2/9; ${script}`]);
  expect([code, stderr]).toEqual([0, ""]);
}

describe("a capture of a link", () => {
  it("has each packet once at each end, with direction, nanoseconds and interface names", async () => {
    const lab = await up(pair);
    const capture = await captureLab(lab, { folder });
    expect(await lab.node("left").exec(["ping", "-c1", "-W2", "10.0.0.2"])).toMatchObject({ code: 0 });
    const { files, complete, dropped } = await capture.stop();
    expect([complete, dropped]).toEqual([true, 0]);
    const { interfaces, packets, counts, notes } = await read(files);
    expect(interfaces.map(({ name, description }) => [name, description])).toEqual([
      ["left:eth0", "link wire, to right:eth0"],
      ["right:eth0", "link wire, to left:eth0"],
    ]);
    expect(interfaces.map(({ comment }) => comment)).toEqual([
      expect.stringMatching(/^namespace \d+, index 10, MTU 1500$/),
      expect.stringMatching(/^namespace \d+, index 11, MTU 1500$/),
    ]);
    const pings = packets.flatMap((packet) => {
      const decoded = decodePacket(packet.interface.linkType, packet.bytes);
      return decoded.transport?.kind === "icmp" ? [{ packet, summary: packetSummary(decoded) }] : [];
    });
    expect(pings.map(({ packet, summary }) => `${packet.interface.name} ${packet.direction} ${summary.replace(/ id \d+/, "")}`)).toEqual([
      "left:eth0 out ICMP echo request seq 1 10.0.0.1 > 10.0.0.2 ttl 64",
      "right:eth0 in ICMP echo request seq 1 10.0.0.1 > 10.0.0.2 ttl 64",
      "right:eth0 out ICMP echo reply seq 1 10.0.0.2 > 10.0.0.1 ttl 64",
      "left:eth0 in ICMP echo reply seq 1 10.0.0.2 > 10.0.0.1 ttl 64",
    ]);
    expect(pings[0]?.packet).toMatchObject({ length: 98 });
    expect(counts.map((count) => count.dropped)).toEqual([0, 0]);
    expect(counts.reduce((sum, count) => sum + (count.received ?? 0), 0)).toBe(packets.length);
    expect(notes).toEqual([]);
  });

  it("loses none of ten thousand packets, or says how many it lost", async () => {
    const lab = await up(pair);
    const capture = await captureLab(lab, { folder });
    await blast(lab, 10_000);
    const { files, dropped } = await capture.stop();
    const seen = { out: new Set<string>(), in: new Set<string>() };
    const { packets, counts } = await read(files);
    for (const packet of packets) {
      const { transport, payload } = decodePacket(packet.interface.linkType, packet.bytes);
      if (transport?.kind === "udp" && packet.interface.name === (packet.direction === "in" ? "right:eth0" : "left:eth0"))
        seen[packet.direction ?? "in"].add(Buffer.from(payload).toString());
    }
    expect(counts.reduce((sum, count) => sum + (count.dropped ?? 0), 0)).toBe(dropped);
    expect(seen.out.size + seen.in.size + dropped).toBeGreaterThanOrEqual(20_000);
    if (dropped === 0) expect([seen.out.size, seen.in.size]).toEqual([10_000, 10_000]);
  });

  it("says how many packets it had no room for when nobody takes them", async () => {
    const lab = await up(pair);
    const child = lab.startHelper(["capture"]);
    let told = "";
    const ready = new Promise<void>((resolve) => {
      child.stderr.on("data", (text: Buffer) => {
        told += text.toString();
        if (told.includes("ready\n")) resolve();
      });
    });
    const path = lab.namespacePath("left");
    child.stdin.write(`memory\t262144\ninterface\tleft:eth0\t${path}\teth0\t\nstart\n`);
    await ready;
    // Stdout is not read: the pipe and the ring are full before all have passed.
    await blast(lab, 10_000);
    child.stdin.end();
    child.stdout.resume();
    await new Promise((resolve) => void child.once("close", resolve));
    const [, received, dropped] = /^end\t(\d+)\t(\d+)$/m.exec(told) ?? [];
    expect(Number(received)).toBeGreaterThanOrEqual(10_000);
    expect(Number(dropped)).toBeGreaterThan(0);
  });

  it("keeps to its bound, in files that are whole by themselves", async () => {
    const lab = await up(pair);
    const ringBytes = 200_000;
    const capture = await captureLab(lab, { folder, ringBytes });
    await blast(lab, 3000);
    const { files } = await capture.stop();
    expect(files).toHaveLength(2);
    expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThanOrEqual(ringBytes);
    const texts = async (paths: readonly string[]): Promise<string[]> =>
      (await read(paths)).packets.map(({ interface: { linkType }, bytes }) =>
        Buffer.from(decodePacket(linkType, bytes).payload).toString(),
      );
    // The newest packets are the ones that are there, in each file with its interfaces' names.
    expect((await texts(files)).filter((text) => text.startsWith("datagram")).at(-1)).toBe("datagram 2999");
    for (const file of files) {
      const { interfaces, notes } = await read([file]);
      expect([interfaces.map(({ name }) => name), notes]).toEqual([["left:eth0", "right:eth0"], []]);
    }
    // The older one is full: half of the bound is always there.
    expect(statSync(files[0] ?? "").size).toBeGreaterThan(ringBytes / 2 - 200);
  });

  it("is read by tcpdump", async () => {
    const lab = await up(pair);
    const capture = await captureLab(lab, { folder });
    expect(await lab.node("left").exec(["ping", "-c1", "-W2", "2001:db8::2"])).toMatchObject({ code: 0 });
    const { files } = await capture.stop();
    const node = lab.node("right");
    const { code } = await node.exec(["sh", "-c", "base64 -d > /tmp/capture"], {
      input: (await readFile(files[0] ?? "")).toString("base64"),
    });
    expect(code).toBe(0);
    const { stdout } = await node.exec(["tcpdump", "-nr", "/tmp/capture", "icmp6[icmp6type] == 128"]);
    expect(stdout.match(/IP6 2001:db8::1 > 2001:db8::2: ICMP6, echo request/g)).toHaveLength(2);
  });

  it("has the VLAN tags that were on the wire", async () => {
    const tagged: Sketch = {
      nodes: [
        { ...plain, name: "left", config: {} },
        { ...plain, name: "right", config: {} },
      ],
      links: pair.links,
    };
    const lab = await up(tagged);
    const capture = await captureLab(lab, { folder });
    const prober = startProber((argv) => lab.startHelper(argv));
    const frame = Buffer.from("ffffffffffff0200000000018100006408060001080006040001020000000001c0000201000000000000c0000202", "hex");
    await prober.sendFrame({ namespacePath: lab.namespacePath("left"), interface: "eth0", frame });
    await prober.close();
    const { files } = await capture.stop();
    const arps = (await read(files)).packets.map((packet) => [packet, decodePacket(packet.interface.linkType, packet.bytes)] as const);
    const found = arps.filter(([, { arp }]) => arp !== undefined);
    expect(
      found.map(
        ([
          {
            interface: { name },
            direction,
          },
          decoded,
        ]) => `${name} ${direction} ${packetSummary(decoded)}`,
      ),
    ).toEqual([
      "left:eth0 out vlan 100 ARP who has 192.0.2.2, tell 192.0.2.1",
      "right:eth0 in vlan 100 ARP who has 192.0.2.2, tell 192.0.2.1",
    ]);
    expect(found.map(([packet]) => Buffer.from(packet.bytes).equals(frame))).toEqual([true, true]);
  });

  it("that cannot start says which interface is to blame", async () => {
    const lab = await up(pair);
    const sink = { write: async () => undefined, close: async () => undefined };
    const start = (namespacePath: string, name: string): Promise<unknown> =>
      startCapture((argv) => lab.startHelper(argv), [{ name: `left:${name}`, namespacePath, interface: name }], sink);
    await expect(start(lab.namespacePath("left"), "eth7")).rejects.toThrow("left:eth7: No such device");
    await expect(start("/etc/passwd", "eth0")).rejects.toThrow("left:eth0: Invalid argument");
    await expect(captureLab(lab, { folder, links: ["other"] })).rejects.toThrow("no link other");
  });

  it("of a lab that ends is what had passed until then", async () => {
    const lab = await up(pair);
    const capture = await captureLab(lab, { folder });
    expect(await lab.node("left").exec(["ping", "-c1", "-W2", "10.0.0.2"])).toMatchObject({ code: 0 });
    await lab.down();
    const { files, complete } = await capture.stop();
    expect(complete).toBe(false);
    expect((await read(files)).interfaces).toHaveLength(2);
  });
});
