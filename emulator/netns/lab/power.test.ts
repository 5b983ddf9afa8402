import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ensureRuntime } from "../../image/index.ts";
import type { LabNode } from "../../lab.ts";
import type { TopologyNode } from "../../topology/index.ts";
import type { NetnsLab } from "../index.ts";
import { downAll, findSandbox, isAlive, isGone, newName, pair, plain, processesOf, up, type Sketch } from "./test-labs.ts";

afterEach(downAll);

const shell = (script: string): string[] => ["sh", "-c", script];
const ping = ["ping", "-c1", "-W1", "10.0.0.2"];

async function said(node: LabNode, ...argv: string[]): Promise<string> {
  const result = await node.exec(argv);
  expect(result, argv.join(" ")).toMatchObject({ code: 0 });
  return result.stdout.trim();
}

/** What the lab's first process holds, and how many processes the lab has. */
function held(lab: NetnsLab): { descriptors: string[]; mounts: string[] } {
  const folder = `/proc/${lab.sandboxPid}/fd`;
  const descriptors = readdirSync(folder).map((name) => readlinkSync(`${folder}/${name}`).replace(/[0-9]+\]?$/, ""));
  const mounts = readFileSync(`/proc/${lab.sandboxPid}/mountinfo`, "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return { descriptors: descriptors.toSorted(), mounts: mounts.toSorted() };
}

const onBridge: Sketch = {
  nodes: [
    { ...plain, name: "one", init: true, config: { addresses: [{ interface: "eth0", address: "10.0.0.1/24" }] } },
    { ...plain, name: "two", config: { addresses: [{ interface: "eth0", address: "10.0.0.2/24" }] } },
    { ...plain, name: "segment", config: { bridges: [{ name: "br0", ports: ["p1", "p2"] }] } },
  ],
  links: [
    {
      name: "first",
      endpoints: [
        { node: "one", interface: "eth0" },
        { node: "segment", interface: "p1" },
      ],
    },
    {
      name: "second",
      endpoints: [
        { node: "segment", interface: "p2" },
        { node: "two", interface: "eth0" },
      ],
    },
  ],
};

const rich: TopologyNode = {
  ...plain,
  name: "right",
  init: true,
  config: {
    addresses: [{ interface: "eth0", address: "10.0.0.2/24" }],
    sysctls: { "net/ipv4/ip_forward": "1", "net/ipv4/conf/eth0/arp_ignore": "1" },
    bridges: [{ name: "br0", ports: [] }],
    routes: [{ family: 4, to: "10.9.0.0/16", via: "10.0.0.1" }],
    nft: "table inet filter { chain input { type filter hook input priority 0;\n}\n}\n",
    files: { "/etc/kept": "as stated\n", "/run/state": "as stated\n" },
    services: [{ name: "daemon", argv: shell("echo $$ >/run/daemon; exec sleep 1000"), restart: "always", readyPath: "/run/daemon" }],
  },
};
const richPair: Sketch = { ...pair, nodes: [pair.nodes[0]!, rich] };

describe("a node that is rebooted", () => {
  it("has its state made again, keeps its disk and its end of the link, and nothing else", async () => {
    const lab = await up(richPair);
    const node = lab.node("right");
    // Without the operational state, which the kernel tells a while after what it follows from.
    const look = shell(
      "ip -br link show eth0 | tr -s ' ' | cut -d' ' -f1,3; ip -br address | tr -s ' ' | cut -d' ' -f1,3-; ip route; nft list ruleset; sysctl net.ipv4.ip_forward net.ipv4.conf.eth0.arp_ignore; hostname",
    );
    const patience = { timeout: 10_000 };
    await expect.poll(() => said(node, ...look), patience).toContain("fe80:");
    const before = await said(node, ...look);
    const index = await said(node, "cat", "/sys/class/net/eth0/ifindex");
    await said(
      node,
      ...shell(
        "echo changed >/etc/kept; echo mine >/var/lib/mine; mkdir -p /etc/new; echo mine | tee /etc/new/file /run/mine /tmp/mine /dev/shm/mine",
      ),
    );
    await said(
      node,
      ...shell(
        "ip netns add blue; ip address add 10.0.0.3/24 dev eth0; ip link add name br1 type bridge; sysctl -qw net.ipv4.ip_default_ttl=33",
      ),
    );
    await node.services.start({ name: "later", argv: ["sleep", "1001"], restart: "always" });
    await node.reboot();
    await expect.poll(() => said(node, ...look), patience).toBe(before);
    expect(await said(node, "cat", "/sys/class/net/eth0/ifindex")).toBe(index);
    expect(
      await said(
        node,
        ...shell(
          "cat /etc/kept /var/lib/mine /etc/new/file /run/state; ls /run/mine /tmp/mine /dev/shm/mine /run/netns /sys/class/net 2>/dev/null || true",
        ),
      ),
    ).toBe("changed\nmine\nmine\nas stated\n/run/netns:\n\n/sys/class/net:\nbr0\neth0\nlo");
    expect(await said(node, "sysctl", "-n", "net.ipv4.ip_default_ttl")).toBe("64");
    expect(await processesOf(lab, "right", /^sleep/)).toEqual(["sleep 1000"]);
    expect(readFileSync(node.hostPath("/run/state"), "utf8")).toBe("as stated\n");
    await said(lab.node("left"), ...ping);
  });

  it("passes packets again where it was a bridge between others", async () => {
    const lab = await up(onBridge);
    const [one, two] = [lab.node("one"), lab.node("two")];
    await said(one, ...ping);
    // Who sends all the while sees no more than packets lost.
    const sending = one.exec(["ping", "-i0.02", "-W1", "-c100", "10.0.0.2"], { timeoutMs: 60_000 });
    await expect.poll(() => processesOf(lab, "one", /^ping/), { timeout: 10_000 }).toHaveLength(1);
    await lab.node("segment").powerOff();
    for (const node of [one, two]) expect(await said(node, "cat", "/sys/class/net/eth0/carrier")).toBe("0");
    await lab.node("segment").powerOn();
    for (const node of [one, two]) expect(await said(node, "cat", "/sys/class/net/eth0/carrier")).toBe("1");
    // A kernel may let a bridge know of its ports' carriers up to a second later than the ends of its links.
    await expect.poll(async () => (await one.exec(ping)).code, { timeout: 10_000 }).toBe(0);
    const { stdout, code } = await sending;
    expect(code, stdout.slice(-300)).toBe(0);
    const [, received] = /, (\d+) received/.exec(stdout) ?? [];
    expect(Number(received)).toBeGreaterThan(0);
  });

  it("leaves nothing of its former lives behind", async () => {
    const lab = await up(richPair);
    const node = lab.node("right");
    await node.reboot();
    const before = held(lab);
    const processes = await processesOf(lab, "right", /./);
    for (let count = 0; count < 50; count += 1) await node.reboot();
    expect(held(lab)).toEqual(before);
    expect((await processesOf(lab, "right", /./)).length).toBe(processes.length);
    await lab.node("left").reboot();
    await said(lab.node("left"), ...ping);
  }, 120_000);
});

describe("what is mounted in a node that starts again", () => {
  it("is there as before: files of this machine, and what it has mounted itself outside of its memory", async () => {
    const folder = mkdtempSync(join(tmpdir(), "power-"));
    try {
      // The lab's root is nobody to this machine.
      chmodSync(folder, 0o777);
      writeFileSync(join(folder, "file"), "of the machine\n");
      const targets = ["/etc/bound", "/run/bound", "/tmp/bound", "/opt/bound/deep"];
      const binds = targets.map((target) => ({ source: folder, target, readOnly: target !== "/run/bound" }));
      const lab = await up({ nodes: [{ ...plain, name: "node", init: true, container: { binds } }], links: [] });
      const node = lab.node("node");
      await said(
        node,
        ...shell("mkdir /var/data; mount -t tmpfs data /var/data; echo kept >/var/data/file; mkdir /tmp/own; mount -t tmpfs own /tmp/own"),
      );
      const mounts = async (): Promise<string[]> => (await said(node, "cut", "-d ", "-f5", "/proc/self/mountinfo")).split("\n").toSorted();
      const before = await mounts();
      for (let count = 0; count < 2; count += 1) await node.reboot();
      expect(await mounts()).toEqual(before.filter((place) => place !== "/tmp/own"));
      expect(await said(node, "cat", ...targets.map((target) => `${target}/file`), "/var/data/file")).toBe(
        [...targets.map(() => "of the machine"), "kept"].join("\n"),
      );
      expect((await node.exec(shell("echo x >/etc/bound/new"))).code).not.toBe(0);
      await said(node, ...shell("echo x >/run/bound/new"));
      expect(await said(node, "ls", "/usr/lib/farmlab/binds")).toBe("");
      expect(readdirSync(folder).toSorted()).toEqual(["file", "new"]);
    } finally {
      await downAll();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a node that is off", () => {
  it("has ended, with what ran in it, and says so to who asks", async () => {
    const lab = await up(richPair);
    for (const name of ["left", "right"]) {
      const node = lab.node(name);
      const running = node.exec(["sleep", "1003"]);
      await expect.poll(() => processesOf(lab, name, /^sleep 1003/), { timeout: 10_000 }).toHaveLength(1);
      await node.powerOff();
      expect((await running).code).toBe(137);
      expect(await node.exec(["true"])).toEqual({ code: 125, stdout: "", stderr: `node ${name} is off` });
      await expect(node.pause()).rejects.toThrow(`node ${name} is off`);
      expect(() => node.hostPath("/")).toThrow(`node ${name} is off`);
      await expect(node.services.stop("daemon")).rejects.toThrow(`node ${name} is off`);
      await node.resume();
      await node.powerOff();
    }
    for (const name of ["left", "right"]) await lab.node(name).powerOn();
    await said(lab.node("left"), ...ping);
  });

  it("is not what a node gets whose end of a link has been taken out of its network", async () => {
    const lab = await up(richPair);
    const node = lab.node("right");
    await said(node, ...shell("ip netns add blue; ip link set eth0 netns blue"));
    await expect(node.powerOff()).rejects.toThrow(/moving eth0 .node right.: No such device/);
    expect(await processesOf(lab, "right", /^sleep/)).toEqual(["sleep 1000"]);
    await said(node, ...shell("ip -n blue link set eth0 netns $(cat /run/daemon)"));
    await node.reboot();
    await said(lab.node("left"), ...ping);
  });

  it("goes with its lab", async () => {
    const lab = await up(richPair);
    await lab.node("right").powerOff();
    await lab.down();
    expect(isAlive(lab.sandboxPid)).toBe(false);
    await expect(lab.node("right").powerOn()).rejects.toThrow("the lab has ended");
  });
});

describe("a node that is paused", () => {
  it("does nothing, answers pings, and goes on, but for what had been stopped before", async () => {
    const lab = await up(richPair);
    const node = lab.node("right");
    const count = "i=0; while :; do i=$((i+1)); echo $i >/run/$0; done";
    for (const name of ["counts", "waits"])
      await node.services.start({ name, argv: ["busybox", "sh", "-c", count, name], restart: "always", readyPath: `/run/${name}` });
    await node.services.kill("waits", "SIGSTOP");
    const read = (name: string): string => readFileSync(node.hostPath(`/run/${name}`), "utf8");
    await node.pause();
    const [counts, waits] = [read("counts"), read("waits")];
    for (let pings = 0; pings < 3; pings += 1) await said(lab.node("left"), ...ping);
    expect([read("counts"), read("waits")]).toEqual([counts, waits]);
    expect(await node.exec(["true"])).toMatchObject({ code: 125, stderr: "node right is paused" });
    await node.resume();
    await expect.poll(() => read("counts"), { timeout: 10_000 }).not.toBe(counts);
    expect(read("waits")).toBe(waits);
    await node.services.kill("waits", "SIGCONT");
    await expect.poll(() => read("waits"), { timeout: 10_000 }).not.toBe(waits);
    await node.pause();
    await node.reboot();
    expect(await said(node, "cat", "/run/state")).toBe("as stated");
  });

  it("stops what exec runs in a node without farmlab-init", async () => {
    const lab = await up(pair);
    const node = lab.node("left");
    const running = node.exec(shell("i=0; while :; do i=$((i+1)); echo $i >/tmp/count; done"));
    await expect.poll(async () => (await node.exec(["cat", "/tmp/count"])).stdout, { timeout: 10_000 }).not.toBe("");
    await node.pause();
    await node.resume();
    const seen = (await node.exec(["cat", "/tmp/count"])).stdout;
    await expect.poll(async () => (await node.exec(["cat", "/tmp/count"])).stdout, { timeout: 10_000 }).not.toBe(seen);
    await node.powerOff();
    expect((await running).code).toBe(137);
  });
});

it("nodes are found by the probes of a lab after they have started again", async () => {
  const lab = await up(richPair);
  await lab.node("left").reboot();
  const helper = lab.startHelper(["in", "host", "nsenter", `--net=${lab.namespacePath("left")}`, "cat", "/proc/net/dev"]);
  let text = "";
  helper.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => helper.once("close", resolve));
  expect(text).toContain("eth0");
});

/** Makes a lab and reboots its nodes until it is killed; a line for each step. */
async function programThatReboots(name: string): Promise<string> {
  const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import { netnsBackend } from ${from("../index.ts")};
    const topology = ${JSON.stringify({ name, seed: 1, ...richPair })};
    const lab = await netnsBackend(${JSON.stringify(await ensureRuntime())}).up(topology, { name: ${JSON.stringify(name)} });
    for (;;) for (const node of ["left", "right"]) for (const step of ["powerOff", "powerOn"]) {
      console.log(step);
      await lab.node(node)[step]();
    }`;
}

describe("a lab whose harness is killed while nodes go off and on", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("is gone, at step %i", async (steps) => {
    const name = newName();
    const maker = spawn(process.execPath, ["--input-type=module", "--eval", await programThatReboots(name)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let seen = 0;
    for await (const chunk of maker.stdout) {
      seen += String(chunk).split("\n").length - 1;
      if (seen >= steps) break;
    }
    const lab = await findSandbox(name);
    expect(isAlive(lab?.sandboxPid ?? 0)).toBe(true);
    maker.kill("SIGKILL");
    await expect.poll(() => isGone(name), { timeout: 20_000 }).toBe(true);
    await expect.poll(() => ofLab(name), { timeout: 20_000 }).toEqual([]);
  });
});

/** Processes that show in their environment that they are a lab's. */
function ofLab(name: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`FARMLAB_LAB=${name}`);
    } catch {
      return false;
    }
  });
}
