import { readFileSync, statSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { decodeLine, encodeLine } from "../../../core/common/index.ts";
import type { LabNode } from "../../lab.ts";
import type { NetnsLab } from "../index.ts";
import { downAll, processesOf, single, up } from "./test-labs.ts";

afterEach(downAll);

const patience = { timeout: 10_000 };
const shell = (script: string): string[] => ["sh", "-c", script];

async function oneNode(): Promise<{ lab: NetnsLab; node: LabNode }> {
  const lab = await up(single);
  return { lab, node: lab.node("node") };
}

interface InitClient {
  readonly socket: Socket;
  /** All lines so far. */
  readonly lines: () => string[][];
  send(fields: readonly string[]): void;
}

function connectTo(node: LabNode): InitClient {
  const socket = createConnection(node.hostPath("/run/farmlab/init.sock"));
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => undefined);
  return { socket, lines: () => text.split("\n").slice(0, -1).map(decodeLine), send: (fields) => void socket.write(encodeLine(fields)) };
}

describe("farmlab-init", () => {
  it("restarts who dies, as told", async () => {
    const { lab, node } = await oneNode();
    await node.services.start({ name: "again", argv: ["sleep", "1000"], restart: "always" });
    await node.services.start({ name: "once", argv: ["sleep", "2000"], restart: "never" });
    await node.services.kill("again", "SIGKILL");
    await node.services.kill("once", "SIGKILL");
    await expect.poll(() => processesOf(lab, "node", /^sleep/), patience).toEqual(["sleep 1000"]);
    await node.services.stop("again");
    expect(await processesOf(lab, "node", /^sleep/)).toEqual([]);
  });

  it("waits longer before each restart of who dies at once", async () => {
    const { node } = await oneNode();
    await node.services.start({ name: "brief", argv: shell("date +%s%N >>/run/starts; exit 1"), restart: "always" });
    const starts = (): number[] =>
      readFileSync(node.hostPath("/run/starts"), "utf8")
        .trim()
        .split("\n")
        .map((text) => Number(text) / 1e6);
    await expect.poll(() => starts().length, patience).toBeGreaterThanOrEqual(4);
    const [first = 0, second = 0, third = 0, fourth = 0] = starts();
    expect([second - first >= 90, third - second >= 190, fourth - third >= 390]).toEqual([true, true, true]);
  });

  it("kills who ignores that it is to stop, and answers all who asked when it is gone", async () => {
    const { lab, node } = await oneNode();
    const argv = shell("trap '' TERM; touch /run/deaf; while :; do sleep 0.02; done # deaf");
    await node.services.start({ name: "deaf", argv, restart: "always", readyPath: "/run/deaf" });
    const stops = Promise.all([node.services.stop("deaf"), node.services.stop("deaf")]);
    await expect(node.services.start({ name: "deaf", argv, restart: "always" })).rejects.toThrow(/deaf is (being stopped|running)/);
    await stops;
    expect(await processesOf(lab, "node", /deaf/)).toEqual([]);
    await node.services.stop("deaf");
  });

  it("ends what a daemon leaves of its process group, so that the next finds nobody in its place", async () => {
    const { lab, node } = await oneNode();
    const argv = shell("echo >>/run/started; sleep 3000 & exec sleep 4000");
    await node.services.start({ name: "parent", argv, restart: "always", readyPath: "/run/started" });
    await node.services.kill("parent", "SIGKILL");
    await expect.poll(() => readFileSync(node.hostPath("/run/started"), "utf8"), patience).toBe("\n\n");
    await expect.poll(() => processesOf(lab, "node", /^sleep/), patience).toEqual(["sleep 3000", "sleep 4000"]);
  });

  it("reaps orphans", async () => {
    const { node } = await oneNode();
    await node.exec(shell("(sleep 0.01 &)"));
    await expect.poll(async () => (await node.exec(["ps", "ax", "-o", "stat,args"])).stdout.match(/sleep|^Z/m), patience).toBeNull();
  });

  it("tells who watches of starts and ends", async () => {
    const { node } = await oneNode();
    const client = connectTo(node);
    client.send(["watch"]);
    await expect.poll(() => client.lines(), patience).toEqual([["ok"]]);
    await node.services.start({ name: "brief", argv: shell("exit 3"), restart: "never" });
    await expect
      .poll(() => client.lines().slice(1), patience)
      .toEqual([
        ["started", "brief", expect.stringMatching(/^\d+$/)],
        ["exited", "brief", String(3 << 8)],
      ]);
    client.socket.destroy();
  });

  it("answers requests of one connection in their order, also when one has to wait", async () => {
    const { node } = await oneNode();
    const client = connectTo(node);
    client.send([
      "start",
      "slow",
      "never",
      "",
      "0",
      ...shell("trap 'sleep 0.2; exit' TERM; touch /run/slow; while :; do sleep 0.01; done"),
    ]);
    await expect.poll(async () => (await node.exec(["test", "-e", "/run/slow"])).code, patience).toBe(0);
    client.send(["stop", "slow"]);
    client.send(["list"]);
    client.send(["start", "slow", "never", "", "0", "sleep", "1000"]);
    client.send(["list"]);
    await expect
      .poll(() => client.lines(), patience)
      .toEqual([["ok"], ["ok"], ["ok"], ["ok"], ["service", "slow", expect.stringMatching(/^\d+$/)], ["ok"]]);
    client.socket.destroy();
  });

  it("runs many services", async () => {
    const { node } = await oneNode();
    const names = Array.from({ length: 150 }, (_, index) => `sleeper-${index}`);
    // One connection after the other: it takes 64 at once.
    for (const name of names) await node.services.start({ name, argv: ["sleep", "1000"], restart: "always" });
    const client = connectTo(node);
    client.send(["list"]);
    await expect.poll(() => client.lines().length, patience).toBe(151);
    expect(
      new Set(
        client
          .lines()
          .slice(0, -1)
          .map(([, name]) => name),
      ),
    ).toEqual(new Set(names));
    client.socket.destroy();
  });

  it("is not held up by who asks and never reads, or connects and says nothing", async () => {
    const { node } = await oneNode();
    const deaf = connectTo(node);
    deaf.socket.pause();
    deaf.send(["watch"]);
    deaf.socket.write("list\n".repeat(200_000));
    const silent = Array.from({ length: 20 }, () => connectTo(node));
    for (let round = 0; round < 50; round += 1) {
      await node.services.start({ name: "brief", argv: ["true"], restart: "never" });
      await node.services.stop("brief");
    }
    for (const client of [deaf, ...silent]) client.socket.destroy();
    await node.services.start({ name: "after", argv: ["sleep", "1000"], restart: "never" });
  });

  it("refuses what it cannot do, and goes on", async () => {
    const { node } = await oneNode();
    const refused: [readonly string[], RegExp][] = [
      [["start", "a"], /not understood/],
      [["start", "a/b", "never", "", "0", "true"], /name is wrong/],
      [["start", "a".repeat(300), "never", "", "0", "true"], /name is wrong/],
      [["start", "a", "sometimes", "", "0", "true"], /restart is wrong/],
      [["start", "a", "never", "../x", "0", "true"], /namespace is wrong/],
      [["start", "a", "never", "", "2147483647", "true"], /number of variables is wrong/],
      [["start", "a", "never", "", "1", "A=b"], /number of variables is wrong/],
      [["start", "a", "never", "nowhere", "0", "true"], /namespace nowhere: No such file/],
      [["start", "a", "never", "", "0", "/no/such"], /\/no\/such: No such file/],
      [["start", ...Array.from({ length: 300 }, () => "x")], /at most 256 fields/],
      [["kill", "a", "SIGKILL"], /not running/],
      [["nonsense"], /not understood/],
    ];
    const client = connectTo(node);
    for (const [fields] of refused) client.send(fields);
    await expect.poll(() => client.lines().length, patience).toBe(refused.length);
    for (const [index, [, pattern]] of refused.entries()) expect(client.lines()[index]).toEqual(["error", expect.stringMatching(pattern)]);
    client.socket.write("x".repeat(2_000_000));
    await expect.poll(() => client.socket.closed, patience).toBe(true);
    await node.services.start({ name: "after", argv: ["sleep", "1000"], restart: "never" });
  });

  it("does not wait for a FIFO where a namespace or a log should be", async () => {
    const { node } = await oneNode();
    await node.exec(shell("mkfifo /run/netns/pipe /var/log/farmlab/pipe.log"));
    await expect(node.services.start({ name: "a", argv: ["true"], namespace: "pipe", restart: "never" })).rejects.toThrow("namespace pipe");
    await expect(node.services.start({ name: "pipe", argv: ["true"], restart: "never" })).rejects.toThrow("its log");
  });

  it("starts daemons with clean signals, a session of their own and nothing open but standard streams", async () => {
    const { node } = await oneNode();
    const read = (path: string): string => readFileSync(node.hostPath(path), "utf8");
    const said = async (name: string, argv: readonly string[]): Promise<string> => {
      await node.services.start({ name, argv, environment: { A: "b" }, restart: "never" });
      await expect.poll(() => read(`/var/log/farmlab/${name}.log`), patience).not.toBe("");
      return read(`/var/log/farmlab/${name}.log`);
    };
    // Programs themselves, not a shell: that changes its signals.
    expect(await said("signals", ["grep", "-E", "^Sig(Blk|Ign)|^Umask", "/proc/self/status"])).toMatch(
      /^Umask:\s+0022\nSigBlk:\s+0+\nSigIgn:\s+0+\n$/,
    );
    const [group, session] = (await said("groups", ["cut", "-d ", "-f5,6", "/proc/self/stat"])).trim().split(" ");
    expect(session).toBe(group);
    const log = "/var/log/farmlab/open.log";
    expect((await said("open", ["ls", "-l", "/proc/self/fd"])).match(/[0-2] -> .*$|[4-9] ->.*/gm)).toEqual([
      "0 -> /dev/null",
      `1 -> ${log}`,
      `2 -> ${log}`,
    ]);
    expect(await said("where", ["pwd"])).toBe("/\n");
    expect(await said("environment", ["env"])).toMatch(/^A=b$/m);
  });

  it("cuts a log that grows too large, and keeps its end", async () => {
    const { node } = await oneNode();
    const script =
      "i=0; while [ $i -lt 12 ]; do head -c 1000000 /dev/zero | tr '\\0' x; echo; i=$((i+1)); done; echo the last line; exec sleep 1000";
    await node.services.start({ name: "chatty", argv: shell(script), restart: "never" });
    const log = node.hostPath("/var/log/farmlab/chatty.log");
    await expect
      .poll(() => [statSync(log).size < 5_000_000, readFileSync(log, "utf8").endsWith("the last line\n")], patience)
      .toEqual([true, true]);
    await expect.poll(() => readFileSync(log, "utf8").includes("cut here"), patience).toBe(true);
  });

  it("shows the end of a daemon's log when it does not get ready because its node is gone", async () => {
    const { lab, node } = await oneNode();
    const starting = node.services.start({
      name: "never",
      argv: shell("echo told before the end; exec sleep 1000"),
      restart: "never",
      readyPath: "/run/never",
    });
    starting.catch(() => undefined);
    await expect.poll(() => processesOf(lab, "node", /^sleep/), patience).toHaveLength(1);
    await lab.down();
    await expect(starting).rejects.toThrow(/ended|closed|ENOENT/);
  });
});
